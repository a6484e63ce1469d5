/** Carries out one effect of one process: an exhaustive switch over `spec/effects.ts`. Decides nothing. */
import { disconnect, leave, send } from '../../machines/environment/network.ts';
import type { Effect } from '../../spec/effects.ts';
import { KubedirectError } from '../../spec/errors.ts';
import type { StageEvent } from '../../spec/events.ts';
import { foldJournal } from '../../spec/foldJournal.ts';
import { EMPTY_JOURNAL } from '../../spec/journal.ts';
import { recordEffect } from './history.ts';

import { answerNow } from './reads.ts';
import { shownDeployments } from './watches.ts';
import {
  type ContainerState,
  type Flight,
  isTail,
  nodeOf,
  type Pending,
  type Process,
  type World,
  withEntry,
  withProcess,
} from './world.ts';
import { isFlight, writeNow } from './writes.ts';

/** Adds an answer to what is on its way to a process. */
export function pend(world: World, process: string, pending: Pending): World {
  return withProcess(world, process, (one) => ({ ...one, pending: [...one.pending, pending] }));
}

/** An answer that can be but this. */
export function fixed(event: StageEvent): Pending {
  return { reads: null, candidates: [event] };
}

/** The process is no more: its links break; its writes and its containers go on without it. */
export function end(world: World, id: string, linger: boolean): World {
  return {
    ...world,
    processes: withEntry(world.processes, id, undefined),
    network: leave(world.network, id, linger),
  };
}

/** A superseded process ends; what it had sent may still arrive. Where its Lease is gone, its host takes another. */
export function stop(world: World, id: string): World {
  const { history } = world;
  const { peer } = world.processes[id] as Process;
  const isFree = !isTail(peer) && world.api.leases[peer] === undefined;
  return {
    ...end(world, id, true),
    down: isFree ? { ...world.down, [peer]: world.down[peer] ?? 0 } : world.down,
    history: { ...history, stopped: [...history.stopped, id].sort() },
  };
}

/** Containers of one uid on one node. */
export function setContainer(
  world: World,
  node: string,
  uid: string,
  state: ContainerState | undefined,
): World {
  const onNode = withEntry(world.containers[node] ?? {}, uid, state);
  return { ...world, containers: { ...world.containers, [node]: onNode } };
}

type Relist = Extract<Effect, { type: 'relist' }>;

/** Consistent list: its answers come as observations, and then as `synced`. */
function relist(world: World, process: Process, { what, token }: Relist): World {
  const events: StageEvent[] =
    what === 'deployments'
      ? shownDeployments(world.api).map((deployment) => ({ type: 'deploymentObserved', deployment }))
      : Object.values(world.api.replicaSets).map((replicaSet) => ({
          type: 'replicaSetObserved',
          replicaSet,
        }));
  const synced: StageEvent = { type: 'synced', what, token };
  return [...events, synced].reduce((next, event) => pend(next, process.id, fixed(event)), world);
}

function stopPod(world: World, process: Process, uid: string): World {
  const node = nodeOf(process.peer);
  if (world.containers[node]?.[uid] === undefined)
    return pend(world, process.id, fixed({ type: 'podStopped', uid, failed: false }));
  return setContainer(world, node, uid, 'stopping');
}

function startPod(world: World, process: Process, uid: string): World {
  const node = nodeOf(process.peer);
  return world.containers[node]?.[uid] === undefined ? setContainer(world, node, uid, 'starting') : world;
}

/**
 * The world after one effect of a living process.
 *
 * @param slow - what K writes on a Pod's status takes time too
 */
export function perform(world: World, id: string, effect: Effect, slow = false): World {
  const process = world.processes[id] as Process;
  const seen = { ...world, history: recordEffect(world, process, effect) };
  const flight: Flight = { by: id, peer: process.peer, incarnation: process.incarnation, effect };
  if (isFlight(effect, slow)) return { ...seen, flights: [...seen.flights, flight] };
  switch (effect.type) {
    case 'connect': {
      const { link, peer, n } = effect;
      const others = process.dials.filter((dial) => dial.link !== link);
      return withProcess(seen, id, (one) => ({ ...one, dials: [...others, { link, peer, n }] }));
    }
    case 'disconnect':
      return { ...seen, network: disconnect(seen.network, id, effect.link, effect.session) };
    case 'send':
      return { ...seen, network: send(seen.network, id, effect.link, effect.message) };
    case 'readLease':
    case 'listNodes':
    case 'readNode':
    case 'readPod':
    case 'listPods': {
      const event = answerNow(seen.api, process, effect) as StageEvent;
      return pend(seen, id, { reads: effect, candidates: [event] });
    }
    case 'restart':
      return { ...end(seen, id, true), down: { ...seen.down, [process.peer]: effect.above } };
    case 'stop':
      return stop(seen, id);
    case 'journal': {
      // That of an agent with a newer one beside it is not read any more: it does not name the Node's latest life.
      if (id !== `${process.peer}~${seen.lives[process.peer]}`) return seen;
      const node = nodeOf(process.peer);
      const journal = foldJournal(seen.journals[node] ?? EMPTY_JOURNAL, effect.entries);
      return { ...seen, journals: { ...seen.journals, [node]: journal } };
    }
    case 'relist':
      return relist(seen, process, effect);
    case 'startPod':
      return startPod(seen, process, effect.record.uid);
    case 'stopPod':
      return stopPod(seen, process, effect.uid);
    case 'setTimer':
      return withProcess(seen, id, (one) =>
        one.timers.includes(effect.timer) ? one : { ...one, timers: [...one.timers, effect.timer].sort() },
      );
    case 'cancelTimer':
      return withProcess(seen, id, (one) => ({
        ...one,
        timers: one.timers.filter((timer) => timer !== effect.timer),
      }));
    case 'reportDrain':
    case 'failPod':
    case 'writePodStatus':
    case 'acknowledgeOwner':
      return writeNow(seen, flight);
    case 'report':
      return seen;
    case 'register':
    case 'mark':
    case 'publish':
    case 'deletePod':
    case 'deleteStray':
    case 'writeReplicas':
      throw new KubedirectError(
        'INVARIANT_BROKEN',
        `${effect.type} is a write that takes time, and was not kept`,
      );
    default:
      return effect satisfies never;
  }
}
