/**
 * Before the first scale-out: a process that has just started plays some to its machines, in a simulated world of its own.
 *
 * Code that has not run yet is slow: the machines are not taken apart yet (`machines/program.ts`), and nothing is compiled. Without a
 * rehearsal the first burst takes several times as long as those after it (docs/benchmarks.md). It is played in slices, between what
 * the process really has to do.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { act } from './people.ts';
import type { Plan, PlannedAct } from './plan.ts';
import { Simulation } from './simulation.ts';

/** How much is played: a third of a second of work. More brought nothing. */
const PLAYED = { times: 6, pods: 60, nodes: 3 };
/** As long as the process may be kept from what comes, ms. */
const SLICE = 2;
/** Between out and in, virtual ms. */
const SCENE = 2_000;

/** Out and in, by A's own scale API, without a fault. */
function scenesOf(runtime: Plan['runtime']): Plan {
  const { times, pods, nodes } = PLAYED;
  const acts = Array.from(
    { length: 2 * times },
    (_, i): PlannedAct => ({
      at: (i + 1) * SCENE,
      act: 'request',
      deployment: 'd',
      replicas: i % 2 === 0 ? pods : 0,
    }),
  );
  return {
    seed: 1,
    runtime,
    nodes: Array.from({ length: nodes }, (_, i) => ({
      name: `n${i}`,
      capacity: { cpu: pods, memory: pods, pods },
    })),
    deployments: [{ name: 'd', replicas: 0, requests: { cpu: 1, memory: 1, pods: 1 }, priority: 0 }],
    foreign: [],
    latencies: { link: 1, api: 5, watch: 5, start: 1, stop: 1, disk: 0, restart: 50 },
    acts,
    faults: [],
    healAt: (acts.length + 1) * SCENE,
    finally: {},
    mutants: [],
  };
}

/** What was played. */
export interface Rehearsal {
  readonly steps: number;
  /** Pods created in it. */
  readonly pods: number;
  /** Null, or what a property found wrong: the same machines are about to run for real. */
  readonly finding: string | null;
}

/**
 * Plays scale-outs and scale-ins to the machines of this process, and touches nothing else.
 * @param runtime - who runs the containers: our agents, or stock kubelets (`publish`)
 * @param signal - ends it early
 */
export async function rehearse(runtime: Plan['runtime'], signal: AbortSignal): Promise<Rehearsal> {
  const sim = new Simulation(scenesOf(runtime));
  const { clock, plan, judge } = sim;
  for (const one of plan.acts) clock.at(one.at, () => act(sim, one));
  let began = performance.now();
  while (clock.next !== null && clock.next <= plan.healAt && !signal.aborted) {
    clock.tick();
    if (performance.now() - began < SLICE) continue;
    await nextTurn();
    began = performance.now();
  }
  return { steps: sim.steps, pods: judge.created, finding: judge.finding?.text ?? null };
}
