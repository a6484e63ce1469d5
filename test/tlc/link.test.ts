/** `Link.tla` and the machines: the same states, the same steps; and a difference of one rule is told by a path. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { settingOf } from '../../impl/explorer/stages.ts';
import { configOf } from '../../impl/tlc/config.ts';
import { compare, dumpedGraph, exploredGraph } from '../../impl/tlc/equality.ts';
import { PROOFS, runTlc } from '../../impl/tlc/run.ts';
import { WORLDS, type WorldDescription } from '../../spec/worlds/index.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

const specified = WORLDS.filter(({ spec }) => spec !== undefined);
const named = (name: string) => WORLDS.find((world) => world.name === name) as WorldDescription;

/** The comparison, with rules switched off on one side only. */
async function compared(name: string, rules: { machines?: string; spec?: string; folder?: string }) {
  const world = named(name);
  const config = configOf(world, rules.spec === undefined ? [] : [rules.spec])
    .split('\n')
    .filter((line) => !/^(INVARIANT|PROPERTY)/.test(line))
    .join('\n')
    .replace('FairSpec', 'Spec');
  const folder = rules.folder ?? PROOFS;
  const [, dumped] = await dumpedGraph((dump) =>
    runTlc(TOOLCHAIN!, { module: 'MCLink', folder, config, dump }),
  );
  const mutants = new Set(rules.machines === undefined ? [] : [rules.machines]);
  return compare(exploredGraph(settingOf(world, mutants), 100_000), dumped!);
}

/** A copy of the modules with one conjunct changed. */
function changed(file: string, from: string, to: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-spec-'));
  for (const one of fs.readdirSync(PROOFS).filter((name) => name.endsWith('.tla')))
    fs.copyFileSync(path.join(PROOFS, one), path.join(folder, one));
  const text = fs.readFileSync(path.join(PROOFS, file), 'utf8');
  expect(text).toContain(from);
  fs.writeFileSync(path.join(folder, file), text.replace(from, to));
  return folder;
}

describe('configurations', () => {
  it.each(specified.map((world) => [world.name, world] as const))(
    '%s is written as its world says',
    (name, world) =>
      expect(configOf(world)).toMatchFileSnapshot(path.join(PROOFS, `${world.spec}-${name}.cfg`)),
  );
});

describe.skipIf(TOOLCHAIN === null)('equality', () => {
  it('ends-break: the same states and the same edges', async () => {
    expect(await compared('ends-break', {})).toEqual({
      states: [2455, 2455],
      edges: [6030, 6030],
      difference: null,
    });
  });

  it('a guard that only the machines lack is told by the shortest path to what it lets in', async () => {
    const { difference } = await compared('ends-break', { machines: 'old-session-messages' });
    expect(difference).toMatchObject({ side: 0, what: 'state' });
    expect(difference?.actions).toHaveLength(13);
    expect(difference?.actions.at(-1)).toBe('DeliverDown');
  });

  it('a rule that only the spec lacks, too', async () => {
    const { difference } = await compared('ends-break', { spec: 'no-terminate-on-opening' });
    expect(difference?.actions.at(-1)).toBe('DeliverUp');
  });

  it('one conjunct changed in the spec, too', async () => {
    const conjunct =
      'UpIsThisAttempt(me, life, message) == message.session[1] = me /\\ message.session[3] = life.n';
    const weaker = 'UpIsThisAttempt(me, life, message) == message.session[1] = me';
    const folder = changed('UpperEnd.tla', conjunct, weaker);
    try {
      const { difference } = await compared('ends-break', { folder });
      expect(difference).toMatchObject({ side: 1, what: 'state' });
      expect(difference?.actions.at(-1)).toBe('DeliverUp');
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
