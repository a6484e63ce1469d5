/** The runner: results, counterexamples, and a named error for everything that can go wrong. */
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runTlc, type TlcRun } from '../../impl/tlc/run.ts';
import { ownScratch } from './support/scratch.ts';
import { MODULES, TOOLCHAIN } from './support/toolchain.ts';

const counter = (...lines: string[]) =>
  ['SPECIFICATION Spec', 'CONSTANTS', ' N = 5', ' Mutants = {}', ...lines].join('\n');
const run = (more: Partial<TlcRun>) =>
  runTlc(TOOLCHAIN!, { module: 'Counter', folder: MODULES, config: counter(), workers: 1, ...more });
const actions = (result: Awaited<ReturnType<typeof run>>) => result.behaviour.map(({ action }) => action);
const scratch = ownScratch();
afterAll(scratch.remove);

describe.skipIf(TOOLCHAIN === null)('TLC', () => {
  afterEach(() => expect(scratch.leftovers()).toEqual([]));

  it('says what it found: states, depth; and tells of its progress', async () => {
    const seen: number[] = [];
    const result = await run({ onProgress: ({ distinct }) => seen.push(distinct) });
    expect(result).toMatchObject({ breach: null, generated: 21, distinct: 11, depth: 6, behaviour: [] });
    expect(seen.at(-1)).toBe(11);
  });

  it('gives the shortest counterexample to an invariant, action by action', async () => {
    const config = counter('INVARIANT InRange').replace('{}', '{"tight"}');
    const result = await run({ config });
    expect(result).toMatchObject({ breach: 'invariant', property: 'InRange' });
    expect(actions(result)).toEqual([null, 'Up', 'Up', 'Up']);
    expect(result.behaviour.at(-1)?.state.x).toBe(5);
  });

  it('names a property of steps that is broken', async () => {
    const result = await run({ config: counter('PROPERTY NeverBack') });
    expect(result).toMatchObject({ breach: 'step', property: 'NeverBack' });
    expect(actions(result).at(-1)).toBe('Back');
  });

  it('gives the lasso of a liveness property', async () => {
    const result = await run({ config: counter('PROPERTY Arrives') });
    expect(result).toMatchObject({ breach: 'liveness', loop: null });
    expect(result.behaviour.at(-1)?.state.x).not.toBe(5);
  });

  it.each([
    ['a syntax error', 'Broken', 'INIT Init\nNEXT Next', /Was expecting/],
    ['a mistake met on the way', 'Wrong', 'SPECIFICATION Spec', /Cannot cast.*StringValue/],
    ['a module that is not there', 'Absent', 'SPECIFICATION Spec', /Cannot find source file/],
    ['a property that is not there', 'Counter', counter('INVARIANT Nothing'), /Nothing/],
  ])('%s is SPEC_INVALID', async (_, module, config, message) => {
    await expect(run({ module, config })).rejects.toMatchObject({
      code: 'SPEC_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it('running out of memory is TLC_OUT_OF_MEMORY', async () => {
    const huge = { module: 'Huge', config: 'SPECIFICATION Spec\nCONSTANT N = 24', heap: '32m' };
    await expect(run(huge)).rejects.toMatchObject({ code: 'TLC_OUT_OF_MEMORY' });
  });

  it('an interrupted run ends at once and is INTERRUPTED', async () => {
    const huge = { module: 'Huge', config: 'SPECIFICATION Spec\nCONSTANT N = 20' };
    const began = performance.now();
    await expect(run({ ...huge, signal: AbortSignal.timeout(1500) })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  it('a java that does not run is JAVA_MISSING', async () => {
    const toolchain = { ...TOOLCHAIN!, java: path.join(MODULES, 'no-java') };
    const one = { module: 'Counter', folder: MODULES, config: counter() };
    await expect(runTlc(toolchain, one)).rejects.toMatchObject({ code: 'JAVA_MISSING' });
  });
});
