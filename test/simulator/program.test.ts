/** In whole worlds under faults, each step of each machine is what XState's own interpreter gives (`machines/program.ts`). */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { type AnyMachineSnapshot, type AnyStateMachine, type EventObject, initialTransition } from 'xstate';
import { drawPlan } from '../../impl/simulator/draw.ts';
import { runPlan } from '../../impl/simulator/run.ts';
import type * as Drive from '../../machines/drive.ts';

interface Met {
  readonly pairs: Set<string>;
  readonly differences: string[];
  /** Beginnings of each machine. */
  readonly begun: Map<string, number>;
  /** What XState would have said, changed, for the test of this test. */
  distort: ((snapshot: AnyMachineSnapshot) => AnyMachineSnapshot) | null;
}

const met = vi.hoisted<Met>(() => ({
  pairs: new Set(),
  differences: [],
  begun: new Map(),
  distort: null,
}));

const { BEGINNINGS } = vi.hoisted(() => ({ BEGINNINGS: 100 }));

vi.mock('../../machines/drive.ts', async (load) => {
  const drive = await load<typeof Drive>();
  const compare = (where: string, ours: AnyMachineSnapshot, interpreted: AnyMachineSnapshot) => {
    const theirs = met.distort === null ? interpreted : met.distort(interpreted);
    met.pairs.add(where);
    const of = ({ value, context, status, output }: AnyMachineSnapshot) => [value, context, status, output];
    if (!isDeepStrictEqual(of(ours), of(theirs))) met.differences.push(where);
    return ours;
  };
  const step = (machine: AnyStateMachine, snapshot: AnyMachineSnapshot, event: EventObject) => {
    const ours = drive.step(machine, snapshot as never, event as never) as AnyMachineSnapshot;
    const where = `${machine.id} ${JSON.stringify(snapshot.value)} ${event.type}`;
    return compare(where, ours, drive.interpret(machine, snapshot, event));
  };
  const begin = (machine: AnyStateMachine, input: unknown) => {
    const ours = drive.begin(machine, input as never) as AnyMachineSnapshot;
    const begun = (met.begun.get(machine.id) ?? 0) + 1;
    met.begun.set(machine.id, begun);
    // XState makes an actor, and with it a first snapshot more, each time.
    if (begun > BEGINNINGS) return ours;
    const theirs = initialTransition(machine, input as never)[0] as AnyMachineSnapshot;
    return compare(`${machine.id} begins`, ours, theirs);
  };
  return { ...drive, begin, step };
});

const run = (first: number, seeds: number) => {
  for (let seed = first; seed < first + seeds; seed++) runPlan(drawPlan(seed, { nodes: 3, pods: 6 }));
};

describe('a step', () => {
  it("is XState's, in every pair of state and event that 20 worlds under faults come to", () => {
    run(1, 20);
    expect(met.differences).toEqual([]);
    const machines = [...met.pairs].map((pair) => pair.split(' ')[0]);
    expect(met.pairs).toContain('kubelet begins');
    expect(Object.fromEntries([...new Set(machines)].sort().map((id) => [id, true]))).toEqual(
      Object.fromEntries(
        [
          ...['autoscaler', 'cancellation', 'deployment', 'downstreamSide', 'kubelet', 'replicaset'],
          ...['replicasField', 'scheduler', 'upstreamSide'],
        ].map((id) => [id, true]),
      ),
    );
    expect(met.pairs.size).toBeGreaterThan(150);
  }, 180_000);

  it('is not taken for another that differs in its context, or in its state', () => {
    for (const change of [{ context: {} }, { value: 'elsewhere' }]) {
      met.differences.length = 0;
      met.distort = (snapshot) => ({ ...snapshot, ...change }) as AnyMachineSnapshot;
      run(1, 1);
      expect(met.differences.length).toBeGreaterThan(100);
    }
  });
});
