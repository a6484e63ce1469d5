/** K with many Pods on its one node, in either runtime. */
import { kubeletStage } from '../../../machines/kubelet/index.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Message } from '../../../spec/messages.ts';
import type { PodRecord } from '../../../spec/vocabulary.ts';
import { nodeFact, podFact, REQUESTS, strangerFact, uidOf } from './facts.ts';
import { batches, type Case, Driven, type GrownStage, overWire, PEER, SELF, sample } from './world.ts';

const NODE = 'worker-0';
const PRIOR = 1_789_000_000_000;

function record(i: number): PodRecord {
  return {
    ...{
      uid: `r${PRIOR.toString(36)}-${(i + 1).toString(36)}`,
      replicaSet: uidOf('rs', 0),
      revision: '6d4cf56db6',
    },
    ...{ requests: REQUESTS, priority: 0, node: NODE, phase: 'bound', ready: false },
    version: { stage: 'scheduler', incarnation: PEER, counter: i + 1 },
  };
}
const above = (message: Message): StageEvent => ({
  ...{ type: 'received', link: 'upstream', message: overWire(message) },
});
const live = (each: PodRecord, ready: boolean) =>
  podFact(each, { phase: ready ? 'Running' : 'Pending', ready });
const published = (each: PodRecord): StageEvent => ({
  type: 'published',
  uid: each.uid,
  pod: live(each, false),
});
const shown = (each: PodRecord): StageEvent => ({ type: 'podObserved', pod: live(each, true) });

/** K on its node, its link open. */
function connected(runtime: 'publish' | 'runs', records: number) {
  const k = new Driven(kubeletStage, { incarnation: SELF, node: NODE, runtime });
  const node = nodeFact(NODE, SELF, records + 1000);
  k.give({ type: 'registered', node });
  k.give({ type: 'leaseRead', subject: 'scheduler', token: k.asked('readLease').token, incarnation: PEER });
  k.give({ type: 'podsListed', pods: [] });
  const up = k.openUpstream('scheduler', `kubelet/${NODE}`, (effect) => ({
    ...{ type: 'nodeRead', name: NODE, token: effect.type === 'readNode' ? effect.token : '', node },
  }));
  return { k, up };
}

/** The steps that both runtimes have. */
function common(
  k: Driven<unknown>,
  up: ReturnType<typeof connected>['up'],
  records: number,
  rest: readonly PodRecord[],
): Case[] {
  const { state } = k;
  return [
    {
      name: 'assigned, and accepted',
      state,
      events: sample(rest).map((_, i) =>
        above({ kind: 'Assign', session: up, records: [record(records + i)] }),
      ),
    },
    {
      name: 'to be terminated',
      state,
      events: sample(rest).map(({ uid }) => above({ kind: 'Terminate', session: up, uids: [uid] })),
    },
    {
      name: 'deleted by a user, gone',
      state,
      events: sample(rest).map((each) => ({ type: 'podVanished', pod: live(each, true) })),
    },
    {
      name: 'observed at the API',
      state,
      events: sample(rest).map((_, i) => ({ type: 'podObserved', pod: strangerFact(i, NODE) })),
    },
  ];
}

/** K with this many Pods, nearly all ready; a sample is not published yet (or not started), another is not ready. */
export function growKubelet(records: number, runtime: 'publish' | 'runs'): GrownStage {
  const { k, up } = connected(runtime, records);
  const all = Array.from({ length: records }, (_, i) => record(i));
  for (const batch of batches(all, 10))
    k.receive('upstream', { kind: 'Assign', session: up, records: batch });
  const fresh = new Set(sample(all));
  const rest = all.filter((each) => !fresh.has(each));
  const pending = new Set(sample(rest));
  const started = (each: PodRecord): StageEvent => ({ type: 'podStarted', uid: each.uid });
  const readiness = (each: PodRecord): StageEvent => ({ type: 'podReadiness', uid: each.uid, ready: true });
  for (const each of rest) {
    if (runtime === 'runs') k.give(started(each));
    k.give(published(each));
    if (pending.has(each)) continue;
    if (runtime === 'runs') k.give(readiness(each));
    k.give(shown(each));
  }
  const { state } = k;
  const own: Case[] =
    runtime === 'publish'
      ? [
          { name: 'published', state, events: [...fresh].map(published) },
          { name: 'ready', state, events: [...pending].map(shown) },
        ]
      : [
          { name: 'started', state, events: [...fresh].map(started) },
          { name: 'ready', state, events: [...pending].map(readiness) },
        ];
  return k.grown([...own, ...common(k as Driven<unknown>, up, records, rest)]);
}
