/** A node whose journal was lost (protocol 5): S takes no absence there for an end. */
import { describe, expect, it } from 'vitest';
import { nodeFact, openWorld, type SchedulerWorld } from './schedulerWorld.ts';

/** n1 has lost its journal and all that it knew. */
function lose(world: SchedulerWorld, isDoubtful: boolean): void {
  world.tails.get('n1')?.pods.clear();
  if (isDoubtful) world.doubtful.add('n1');
  world.breakNode('n1');
  world.run();
}
const phases = (world: SchedulerWorld) => [...world.state.context.records.values()].map(({ phase }) => phase);

function withPods(): SchedulerWorld {
  const world = openWorld([nodeFact('n1')], []);
  const [first] = world.assign(3);
  world.run();
  world.terminate([first as string]);
  return world;
}

describe('a doubtful Offer that lacks Pods', () => {
  it('ends what was live, keeps what was marked, and asks the node to say when they are gone', () => {
    const world = withPods();
    lose(world, true);
    expect(phases(world)).toEqual(['terminating', 'terminating', 'terminating']);
    expect([...world.head.pods.values()].map(({ phase }) => phase)).toEqual(phases(world));
    const asked = world.effects.findLast(
      (effect) => effect.type === 'send' && effect.message.kind === 'Terminate',
    );
    const uids = expect.arrayContaining([...world.state.context.records.keys()]);
    expect(asked).toMatchObject({ message: { uids } });
  });

  it('is not one without doubt: then they are lost, and confirmed', () => {
    const world = withPods();
    lose(world, false);
    expect(phases(world)).toEqual([]);
    expect(world.head.pods.size).toBe(0);
  });

  it('is not answered by a life of S that has not known the node', () => {
    const world = withPods();
    world.tails.get('n1')?.pods.clear();
    world.doubtful.add('n1');
    world.crash();
    world.run();
    expect(world.state.context.reached.has('n1')).toBe(false);
    world.doubtful.clear();
    world.breakNode('n1');
    world.run();
    expect(world.state.context.reached.has('n1')).toBe(true);
  });
});
