/** Carries out the faults of a plan on real processes. What can not be done to them is said, not skipped in silence. */
import type { PeerName } from '../../spec/vocabulary.ts';
import type { PlannedFault } from '../simulator/plan.ts';
import { ChaosWorld } from './world.ts';

/** The real node of a planned one. */
export type NodeNames = (planned: string) => string;

const peerOf = (peer: PeerName, names: NodeNames): PeerName =>
  peer.startsWith('kubelet/') ? `kubelet/${names(peer.slice('kubelet/'.length))}` : peer;

/** A Lease is held for 15 s: only after that another can have it. */
const USURPED_MS = 17_000;

/** @returns what was done; null if it can not be done here */
export async function suffer(
  world: ChaosWorld,
  fault: PlannedFault,
  names: NodeNames,
): Promise<string | null> {
  switch (fault.fault) {
    case 'crash': {
      const peer = peerOf(fault.peer, names);
      await world.kill(peer, fault.down);
      return `kill -9 ${peer}`;
    }
    case 'nodeCrash': {
      // The agent, and the kubelet where it is a process: kwok's containers do not crash.
      const node = names(fault.node);
      await world.kill(`kubelet/${node}`, fault.down);
      await world.killKubelet(node, fault.down);
      return `kill -9 of all on ${node}`;
    }
    case 'journalLost': {
      const peer: PeerName = `kubelet/${names(fault.node)}`;
      await world.kill(peer, fault.down, ChaosWorld.forget);
      return `kill -9 ${peer}, its journal lost`;
    }
    case 'usurp':
      await world.usurp(fault.peer, USURPED_MS);
      return `SIGSTOP ${fault.peer}, and a second one starts`;
    case 'break':
    case 'halfOpen': {
      const link = { up: peerOf(fault.link.up, names), down: peerOf(fault.link.down, names) };
      const proxies = world.linkOf(link);
      for (const proxy of proxies)
        if (fault.fault === 'break') proxy.cut();
        else proxy.halve(fault.way);
      return `${fault.fault === 'break' ? 'cut' : `half-open ${fault.way}`} ${link.up} to ${link.down}`;
    }
    case 'cutOff': {
      const node = names(fault.node);
      const member = world.members.get(`kubelet/${node}`);
      const links = fault.from === 'api' ? [] : world.linkOf({ up: 'scheduler', down: `kubelet/${node}` });
      for (const link of links) link.refuse(true);
      if (fault.from !== 'links') member?.api.cut(true);
      world.later(fault.for, () => {
        for (const link of links) link.refuse(false);
        member?.api.cut(false);
      });
      return `${node} cut off from ${fault.from}`;
    }
    case 'api': {
      const undo = [...world.members.values()].map(({ api }) => api.misbehave(fault));
      world.later(fault.for, () => {
        for (const each of undo) each();
      });
      return `API Server ${fault.how}, ${Math.round(fault.chance * 100)} % of the requests`;
    }
    case 'watchLost': {
      const api = world.members.get(peerOf(fault.peer, names))?.api;
      api?.stallWatches();
      world.later(fault.for, () => api?.loseWatches());
      return `watches of ${fault.peer} stalled, then lost, 410`;
    }
    case 'notReady': {
      const peer: PeerName = `kubelet/${names(fault.node)}`;
      await world.pause(peer, fault.for);
      return `SIGSTOP ${peer}`;
    }
    case 'slowDisk':
      if (world.disk === null) return null;
      world.disk.fill();
      world.later(fault.for, () => world.disk?.free());
      return 'the disk of the journals is full';
    case 'exit': {
      const node = names(fault.node);
      // kwok's and a hollow node's containers do not exit.
      return (await world.killContainer(node, fault.nth)) ? `kill -9 of a container on ${node}` : null;
    }
    case 'duplicate':
    case 'crashAt':
    case 'stale':
    case 'misdial':
    case 'isolated':
    case 'clockBack':
      // TCP duplicates nothing; nobody counts a process's steps; one API server is never behind itself.
      return null;
  }
}
