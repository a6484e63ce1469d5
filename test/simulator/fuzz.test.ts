/** The simulator: fixed seeds hold, a seed decides everything, what was found stays fixed, mutants are caught. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { AIMS, aimOf } from '../../impl/simulator/aim.ts';
import { drawPlan } from '../../impl/simulator/draw.ts';
import { keptPlan } from '../../impl/simulator/kept.ts';
import { longSwarm, swarmPage, totalOf } from '../../impl/simulator/longSwarm.ts';
import { catchAll, pageOf } from '../../impl/simulator/mutants.ts';
import { readReplay } from '../../impl/simulator/replayFile.ts';
import { runPlan } from '../../impl/simulator/run.ts';
import { shrink } from '../../impl/simulator/shrink.ts';
import { swarm } from '../../impl/simulator/swarm.ts';
import { THEMES } from '../../impl/simulator/themes.ts';
import { MUTANTS, type Mutant } from '../../spec/mutants.ts';

const FOUND = path.join(import.meta.dirname, 'found');
const OPEN = path.join(import.meta.dirname, 'open');
const SEEDS = Array.from({ length: 25 }, (_, at) => at + 1);

function traceOf(seed: number): string {
  const lines: string[] = [];
  runPlan(drawPlan(seed), (line) => lines.push(JSON.stringify(line)));
  return lines.join('\n');
}

describe('seeds', () => {
  it('hold: faults, healing, rest', () => {
    const broken = SEEDS.flatMap((seed) => {
      const { finding } = runPlan(drawPlan(seed));
      return finding === null ? [] : [`${seed}: ${finding.property}: ${finding.text}`];
    });
    expect(broken).toEqual([]);
  });

  it('decide everything: the same seed gives the same trace, byte for byte', () => {
    for (const seed of [3, 4]) expect(traceOf(seed)).toBe(traceOf(seed));
    expect(traceOf(3)).not.toBe(traceOf(4));
  });
});

describe('what was found stays fixed', () => {
  const files = fs.readdirSync(FOUND);
  const isJudged = (file: string) => readReplay(path.join(FOUND, file)).plan.mutants.length === 0;

  it.each(files.filter(isJudged))(
    '%s: the judge, or the environment, was wrong about it: it holds',
    (file) => {
      expect(runPlan(readReplay(path.join(FOUND, file)).plan).finding).toBeNull();
    },
  );

  it.each(files.filter((file) => !isJudged(file)))('%s: the mutant breaks it, the rule holds it', (file) => {
    const { plan, property } = readReplay(path.join(FOUND, file));
    const [mutant] = plan.mutants;
    expect(MUTANTS.find(({ name }) => name === mutant)?.breaks).toContain(property);
    expect(runPlan(plan).finding?.property).toBe(property);
    expect(runPlan({ ...plan, mutants: [] }).finding).toBeNull();
  });
});

describe('what is open (protocol 14)', () => {
  it.each(fs.readdirSync(OPEN))('fixme %s: still breaks', (file) => {
    const { plan, property } = readReplay(path.join(OPEN, file));
    expect(runPlan(plan).finding?.property).toBe(property);
  });
});

describe('teeth', () => {
  it.each([
    ['terminated-before-stop', 'NoFalseConfirm'],
    ['environment/reuse-incarnation', 'IncarnationsGrow'],
    ['collect-tombstone-early', 'NoFalseConfirm'],
  ])('%s is caught as %s, and a smaller plan still shows it', (mutant, breaks) => {
    const found = SEEDS.map((seed) => drawPlan(seed, { mutants: [mutant] })).find(
      (plan) => runPlan(plan).finding?.property === breaks,
    );
    expect(found).toBeDefined();
    if (found === undefined) return;
    const small = shrink(found, breaks, 40);
    expect(runPlan(small).finding?.property).toBe(breaks);
    expect(small.faults.length + small.acts.length).toBeLessThan(found.faults.length + found.acts.length);
  });
});

describe('a swarm', () => {
  const campaign = {
    seed: 1,
    runs: 60,
    milliseconds: null,
    envelope: { mutants: ['terminated-before-stop'] },
  };
  const of = async (workers: number) => (await swarm(campaign, workers, () => 0)).failed;

  it('finds the canary, and the same seed with any number of workers', async () => {
    const one = await of(1);
    expect(one).not.toBeNull();
    expect(await of(2)).toBe(one);
  });

  it('a long one goes on over what fails, and can be ended', async () => {
    const stretch = { seed: 1, runs: 30, envelope: campaign.envelope };
    const tally = await longSwarm(stretch, 2, () => false);
    expect(totalOf(tally)).toMatchObject({ runs: 30, failed: tally.failures.length });
    expect(tally.failures.map(({ property }) => property)).toContain('NoFalseConfirm');
    expect(swarmPage(tally, { first: 1, minutes: 1, workers: 2 })).toContain(
      `${tally.failures.length} of 30 failed`,
    );
    expect(totalOf(await longSwarm(stretch, 2, () => true)).runs).toBe(0);
  });

  it('says how many seeds a mutant takes, and which it does not catch', async () => {
    const names = ['stock-binds', 'preemptor-early', 'older-agent-stands', 'bare-by-name'];
    const mutants = names.map((name) => MUTANTS.find((one) => one.name === name) as Mutant);
    const patience = { seeds: 15, times: 2 };
    const caught = await catchAll(patience, 2, () => {}, mutants);
    expect(caught.map(({ property }) => property)).toEqual(['OneSide', 'PreemptionOrdered', null, null]);
    expect(caught.map(({ runs }) => runs > 0)).toEqual([true, true, false, true]);
    const page = pageOf(caught, patience);
    expect(page).toMatch(/2 of\n4 are caught within 15 seeds; of 1 it is said what they save/);
    expect(page).toContain('| `preemptor-early` and `no-room-check` | near `preemptor-early` |');
    expect(page).toContain(`| \`older-agent-stands\` | ${aimOf('older-agent-stands').unseen} |`);
    expect(caught[3]?.otherwise).toBeGreaterThan(0);
  });

  it('near a kept plan: the same things happen, at other times, and a seed decides when', () => {
    const near = keptPlan('preemptor-early');
    const [one, again, other] = [1, 1, 2].map((seed) => drawPlan(seed, { near }));
    expect(one).toEqual(again);
    expect(one).not.toEqual(other);
    expect(one?.acts.map(({ act }) => act)).toEqual(near.acts.map(({ act }) => act));
    expect(one?.healAt).toBe(near.healAt);
  });

  it('looks for each where it may be: mutants and themes that there are', () => {
    const known = new Set(MUTANTS.map(({ name }) => name));
    const themes = new Set(THEMES.map(({ name }) => name));
    for (const [mutant, { theme = 'any', near, alsoOff = [] }] of Object.entries(AIMS)) {
      for (const name of [mutant, ...alsoOff]) expect(known).toContain(name);
      expect(themes).toContain(theme);
      if (near !== undefined) expect(keptPlan(near).mutants).toEqual([]);
    }
  });
});

describe('replay files', () => {
  it.each([
    ['not JSON', '{'],
    ['another version', '{"format":"kubedirect-replay/9"}'],
    ['no plan', '{"format":"kubedirect-replay/1"}'],
    ['a damaged plan', '{"format":"kubedirect-replay/1","plan":{"seed":1,"nodes":[]}}'],
  ])('%s is REPLAY_INVALID', (_, text) => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'replay-')), 'bad.json');
    fs.writeFileSync(file, text);
    expect(() => readReplay(file)).toThrowError(expect.objectContaining({ code: 'REPLAY_INVALID' }));
  });
});
