/**
 * Worlds of a rollout that hands a Deployment over: from an unmanaged ReplicaSet to a managed one, back, and from one managed one to
 * another, while A asks for more and people scale. D's and R's decisions alone, and the stock Deployment controller. Each is also a
 * TLA+ world (`proofs-tla/Rollout.tla`), state for state and step for step. They begin with the first ReplicaSet at rest.
 */
import { DECISIONS, ONE_DEPLOYMENT } from './decisions.ts';
import type { UserAct, WorldDescription } from './description.ts';
import { deployment, replicaSet } from './objects.ts';
import { scale } from './scripted.ts';

const to = (template: string): UserAct => ({ act: 'rollout', deployment: 'd', template });

const pause = (paused: boolean): UserAct => ({ act: 'pause', deployment: 'd', paused });

const base = {
  ...DECISIONS,
  spec: 'MCRollout',
  ...ONE_DEPLOYMENT,
  unmanaged: ['t0'],
  // A dip is no subject here: this stock controller empties the old one whether or not the new one's Pods are there.
  always: ['ScaleNotLost', 'NoStaleDirect'],
  eventually: ['Converges', 'TombstonesCollected'],
} as const satisfies Omit<WorldDescription, 'name' | 'title' | 'faults' | 'sometimes'>;

/** Of a Deployment that is not managed yet. */
const UNMANAGED = {
  deployments: [{ ...deployment(1), template: 't0', rest: 't0', unmanaged: true as const }],
  replicaSets: [
    replicaSet(1, { uid: 'rs-t0', name: 'd-t0', template: 't0', revision: 't0', unmanaged: true }),
  ],
};

/** The stock Deployment controller waits for Pods: a dip would be R's own. */
const PATIENT = {
  patient: true,
  always: [...base.always, 'NoDipOnModeChange'],
} as const satisfies Partial<WorldDescription>;

/** Worlds of a rollout. @public */
export const ROLLOUT_WORLDS: readonly WorldDescription[] = [
  {
    ...base,
    name: 'rollout',
    title: 'a rollout between two managed ReplicaSets, and A asks for more',
    script: [to('t2')],
    faults: { prompts: { ask: 1 } },
    sometimes: ['wantMinted', 'wantWrittenBack'],
  },
  {
    ...base,
    ...UNMANAGED,
    name: 'rollout-in',
    title: 'the template gets the label, and A asks for more',
    script: [to('t1')],
    faults: { prompts: { ask: 1 } },
    sometimes: ['wantMinted', 'wantWrittenBack'],
  },
  {
    ...base,
    name: 'rollout-out',
    title: 'a person scales, and the template loses the label',
    script: [scale(2), to('t0')],
    faults: {},
    deep: true,
    sometimes: ['externalAdopted', 'tombstoneHeld'],
  },
  {
    ...base,
    name: 'rollout-out-asked',
    title: 'A asks for more, and the template loses the label',
    script: [to('t0')],
    faults: { prompts: { ask: 1 } },
    sometimes: ['wantMinted', 'tombstoneHeld'],
  },
  {
    ...base,
    ...UNMANAGED,
    name: 'rollout-in-on',
    title: 'the template gets the label, a person scales, and it is edited again',
    script: [to('t1'), scale(3), to('t2')],
    faults: { prompts: { ask: 1 } },
    deep: true,
    sometimes: ['wantMinted', 'wantWrittenBack', 'externalAdopted'],
  },
  {
    ...base,
    ...PATIENT,
    name: 'rollout-waits',
    title: 'a rollout between two managed ReplicaSets that waits for Pods, and A asks for more',
    script: [to('t2')],
    faults: { prompts: { ask: 1 } },
    deep: true,
    sometimes: ['wantMinted', 'wantWrittenBack'],
  },
  {
    ...base,
    ...PATIENT,
    name: 'rollout-waits-scaled',
    title: 'the same, and a person scales',
    script: [to('t2'), scale(3)],
    faults: { prompts: { ask: 1 } },
    deep: true,
    sometimes: ['wantMinted', 'externalAdopted'],
  },
  {
    ...base,
    ...PATIENT,
    name: 'rollout-waits-adopted',
    title: 'a rollout that waits for Pods, from a ReplicaSet that was made by hand and adopted',
    replicaSets: [{ ...replicaSet(1), desired: null }],
    script: [to('t2')],
    faults: {},
    eventually: [...base.eventually, 'RolloutsEnd'],
    sometimes: ['tombstoneHeld'],
  },
  {
    ...base,
    ...PATIENT,
    name: 'rollout-paused',
    title: 'a rollout is paused and resumed, and A asks for more',
    script: [to('t2'), pause(true), pause(false)],
    faults: { prompts: { ask: 1 } },
    deep: true,
    sometimes: ['wantMinted', 'wantWrittenBack'],
  },
  {
    ...base,
    ...PATIENT,
    name: 'rollout-paused-scaled',
    title: 'a rollout is paused, and a person scales: each ReplicaSet at its share',
    script: [to('t2'), pause(true), scale(3)],
    faults: {},
    sometimes: ['externalAdopted'],
  },
  {
    ...base,
    ...PATIENT,
    ...UNMANAGED,
    name: 'rollout-in-waits',
    title: 'the template gets the label, stock waits for Pods, and A asks for more',
    script: [to('t1')],
    faults: { prompts: { ask: 1 } },
    deep: true,
    sometimes: ['wantMinted', 'wantWrittenBack'],
  },
  {
    ...base,
    ...PATIENT,
    ...UNMANAGED,
    name: 'rollout-in-waits-scaled',
    title: 'the same, and a person scales',
    script: [to('t1'), scale(3)],
    faults: { prompts: { ask: 1 } },
    deep: true,
    sometimes: ['wantMinted', 'externalAdopted'],
  },
  {
    ...base,
    ...PATIENT,
    name: 'rollout-out-waits',
    title: 'A asks for more, the template loses the label, and stock waits for Pods',
    script: [to('t0')],
    faults: { prompts: { ask: 1 } },
    deep: true,
    sometimes: ['wantMinted', 'tombstoneHeld'],
  },
  {
    ...base,
    ...PATIENT,
    name: 'rollout-out-waits-scaled',
    title: 'a person scales, the template loses the label, and stock waits for Pods',
    script: [scale(2), to('t0')],
    faults: {},
    deep: true,
    sometimes: ['externalAdopted', 'tombstoneHeld'],
  },
];
