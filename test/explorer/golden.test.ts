/**
 * Golden scenarios: each is a rule of the protocol, most of them once a counterexample, as a short script with what every command changed.
 * Lines that begin with `>` are commands; what follows is compared. `UPDATE_GOLDEN=1` writes it anew.
 */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hashOf } from '../../impl/explorer/fingerprint.ts';
import { search } from '../../impl/explorer/search.ts';
import type { Setting, World } from '../../impl/explorer/world.ts';
import { worldSystem } from '../../impl/explorer/worldSystem.ts';
import { FOLDER, playFile, scenarios } from './support/golden.ts';

describe('golden scenarios', () => {
  it.each(scenarios)('%s goes as it is written', (file) => {
    const written = path.join(FOLDER, file);
    const { text } = playFile(file);
    if (process.env.UPDATE_GOLDEN !== undefined) fs.writeFileSync(written, text);
    else expect(text).toBe(fs.readFileSync(written, 'utf8'));
  });

  /** A world that reduces goes only one of the ways that commute; a deep one is too large here. */
  const whole = scenarios.filter((file) => {
    const { reduce, deep, spec } = playFile(file).setting.description;
    return !reduce && !deep && spec !== undefined;
  });
  const seen = new Map<string, ReadonlySet<string>>();
  const seenIn = (setting: Setting): ReadonlySet<string> => {
    const { name } = setting.description;
    const known = seen.get(name);
    if (known !== undefined) return known;
    const keys = new Set<string>();
    const note = (world: World) => {
      keys.add(hashOf(setting, world).join());
      return null;
    };
    search(worldSystem(setting), { states: { note }, steps: {}, witnesses: {} }, { maxStates: 50_000 });
    seen.set(name, keys);
    return keys;
  };

  it.each(whole)('%s is among what the explorer sees', (file) => {
    const { setting, worlds } = playFile(file);
    const keys = seenIn(setting);
    expect(worlds.findIndex((world) => !keys.has(hashOf(setting, world).join()))).toBe(-1);
  });
});
