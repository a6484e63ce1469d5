/** Carries out one effect of one life: an exhaustive switch over `spec/effects.ts`. Decides nothing. */
import type { Effect } from '../../spec/effects.ts';
import { isTail, type Life, nodeOf } from './life.ts';
import { startContainers, stopContainers } from './machine.ts';
import { dial, disconnect, send } from './network.ts';
import { write } from './requests.ts';
import type { Simulation } from './simulation.ts';
import * as writes from './writes.ts';

function relist(sim: Simulation, life: Life, { what, token }: Extract<Effect, { type: 'relist' }>): void {
  // The real host gives the whole list at once; each object is an event of its own.
  sim.ask(life, () => {
    const { api } = sim;
    const events =
      what === 'deployments'
        ? [...api.deployments.values()]
            .filter(({ unmanaged, written }) => !unmanaged || written !== null)
            .map((one) => ({ type: 'deploymentObserved', deployment: one }) as const)
        : [...api.replicaSets.values()].map(
            (one) => ({ type: 'replicaSetObserved', replicaSet: one }) as const,
          );
    sim.clock.after(sim.latency('api'), () => {
      for (const event of events) sim.give(life, event);
      sim.give(life, { type: 'synced', what, token });
    });
    return null;
  });
}

/** Only the newest of what is written under a key is worth writing. */
function lastWord(sim: Simulation, life: Life, key: string, act: () => void): void {
  const mine = sim.count();
  sim.lastWords.set(`${life.id} ${key}`, mine);
  sim.ask(life, () => {
    if (sim.lastWords.get(`${life.id} ${key}`) === mine) act();
    return null;
  });
}

/** Starts one effect. */
export function perform(sim: Simulation, life: Life, effect: Effect): void {
  switch (effect.type) {
    case 'connect':
      return dial(sim, life, effect.link, effect.peer, effect.n);
    case 'disconnect':
      return disconnect(sim, life, effect.link, effect.session);
    case 'send':
      sim.judge.sent(life, effect.message);
      return send(life, effect.link, effect.message);
    case 'readLease':
    case 'listNodes':
    case 'readNode':
    case 'readPod':
    case 'listPods':
      return sim.ask(life, () => writes.read(sim, life, effect));
    case 'restart':
      return sim.restart(life, effect.above);
    case 'stop':
      return sim.stop(life);
    case 'register':
      return register(sim, life);
    case 'journal':
      return sim.machineOf(nodeOf(life.peer)).persist(effect.entries);
    case 'mark': {
      const { node, mark } = effect;
      const conflict = { type: 'marked', node, mark, outcome: 'conflict' } as const;
      return write(sim, life, () => writes.mark(sim, effect), { ambiguous: conflict, conflict, pause: 1000 });
    }
    case 'publish': {
      const { uid } = effect.record;
      if (isTail(life.peer)) {
        sim.judge.starting(uid, nodeOf(life.peer));
        sim.judge.publishing(uid, nodeOf(life.peer));
      }
      const ambiguous = { type: 'publishFailed', uid, refusal: 'ambiguous', text: 'no reply' } as const;
      return write(sim, life, () => writes.publish(sim, life, effect), { ambiguous, conflict: null });
    }
    case 'deletePod': {
      const ambiguous = { type: 'deleteAnswered', uid: effect.uid, outcome: 'ambiguous' } as const;
      return write(sim, life, () => writes.deletePod(sim, effect), { ambiguous, conflict: null });
    }
    case 'deleteStray': {
      const uid = `a-${effect.metadataUid}`;
      const ambiguous = { type: 'deleteAnswered', uid, outcome: 'ambiguous' } as const;
      const number = sim.count();
      if (life.peer === 'scheduler') sim.deletes.set(number, { life, metadataUid: effect.metadataUid });
      const act = () => {
        sim.deletes.delete(number);
        return writes.deleteStray(sim, effect);
      };
      return write(sim, life, act, { ambiguous, conflict: null });
    }
    case 'writeReplicas': {
      const { deployment } = effect;
      const failed = { type: 'replicasWritten', deployment, after: null } as const;
      return write(sim, life, () => writes.writeReplicas(sim, effect), {
        ambiguous: { ...failed, refusal: 'ambiguous' },
        conflict: { ...failed, refusal: 'conflict' },
      });
    }
    case 'reportDrain':
    case 'acknowledgeOwner':
      return lastWord(sim, life, effect.type, () => writes.note(sim, life, effect));
    case 'failPod':
    case 'writePodStatus':
      return lastWord(sim, life, `status ${effect.metadataUid}`, () => writes.note(sim, life, effect));
    case 'relist':
      return relist(sim, life, effect);
    case 'startPod': {
      const node = nodeOf(life.peer);
      sim.judge.starting(effect.record.uid, node);
      return startContainers(sim, sim.machineOf(node), effect.record);
    }
    case 'stopPod':
      return stopContainers(sim, sim.machineOf(nodeOf(life.peer)), effect.uid);
    case 'setTimer': {
      const token = sim.count();
      life.timers.set(effect.timer, token);
      return sim.clock.after(effect.milliseconds, () => {
        if (!life.alive || life.timers.get(effect.timer) !== token) return;
        life.timers.delete(effect.timer);
        sim.give(life, { type: 'timerFired', timer: effect.timer });
      });
    }
    case 'cancelTimer':
      life.timers.delete(effect.timer);
      return;
    case 'report':
      return;
    default:
      return effect satisfies never;
  }
}

/** Asked until there is a Node. A request that is sent again must not make two of one wait. */
function register(sim: Simulation, life: Life): void {
  let isWaiting = false;
  sim.ask(life, () => {
    const answer = writes.register(sim, life);
    if (answer !== null || isWaiting) return answer;
    isWaiting = true;
    sim.clock.after(1000, () => {
      if (life.alive) register(sim, life);
    });
    return null;
  });
}
