/** The rollout machine at work: facts in, `Progressing` conditions out. */
import { type AnyMachineSnapshot, transition } from 'xstate';
import { type Condition, conditionOf, type Deployment } from '../../apiserver/kube.ts';
import { timestamp } from '../../mint.ts';
import { withCondition, withoutCondition } from '../conditions.ts';
import { type RolloutEvent, type RolloutState, rolloutMachine, STATE_OF_REASON } from './rolloutMachine.ts';

const SNAPSHOTS = new Map<RolloutState, AnyMachineSnapshot>();

function snapshotOf(state: RolloutState): AnyMachineSnapshot {
  const known = SNAPSHOTS.get(state);
  if (known !== undefined) return known;
  const made = rolloutMachine.resolveState({ value: state });
  SNAPSHOTS.set(state, made);
  return made;
}

/** What each effect of the machine says. `%` stands for the new ReplicaSet, or the Deployment where there is none. */
const SAYS: Readonly<Record<string, Pick<Condition, 'status' | 'reason' | 'message'>>> = {
  sayCreated: { status: 'True', reason: 'NewReplicaSetCreated', message: 'Created new replica set %' },
  sayFound: { status: 'True', reason: 'FoundNewReplicaSet', message: 'Found new replica set %' },
  sayRefused: {
    status: 'False',
    reason: 'ReplicaSetCreateError',
    message: 'Failed to create new replica set %',
  },
  sayCompleted: {
    status: 'True',
    reason: 'NewReplicaSetAvailable',
    message: 'ReplicaSet % has successfully progressed.',
  },
  sayProgressed: { status: 'True', reason: 'ReplicaSetUpdated', message: 'ReplicaSet % is progressing.' },
  sayTimedOut: {
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: 'ReplicaSet % has timed out progressing.',
  },
  sayPaused: { status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' },
  sayResumed: { status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' },
};

/** The state that a Deployment's condition stands for. */
export function rolloutState(deployment: Deployment): RolloutState {
  const reason = conditionOf(deployment.status, 'Progressing')?.reason;
  return reason === undefined ? 'unknown' : (STATE_OF_REASON[reason] ?? 'unknown');
}

/** The conditions after a fact, if it says something; the same list if not. */
export function afterFact(
  deployment: Deployment,
  conditions: readonly Condition[],
  event: RolloutEvent,
  subject: { name: string | undefined; now: number; more?: string },
): Condition[] {
  const [, actions] = transition(rolloutMachine, snapshotOf(rolloutState(deployment)) as never, event);
  let made = [...conditions];
  for (const { type } of actions) {
    const said = SAYS[type];
    if (said === undefined) throw new Error(`the rollout machine has an effect without words: ${type}`);
    const name = subject.name === undefined ? '' : `"${subject.name}"`;
    const message =
      (said.message ?? '').replace('%', name) + (subject.more === undefined ? '' : `: ${subject.more}`);
    const time = timestamp(subject.now);
    const next: Condition = {
      type: 'Progressing',
      ...said,
      message,
      lastUpdateTime: time,
      lastTransitionTime: time,
    };
    const before = made.find((one) => one.type === 'Progressing');
    // Progress is noted anew even under the same reason: the deadline runs from `lastUpdateTime`.
    if (type === 'sayProgressed' && before !== undefined) {
      made = withoutCondition(made, 'Progressing');
      const kept = before.status === 'True' ? before.lastTransitionTime : undefined;
      made.push(kept === undefined ? next : { ...next, lastTransitionTime: kept });
    } else made = withCondition(made, next);
  }
  return made;
}
