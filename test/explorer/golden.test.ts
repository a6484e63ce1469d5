/**
 * Golden scenarios: each is a rule of the protocol, most of them once a counterexample, as a short script with what every command changed.
 * Lines that begin with `>` are commands; what follows is compared. `UPDATE_GOLDEN=1` writes it anew.
 */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../impl/explorer/encode.ts';
import { search } from '../../impl/explorer/search.ts';
import { worldSystem } from '../../impl/explorer/system.ts';
import { FOLDER, playFile, scenarios } from './support/golden.ts';

describe('golden scenarios', () => {
  it.each(scenarios)('%s goes as it is written', (file) => {
    const written = path.join(FOLDER, file);
    const { text } = playFile(file);
    if (process.env.UPDATE_GOLDEN !== undefined) fs.writeFileSync(written, text);
    else expect(text).toBe(fs.readFileSync(written, 'utf8'));
  });

  it.each(scenarios)('%s is among what the explorer sees', (file) => {
    const { setting, worlds } = playFile(file);
    // A world that reduces goes only one of the ways that commute.
    if (setting.description.reduce || setting.description.spec === undefined) return;
    const keys = new Set<string>();
    const note = (world: (typeof worlds)[number]) => {
      keys.add(fingerprint(setting, world));
      return null;
    };
    search(worldSystem(setting), { states: { note }, steps: {}, witnesses: {} }, { maxStates: 50_000 });
    expect(worlds.filter((world) => !keys.has(fingerprint(setting, world)))).toEqual([]);
  });
});
