/** The diagrams of the docs are those of the machines. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { mermaidOf } from '../../impl/viewer/diagrams/mermaid.ts';
import { machinesPage, ROOMS } from '../../impl/viewer/diagrams/page.ts';

const MACHINES = path.join(import.meta.dirname, '../../machines');

describe('docs/machines.md', () => {
  it('is of the machines as they are', async () => {
    await expect(machinesPage()).toMatchFileSnapshot('../../docs/machines.md');
  });

  it('has every machine that there is', () => {
    const files = fs
      .readdirSync(MACHINES, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'));
    const made = files.flatMap(
      (file) => fs.readFileSync(path.join(MACHINES, file), 'utf8').match(/\.createMachine\(/g) ?? [],
    );
    expect(ROOMS.flatMap(({ machines }) => machines)).toHaveLength(made.length);
  });

  it('a state, a guard or a target more shows', () => {
    const machine = (target: string, guard: string) =>
      mermaidOf(
        createMachine({
          id: 'm',
          initial: 'a',
          states: {
            a: { on: { go: { target, guard }, stay: {} } },
            b: { initial: 'c', states: { c: {}, d: {} } },
          },
        }),
      );
    expect(machine('b', 'isReady')).toBe(
      [
        'stateDiagram-v2',
        '  [*] --> a',
        '  a --> b : go [isReady]',
        '  state b {',
        '    [*] --> b_c',
        '  }',
      ].join('\n'),
    );
    expect(machine('a', 'isReady')).not.toBe(machine('b', 'isReady'));
    expect(machine('b', 'isDue')).not.toBe(machine('b', 'isReady'));
  });
});
