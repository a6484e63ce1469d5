/** The search by several threads and in bounded memory finds what the plain one does: the same counts, the same counterexample. */
import { describe, expect, it } from 'vitest';
import { checkWorld, type Report } from '../../impl/explorer/check.ts';
import { settingOf } from '../../impl/explorer/stages.ts';
import { firstWorld, successors } from '../../impl/explorer/system.ts';
import { searchWide } from '../../impl/explorer/wide/search.ts';
import { Tree } from '../../impl/explorer/wide/tree.ts';
import { Visited } from '../../impl/explorer/wide/visited.ts';
import { Worlds } from '../../impl/explorer/wide/worlds.ts';
import type { Setting } from '../../impl/explorer/world.ts';
import { WORLDS } from '../../spec/worlds/index.ts';

function setting(name: string, ...mutants: readonly string[]): Setting {
  const world = WORLDS.find((one) => one.name === name);
  if (world === undefined) throw new Error(`no world ${name}`);
  return settingOf(world, new Set(mutants));
}
/** What does not depend on the way of searching, if nothing broke. */
const found = ({ states, transitions, depth, complete, violation, unseen }: Report) => ({
  ...{ states, transitions, depth, complete, violation, unseen },
});
const wide = (of: Setting, threads: number, worldsKept: number, maxStates = 50_000) =>
  searchWide(of, { maxStates, threads, worldsKept });

describe('a wide search', () => {
  it.each([
    ['ends-break', 2, 5000],
    ['ends-break', 1, 20],
    ['link-late', 2, 5],
    ['chain-publish', 2, 500],
    ['wants-external', 2, 500],
  ])(
    'of %s by %i threads that keep %i worlds finds what the plain one finds',
    async (name, threads, kept) => {
      const report = await wide(setting(name), threads, kept);
      expect(found(report)).toEqual(found(checkWorld(setting(name))));
      expect(report.violation).toBeNull();
    },
  );

  it('makes worlds again that it did not keep', async () => {
    expect((await wide(setting('link-late'), 1, 5)).remade).toBeGreaterThan(100);
  });

  it.each([
    ['ends-break', 'no-terminate-on-opening', 'a state'],
    ['ends-break', 'old-session-messages', 'a step'],
    ['field-back', 'template-edit-external', 'a state at rest'],
  ])('of %s finds a counterexample to %s as short as the plain one does: %s', async (name, mutant) => {
    const of = setting(name, mutant);
    const plain = checkWorld(of).violation;
    const { violation } = await wide(of, 2, 500);
    expect([violation?.property, violation?.moves.length]).toEqual([plain?.property, plain?.moves.length]);
    let world = firstWorld(of);
    for (const move of violation?.moves.slice(0, -1) ?? []) {
      const text = JSON.stringify(move);
      const next = [...successors(of, world)].find(({ label }) => JSON.stringify(label.move) === text);
      expect(next).toBeDefined();
      world = next!.state;
    }
  });

  it('stops where there is no more room, and says so', async () => {
    const report = await wide(setting('ends-break'), 2, 500, 300);
    expect(report).toMatchObject({ states: 300, complete: false, violation: null });
  });
});

describe('what is kept of states', () => {
  it('tells states apart by all 64 bits', () => {
    const visited = new Visited(10);
    expect([
      visited.meet(1, 7, 0),
      visited.meet(2, 7, 1),
      visited.meet(1, 7, 2),
      visited.meet(1, 8, 2),
    ]).toEqual([0, 1, 0, 2]);
  });

  it('leads back to every state', () => {
    const of = setting('link');
    const tree = new Tree(100);
    const worlds = new Worlds(of, tree, firstWorld(of), 1);
    tree.add(0, -1, 0);
    const [one] = [...successors(of, firstWorld(of))];
    const [two] = [...successors(of, one!.state)];
    tree.add(1, 0, 0);
    tree.add(2, 1, 0);
    expect(worlds.of(2)).toEqual(two!.state);
    expect(tree.wayTo(2)).toEqual([0, 1, 2]);
  });
});
