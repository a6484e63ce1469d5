/**
 * Lists of Pods in columns: what an upstream holds, statuses, records, reasons (see `kubedirect.proto`).
 */
import type { Held, PodReason } from '../messages.ts';
import { PHASES, type PodRecord, type PodSpec, type PodStatus, STAGES, type Version } from '../vocabulary.ts';
import { malformed, type Reader, type Writer } from './bytes.ts';
import { type Codec, many, nested, packed, sint, struct, text, textThat, uint } from './fields.ts';
import { readColumn, readIndices, Table, writeIndices } from './table.ts';
import { uidList } from './uids.ts';

const uids = nested(1, uidList);

/** Whether a name is a {@link PeerName}. @internal */
export function isPeerName(name: string): name is Version['stage'] {
  if (name.startsWith('kubelet/')) return name.length > 'kubelet/'.length;
  return name !== 'kubelet' && (STAGES as readonly string[]).includes(name);
}
/** A field that names a stage instance. @internal */
export const peerName = (field: number) => textThat(field, isPeerName, "a stage, or 'kubelet/<node>'");

type Owner = Version & { readonly base: number };
const owners = many(1, (field) =>
  nested(field, struct<Omit<Owner, 'counter'>>({ stage: peerName(1), incarnation: uint(2), base: uint(3) })),
);

const versionList: Codec<readonly Version[]> = {
  write(writer, versions) {
    const table = new Table<Version>(
      ({ stage, incarnation }) => `${incarnation} ${stage}`,
      (a, b) => a.incarnation === b.incarnation && a.stage === b.stage,
    );
    const bases: number[] = [];
    for (const version of versions) {
      const index = table.add(version);
      bases[index] = Math.min(bases[index] ?? version.counter, version.counter);
    }
    owners.write(
      writer,
      table.entries.map(({ stage, incarnation }, i) => ({ stage, incarnation, base: bases[i]! })),
    );
    writeIndices(writer, 2, table.column, table.entries.length);
    packed(3).write(
      writer,
      versions.map(({ counter }, i) => counter - bases[table.column[i]!]!),
    );
  },
  read(reader) {
    const table = owners.read(reader);
    const index = table.length > 1 ? packed(2).read(reader) : null;
    const offset = packed(3).read(reader);
    if (index !== null && index.length !== offset.length) {
      throw malformed('the columns of versions differ in length', `${offset.length}`, index.length);
    }
    return offset.map((value, i) => {
      const owner = table[index === null ? 0 : index[i]!];
      if (owner === undefined)
        throw malformed('a version has no owner', 'an index into the table', index?.[i]);
      const counter = owner.base + value;
      if (counter > Number.MAX_SAFE_INTEGER)
        throw malformed('a counter is too large', 'at most 2^53 - 1', counter);
      return { stage: owner.stage, incarnation: owner.incarnation, counter };
    });
  },
};
const versions = nested(2, versionList);

function readVersions(reader: Reader, count: number): readonly Version[] {
  const list = versions.read(reader);
  if (list.length !== count) throw malformed('versions and uids differ in number', `${count}`, list.length);
  return list;
}

/** `Held`: a uid with its version. @internal */
export const heldList: Codec<readonly Held[]> = {
  write(writer, held) {
    uids.write(
      writer,
      held.map(({ uid }) => uid),
    );
    versions.write(
      writer,
      held.map(({ version }) => version),
    );
  },
  read(reader) {
    const ids = uids.read(reader);
    const list = readVersions(reader, ids.length);
    return ids.map((uid, i) => ({ uid, version: list[i]! }));
  },
};

const nodes = many(3, text);

function writeNodes(writer: Writer, statuses: readonly PodStatus[]): void {
  const names = new Table<string>(
    (name) => name,
    (a, b) => a === b,
  );
  const column = statuses.map(({ node }) => (node === null ? 0 : names.add(node) + 1));
  nodes.write(writer, names.entries);
  if (names.entries.length > 0) packed(4).write(writer, column);
}

function readNodes(reader: Reader, count: number): (index: number) => string | null {
  const names = nodes.read(reader);
  if (names.length === 0) return () => null;
  const column = readColumn(reader, 4, count, names.length + 1);
  return (index) => (column[index] === 0 ? null : names[column[index]! - 1]!);
}

