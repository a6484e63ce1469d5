/**
 * Before the first scale-out: a process that has just started plays some to its machines, in a simulated world of its own, and to its link,
 * journal and trace (`host.ts`).
 *
 * Code that has not run yet is slow: the machines are not taken apart yet (`machines/program.ts`), and nothing is compiled. Without a
 * rehearsal the first burst takes several times as long as those after it (docs/benchmarks.md). It is played in slices, between what
 * the process really has to do.
 */
import os from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { act } from '../simulator/people.ts';
import type { Plan, PlannedAct } from '../simulator/plan.ts';
import { Simulation } from '../simulator/simulation.ts';
import { openPlayedHost } from './host.ts';

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

/** How to play. */
export interface RehearsalOptions {
  /** Who runs the containers: our agents, or stock kubelets (`publish`). */
  readonly runtime: Plan['runtime'];
  /** Whether the process records its steps. */
  readonly traces: boolean;
  /** Ends it early. */
  readonly signal: AbortSignal;
  /** Where its folder is made; the system's folder for temporary files by default. */
  readonly folder?: string;
}

/** What was played. */
export interface Rehearsal {
  readonly steps: number;
  /** Pods created in it. */
  readonly pods: number;
  /** Messages that came over the link; null if there was none. */
  readonly messages: number | null;
  /** Why only the machines were played to, without link, journal and trace; null if they were not. */
  readonly without: string | null;
  /** Null, or what a property found wrong: the same machines are about to run for real. */
  readonly finding: string | null;
}

/** Plays scale-outs and scale-ins to the machines of this process, and leaves nothing behind. */
export async function rehearse({ runtime, traces, signal, folder }: RehearsalOptions): Promise<Rehearsal> {
  const plan = scenesOf(runtime);
  const tail = `kubelet/${plan.nodes[0]?.name}` as const;
  const host = await openPlayedHost(folder ?? os.tmpdir(), tail, traces).catch((error: Error) => error);
  const played = host instanceof Error ? null : host;
  const sim = new Simulation(plan, played && ((line) => 'stage' in line && played.carryOut(line)));
  try {
    await play(sim, signal);
  } finally {
    await played?.close();
  }
  return {
    steps: sim.steps,
    pods: sim.judge.created,
    messages: played?.arrived ?? null,
    without: host instanceof Error ? host.message : null,
    finding: sim.judge.finding?.text ?? null,
  };
}

/** In slices: what the process really has to do comes between. */
async function play(sim: Simulation, signal: AbortSignal): Promise<void> {
  const { clock, plan } = sim;
  for (const one of plan.acts) clock.at(one.at, () => act(sim, one));
  let began = performance.now();
  while (clock.next !== null && clock.next <= plan.healAt && !signal.aborted) {
    clock.tick();
    if (performance.now() - began < SLICE) continue;
    await nextTurn();
    began = performance.now();
  }
}
