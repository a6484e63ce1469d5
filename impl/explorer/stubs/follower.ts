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
import { type Observation, type StageUnderTest, withEntry } from '../world.ts';

/** One life. */
export interface FollowerState {
  readonly incarnation: number;
  readonly mutants: ReadonlySet<string>;
  /** By the uid of the Deployment. */
  readonly wants: Readonly<Record<string, Want>>;
  readonly gone: readonly string[];
  /** Those of a Deployment, or one that has none, decide together (as in `machines/replicaset/observe.ts`). */
  readonly holds: Readonly<Record<string, Hold>>;
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

const groupOf = ({ deployment, uid }: ReplicaSetFact) => deployment ?? `orphan/${uid}`;
const membersOf = ({ sets }: FollowerState, group: string) =>
  Object.values(sets).filter((one) => groupOf(one) === group);

function actIn(state: FollowerState, group: string): FollowerState {
  const replicaSets = membersOf(state, group);
  if (replicaSets.length === 0) return { ...state, holds: withEntry(state.holds, group, undefined) };
  const live = new Map(replicaSets.map(({ uid }) => [uid, numbersOf(state.pods, uid).length]));
  const want = state.wants[group] ?? null;
  const view = { want, gone: state.gone.includes(group), hold: state.holds[group] ?? NO_HOLD, live };
  const spoken = { wantSentThisSession: want !== null, linkOpen: true };
  const next = targets({ ...view, ...spoken, replicaSets }, state.mutants);
  return next.targets.reduce(bring, { ...state, holds: withEntry(state.holds, group, next.hold) });
}

/** Decides for those that a step has touched. */
function act(state: FollowerState, ...groups: readonly string[]): Step<FollowerState> {
  const after = [...new Set(groups)].sort().reduce(actIn, state);
  return [after, assigned(state, after)];
}

function hear(state: FollowerState, message: Message): Step<FollowerState> {
  if (message.kind === 'Scale') {
    const [want] = message.wants as readonly [Want];
    const wants = withEntry(state.wants, want.deployment, want);
    const gone = state.gone.filter((uid) => uid !== want.deployment);
    return act({ ...state, wants, gone }, want.deployment);
  }
  const [uid] = message.kind === 'Gone' ? message.deployments : [];
  if (uid === undefined) return [state, []];
  const gone = !state.gone.includes(uid) ? [...state.gone, uid].sort() : state.gone;
  return act({ ...state, wants: withEntry(state.wants, uid, undefined), gone }, uid);
}

function seeSet(state: FollowerState, uid: string, fact: ReplicaSetFact | undefined): Step<FollowerState> {
  const groups = [state.sets[uid], fact].flatMap((one) => (one === undefined ? [] : groupOf(one)));
  const sets = withEntry(state.sets, uid, fact);
  // With the last set of a Deployment it forgets that it is gone.
  const isOver = (group: string) =>
    groups.includes(group) && membersOf({ ...state, sets }, group).length === 0;
  return act({ ...state, sets, gone: state.gone.filter((group) => !isOver(group)) }, ...groups);
}

/** ReplicaSets that it knows to be deleted, or gone, and that have Pods: garbage collection ends them. */
function collectable({ sets, pods }: FollowerState): readonly string[] {
  const withPods = [...new Set(Object.values(pods))].sort();
  return withPods.filter((uid) => sets[uid] === undefined || sets[uid].deleting);
}

/** The Pods of one have been ended by garbage collection, and are gone. */
function collect(state: FollowerState, replicaSet: string): Step<FollowerState> {
  const left = Object.entries(state.pods).filter(([, one]) => one !== replicaSet);
  const known = state.sets[replicaSet];
  return act({ ...state, pods: Object.fromEntries(left) }, ...(known === undefined ? [] : [groupOf(known)]));
}

function step(state: FollowerState, event: StageEvent): Step<FollowerState> {
  switch (event.type) {
    case 'received':
      return hear(state, event.message);
    case 'replicaSetObserved':
      return seeSet(state, event.replicaSet.uid, event.replicaSet);
    case 'replicaSetVanished':
      return seeSet(state, event.uid, undefined);
    case 'timerFired': {
      const [, what, uid] = event.timer.split('/');
      return what === 'collected' ? collect(state, uid as string) : [{ ...state, dying: {} }, []];
    }
    default:
      return [state, []];
  }
}

const stage: Stage<FollowerState> = {
  name: 'replicaset',
  start: ({ incarnation, mutants = new Set() }) => [
    {
      ...{ incarnation, mutants, wants: {}, gone: [], holds: {} },
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
      wants: Object.values(state.wants),
      replicaSets: Object.values(state.sets),
      preemptions: new Map(),
      links: [],
    };
  },
  dues: (state: FollowerState) => [
    ...(Object.keys(state.dying).length > 0 ? ['ended'] : []),
    ...collectable(state).map((uid) => `collected/${uid}`),
  ],
};