/** `Statuses`: the part of a record that its owner changes. @internal */
export const statusList: Codec<readonly PodStatus[]> = {
  write(writer, statuses) {
    uids.write(
      writer,
      statuses.map(({ uid }) => uid),
    );
    versions.write(
      writer,
      statuses.map(({ version }) => version),
    );
    writeNodes(writer, statuses);
    packed(5).write(
      writer,
      statuses.map(({ phase }) => PHASES.indexOf(phase)),
    );
    packed(6).write(
      writer,
      statuses.map(({ ready }) => (ready ? 1 : 0)),
    );
  },
  read(reader) {
    const ids = uids.read(reader);
    const version = readVersions(reader, ids.length);
    const nodeOf = readNodes(reader, ids.length);
    const phase = readColumn(reader, 5, ids.length, PHASES.length);
    const ready = readColumn(reader, 6, ids.length, 2);
    return ids.map((uid, i) => ({
      uid,
      node: nodeOf(i),
      phase: PHASES[phase[i]!]!,
      ready: ready[i] === 1,
      version: version[i]!,
    }));
  },
};

interface FlatTemplate {
  readonly replicaSet: string;
  readonly revision: string;
  readonly cpu: number;
  readonly memory: number;
  readonly pods: number;
  readonly priority: number;
}
type Template = Omit<PodSpec, 'uid'>;

const statuses = nested(1, statusList);
const templates = many(2, (field) =>
  nested(
    field,
    struct<FlatTemplate>({
      replicaSet: text(1),
      revision: text(2),
      cpu: uint(3),
      memory: uint(4),
      pods: uint(5),
      priority: sint(6),
    }),
  ),
);

function sameTemplate(a: Template, b: Template): boolean {
  return (
    a.replicaSet === b.replicaSet &&
    a.revision === b.revision &&
    a.priority === b.priority &&
    a.requests.cpu === b.requests.cpu &&
    a.requests.memory === b.requests.memory &&
    a.requests.pods === b.requests.pods
  );
}
const templateKey = ({ replicaSet, revision, priority, requests }: Template): string =>
  JSON.stringify([replicaSet, revision, priority, requests.cpu, requests.memory, requests.pods]);

/** `Records`: whole records, the parts that many share in a table. @internal */
export const recordList: Codec<readonly PodRecord[]> = {
  write(writer, records) {
    statuses.write(writer, records);
    const table = new Table<Template>(templateKey, sameTemplate);
    for (const record of records) table.add(record);
    templates.write(
      writer,
      table.entries.map(({ requests, ...rest }) => ({ ...rest, ...requests })),
    );
    writeIndices(writer, 3, table.column, table.entries.length);
  },
  read(reader) {
    const list = statuses.read(reader);
    const table = templates.read(reader).map(
      ({ replicaSet, revision, cpu, memory, pods, priority }): Template => ({
        replicaSet,
        revision,
        requests: { cpu, memory, pods },
        priority,
      }),
    );
    const index = readIndices(reader, 3, list.length, table.length);
    return list.map(({ uid, node, phase, ready, version }, i) => {
      const { replicaSet, revision, requests, priority } = table[index[i]!]!;
      return { uid, replicaSet, revision, requests, priority, node, phase, ready, version };
    });
  },
};

const reasons = many(2, text);

/** `Reasons`: why Pods were not taken or were lost. @internal */
export const reasonList: Codec<readonly PodReason[]> = {
  write(writer, pods) {
    uids.write(
      writer,
      pods.map(({ uid }) => uid),
    );
    const table = new Table<string>(
      (reason) => reason,
      (a, b) => a === b,
    );
    for (const { reason } of pods) table.add(reason);
    reasons.write(writer, table.entries);
    writeIndices(writer, 3, table.column, table.entries.length);
  },
  read(reader) {
    const ids = uids.read(reader);
    const table = reasons.read(reader);
    const index = readIndices(reader, 3, ids.length, table.length);
    return ids.map((uid, i) => ({ uid, reason: table[index[i]!]! }));
  },
};
