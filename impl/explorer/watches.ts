/**
 * Watches: what each stage sees of the API Server, told late and object by object. A watch tells the object as it is
 * when it tells; what it was in between may never be seen.
 */
import { HEARS, type StageEvent } from '../../spec/events.ts';
import type { DeploymentFact, NodeFact, PodFact, ReplicaSetFact, SwitchFact } from '../../spec/facts.ts';
import { type PeerName, type StageName, stageOf } from '../../spec/vocabulary.ts';
import type { StageChoice } from '../../spec/worlds/description.ts';
import { type Api, type Fact, nodeOf, type Process, type World, withEntry, withProcess } from './world.ts';

/** What is listed. */
export type What = 'nodes' | 'deployments' | 'replicaSets' | 'pods';
const LISTS: Readonly<Record<StageName, readonly What[]>> = {
  autoscaler: ['deployments'],
  deployment: ['deployments', 'replicaSets'],
  replicaset: ['replicaSets', 'pods'],
  scheduler: ['nodes', 'replicaSets', 'pods'],
  kubelet: ['nodes', 'pods'],
};

/** Deployments that are managed, or leaving: of those D has yet to write what was asked for. */
export function shownDeployments({ deployments }: Api): readonly DeploymentFact[] {
  return Object.values(deployments).filter(({ unmanaged, written }) => !unmanaged || written !== null);
}

/** What the stage should have seen by now, by key. */
function scope(api: Api, process: Pick<Process, 'peer'>, choice: StageChoice): Record<string, Fact> {
  const stage = stageOf(process.peer);
  const hears = (type: string) =>
    (HEARS[stage] as readonly string[]).includes(type) && choice.deaf?.includes(type) !== true;
  const facts: Record<string, Fact> = {};
  if (hears('switchObserved')) facts['switch/switch'] = api.switch;
  if (hears('deploymentObserved'))
    for (const one of shownDeployments(api)) facts[`deployments/${one.uid}`] = one;
  if (hears('replicaSetObserved'))
    for (const one of Object.values(api.replicaSets))
      if (!one.unmanaged || stage !== 'scheduler') facts[`replicaSets/${one.uid}`] = one;
  if (hears('nodeObserved'))
    for (const one of Object.values(api.nodes))
      if (stage !== 'kubelet' || one.name === nodeOf(process.peer)) facts[`nodes/${one.name}`] = one;
  if (hears('podObserved'))
    for (const one of Object.values(api.pods))
      if (watches(process, choice, one)) facts[`pods/${one.name}`] = one;
  return facts;
}

function watches(
  { peer }: Pick<Process, 'peer'>,
  { handsOver }: StageChoice,
  { node, managed, uid }: PodFact,
): boolean {
  const stage = stageOf(peer);
  if (stage === 'kubelet') return node === nodeOf(peer);
  if (stage !== 'scheduler') return managed;
  return managed ? handsOver === true && uid === null : node !== null;
}

function observed(key: string, fact: Fact): StageEvent {
  const kind = key.slice(0, key.indexOf('/'));
  if (kind === 'nodes') return { type: 'nodeObserved', node: fact as NodeFact };
  if (kind === 'pods') return { type: 'podObserved', pod: fact as PodFact };
  if (kind === 'deployments') return { type: 'deploymentObserved', deployment: fact as DeploymentFact };
  if (kind === 'replicaSets') return { type: 'replicaSetObserved', replicaSet: fact as ReplicaSetFact };
  return { type: 'switchObserved', switch: fact as SwitchFact };
}

function vanished(key: string, last: Fact): StageEvent {
  const kind = key.slice(0, key.indexOf('/'));
  if (kind === 'nodes') {
    const { name, uid } = last as NodeFact;
    return { type: 'nodeVanished', name, uid };
  }
  if (kind === 'pods') return { type: 'podVanished', pod: last as PodFact };
  const { uid } = last as DeploymentFact | ReplicaSetFact;
  return kind === 'deployments' ? { type: 'deploymentVanished', uid } : { type: 'replicaSetVanished', uid };
}

/** Keys of what a process has not been told of yet. */
export function untold(api: Api, process: Process, choice: StageChoice): readonly string[] {
  const facts = scope(api, process, choice);
  const news = Object.keys(facts).filter((key) => process.seen[key] !== facts[key]);
  const gone = Object.keys(process.seen).filter((key) => facts[key] === undefined);
  const isReplicaSet = (key: string) => key.startsWith('replicaSets/');
  // ReplicaSets are told of in the order in which they changed: a rollout makes the new one before it empties the old.
  const [next] = news.filter(isReplicaSet);
  // All Deployments of a world are of one name: it vanishes before it is made anew.
  const isAnew = (key: string) =>
    key.startsWith('deployments/') && gone.some((one) => one.startsWith('deployments/'));
  const others = news.filter((key) => !isReplicaSet(key) && !isAnew(key));
  return [...others, ...(next === undefined ? [] : [next]), ...gone, ...Object.keys(process.passed)];
}

/** What a watch tells of a key, and the process that has been told. An object made anew under a name vanishes first, if the watch has no gaps. */
export function tell(
  api: Api,
  process: Process,
  choice: StageChoice,
  key: string,
): readonly [StageEvent, Process] {
  const passed = process.passed[key];
  const fact = passed ?? scope(api, process, choice)[key];
  const last = process.seen[key];
  const isAnew = last !== undefined && fact !== undefined && identity(last) !== identity(fact);
  if (fact === undefined || (isAnew && choice.gaps !== true))
    return [vanished(key, last as Fact), { ...process, seen: withEntry(process.seen, key, undefined) }];
  const told = { ...process, passed: withEntry(process.passed, key, undefined) };
  return [observed(key, fact), { ...told, seen: { ...process.seen, [key]: fact } }];
}

/** Pods that went by unseen are still to be told of: as they were last, and that they are gone. */
export function notePassed(before: Api, after: World, choiceOfPeer: (peer: PeerName) => StageChoice): World {
  if (before.pods === after.api.pods) return after;
  const gone = Object.keys(before.pods).filter((name) => after.api.pods[name] === undefined);
  let next = after;
  for (const name of gone) {
    const key = `pods/${name}`;
    for (const process of Object.values(after.processes)) {
      const fact = scope(before, process, choiceOfPeer(process.peer))[key];
      if (fact === undefined || process.seen[key] !== undefined) continue;
      const last = { ...fact, deleting: true } as Fact;
      next = withProcess(next, process.id, (one) => ({ ...one, passed: { ...one.passed, [key]: last } }));
    }
  }
  return next;
}

function identity(fact: Fact): string {
  if ('metadataUid' in fact) return fact.metadataUid;
  return 'uid' in fact ? fact.uid : '';
}

/** The lists of which a process hears when they are complete. */
export function listsOf({ peer }: Pick<Process, 'peer'>, choice: StageChoice): readonly What[] {
  return choice.deaf?.includes('synced') ? [] : LISTS[stageOf(peer)];
}

/** The first lists: each object, then `synced`. */
export function firstLists(
  api: Api,
  process: Pick<Process, 'peer'>,
  choice: StageChoice,
): [readonly StageEvent[], Process['seen']] {
  const facts = scope(api, process, choice);
  const events = Object.keys(facts)
    .sort()
    .map((key) => observed(key, facts[key] as Fact));
  const synced = listsOf(process, choice).map((what): StageEvent => ({ type: 'synced', what }));
  return [[...events, ...synced], facts];
}
