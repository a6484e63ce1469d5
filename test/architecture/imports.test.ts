/** Imports go one way: `spec` ← `machines` ← `impl`; `test` may import all; nothing imports `test` (`architecture.md`, Rooms). */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  spec: ['spec'],
  machines: ['spec', 'machines'],
  impl: ['spec', 'machines', 'impl'],
  test: ['spec', 'machines', 'impl', 'test'],
};
const PURE_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  spec: [],
  machines: ['xstate', 'immutable', 'sorted-btree'],
};
const IMPORT = /^(?:import|export)\b[^'"`;]*?\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm;

function filesOf(room: string): readonly string[] {
  return fs
    .readdirSync(path.join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(room, file));
}

function importsOf(file: string): readonly string[] {
  return [...fs.readFileSync(path.join(ROOT, file), 'utf8').matchAll(IMPORT)].map(
    (match) => (match[1] ?? match[2] ?? match[3]) as string,
  );
}

/** Imports that break the rule, as `file → import`. */
function offences(room: string, files: readonly string[], read = importsOf): readonly string[] {
  return files.flatMap((file) =>
    read(file)
      .filter((target) => {
        if (!target.startsWith('.')) return PURE_PACKAGES[room]?.includes(target) === false;
        const [other] = path.join(path.dirname(file), target).split(path.sep) as [string];
        return !MAY_IMPORT[room]?.includes(other);
      })
      .map((target) => `${file} → ${target}`),
  );
}

describe('imports go one way', () => {
  it.each(Object.keys(MAY_IMPORT))('%s imports only from the rooms it may', (room) => {
    const files = filesOf(room);
    expect(files.length).toBeGreaterThan(0);
    expect(offences(room, files)).toEqual([]);
  });

  it('the check notices a wrong way, and I/O in a pure room', () => {
    const read = () => ['../../impl/cli/main.ts', 'node:fs', 'xstate'];
    expect(offences('machines', ['machines/kubelet/index.ts'], read)).toEqual([
      'machines/kubelet/index.ts → ../../impl/cli/main.ts',
      'machines/kubelet/index.ts → node:fs',
    ]);
  });

  it('pure rooms read no clock and draw no random number', () => {
    const impure = /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout|console\.|process\.)/;
    const guilty = [...filesOf('spec'), ...filesOf('machines')].filter((file) =>
      impure.test(fs.readFileSync(path.join(ROOT, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')),
    );
    expect(guilty).toEqual([]);
  });
});
