/** What a trace tells, in the words of the trace modules (`proofs-tla/TraceLink.tla`): incarnations by rank, uids as triples. */
import { createHash } from 'node:crypto';
import type { Message } from '../../spec/messages.ts';
import type {
  Fence,
  PodRecord,
  PodStatus,
  SessionId,
  Uid,
  Version,
  WantVersion,
} from '../../spec/vocabulary.ts';
import { tlaSyntax, type Written } from '../tlc/syntax.ts';

/** Incarnations are Unix milliseconds, too large for TLC, and so may resourceVersions be: their rank among all of a trace keeps their order. */
class Ranks {
  readonly #seen = new Set<number>([0]);
  #ranks: ReadonlyMap<number, number> | null = null;

  of(incarnation: number): Written {
    this.#seen.add(incarnation);
    return { tla: () => String(this.#rank(incarnation)) };
  }

  #rank(incarnation: number): number {
    this.#ranks ??= new Map([...this.#seen].sort((a, b) => a - b).map((each, rank) => [each, rank]));
    return this.#ranks.get(incarnation) as number;
  }
}

/** The words of one module. Values are written when all are known. */
export class Words {
  readonly #ranks = new Ranks();
  readonly #moments = new Ranks();
  readonly #adopted = new Map<string, number>();
  readonly #records = new WeakMap<object, object>();
  readonly #messages = new Map<string, { readonly name: string; readonly value: object }>();
  readonly #encoded = new WeakMap<Message, Written>();

  incarnation(number: number): Written {
    return this.#ranks.of(number);
  }

  resourceVersion(text: string): Written {
    return this.#moments.of(text === '' ? 0 : Number(text));
  }

  wantVersion({ generation, incarnation, counter }: WantVersion): readonly unknown[] {
    return [generation, this.#ranks.of(incarnation), counter];
  }

  uid(uid: Uid): readonly unknown[] {
    const [, incarnation, counter] = /^r([0-9a-z]+)-([0-9a-z]+)$/.exec(uid) ?? [];
    if (incarnation !== undefined && counter !== undefined)
      return ['r', this.#ranks.of(Number.parseInt(incarnation, 36)), Number.parseInt(counter, 36)];
    const known = this.#adopted.get(uid) ?? this.#adopted.size + 1;
    this.#adopted.set(uid, known);
    return ['a', 0, known];
  }

  version({ stage, incarnation, counter }: Version): readonly unknown[] {
    return [stage, this.#ranks.of(incarnation), counter];
  }

  session({ upstream, downstream, n }: SessionId): readonly unknown[] {
    return [this.#ranks.of(upstream), this.#ranks.of(downstream), n];
  }

  fence({ incarnation, n }: Fence): readonly unknown[] {
    return [this.#ranks.of(incarnation), n];
  }

  record(record: PodStatus | PodRecord): object {
    const known = this.#records.get(record);
    if (known !== undefined) return known;
    const { uid, node, phase, ready, version } = record;
    const value = {
      uid: this.uid(uid),
      node: node ?? 'none',
      phase,
      ready,
      version: this.version(version),
    };
    this.#records.set(record, value);
    return value;
  }

  #uids(items: readonly { readonly uid: Uid }[]) {
    return items.map(({ uid }) => this.uid(uid));
  }

  /** What the modules read of a message; `rest` stands for everything else in it. */
  #body(message: Message): object {
    switch (message.kind) {
      case 'Rejected':
        return { fence: this.fence(message.fence), reason: message.reason };
      case 'Offer':
        return {
          doubtful: message.doubtful === true,
          held: message.held.map(({ uid, version }) => ({
            uid: this.uid(uid),
            version: this.version(version),
          })),
        };
      case 'Fetch':
        return {
          uids: message.uids.map((uid) => this.uid(uid)),
          tombstones: message.tombstones.map((uid) => this.uid(uid)),
        };
      case 'State':
      case 'Assign':
        return { records: message.records.map((record) => this.record(record)) };
      case 'Assigned':
        return { pods: message.pods.map((pod) => this.record(pod)) };
      case 'Refused':
        return { uids: this.#uids(message.pods) };
      case 'Terminate':
      case 'Terminated':
        return { uids: message.uids.map((uid) => this.uid(uid)) };
      case 'Invalidate':
        return {
          changed: message.changed.map((pod) => this.record(pod)),
          adopted: message.adopted.map((record) => this.record(record)),
          lost: this.#uids(message.lost),
          wants: message.wants.map((want) => JSON.stringify(want)),
          counts: message.counts.map(({ replicaSet, ...count }) => ({
            uid: replicaSet,
            told: JSON.stringify(count),
          })),
        };
      default:
        return {};
    }
  }

  /** A message: written once, named afterwards. */
  message(message: Message): Written {
    const known = this.#encoded.get(message);
    if (known !== undefined) return known;
    const { kind, session, ...rest } = message;
    const told = kind === 'Invalidate' ? { ...rest, changed: [], counts: [] } : rest;
    const text = JSON.stringify(message);
    const found = this.#messages.get(text) ?? {
      name: `M${this.#messages.size + 1}`,
      value: {
        kind,
        session: this.session(session),
        ...this.#body(message),
        rest: createHash('sha1').update(JSON.stringify(told)).digest('base64').slice(0, 8),
      },
    };
    this.#messages.set(text, found);
    const written = { tla: () => found.name };
    this.#encoded.set(message, written);
    return written;
  }

  /** Definitions of all messages. */
  definitions(): readonly string[] {
    return [...this.#messages.values()].map(({ name, value }) => `${name} == ${tlaSyntax(value)}`);
  }
}
