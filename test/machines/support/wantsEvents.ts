/** One event of every type, as plain as can be: for the (state, event) tables. */
import type { StageEvent } from '../../../spec/events.ts';
import type { NodeFact, PodFact } from '../../../spec/facts.ts';
import { DEPLOYMENT, deploymentFact, replicaSetFact } from './wantsApi.ts';

const resources = { cpu: 0, memory: 0, pods: 0 };
const node: NodeFact = {
  ...{ name: 'node-1', uid: 'node-uid', resourceVersion: '1', capacity: resources, labels: {}, taints: [] },
  ...{ unschedulable: false, ready: true, agent: null, address: '', mark: null, drained: null },
};
const pod = { name: 'pod', metadataUid: 'pod-uid' } as PodFact;
const session = { upstream: 1, downstream: 1, n: 99 };

/** Messages of strange sessions, timers that do not run, answers that nobody awaits included. */
export const EVERY_EVENT: readonly StageEvent[] = [
  { type: 'connected', link: 'downstream', n: 99 },
  { type: 'connected', link: 'downstream', n: 1 },
  { type: 'broken', link: 'downstream', upstream: 1, n: 99 },
  { type: 'broken', link: 'upstream', upstream: 1, n: 99 },
  { type: 'received', link: 'downstream', message: { kind: 'Invalidated', session } },
  { type: 'received', link: 'upstream', message: { kind: 'Scale', session, wants: [] } },
  { type: 'leaseRead', subject: 'deployment', token: 'nobody', incarnation: null },
  { type: 'nodesListed', nodes: [node] },
  { type: 'registered', node },
  { type: 'nodeRead', name: 'node-1', token: 'nobody', node: null },
  { type: 'marked', node: 'node-1', mark: { incarnation: 1, n: 1 }, outcome: 'written' },
  { type: 'nodeObserved', node },
  { type: 'nodeVanished', name: 'node-1', uid: 'node-uid' },
  { type: 'deploymentObserved', deployment: deploymentFact() },
  { type: 'deploymentObserved', deployment: deploymentFact({ deleting: true }) },
  { type: 'deploymentVanished', uid: DEPLOYMENT },
  { type: 'deploymentVanished', uid: 'never-seen' },
  { type: 'replicaSetObserved', replicaSet: replicaSetFact() },
  { type: 'replicaSetObserved', replicaSet: replicaSetFact({ deployment: null }) },
  { type: 'replicaSetVanished', uid: 'rs-1' },
  { type: 'replicaSetVanished', uid: 'never-seen' },
  { type: 'podObserved', pod },
  { type: 'podVanished', pod },
  { type: 'switchObserved', switch: { owner: 'direct', resourceVersion: '5' } },
  { type: 'switchObserved', switch: { owner: 'stock', resourceVersion: '6' } },
  { type: 'synced', what: 'deployments' },
  { type: 'synced', what: 'replicaSets' },
  { type: 'synced', what: 'nodes' },
  { type: 'podsListed', pods: [] },
  { type: 'published', uid: 'r1-1', pod },
  { type: 'publishFailed', uid: 'r1-1', refusal: 'quota', text: '' },
  { type: 'deleteAnswered', uid: 'r1-1', outcome: 'accepted' },
  { type: 'podRead', uid: 'r1-1', pod: null },
  { type: 'podStarted', uid: 'r1-1' },
  { type: 'podReadiness', uid: 'r1-1', ready: true },
  { type: 'podStopped', uid: 'r1-1', failed: false },
  { type: 'scaleRequested', deployment: DEPLOYMENT, replicas: 3 },
  { type: 'replicasWritten', deployment: DEPLOYMENT, after: deploymentFact(), refusal: null },
  { type: 'replicasWritten', deployment: DEPLOYMENT, after: null, refusal: 'ambiguous' },
  { type: 'replicasWritten', deployment: 'never-seen', after: null, refusal: 'notFound' },
  { type: 'timerFired', timer: 'unconfirmed' },
  { type: 'timerFired', timer: 'propagation' },
  { type: 'timerFired', timer: `writeBack/${DEPLOYMENT}` },
  { type: 'timerFired', timer: `lower/${DEPLOYMENT}` },
  { type: 'timerFired', timer: `retry/${DEPLOYMENT}` },
  { type: 'timerFired', timer: 'retry/never-seen' },
];
