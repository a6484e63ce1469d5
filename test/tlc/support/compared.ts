/** The comparison of a world by TLC and by the explorer, with rules switched off on one side only. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { settingOf } from '../../../impl/explorer/stages.ts';
import { posed } from '../../../impl/tlc/begun.ts';
import type { Comparison } from '../../../impl/tlc/compare.ts';
import { unjudged } from '../../../impl/tlc/config.ts';
import { compare, dumpedGraph, exploredGraph } from '../../../impl/tlc/equality.ts';
import { PROOFS, runTlc } from '../../../impl/tlc/run.ts';
import { WORLDS, type WorldDescription } from '../../../spec/worlds/index.ts';
import { TOOLCHAIN } from './toolchain.ts';

const named = (name: string) => WORLDS.find((world) => world.name === name) as WorldDescription;

/** Which rule is switched off where; the folder of changed modules. */
export interface Rules {
  readonly machines?: string;
  readonly spec?: string;
  readonly folder?: string;
}

export async function compared(name: string, rules: Rules): Promise<Comparison> {
  const ofSpec = settingOf(named(name), new Set(rules.spec === undefined ? [] : [rules.spec]));
  const [, dumped] = await posed(ofSpec, rules.folder ?? PROOFS, ({ module, config: whole, folder }) => {
    const config = unjudged(whole).replace('FairSpec', 'Spec');
    return dumpedGraph((dump) => runTlc(TOOLCHAIN!, { module, folder, config, dump, brief: true }));
  });
  const mutants = new Set(rules.machines === undefined ? [] : [rules.machines]);
  return compare(exploredGraph(settingOf(named(name), mutants), 100_000), dumped!);
}

/** A copy of the modules with one conjunct changed. */
export function changed(file: string, from: string, to: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-spec-'));
  for (const one of fs.readdirSync(PROOFS).filter((name) => name.endsWith('.tla')))
    fs.copyFileSync(path.join(PROOFS, one), path.join(folder, one));
  const text = fs.readFileSync(path.join(PROOFS, file), 'utf8');
  expect(text).toContain(from);
  fs.writeFileSync(path.join(folder, file), text.replace(from, to));
  return folder;
}
