/**
 * D cut down to one decision: for which ReplicaSet, and in which mode, R obeys the want (`machines/ownership/wants/mode.ts`), beside who
 * wrote the replicas last (`base.ts`). A is in the same life, and mints a want when it is prompted. It writes back at once, one request
 * at a time. Its link to R opens at once, and never breaks: that is another world's subject.
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
import type { Observation, StageUnderTest } from '../world.ts';

const UID = 'd';
const VALUES = [2];

/** One life. */
export interface DeciderState {
  readonly incarnation: number;
  readonly mutants: ReadonlySet<string>;
  readonly open: boolean;
  readonly fact: DeploymentFact | null;
  readonly base: Base | null;
  readonly want: Wanted | null;
  readonly minted: number;
  readonly sets: Readonly<Record<string, ReplicaSetFact>>;
  readonly sent: Want | null;
  /** A request is under way. */
  readonly writing: boolean;
  /** resourceVersion of the object that the last request was lost against; it waits for another. */
  readonly lost: string;
}
type Turn = readonly [DeciderState, readonly Effect[]];

function send([state, effects]: Turn, message: (session: SessionId) => Message): Turn {
  const session = { upstream: state.incarnation, downstream: 0, n: 1 };
  return [state, [...effects, { type: 'send', link: 'downstream', message: message(session) }]];
}

function adopt(state: DeciderState, { version, value }: Wanted): DeciderState {
  if (state.want !== null && compareWantVersions(version, state.want.version) <= 0) return state;
  return { ...state, want: { version, value } };
}

function observe(state: DeciderState, fact: DeploymentFact, own = false): DeciderState {
  if (state.fact !== null && !isFresher(fact, state.fact)) return state;
  const verdict = own ? 'own' : judge(state.base, fact, state.mutants);
  const version = { generation: fact.generation, incarnation: 0, counter: 0 };
  const want = verdict === 'external' ? { version, value: fact.replicas } : writtenOf(fact, state.mutants);
  const seen = { ...state, fact, base: baseOf(fact) };
  return want === null ? seen : adopt(seen, want);
}

function mint(state: DeciderState, value: number): DeciderState {
  const minted = state.minted + 1;
  const generation = state.want?.version.generation ?? 0;
  return adopt(
    { ...state, minted },
    { version: { generation, incarnation: state.incarnation, counter: minted }, value },
  );
}

function stamped({ fact, want, sets, mutants }: DeciderState): Want | null {
  if (fact === null || want === null) return null;
  return { deployment: UID, ...want, ...decide(fact, Object.values(sets), mutants), confirmed: true };
}

function tell(turn: Turn): Turn {
  const want = stamped(turn[0]);
  if (want === null || !turn[0].open || JSON.stringify(want) === JSON.stringify(turn[0].sent)) return turn;
  return send([{ ...turn[0], sent: want }, turn[1]], (session) => ({
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

function write([state, effects]: Turn): Turn {
  const { fact, want, writing, lost } = state;
  if (fact === null || want === null || writing || fact.resourceVersion === lost) return [state, effects];
  if (isShown(fact, want) && !fact.unmanaged) return [state, effects];
  const alone = fact.replicas === want.value;
  const effect: Effect = {
    type: 'writeReplicas',
    deployment: UID,
    namespace: fact.namespace,
    name: fact.name,
    value: alone ? null : want.value,
    written: {
      deployment: UID,
      ...want,
      generation: fact.generation + 1,
      owner: alone ? fact.replicasOwner : null,
      rest: fact.rest,
    },
    // A is in the same life: no want comes any more.
    ...(fact.unmanaged ? ({ last: true } as const) : {}),
    resourceVersion: fact.resourceVersion,
  };
  return [{ ...state, writing: true, lost: fact.resourceVersion }, [...effects, effect]];
}

const finish = (turn: Turn): Step<DeciderState> => write(tell(turn));

function answered(state: DeciderState, after: DeploymentFact | null): DeciderState {
  const heard = { ...state, writing: false };
  return after === null || state.fact === null || hasLeft(after)
    ? heard
    : observe({ ...heard, lost: '' }, after, true);
}

/** Deleted, or no longer managed, and all written that was asked for. */
function forget(state: DeciderState): Turn {
  const rest = { ...state, fact: null, base: null, want: null, sent: null };
  return send([rest, []], (session) => ({ kind: 'Gone', session, deployments: [UID] }));
}

function step(state: DeciderState, event: StageEvent): Step<DeciderState> {
  switch (event.type) {
    case 'connected':
      return finish([{ ...state, open: true }, []]);
    case 'deploymentObserved': {
      const { deployment } = event;
      return hasLeft(deployment, state.mutants) ? forget(state) : finish([observe(state, deployment), []]);
    }
    case 'deploymentVanished':
      return forget(state);
    case 'replicaSetObserved': {
      const { replicaSet } = event;
      return finish([{ ...state, sets: { ...state.sets, [replicaSet.uid]: replicaSet } }, []]);
    }
    case 'replicasWritten':
      return finish([answered(state, event.after), []]);
    case 'timerFired':
      return finish([mint(state, Number(event.timer.split('/').at(-1))), []]);
    default:
      return [state, []];
  }
}

const stage: Stage<DeciderState> = {
  name: 'deployment',
  start: ({ incarnation, mutants = new Set() }) => [
    {
      ...{ incarnation, mutants, open: false, fact: null, base: null, want: null, minted: 0 },
      ...{ sets: {}, sent: null, writing: false, lost: '' },
    },
    [{ type: 'connect', link: 'downstream', peer: 'replicaset', n: 1 }],
  ],
  step,
};

/** The stub, with what the explorer needs. */
export const stubDecider: StageUnderTest = {
  stage,
  view: ({ mutants: _, ...state }: DeciderState) => state,
  observe: ({ sent, incarnation }: DeciderState): Observation => {
    const wants = sent === null ? [] : [sent];
    const minted = wants.filter(({ version }) => version.incarnation === incarnation);
    return { records: [], wants, minted, preemptions: new Map(), links: [] };
  },
  prompts: ({ fact, want }: DeciderState) =>
    want === null || fact?.unmanaged
      ? []
      : VALUES.filter((value) => value !== want.value).map((value) => `ask/${value}`),
};
