/** The Scheduler stage: the flow of Pods from R to the nodes and back (protocol 2, 3, 4). */
import { describe, expect, it } from 'vitest';
import { nodeFact, openWorld } from './schedulerWorld.ts';

describe('the flow of a Pod', () => {
  it('places what R assigns, least allocated node first, and R learns that it runs', () => {
    const world = openWorld([nodeFact('n1'), nodeFact('n2')]);
    const uids = world.assign(4);
    world.run();
    expect(world.placed()).toEqual({ 'n1 running': 2, 'n2 running': 2 });
    for (const uid of uids) expect(world.head.pods.get(uid)).toMatchObject({ phase: 'running', ready: true });
    expect(world.broken).toEqual([]);
  });
  it('ends what R terminates, and holds nothing of it afterwards', () => {
    const world = openWorld([nodeFact('n1'), nodeFact('n2')]);
    const uids = world.assign(4);
    world.run();
    world.terminate(uids.slice(0, 3));
    world.run();
    expect(world.state.context.records.size).toBe(1);
    expect([...world.head.pods.keys()]).toEqual([uids[3]]);
    expect(world.broken).toEqual([]);
  });
});
