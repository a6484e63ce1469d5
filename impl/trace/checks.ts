/**
 * Properties that a recorded trace alone can show (protocol 10), each with how often it was put to the test:
 * a property that nothing tested is not said to hold.
 *
 * The judgement by the whole spec is trace validation; this is the quick look at the end of a run.
 */
import type { Effect } from '../../spec/effects.ts';
import type { JournalEntry } from '../../spec/journal.ts';
import type { Message } from '../../spec/messages.ts';
import { PHASES, sameSession, type Uid } from '../../spec/vocabulary.ts';
import type { Trace, TraceLine } from './parse.ts';

/** What a trace says of one property. @public */
export interface Verdict {
  readonly property: string;
  /** Times that it could have been broken. */
  readonly tested: number;
  /** The first steps that break it, in words; empty if it held. */
  readonly broken: readonly string[];
}

class Judge {
  readonly #property: string;
  readonly #broken: string[] = [];
  #tested = 0;

  constructor(property: string) {
    this.#property = property;
  }

  test(holds: boolean, say: () => string): void {
    this.#tested += 1;
    if (!holds && this.#broken.length < 5) this.#broken.push(say());
  }

  verdict(): Verdict {
    return { property: this.#property, tested: this.#tested, broken: this.#broken };
  }
}

const where = ({ stage, incarnation, step }: TraceLine) => `${stage} ${incarnation} step ${step}`;
const isKubelet = (stage: string) => stage.startsWith('kubelet/');
const kubelets = (trace: Trace) => [...trace].filter(([stage]) => isKubelet(stage));
const entriesOf = (effect: Effect): readonly JournalEntry[] =>
  effect.type === 'journal' ? effect.entries : [];
const sentBy = (line: TraceLine, kind: Message['kind']) =>
  line.effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.kind === kind ? [effect.message] : [],
  );
const receivedBy = (line: TraceLine): Message | null =>
  line.event.type === 'received' ? line.event.message : null;

function uniquePlacement(trace: Trace): Verdict {
  const judge = new Judge('UniquePlacement');
  const nodeOf = new Map<Uid, string>();
  for (const [stage, lines] of kubelets(trace))
    for (const line of lines)
      for (const entry of line.effects.flatMap(entriesOf)) {
        if (entry.kind !== 'accepted') continue;
        const { uid } = entry.record;
        const before = nodeOf.get(uid) ?? stage;
        judge.test(before === stage, () => `${where(line)}: ${uid} was accepted by ${before} before`);
        nodeOf.set(uid, stage);
      }
  return judge.verdict();
}

function terminationIrreversible(trace: Trace): Verdict {
  const judge = new Judge('TerminationIrreversible');
  for (const [, lines] of kubelets(trace)) {
    const over = new Set<Uid>();
    for (const line of lines)
      for (const effect of line.effects) {
        for (const entry of entriesOf(effect))
          if (entry.kind === 'ended' || entry.kind === 'terminating') over.add(entry.uid);
        if (effect.type === 'publish' || effect.type === 'startPod')
          judge.test(
            !over.has(effect.record.uid),
            () => `${where(line)}: ${effect.type} of ${effect.record.uid} after its end`,
          );
      }
  }
  return judge.verdict();
}

function noFalseConfirm(trace: Trace): Verdict {
  const judge = new Judge('NoFalseConfirm');
  for (const [, lines] of kubelets(trace)) {
    const accepted = new Set<Uid>();
    for (const line of lines)
      for (const effect of line.effects) {
        for (const entry of entriesOf(effect)) {
          if (entry.kind === 'accepted') accepted.add(entry.record.uid);
          if (entry.kind === 'ended' || entry.kind === 'released') accepted.delete(entry.uid);
        }
        if (effect.type !== 'send' || effect.message.kind !== 'Terminated') continue;
        for (const uid of effect.message.uids)
          judge.test(
            !accepted.has(uid),
            () => `${where(line)}: confirms ${uid}, whose end is not journalled`,
          );
      }
  }
  return judge.verdict();
}

function tailPublishes(trace: Trace): Verdict {
  const judge = new Judge('TailPublishes');
  for (const [, lines] of kubelets(trace)) {
    const accepted = new Set<Uid>();
    const intended = new Set<Uid>();
    for (const line of lines)
      for (const effect of line.effects) {
        for (const entry of entriesOf(effect)) {
          if (entry.kind === 'accepted') accepted.add(entry.record.uid);
          if (entry.kind === 'publishIntent') intended.add(entry.uid);
        }
        if (effect.type !== 'publish') continue;
        const { uid } = effect.record;
        judge.test(
          accepted.has(uid) && intended.has(uid),
          () => `${where(line)}: publishes ${uid} without acceptance and intent journalled`,
        );
      }
  }
  for (const [stage, lines] of trace)
    if (!isKubelet(stage))
      for (const line of lines)
        judge.test(
          // S publishes what has no room: unbound, and so without a stamp.
          !line.effects.some(
            (effect) => effect.type === 'publish' && !(stage === 'scheduler' && effect.record.node === null),
          ),
          () => `${where(line)}: publishes`,
        );
  return judge.verdict();
}

/** A message of another incarnation of this stage changes nothing: its step asks for nothing but reports. */
function sessionFenced(trace: Trace): Verdict {
  const judge = new Judge('SessionFenced');
  for (const lines of trace.values())
    for (const line of lines) {
      const message = receivedBy(line);
      if (
        message === null ||
        message.kind === 'Hello' ||
        message.kind === 'Rejected' ||
        line.event.type !== 'received'
      )
        continue;
      const { link } = line.event;
      const mine = link === 'upstream' ? message.session.downstream : message.session.upstream;
      const isQuiet = line.effects.every(({ type }) => type === 'report');
      judge.test(
        mine === line.incarnation || isQuiet,
        () => `${where(line)}: acts on ${message.kind} of incarnation ${mine}`,
      );
    }
  return judge.verdict();
}

function phaseMonotonic(trace: Trace): Verdict {
  const judge = new Judge('PhaseMonotonic');
  for (const stage of ['replicaset', 'scheduler']) {
    let life = 0;
    let phases = new Map<Uid, number>();
    for (const line of trace.get(stage) ?? []) {
      if (line.incarnation !== life) {
        life = line.incarnation;
        phases = new Map();
      }
      const message = receivedBy(line);
      const told =
        message?.kind === 'Assigned' ? message.pods : message?.kind === 'Invalidate' ? message.changed : [];
      for (const { uid, phase } of told) {
        const rank = PHASES.indexOf(phase);
        const before = phases.get(uid) ?? 0;
        judge.test(
          rank >= before,
          () => `${where(line)}: ${uid} goes from ${PHASES[before]} back to ${phase}`,
        );
        phases.set(uid, Math.max(rank, before));
      }
    }
  }
  return judge.verdict();
}

function tombstonesCollected(trace: Trace): Verdict {
  const judge = new Judge('TombstonesCollected');
  const ended = new Set<Uid>();
  for (const lines of trace.values())
    for (const line of lines) {
      for (const message of sentBy(line, 'Terminated'))
        if (message.kind === 'Terminated') for (const uid of message.uids) ended.add(uid);
      for (const message of sentBy(line, 'Refused'))
        if (message.kind === 'Refused') for (const { uid } of message.pods) ended.add(uid);
      for (const message of sentBy(line, 'Invalidate'))
        if (message.kind === 'Invalidate') for (const { uid } of message.lost) ended.add(uid);
      for (const entry of line.effects.flatMap(entriesOf))
        if (entry.kind === 'ended' || entry.kind === 'released') ended.add(entry.uid);
    }
  const lines = trace.get('replicaset') ?? [];
  const opened = openings(lines);
  for (const [at, line] of lines.entries())
    for (const message of sentBy(line, 'Terminate'))
      if (message.kind === 'Terminate')
        for (const uid of message.uids) {
          const isAbsent = opened.some((opening) => opening.at > at && !opening.held.has(uid));
          judge.test(
            ended.has(uid) || isAbsent,
            () => `${where(line)}: the tombstone of ${uid} is never collected`,
          );
        }
  return judge.verdict();
}

/** When the link to S opened, and what S held then: absence in a handshake without doubt collects a tombstone (protocol 3, 4.3). */
function openings(lines: readonly TraceLine[]) {
  const opened: { readonly at: number; readonly held: ReadonlySet<Uid> }[] = [];
  let offer: Extract<Message, { kind: 'Offer' }> | null = null;
  for (const [at, line] of lines.entries()) {
    const message = receivedBy(line);
    if (message?.kind === 'Offer') offer = message;
    const isAnswer =
      message?.kind === 'State' && offer !== null && sameSession(message.session, offer.session);
    if (offer === null || !isAnswer || offer.doubtful === true) continue;
    opened.push({ at, held: new Set(offer.held.map(({ uid }) => uid)) });
  }
  return opened;
}

const CHECKS = [
  uniquePlacement,
  terminationIrreversible,
  noFalseConfirm,
  phaseMonotonic,
  sessionFenced,
  tailPublishes,
  tombstonesCollected,
] as const;

/** Judges a trace that has come to rest. @public */
export function judgeTrace(trace: Trace): readonly Verdict[] {
  return CHECKS.map((check) => check(trace));
}
