/**
 * R cut down to what it may do for the sake of counts (`machines/ownership/wants/targets.ts`), with all below it folded in: a Pod that
 * it mints runs at once, and one that it ends is gone in its own time. It takes every want of D's as it comes.
 */
import { type Hold, NO_HOLD, type Target, targets } from '../../../machines/ownership/wants/targets.ts';
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { ReplicaSetFact } from '../../../spec/facts.ts';
import type { Message } from '../../../spec/messages.ts';
import type { Stage, Step } from '../../../spec/stage.ts';
import type { PodRecord, Want } from '../../../spec/vocabulary.ts';
import { ONE } from '../../../spec/worlds/objects.ts';
import type { Observation, StageUnderTest } from '../world.ts';

const UID = 'd';

/** One life. */
export interface FollowerState {
  readonly incarnation: number;
  readonly mutants: ReadonlySet<string>;
  readonly want: Want | null;
  readonly gone: boolean;
  readonly hold: Hold;
  readonly sets: Readonly<Record<string, ReplicaSetFact>>;
  readonly minted: number;
  /** Number of a Pod → its ReplicaSet. */
  readonly pods: Readonly<Record<number, string>>;
  /** The same, of those that were ended and are not gone. */
  readonly dying: Readonly<Record<number, string>>;
}

const numbersOf = (pods: FollowerState['pods'], replicaSet: string) =>
  Object.keys(pods)
    .map(Number)
    .filter((number) => pods[number] === replicaSet);

const recordOf = ({ incarnation }: FollowerState, number: number, replicaSet: string, ends: boolean) =>
  ({
    uid: `r${incarnation}-${number}`,
    ...{ replicaSet, revision: '', requests: ONE, priority: 0, node: 'stub' },
    phase: ends ? 'terminating' : 'running',
    ready: !ends,
    version: { stage: 'replicaset', incarnation, counter: number },
  }) as const satisfies PodRecord;

/** Ends the youngest, and makes new ones, as many as may be. */
function bring(state: FollowerState, { replicaSet, mayCreate, mayEnd, ends }: Target): FollowerState {
  const victims = ends === 'any' && mayEnd > 0 ? numbersOf(state.pods, replicaSet).slice(-mayEnd) : [];
  const pods = { ...state.pods };
  for (const number of victims) delete pods[number];
  for (let one = 1; one <= mayCreate; one += 1) pods[state.minted + one] = replicaSet;
  const ended = Object.fromEntries(victims.map((number) => [number, replicaSet]));
  return { ...state, pods, dying: { ...state.dying, ...ended }, minted: state.minted + mayCreate };
}

/** S is told of the new ones: nobody hears it, but it is how a property knows them. */
function assigned(was: FollowerState, is: FollowerState): readonly Effect[] {
  const numbers = Object.keys(is.pods).map(Number);
  const records = numbers
    .filter((number) => number > was.minted)
    .map((number) => recordOf(is, number, is.pods[number] as string, false));
  if (records.length === 0) return [];
  const session = { upstream: is.incarnation, downstream: 0, n: 0 };
  return [{ type: 'send', link: 'downstream', message: { kind: 'Assign', session, records } }];
}

function act(state: FollowerState): Step<FollowerState> {
  const { want, gone, hold, sets } = state;
  const live = new Map<string, number>();
  for (const replicaSet of Object.keys(sets)) live.set(replicaSet, numbersOf(state.pods, replicaSet).length);
  const view = { want, gone, hold, live, wantSentThisSession: want !== null, linkOpen: true };
  const next = targets({ ...view, replicaSets: Object.values(sets) }, state.mutants);
  const after = next.targets.reduce(bring, { ...state, hold: next.hold });
  return [after, assigned(state, after)];
}

function hear(state: FollowerState, message: Message): FollowerState {
  if (message.kind === 'Gone') return { ...state, want: null, gone: message.deployments.includes(UID) };
  return message.kind === 'Scale' ? { ...state, want: message.wants[0] as Want, gone: false } : state;
}

function step(state: FollowerState, event: StageEvent): Step<FollowerState> {
  switch (event.type) {
    case 'received':
      return act(hear(state, event.message));
    case 'replicaSetObserved': {
      const { replicaSet } = event;
      return act({ ...state, sets: { ...state.sets, [replicaSet.uid]: replicaSet } });
    }
    case 'timerFired':
      return [{ ...state, dying: {} }, []];
    default:
      return [state, []];
  }
}

const stage: Stage<FollowerState> = {
  name: 'replicaset',
  start: ({ incarnation, mutants = new Set() }) => [
    {
      ...{ incarnation, mutants, want: null, gone: false, hold: NO_HOLD },
      ...{ sets: {}, minted: 0, pods: {}, dying: {} },
    },
    [],
  ],
  step,
};

/** The stub, with what the explorer needs. */
export const stubFollower: StageUnderTest = {
  stage,
  view: ({ mutants: _, ...state }: FollowerState) => state,
  observe: (state: FollowerState): Observation => {
    const recordsOf = (pods: FollowerState['pods'], ends: boolean) =>
      Object.entries(pods).map(([number, replicaSet]) => ({
        ...recordOf(state, Number(number), replicaSet, ends),
        owned: false,
      }));
    return {
      records: [...recordsOf(state.pods, false), ...recordsOf(state.dying, true)],
      wants: state.want === null ? [] : [state.want],
      replicaSets: Object.values(state.sets),
      preemptions: new Map(),
      links: [],
    };
  },
  dues: ({ dying }: FollowerState) => (Object.keys(dying).length > 0 ? ['ended'] : []),
};
