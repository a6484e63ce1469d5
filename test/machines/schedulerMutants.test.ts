/**
 * Teeth (protocol 11): each rule of the Scheduler stage, switched off by its name, breaks the property that
 * `spec/mutants.ts` names, in a scenario that holds with the rule in place.
 */
import { describe, expect, it } from 'vitest';
import { MUTANTS } from '../../spec/mutants.ts';
import type { PodRecord, Uid } from '../../spec/vocabulary.ts';
import { nodeFact, openWorld, type SchedulerWorld, size, strangerFact } from './schedulerWorld.ts';

/** The property that broke, or null. */
type Scenario = (mutants: readonly string[]) => string | null;

const two = (mutants: readonly string[]) => openWorld([nodeFact('n1'), nodeFact('n2')], mutants);
const small = nodeFact('n1', { capacity: { cpu: 200, memory: 200, pods: 10 } });
const first = (world: SchedulerWorld) => world.broken[0]?.split(' ')[0] ?? null;

/** Delivers what is about these things, until none of them waits. */
function only(world: SchedulerWorld, about: RegExp): void {
  for (;;) {
    const at = world.pending.findIndex((one) => about.test(one.about));
    if (at < 0) return;
    world.deliver(at);
  }
}
const allBut = (world: SchedulerWorld, about: string) => only(world, new RegExp(`^(?!${about})`));
/** n1 runs two Pods and is cut off; its timer has fired and its Node was read. */
function marking(mutants: readonly string[]): SchedulerWorld {
  const world = two(mutants);
  world.assign(4);
  world.run();
  world.cutOff('n1');
  world.run();
  world.fire('unreachable/n1');
  return world;
}
/** Uids that R holds live. */
const live = (world: SchedulerWorld) =>
  [...world.head.pods.values()].filter(({ phase }) => phase !== 'terminating');

