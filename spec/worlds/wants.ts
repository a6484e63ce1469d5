/** Worlds of wants (protocol 8): A, D and R, over a stub of all below; counts, rollouts, and the mode that changes with them. */
import type { FaultBudget, StageChoice, UserAct, WorldDescription } from './description.ts';
import { deployment, replicaSet } from './objects.ts';
import { scale } from './scripted.ts';

const DEAF_BELOW = ['nodeObserved', 'replicaSetObserved', 'podObserved', 'switchObserved', 'synced'];
const STAGES: readonly StageChoice[] = [
  { peer: 'autoscaler', use: 'autoscaler', deaf: ['deploymentObserved', 'switchObserved', 'synced'] },
  { peer: 'deployment', use: 'deployment' },
  { peer: 'replicaset', use: 'replicaset', deaf: ['podObserved'] },
  { peer: 'scheduler', use: 'stub/scheduler', deaf: DEAF_BELOW },
];
/** A hears of Deployments too. */
const HEARD_BY_A: readonly StageChoice[] = [
  { peer: 'autoscaler', use: 'autoscaler', deaf: ['switchObserved', 'synced'] },
  ...STAGES.slice(1),
];
const request = (replicas: number): UserAct => ({ act: 'request', deployment: 'd', replicas });
const ROLLOUT: UserAct = { act: 'rollout', deployment: 'd', template: 't2' };

interface WantsOptions {
  readonly name: string;
  readonly title: string;
  readonly script: readonly UserAct[];
  readonly pods?: number;
  readonly faults?: FaultBudget;
  readonly change?: Partial<WorldDescription>;
}

function wantsWorld({ name, title, script, pods = 1, faults = {}, change }: WantsOptions): WorldDescription {
  return {
    name,
    title,
    stages: STAGES,
    nodes: [],
    runtime: 'runs',
    deployments: [deployment(pods)],
    replicaSets: [replicaSet(pods)],
    script,
    faults,
    reduce: true,
    settled: true,
    quiet: ['autoscaler', 'scheduler'],
    always: [
      'CacheCoherent',
      'SessionFenced',
      'PhaseMonotonic',
      'SingleOwner',
      'NoNeedlessEnd',
      'ScaleNotLost',
      'NoDipOnModeChange',
      'NoStaleDirect',
    ],
    eventually: ['Converges', 'TombstonesCollected'],
    sometimes: ['linkOpens'],
    ...change,
  };
}

/** Worlds of wants. @public */
export const WANTS_WORLDS: readonly WorldDescription[] = [
  wantsWorld({ name: 'wants-burst', title: 'A asks for one more', script: [request(2)] }),
  wantsWorld({ name: 'wants-external', title: 'somebody else asks for one more', script: [scale(2)] }),
  wantsWorld({ name: 'wants-rollout', title: 'a rollout', script: [ROLLOUT] }),
  wantsWorld({
    name: 'wants-rollout-break',
    title: 'a rollout, and the link above R breaks: R goes on once it has been told again what it knows',
    script: [ROLLOUT],
    faults: { break: 1 },
    change: { deep: true },
  }),
  wantsWorld({
    name: 'wants-managed',
    title: 'the template gets the label, and A asks for one more while the rollout is under way',
    script: [ROLLOUT, request(2)],
    change: {
      deep: true,
      unmanaged: ['t1'],
      deployments: [{ ...deployment(1), unmanaged: true }],
      replicaSets: [replicaSet(1, { unmanaged: true })],
    },
  }),
  wantsWorld({
    name: 'wants-unmanaged',
    title: 'the template loses the label: a rollout to a ReplicaSet of stock',
    script: [ROLLOUT],
    change: {
      deep: true,
      unmanaged: ['t2'],
      stages: HEARD_BY_A,
      // R ends what the rollout gives up, though never another number was asked for.
      always: ['CacheCoherent', 'SessionFenced', 'PhaseMonotonic', 'SingleOwner', 'NoStaleDirect'],
    },
  }),
  wantsWorld({
    name: 'wants-adopted',
    title:
      'the Deployment is deleted, its ReplicaSet stays, and one without the label is made under its name: it adopts that, and rolls out',
    script: [
      { act: 'deleteDeployment', deployment: 'd', cascade: 'orphan' },
      { act: 'makeDeployment', uid: 'e', template: 't2', replicas: 1 },
    ],
    change: {
      unmanaged: ['t2'],
      stages: HEARD_BY_A,
      begins: ['user', 'rest'],
      // R ends what the rollout gives up, though never another number was asked for.
      always: ['CacheCoherent', 'SessionFenced', 'PhaseMonotonic', 'SingleOwner', 'NoStaleDirect'],
    },
  }),
  wantsWorld({
    name: 'wants-burst-rollout',
    title: 'A asks for one more, and a rollout begins before that is written back',
    script: [request(2), ROLLOUT],
    change: { deep: true },
  }),
  wantsWorld({
    name: 'wants-burst-external',
    title: 'A asks for one more, and somebody else for none',
    script: [request(2), scale(0)],
  }),
  wantsWorld({
    name: 'wants-burst-crash',
    title: 'A asks for one more; R and D crash',
    script: [request(2)],
    faults: { crash: { replicaset: 1, deployment: 1 } },
    change: { deep: true },
  }),
  wantsWorld({
    name: 'wants-rollout-crash',
    title: 'a burst, a rollout, and R crashes',
    script: [request(2), ROLLOUT],
    faults: { crash: { replicaset: 1 } },
    change: { deep: true },
  }),
  wantsWorld({
    name: 'wants-hold-crash',
    title: 'a burst that is not written back, a rollout that waits for Pods, and R begins anew',
    script: [request(2), ROLLOUT],
    faults: { crash: { replicaset: 1 } },
    change: {
      deep: true,
      patient: true,
      begins: [
        'user',
        'answer autoscaler',
        'deliver autoscaler',
        'rest',
        'user',
        'watch deployment~1 deployments',
        'crash replicaset~1 false',
      ],
    },
  }),
  wantsWorld({
    name: 'wants-break',
    title: 'A asks for one more, and the links above and below R break',
    script: [request(2)],
    faults: { break: 2 },
    change: { quiet: ['autoscaler'], deep: true },
  }),
  wantsWorld({
    name: 'wants-lost-reply',
    title: 'A asks for one more twice; a write is done, and its reply is lost',
    script: [request(2), request(3)],
    faults: { lostReply: 1 },
  }),
  wantsWorld({
    name: 'wants-flush',
    title: 'D is asked to write its wants back, and stock is given the Pods',
    script: [request(2), { act: 'flush' }, { act: 'switch', owner: 'stock' }],
    change: { eventually: ['ReleaseAcknowledged'] },
  }),
];
