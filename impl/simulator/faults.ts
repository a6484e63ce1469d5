/** What goes wrong, at the moment that it does, and how it heals. */
import { isTail, type Life } from './life.ts';
import { exit, loseDisk, powerOff } from './machine.ts';
import { breakConnection, type Connection, halve } from './network.ts';
import type { LinkOf, PlannedFault } from './plan.ts';
import type { Simulation } from './simulation.ts';
import { fallBehind, loseWatch } from './watch.ts';

function connectionOf(sim: Simulation, { up, down }: LinkOf): Connection | undefined {
  return [...sim.connections].find((one) => one.up.peer === up && one.down.peer === down);
}

function lifeOf(sim: Simulation, peer: string): Life | undefined {
  return sim.lives.get(peer as Life['peer'])?.[0];
}

/** No longer than the faults last. */
function until(sim: Simulation, milliseconds: number, act: () => void): void {
  sim.clock.at(Math.min(sim.clock.now + milliseconds, sim.plan.healAt), act);
}

function cutOff(sim: Simulation, node: string, from: 'links' | 'api' | 'both', milliseconds: number): void {
  if (from !== 'api') {
    sim.cutFromLinks.add(node);
    for (const connection of [...sim.connections])
      if (connection.down.peer === `kubelet/${node}`) halve(sim, connection, 'both');
    until(sim, milliseconds, () => sim.cutFromLinks.delete(node));
  }
  if (from === 'links') return;
  sim.cutFromApi.add(node);
  for (const life of sim.lives.get(`kubelet/${node}`) ?? [])
    for (const watch of life.watches)
      loseWatch(sim, watch, Math.min(milliseconds, sim.plan.healAt - sim.clock.now));
  until(sim, milliseconds, () => {
    sim.cutFromApi.delete(node);
    sim.resync(node);
  });
}

/** Makes it go wrong. */
export function suffer(sim: Simulation, fault: PlannedFault): void {
  sim.note(fault);
  // One that waits for a step is suffered when that comes.
  if (fault.fault !== 'crashAt') sim.coverage?.suffered(sim, fault.fault);
  switch (fault.fault) {
    case 'crash': {
      const life = lifeOf(sim, fault.peer);
      if (life === undefined) return;
      if (fault.effects === null) sim.crash(life, fault.linger, fault.down);
      else life.crashAfter = { effects: fault.effects, linger: fault.linger, down: fault.down };
      return;
    }
    case 'crashAt':
      sim.crashesAt.push(fault);
      return;
    case 'nodeCrash': {
      powerOff(sim, sim.machineOf(fault.node));
      const life = lifeOf(sim, `kubelet/${fault.node}`);
      if (life !== undefined) sim.crash(life, false, fault.down);
      return until(sim, fault.down, () => sim.resync(fault.node));
    }
    case 'journalLost': {
      const life = lifeOf(sim, `kubelet/${fault.node}`);
      loseDisk(sim, sim.machineOf(fault.node));
      if (life !== undefined) sim.crash(life, false, fault.down);
      return;
    }
    case 'usurp':
      if (!isTail(fault.peer) && (sim.starting.get(fault.peer) ?? 0) === 0) sim.launch(fault.peer, 0);
      return;
    case 'misdial':
      sim.misdialled.add(fault.peer);
      return until(sim, fault.for, () => sim.misdialled.delete(fault.peer));
    case 'isolated': {
      const life = sim.lives.get(fault.peer)?.at(-1);
      if (life === undefined) return;
      sim.isolated.add(life);
      for (const connection of [...sim.connections])
        if (connection.up === life) breakConnection(sim, connection, false);
      return until(sim, fault.for, () => sim.isolated.delete(life));
    }
    case 'clockBack':
      sim.clockBack = fault.by;
      return until(sim, fault.for, () => {
        sim.clockBack = 0;
      });
    case 'break': {
      const connection = connectionOf(sim, fault.link);
      if (connection !== undefined) breakConnection(sim, connection, fault.linger, fault.late);
      return;
    }
    case 'halfOpen': {
      const connection = connectionOf(sim, fault.link);
      if (connection !== undefined) halve(sim, connection, fault.way);
      return;
    }
    case 'duplicate':
      sim.duplicates.push({ ...fault.link, late: fault.late });
      return;
    case 'cutOff':
      return cutOff(sim, fault.node, fault.from, fault.for);
    case 'api':
      sim.troubles.push(fault);
      return until(sim, fault.for, () => {
        sim.troubles.splice(sim.troubles.indexOf(fault), 1);
        if (fault.how === 'away') for (const node of sim.machines.keys()) sim.resync(node);
      });
    case 'watchLost':
      for (const life of sim.lives.get(fault.peer) ?? [])
        for (const watch of life.watches)
          loseWatch(sim, watch, Math.min(fault.for, sim.plan.healAt - sim.clock.now));
      return;
    case 'stale':
      return fallBehind(sim, fault.peer, Math.min(fault.for, sim.plan.healAt - sim.clock.now));
    case 'exit': {
      const machine = sim.machineOf(fault.node);
      const running = [...machine.containers].filter(([, state]) => state === 'running');
      const chosen = running[fault.nth % Math.max(running.length, 1)];
      if (chosen !== undefined) exit(sim, machine, chosen[0]);
      return;
    }
    case 'notReady': {
      const show = (ready: boolean) => {
        const node = sim.api.nodes.get(fault.node);
        if (node !== undefined) sim.api.put('nodes', node.name, { ...node, ready });
      };
      show(false);
      return until(sim, fault.for, () => show(true));
    }
    case 'slowDisk': {
      const machine = sim.machineOf(fault.node);
      machine.slow = fault.by;
      return until(sim, fault.for, () => {
        machine.slow = 0;
      });
    }
    default:
      return fault satisfies never;
  }
}

/** Nothing is wrong any more but what has to heal by itself. */
export function heal(sim: Simulation): void {
  sim.note({ heal: true });
  sim.duplicates.length = 0;
  for (const lives of sim.lives.values()) for (const life of lives) life.crashAfter = null;
  for (const node of sim.machines.keys()) sim.resync(node);
}
