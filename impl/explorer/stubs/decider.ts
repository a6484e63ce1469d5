/**
 * D cut down to one decision: for which ReplicaSet, and in which mode, R obeys the want (`machines/ownership/wants/mode.ts`), beside who
 * wrote the replicas last (`base.ts`). A is in the same life, and mints a want when it is prompted. It writes back at once, one request
 * at a time for each Deployment. Its link to R opens at once, and never breaks: that is another world's subject.
 */
import { type Base, baseOf, isFresher, judge, writtenOf } from '../../../machines/ownership/wants/base.ts';
import type { Wanted } from '../../../machines/ownership/wants/field.ts';
import { hasLeft } from '../../../machines/ownership/wants/leaving.ts';
import { decide } from '../../../machines/ownership/wants/mode.ts';
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { DeploymentFact, ReplicaSetFact } from '../../../spec/facts.ts';
import type { Message } from '../../../spec/messages.ts';
import type { Stage, Step } from '../../../spec/stage.ts';
import { compareWantVersions, type SessionId, type Want } from '../../../spec/vocabulary.ts';
import { type Observation, type StageUnderTest, withEntry } from '../world.ts';

const VALUES = [2];

/** What it knows of one Deployment, from its first sight of it on. */
export interface DeciderEntry {
  readonly fact: DeploymentFact;
  readonly base: Base;
  readonly want: Wanted | null;
  readonly sent: Want | null;
  /** A request is under way. */
  readonly writing: boolean;
  /** resourceVersion of the object that the last request was lost against; it waits for another. */
  readonly lost: string;
}

/** One life. */
export interface DeciderState {
  readonly incarnation: number;
  readonly mutants: ReadonlySet<string>;
  readonly open: boolean;
  /** By the uid of the Deployment. */
  readonly entries: Readonly<Record<string, DeciderEntry>>;
  readonly minted: number;
  readonly sets: Readonly<Record<string, ReplicaSetFact>>;
}
type Turn = readonly [DeciderState, readonly Effect[]];

const put = (state: DeciderState, entry: DeciderEntry): DeciderState => ({
  ...state,
  entries: withEntry(state.entries, entry.fact.uid, entry),
});

function send([state, effects]: Turn, message: (session: SessionId) => Message): Turn {
  const session = { upstream: state.incarnation, downstream: 0, n: 1 };
  return [state, [...effects, { type: 'send', link: 'downstream', message: message(session) }]];
}

function adopt(entry: DeciderEntry, { version, value }: Wanted): DeciderEntry {
  if (entry.want !== null && compareWantVersions(version, entry.want.version) <= 0) return entry;
  return { ...entry, want: { version, value } };
}

function observe(state: DeciderState, fact: DeploymentFact, own = false): DeciderState {
  const was = state.entries[fact.uid];
  if (was !== undefined && !isFresher(fact, was.fact)) return state;
  const verdict = own ? 'own' : judge(was?.base ?? null, fact, state.mutants);
  const version = { generation: fact.generation, incarnation: 0, counter: 0 };
  const want = verdict === 'external' ? { version, value: fact.replicas } : writtenOf(fact, state.mutants);
  const known = was ?? { want: null, sent: null, writing: false, lost: '' };
  const seen = { ...known, fact, base: baseOf(fact) };
  return put(state, want === null ? seen : adopt(seen, want));
}

function mint(state: DeciderState, uid: string, value: number): DeciderState {
  const entry = state.entries[uid];
  if (entry === undefined) return state;
  const minted = state.minted + 1;
  const generation = entry.want?.version.generation ?? 0;
  const version = { generation, incarnation: state.incarnation, counter: minted };
  return put({ ...state, minted }, adopt(entry, { version, value }));
}

function stamped({ sets, mutants }: DeciderState, { fact, want }: DeciderEntry): Want | null {
  if (want === null) return null;
  const mine = Object.values(sets).filter(({ deployment }) => deployment === fact.uid);
  return { deployment: fact.uid, ...want, ...decide(fact, mine, mutants), confirmed: true };
}

function tell(turn: Turn, uid: string): Turn {
  const [state] = turn;
  const entry = state.entries[uid] as DeciderEntry;
  const want = stamped(state, entry);
  if (want === null || !state.open || JSON.stringify(want) === JSON.stringify(entry.sent)) return turn;
  return send([put(state, { ...entry, sent: want }), turn[1]], (session) => ({
    kind: 'Scale',
    session,
    wants: [want],
  }));
}

