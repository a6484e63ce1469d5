/**
 * Worlds of a Deployment that is deleted, as `kubectl delete --cascade` says, and made anew under its name: D's and R's decisions, the stock
 * Deployment controller, garbage collection, and people. Each is also a TLA+ world (`proofs-tla/Deletion.tla`), state for state and step for
 * step. They begin with the first ReplicaSet at rest.
 */
import { DECISIONS, ONE_DEPLOYMENT } from './decisions.ts';
import type { Cascade, UserAct, WorldDescription } from './description.ts';

export const deleted = (cascade: Cascade): UserAct => ({ act: 'deleteDeployment', deployment: 'd', cascade });
const anew = (template: string, replicas: number): UserAct => ({
  act: 'makeDeployment',
  uid: 'e',
  template,
  replicas,
});

const base = {
  ...DECISIONS,
  spec: 'MCDeletion',
  ...ONE_DEPLOYMENT,
  always: ['ScaleNotLost', 'NoStaleDirect', 'NoneForDeleted'],
  eventually: ['Converges', 'TombstonesCollected'],
  sometimes: ['wantMinted', 'forgotten'],
} as const satisfies Omit<WorldDescription, 'name' | 'title' | 'faults'>;
const ASKED = { prompts: { ask: 1 } };

/** Worlds of deletion. @public */
export const DELETION_WORLDS: readonly WorldDescription[] = [
  {
    ...base,
    name: 'deletion',
    title: 'A asks for more, and the Deployment is deleted: it is gone at once, its ReplicaSet and Pods then',
    script: [deleted('background')],
    faults: ASKED,
  },
  {
    ...base,
    name: 'deletion-foreground',
    title: 'A asks for more, and the Deployment is deleted: it stands until its Pods are gone',
    script: [deleted('foreground')],
    faults: ASKED,
  },
  {
    ...base,
    name: 'deletion-orphan',
    title: 'A asks for more, and the Deployment is deleted: its ReplicaSet stays, with its Pods',
    script: [deleted('orphan')],
    faults: ASKED,
  },
  {
    ...base,
    name: 'deletion-anew',
    title: 'the Deployment is deleted, and another one is made under its name, with another template',
    script: [deleted('background'), anew('t2', 2)],
    faults: {},
    sometimes: ['forgotten', 'madeAnew'],
  },
  {
    ...base,
    name: 'deletion-adopts',
    title: 'the Deployment is deleted, its ReplicaSet stays, and another Deployment of its name adopts it',
    script: [deleted('orphan'), anew('t1', 2)],
    faults: {},
    sometimes: ['forgotten', 'madeAnew'],
  },
  {
    ...base,
    name: 'deletion-rolls',
    title: 'the same, and the other one has another template: it rolls out from what was left',
    script: [deleted('orphan'), anew('t2', 1)],
    faults: {},
    deep: true,
    sometimes: ['forgotten', 'madeAnew'],
  },
];
