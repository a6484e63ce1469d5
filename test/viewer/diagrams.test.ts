/** The diagrams of the docs are those of the machines. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { mermaidOf } from '../../impl/viewer/diagrams/mermaid.ts';
import { machinesPage, pictureOf, ROOMS } from '../../impl/viewer/diagrams/page.ts';
import { isOf, svgOf } from '../../impl/viewer/diagrams/svg.ts';

const MACHINES = path.join(import.meta.dirname, '../../machines');

describe('docs/machines.md', () => {
  it('is of the machines as they are', async () => {
    await expect(machinesPage()).toMatchFileSnapshot('../../docs/machines.md');
  });

  it.each(ROOMS.flatMap(({ machines }) => machines).map((machine) => [machine.id, machine] as const))(
    'the picture of %s is of the machine as it is (else: npm run diagrams)',
    (_, machine) => {
      const file = path.join(MACHINES, '../docs', pictureOf(machine));
      expect(isOf(fs.readFileSync(file, 'utf8'), machine)).toBe(true);
    },
  );

  it('has every machine that there is', () => {
    const files = fs
      .readdirSync(MACHINES, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'));
    const made = files.flatMap(
      (file) => fs.readFileSync(path.join(MACHINES, file), 'utf8').match(/\.createMachine\(/g) ?? [],
    );
    expect(ROOMS.flatMap(({ machines }) => machines)).toHaveLength(made.length);
  });

  it('a picture has each state and each change once, whatever they are called', async () => {
    const machine = createMachine({
      id: 'm',
      type: 'parallel',
      states: {
        a: { initial: 'b', states: { b: { on: { '<go>': 'c' } }, c: { type: 'final' } } },
        d: {},
      },
    });
    const svg = await svgOf(machine);
    expect([...svg.matchAll(/data-state="([^"]*)"/g)].map(([, state]) => state)).toEqual([
      '',
      'a',
      'a.b',
      'a.c',
      'd',
    ]);
    expect([...svg.matchAll(/data-from="([^"]*)" data-to="([^"]*)"/g)].map(([, ...ends]) => ends)).toEqual([
      ['a.b', 'a.c'],
    ]);
    expect(svg).toContain('&lt;go>');
    expect([isOf(svg, machine), isOf(svg, createMachine({ id: 'm' }))]).toEqual([true, false]);
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