const SCENARIOS: Readonly<Record<string, readonly [breaks: string, scenario: Scenario]>> = {
  'resend-after-reset': [
    'TerminationIrreversible',
    (mutants) => {
      const world = openWorld([nodeFact('n1')], mutants);
      const [uid] = world.assign(1) as [Uid];
      world.run();
      world.userDeletes('n1', uid);
      world.cutOff('n1');
      world.run(); // it ends while nobody hears
      world.heal('n1');
      world.run();
      return world.broken.includes(`AcceptedTwice ${uid}`) ? 'TerminationIrreversible' : first(world);
    },
  ],
  'rebind-lost': [
    'UniquePlacement',
    (mutants) => {
      const world = marking(mutants);
      world.run();
      return first(world);
    },
  ],
  'no-terminate-on-opening': [
    'TombstonesCollected',
    (mutants) => {
      const world = openWorld([nodeFact('n1')], mutants);
      const [uid] = world.assign(1) as [Uid];
      world.run();
      world.breakNode('n1');
      allBut(world, 'to n1|api n1'); // connected: Hello is on its way
      while (world.state.context.nodes.get('n1')?.link.value !== 'fetching') world.deliver(0);
      world.terminate([uid]);
      world.run();
      return world.head.pods.size > 0 ? 'TombstonesCollected' : first(world);
    },
  ],
  'strangers-unconfirmed': [
    'TombstonesCollected',
    (mutants) => {
      const world = openWorld([nodeFact('n1')], mutants);
      const [uid] = world.assign(1) as [Uid];
      world.run();
      const stranger: PodRecord = { ...(world.head.pods.get(uid) as PodRecord), uid: 'r9-9' };
      world.head.pods.set('r9-9', stranger);
      world.terminate(['r9-9']);
      world.run();
      return world.head.pods.size > 1 ? 'TombstonesCollected' : first(world);
    },
  ],
  'confirm-what-was-sent': [
    'NoFalseConfirm',
    (mutants) => {
      const world = two(mutants);
      const uids = world.assign(2);
      world.run();
      world.terminate(uids);
      allBut(world, 'exit');
      return first(world);
    },
  ],
  'collect-tombstone-early': [
    'NoFalseConfirm',
    (mutants) => {
      const world = two(mutants);
      const uids = world.assign(2);
      world.run();
      world.terminate(uids);
      allBut(world, 'exit');
      return first(world);
    },
  ],
  'invalidate-before-mark': [
    'NoFalseConfirm',
    (mutants) => {
      const world = two(mutants);
      const uids = world.assign(4);
      world.run();
      world.cutOff('n1');
      world.terminate(uids);
      allBut(world, 'exit');
      world.fire('unreachable/n1');
      world.deliver(world.pending.findIndex(({ about }) => about === 'api')); // the Node was read
      only(world, /to R/);
      return first(world);
    },
  ],
  'cancel-unconfirmed': [
    'NoNeedlessEnd',
    (mutants) => {
      const world = marking(mutants);
      world.leaseOverride = 2000; // another S leads, and serves this node
      world.run();
      return live(world).length < 4 ? 'NoNeedlessEnd' : first(world);
    },
  ],
  'mark-over-higher': [
    'CancelledStaysOut',
    (mutants) => {
      const world = marking(mutants);
      world.edit('n1', { mark: { incarnation: 2000, n: 1 } }); // a newer leader gave it up
      world.run();
      return world.tails.get('n1')?.fact.mark?.incarnation === 2000 ? null : 'CancelledStaysOut';
    },
  ],
  'adopt-undrained': [
    'CancelledStaysOut',
    (mutants) => {
      const world = two(mutants);
      world.assign(4);
      world.run();
      world.vanish('n1');
      const gone = [...(world.tails.get('n2')?.pods.values() ?? [])];
      world.join(nodeFact('n1', { uid: 'second' }));
      world.run();
      world.cutOff('n1');
      world.fire('unreachable/n1');
      allBut(world, 'api'); // the Node is being read
      world.deliver(world.pending.findIndex(({ about }) => about === 'api')); // the mark is being written
      world.tails.get('n1')?.pods.set('r50-77', { ...(gone[0] as PodRecord), uid: 'r50-77', node: 'n1' });
      world.heal('n1');
      for (let i = 0; i < 20; i++) {
        const at = world.pending.findIndex(({ about }) => about !== 'api');
        if (at >= 0) world.deliver(at);
      }
      only(world, /^(api|dial n1|to n1|from n1)$/); // K offered before the mark stood
      return world.record('r50-77') !== undefined ? 'CancelledStaysOut' : first(world);
    },
  ],
  'old-mark-opens-barrier': [
    'NoFalseConfirm',
    (mutants) => {
      const world = openWorld([nodeFact('n1', { mark: { incarnation: 900, n: 3 } })], mutants);
      world.run();
      const [uid] = world.assign(1) as [Uid];
      world.run();
      world.cut.add('n1');
      world.crash();
      world.terminate([uid]);
      world.run();
      return world.head.pods.has(uid) ? first(world) : 'NoFalseConfirm';
    },
  ],
  'preemptor-early': [
    'PreemptionOrdered',
    (mutants) => {
      const world = openWorld([small], mutants);
      world.takes = () => true; // K's own room check hides it
      world.assign(2);
      world.run();
      world.assign(1, { priority: 5 });
      allBut(world, 'exit');
      return first(world);
    },
  ],
  'no-reservation': [
    'PreemptorRuns',
    (mutants) => {
      const world = openWorld([small], mutants);
      world.assign(2);
      world.run();
      const [uid] = world.assign(1, { priority: 5, requests: size(200) }) as [Uid];
      allBut(world, 'exit');
      world.deliver(0); // one of two victims is gone
      allBut(world, 'exit');
      world.assign(1); // its replacement
      allBut(world, 'exit');
      const taken = [...world.state.context.records.values()].some(
        ({ priority, phase, node }) => priority === 0 && phase !== 'terminating' && node !== null,
      );
      return taken && world.record(uid)?.node === null ? 'PreemptorRuns' : first(world);
    },
  ],
  'eviction-unversioned': [
    'CacheCoherent',
    (mutants) => {
      const world = openWorld([small], mutants);
      world.assign(2);
      world.run();
      world.assign(1, { priority: 5 });
      only(world, /from R/); // S marks a victim
      world.cutOff('n1'); // K never hears of it
      world.breakHead(); // nor does R, by news
      world.run();
      const marks = (records: Iterable<PodRecord>) =>
        [...records].filter(({ phase }) => phase === 'terminating').length;
      const same = marks(world.head.pods.values()) === marks(world.state.context.records.values());
      return same ? first(world) : 'CacheCoherent';
    },
  ],
  'tombstones-free': [
    'NodeCapacity',
    (mutants) => {
      const world = openWorld([small], mutants);
      const uids = world.assign(2);
      world.run();
      world.terminate(uids);
      allBut(world, 'exit');
      world.assign(1);
      allBut(world, 'exit');
      return world.refusals.length > 0 ? 'NodeCapacity' : first(world);
    },
  ],
  'stock-binds': [
    'OneSide',
    (mutants) => {
      const world = two(mutants);
      world.assign(1);
      world.give({ type: 'switchObserved', switch: { owner: 'stock', resourceVersion: '2' } });
      world.run();
      return world.accepted.size > 0 ? 'OneSide' : first(world);
    },
  ],
  'stock-keeps-unbound': [
    'ReleaseAcknowledged',
    (mutants) => {
      const world = openWorld([small], mutants);
      world.assign(3);
      world.run();
      world.give({ type: 'switchObserved', switch: { owner: 'stock', resourceVersion: '2' } });
      world.run();
      return world.placed()['- created'] === undefined ? first(world) : 'ReleaseAcknowledged';
    },
  ],
  'stock-cancels': [
    'OneSide',
    (mutants) => {
      const world = two(mutants);
      world.assign(2);
      world.run();
      world.give({ type: 'switchObserved', switch: { owner: 'stock', resourceVersion: '2' } });
      world.cutOff('n1');
      world.fire('unreachable/n1');
      world.run();
      return world.tails.get('n1')?.fact.mark === null ? first(world) : 'OneSide';
    },
  ],
  'strangers-take-no-room': [
    'NodeCapacity',
    (mutants) => {
      const world = openWorld([small], mutants);
      world.takes = (_, { requests }, used, capacity) => used.cpu + requests.cpu + 200 <= capacity.cpu;
      world.give({ type: 'podObserved', pod: strangerFact('s', 'n1', size(200)) });
      world.assign(1);
      world.run();
      return world.refusals.length > 0 ? 'NodeCapacity' : first(world);
    },
  ],
};

describe('mutants of the Scheduler stage', () => {
  for (const [name, [breaks, scenario]] of Object.entries(SCENARIOS)) {
    it(`${name}: with the rule the scenario holds`, () => {
      expect(scenario([])).toBeNull();
    });
    it(`${name}: without the rule ${breaks} breaks`, () => {
      expect(scenario([name])).toBe(breaks);
    });
    it(`${name} is listed with ${breaks}`, () => {
      expect(MUTANTS.find((mutant) => mutant.name === name)?.breaks).toContain(breaks);
    });
  }
});
