/** What a record of a check was made of: a change of what is not of a world leaves its record good. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { digests } from '../../impl/cli/check/digest.ts';
import { WORLDS } from '../../spec/worlds/index.ts';
import { SHAPES } from '../../spec/worlds/shapes.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-digest-'));
for (const room of ['spec', 'machines', 'impl/explorer', 'impl/tlc', 'proofs-tla'])
  fs.cpSync(path.join(ROOT, room), path.join(copy, room), { recursive: true });
afterAll(() => fs.rmSync(copy, { recursive: true }));

const names = [...WORLDS, ...SHAPES].map(({ name }) => name);
const all = (how: unknown = {}) => {
  const digest = digests(how, copy);
  return new Map(names.map((name) => [name, digest(name)]));
};
const before = all();

/** The worlds whose records would be of another time, were a file so. */
function staleWith(file: string, change: (text: string) => string): readonly string[] {
  const whole = path.join(copy, file);
  const text = fs.readFileSync(whole, 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  fs.writeFileSync(whole, changed);
  try {
    const after = all();
    return names.filter((name) => after.get(name) !== before.get(name));
  } finally {
    fs.writeFileSync(whole, text);
  }
}
const addTo = (more: string) => (text: string) => `${text}\n${more}\n`;
const inTla = (text: string) => text.replace(/={4,}\s*$/, 'Added == TRUE\n====\n');

describe('the digest of a world', () => {
  it('is each its own, and another if it is checked otherwise', () => {
    expect(new Set(before.values()).size).toBe(names.length);
    const other = all({ maxStates: 5 });
    expect(names.filter((name) => other.get(name) === before.get(name))).toEqual([]);
  });

  it('changes with a module that says it, and with no other', () => {
    const stale = staleWith('proofs-tla/TailPod.tla', inTla);
    expect(stale).toEqual(expect.arrayContaining(['exact', 'switch-release', 'preempt']));
    expect(stale.filter((name) => /^(ends|field|versions|rollout|link)/.test(name))).toEqual([]);
  });

  it('changes with a machine of one of its stages, and with no other', () => {
    const stale = staleWith('machines/kubelet/next.ts', addTo('export const added = 1;'));
    expect(stale).toEqual(expect.arrayContaining(['exact', 'tail-deleted']));
    expect(stale.filter((name) => /^(ends|field|versions|rollout|link-step)/.test(name))).toEqual([]);
  });

  it('changes with a stub of one of its stages', () => {
    const stale = staleWith('impl/explorer/stubs/drainer.ts', addTo('export const added = 1;'));
    expect(stale).toContain('cancel');
    expect(stale).not.toContain('exact');
  });

  it('changes with what plays the environment, for all', () => {
    const worlds = WORLDS.map(({ name }) => name);
    expect(staleWith('impl/explorer/users.ts', addTo('export const added = 1;'))).toEqual(worlds);
  });

  it('is the same whatever is said in a comment, and however states are kept', () => {
    expect(staleWith('machines/kubelet/next.ts', addTo('// A remark.'))).toEqual([]);
    expect(staleWith('proofs-tla/TailPod.tla', addTo('(* A remark. *)'))).toEqual([]);
    expect(staleWith('impl/explorer/wide/tree.ts', addTo('export const added = 1;'))).toEqual([]);
  });
});
