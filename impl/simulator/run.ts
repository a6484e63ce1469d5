/** Runs a plan: faults and people, then healing, then rest, where all must be as it was asked; then last words, and rest again. */
import { PROPERTIES, type PropertyName } from '../../spec/properties/index.ts';
import type { Coverage } from './coverage.ts';
import { heal, suffer } from './faults.ts';
import type { Finding } from './judge.ts';
import { takeBack } from './owner.ts';
import { act, insist } from './people.ts';
import type { Plan } from './plan.ts';
import { Simulation, type Tell } from './simulation.ts';
import { worldView } from './view.ts';

/** How a run ended. */
export interface Outcome {
  /** Null: nothing was wrong. */
  readonly finding: (Finding & { readonly kind: 'safety' | 'liveness' | 'crash' }) | null;
  readonly steps: number;
  /** Virtual ms. */
  readonly time: number;
  /** Pods that were created, ever. */
  readonly created: number;
  /** See {@link endingOf}. */
  readonly ending: string;
}

/** By then a healed world is at rest: five minutes is the longest timer, and two of them in a row are the longest wait. */
const REST_WITHIN = 20 * 60_000;
/** Steps that a healed world may take: some, and more for each Pod and node. */
const STEPS_WITHIN = { all: 15_000, pod: 100, node: 1000 };

const RELEASED_AT_REST: readonly PropertyName[] = [
  'ReleaseAcknowledged',
  'TombstonesCollected',
  'NoLeak',
  'ShownRuns',
  'RunningShown',
];
const AT_REST: readonly PropertyName[] = [
  'TakenBack',
  'Converges',
  'TombstonesCollected',
  'NoLeak',
  'PreemptorRuns',
  'HoldersMeet',
  'SupersededStops',
  'ShownRuns',
  'RunningShown',
  'RolloutsEnd',
];

/** What a user can see when all is at rest, without names: it must not depend on what went wrong on the way. */
export function endingOf({ api }: Simulation): string {
  const sets = [...api.replicaSets.values()].map(({ uid, replicas, deployment }) => ({
    deployment,
    uid,
    replicas,
    ready: api.readyOf.get(uid) ?? 0,
  }));
  const seen = sets.filter(({ replicas, ready }) => replicas + ready > 0).map((one) => JSON.stringify(one));
  const wanted = [...api.deployments.values()].map(({ name, replicas, template }) =>
    JSON.stringify({ name, replicas, template }),
  );
  return [...wanted, ...seen].sort().join('\n');
}

class Run {
  readonly #sim: Simulation;
  /** After everything that happens in one moment. */
  readonly #after: () => void;

  constructor(sim: Simulation, after = () => {}) {
    this.#sim = sim;
    this.#after = after;
  }

  #tick(): void {
    this.#sim.clock.tick();
    this.#after();
  }

  get #judge() {
    return this.#sim.judge;
  }

  /** Until nothing is due, or too much time has passed. */
  #settle(): void {
    const { clock } = this.#sim;
    const end = clock.now + REST_WITHIN;
    const { all, pod, node } = STEPS_WITHIN;
    const pods = this.#judge.accepted.size;
    const steps = this.#sim.steps + all + pod * pods + node * this.#sim.plan.nodes.length;
    while (this.#judge.finding === null) {
      const { next } = clock;
      if (next === null) break;
      if (next > end || this.#sim.steps > steps) {
        this.#atRest();
        this.#judge.found(
          'ComesToRest',
          `still busy ${Math.round((clock.now + REST_WITHIN - end) / 1000)} s after healing`,
        );
        return;
      }
      this.#tick();
    }
    this.#atRest();
  }

  #atRest(): void {
    if (this.#judge.finding !== null) return;
    this.#judge.whole();
    const view = worldView(this.#sim);
    const isReleased = view.switch.owner === 'stock';
    const shown: readonly PropertyName[] = this.#sim.plan.handsOver && !isReleased ? ['UnplacedShown'] : [];
    for (const name of [...(isReleased ? RELEASED_AT_REST : AT_REST), ...shown])
      this.#judge.found(name, (PROPERTIES[name] as { check(v: unknown): string | null }).check(view));
  }

  /** What was asked for last is what there is. */
  #lastWords(): void {
    const { plan, api } = this.#sim;
    for (const [name, replicas] of Object.entries(plan.finally)) insist(this.#sim, name, replicas);
    this.#settle();
    if (this.#judge.finding !== null) return;
    for (const [name, replicas] of Object.entries(plan.finally)) {
      const is = api.deployments.get(name)?.replicas;
      this.#judge.found(
        'Converges',
        is === replicas || is === undefined ? null : `${name} is at ${is}; ${replicas} was asked last`,
      );
    }
  }

  /** Everybody forgets everything but what is on disk and at the API Server: not one Pod may be made or ended for that. */
  #startAfresh(): void {
    const pods = () => [...this.#sim.api.podsByObject.keys()].sort().join(' ');
    const before = pods();
    for (const life of [...this.#sim.lives.values()].flat()) this.#sim.crash(life, false, 10);
    this.#settle();
    if (pods() !== before)
      this.#judge.found('FreshStartSame', `before a fresh start of every stage: ${before}; after: ${pods()}`);
  }

  whole(): void {
    const { plan, clock } = this.#sim;
    for (const fault of plan.faults) clock.at(fault.at, () => suffer(this.#sim, fault));
    for (const one of plan.acts) clock.at(one.at, () => act(this.#sim, one));
    clock.at(plan.healAt, () => heal(this.#sim));
    while (this.#judge.finding === null && clock.next !== null && clock.next <= plan.healAt) this.#tick();
    this.#settle();
    if (this.#judge.finding === null && this.#sim.owner.fact.owner === 'stock') {
      takeBack(this.#sim, 0, Number.POSITIVE_INFINITY);
      this.#settle();
    }
    if (this.#judge.finding === null) this.#lastWords();
    if (this.#judge.finding === null && plan.freshStart === true) this.#startAfresh();
  }
}

const LIVENESS: ReadonlySet<string> = new Set([
  ...AT_REST,
  ...RELEASED_AT_REST,
  'UnplacedShown',
  'ComesToRest',
]);

/** Runs a plan to its end, or to the first thing that is wrong. */
export function runPlan(plan: Plan, trace: Tell | null = null, coverage: Coverage | null = null): Outcome {
  const sim = new Simulation(plan, trace, coverage);
  let crash: string | null = null;
  try {
    new Run(sim).whole();
  } catch (error) {
    crash = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const { steps, clock, judge } = sim;
  const measured = { steps, time: clock.now, created: judge.created, ending: endingOf(sim) };
  if (crash !== null)
    return { ...measured, finding: { property: 'NoInvariantBroken', text: crash, kind: 'crash' } };
  if (judge.finding === null) return { ...measured, finding: null };
  const kind = LIVENESS.has(judge.finding.property) ? 'liveness' : 'safety';
  return { ...measured, finding: { ...judge.finding, kind } };
}

/** Reads a run in the moment of one of its lines, after all that happened in it. */
export function momentOf<T>(plan: Plan, line: number, read: (sim: Simulation) => T): T {
  const reached = new Error('reached');
  let told = 0;
  const sim = new Simulation(plan, (_, id) => {
    told = id;
  });
  try {
    new Run(sim, () => {
      if (told >= line) throw reached;
    }).whole();
  } catch (error) {
    if (error !== reached) throw error;
  }
  return read(sim);
}