function isShown({ written, replicas }: DeploymentFact, { version, value }: Wanted): boolean {
  return (
    replicas === value &&
    written !== null &&
    written.value === value &&
    compareWantVersions(written.version, version) === 0
  );
}

function write([state, effects]: Turn, uid: string): Turn {
  const entry = state.entries[uid] as DeciderEntry;
  const { fact, want, writing, lost } = entry;
  if (want === null || writing || fact.resourceVersion === lost) return [state, effects];
  if (isShown(fact, want) && !fact.unmanaged) return [state, effects];
  const alone = fact.replicas === want.value;
  const effect: Effect = {
    type: 'writeReplicas',
    deployment: uid,
    namespace: fact.namespace,
    name: fact.name,
    value: alone ? null : want.value,
    written: {
      deployment: uid,
      ...want,
      generation: fact.generation + 1,
      owner: alone ? fact.replicasOwner : null,
      rest: fact.rest,
    },
    // A is in the same life: no want comes any more.
    ...(fact.unmanaged ? ({ last: true } as const) : {}),
    resourceVersion: fact.resourceVersion,
  };
  return [put(state, { ...entry, writing: true, lost: fact.resourceVersion }), [...effects, effect]];
}

/** What each Deployment comes to: R first, then the object. */
function finish(begun: Turn): Step<DeciderState> {
  const uids = Object.keys(begun[0].entries).sort();
  return uids.reduce<Turn>((turn, uid) => write(tell(turn, uid), uid), begun);
}

function answered(state: DeciderState, uid: string, after: DeploymentFact | null): DeciderState {
  const entry = state.entries[uid];
  if (entry === undefined) return state;
  const heard = { ...entry, writing: false };
  return after === null || hasLeft(after)
    ? put(state, heard)
    : observe(put(state, { ...heard, lost: '' }), after, true);
}

/** Deleted, or no longer managed, and all written that was asked for. */
function forget(state: DeciderState, uid: string): Turn {
  const rest = { ...state, entries: withEntry(state.entries, uid, undefined) };
  if (state.mutants.has('gone-untold')) return [rest, []];
  return send([rest, []], (session) => ({ kind: 'Gone', session, deployments: [uid] }));
}

function step(state: DeciderState, event: StageEvent): Step<DeciderState> {
  switch (event.type) {
    case 'connected':
      return finish([{ ...state, open: true }, []]);
    case 'deploymentObserved': {
      const { deployment } = event;
      const isOver = deployment.deleting || hasLeft(deployment, state.mutants);
      return isOver ? forget(state, deployment.uid) : finish([observe(state, deployment), []]);
    }
    case 'deploymentVanished':
      return forget(state, event.uid);
    case 'replicaSetObserved': {
      const { replicaSet } = event;
      return finish([{ ...state, sets: { ...state.sets, [replicaSet.uid]: replicaSet } }, []]);
    }
    case 'replicaSetVanished':
      return finish([{ ...state, sets: withEntry(state.sets, event.uid, undefined) }, []]);
    case 'replicasWritten':
      return finish([answered(state, event.deployment, event.after), []]);
    case 'timerFired': {
      const [, , uid, value] = event.timer.split('/');
      return finish([mint(state, uid as string, Number(value)), []]);
    }
    default:
      return [state, []];
  }
}

const stage: Stage<DeciderState> = {
  name: 'deployment',
  start: ({ incarnation, mutants = new Set() }) => [
    { incarnation, mutants, open: false, entries: {}, minted: 0, sets: {} },
    [{ type: 'connect', link: 'downstream', peer: 'replicaset', n: 1 }],
  ],
  step,
};

/** The stub, with what the explorer needs. */
export const stubDecider: StageUnderTest = {
  stage,
  view: ({ mutants: _, ...state }: DeciderState) => state,
  observe: ({ entries, incarnation }: DeciderState): Observation => {
    const wants = Object.values(entries).flatMap(({ sent }) => sent ?? []);
    const minted = wants.filter(({ version }) => version.incarnation === incarnation);
    return { records: [], wants, minted, preemptions: new Map(), links: [] };
  },
  prompts: ({ entries }: DeciderState) =>
    Object.values(entries).flatMap(({ fact, want }) =>
      want === null || fact.unmanaged
        ? []
        : VALUES.filter((value) => value !== want.value).map((value) => `ask/${fact.uid}/${value}`),
    ),
};
