/**
 * Faults at every point where they can be, one a run, of one world that does everything once: a scale-out, a rollout, a preemption.
 * Intermediate state: a stage ends between any two effects of any of its steps. Unobserved state: a watch misses what it would have told at any
 * moment, and learns it from a list. Stale state: a stage ends, and its next life lists from an API server that is behind. Rolled back: what was
 * asked for is taken back. (The patterns of Sieve, and the oracles of Acto: each run ends as the one without a fault, and a fresh start changes nothing.)
 */
import type { PeerName } from '../../spec/vocabulary.ts';
import { room } from '../../spec/worlds/objects.ts';
import type { Plan, PlannedAct, PlannedFault } from './plan.ts';
import { runPlan } from './run.ts';

/** What is enumerated. */
export const PATTERNS = ['intermediate', 'unobserved', 'stale', 'rolledBack'] as const;
/** One of them. */
export type Pattern = (typeof PATTERNS)[number];

/** A point, and the run that has its fault there. */
export interface Point {
  readonly pattern: Pattern;
  /** Whose; null if nobody's. */
  readonly peer: PeerName | null;
  readonly text: string;
  readonly plan: Plan;
}

/** From so many Pods on there are four nodes; below, one. */
const MANY = 8;

/** So many Pods on a few nodes, with room for some more: then they are rolled out anew, and give way to more important ones for a while. */
export function everythingOnce(pods: number, runtime: Plan['runtime']): Plan {
  const names = pods < MANY ? ['n1'] : ['n1', 'n2', 'n3', 'n4'];
  const perNode = Math.ceil((pods * 1.2) / names.length);
  const spare = perNode * names.length - pods;
  const acts: readonly PlannedAct[] = [
    { at: 300, act: 'request', deployment: 'd', replicas: pods },
    { at: 600, act: 'rollout', deployment: 'd', template: 't2' },
    { at: 1200, act: 'scale', deployment: 'e', replicas: spare + 1 },
    { at: 1800, act: 'scale', deployment: 'e', replicas: 0 },
    { at: 2000, act: 'insist', deployment: 'd', replicas: pods },
    { at: 2000, act: 'insist', deployment: 'e', replicas: 0 },
  ];
  return {
    seed: 1,
    runtime,
    nodes: names.map((name) => ({ name, capacity: room(perNode) })),
    deployments: [
      { name: 'd', replicas: 0, requests: room(1), priority: 0 },
      { name: 'e', replicas: 0, requests: room(1), priority: 10 },
    ],
    foreign: [],
    latencies: { link: 1, api: 5, watch: 5, start: 20, stop: 20, disk: 0, restart: 50 },
    acts,
    faults: [],
    healAt: 2000,
    finally: { d: pods - 1, e: 1 },
    freshStart: true,
    mutants: [],
  };
}

interface Step {
  readonly peer: PeerName;
  readonly effects: number;
  readonly at: number;
  /** Whether a watch told it what it is about. */
  readonly tells: boolean;
  readonly sends: boolean;
}

/** All steps of the run without a fault, in order. */
function stepsOf(plan: Plan): readonly Step[] {
  const steps: Step[] = [];
  runPlan(plan, (line) => {
    if (!('stage' in line)) return;
    const tells = /Observed$|Vanished$/.test(line.event.type);
    const sends = line.effects.some(({ type }) => type === 'send');
    steps.push({ peer: line.stage, effects: line.effects.length, at: line.at, tells, sends });
  });
  return steps;
}

const DOWN = 50;

function* intermediate(plan: Plan, steps: readonly Step[]): Generator<Point> {
  const taken = new Map<PeerName, number>();
  for (const { peer, effects: all, sends } of steps) {
    const step = (taken.get(peer) ?? 0) + 1;
    taken.set(peer, step);
    for (let effects = 0; effects <= all; effects += 1)
      for (const linger of sends ? [false, true] : [false]) {
        const fault: PlannedFault = { at: 0, fault: 'crashAt', peer, step, effects, linger, down: DOWN };
        const text = `step ${step}, after ${effects} of ${all} effects${linger ? '' : ', what was sent is lost'}`;
        yield { pattern: 'intermediate', peer, text, plan: { ...plan, faults: [fault] } };
      }
  }
}

/** Moments at which a watch tells a stage something, just before it does. */
function tellings(steps: readonly Step[]): readonly (readonly [PeerName, number])[] {
  const seen = new Set<string>();
  return steps.flatMap(({ peer, at, tells }) => {
    const key = `${peer} ${at}`;
    if (!tells || seen.has(key)) return [];
    seen.add(key);
    return [[peer, Math.max(0, at - 0.001)] as const];
  });
}

function* unobserved(plan: Plan, steps: readonly Step[]): Generator<Point> {
  for (const [peer, at] of tellings(steps))
    for (const gap of [1, 100]) {
      const faults: readonly PlannedFault[] = [{ at, fault: 'watchLost', peer, for: gap }];
      const text = `watches lost for ${gap} ms at ${at.toFixed(3)}`;
      yield {
        pattern: 'unobserved',
        peer,
        text,
        plan: { ...plan, faults, healAt: Math.max(plan.healAt, at + gap) },
      };
    }
}

function* stale(plan: Plan, steps: readonly Step[]): Generator<Point> {
  for (const [peer, at] of tellings(steps))
    for (const later of [1, 100]) {
      const end = { fault: 'crash', peer, effects: null, linger: false, down: DOWN } as const;
      const behind = { fault: 'stale', peer, for: later + 1000 } as const;
      const faults: readonly PlannedFault[] = [
        { at, ...behind },
        { at: at + later, ...end },
      ];
      const healAt = Math.max(plan.healAt, at + later + 1000);
      const text = `behind from ${at.toFixed(3)} on, its next life ${later} ms later`;
      yield { pattern: 'stale', peer, text, plan: { ...plan, faults, healAt } };
    }
}

/** What was asked for is taken back: sooner, while it is under way, or later. */
function* rolledBack(plan: Plan): Generator<Point> {
  for (const wait of [1, 3, 10, 20, 30, 50, 100, 200, 400]) {
    const acts = plan.acts.flatMap((act): readonly PlannedAct[] => {
      if (act.act === 'rollout') return [act, { ...act, at: act.at + wait, template: 't1' }];
      if (act.act === 'request') return [act, { ...act, at: act.at + wait, replicas: 0 }];
      return [act];
    });
    const text = `want and rollout taken back after ${wait} ms`;
    yield {
      pattern: 'rolledBack',
      peer: null,
      text,
      plan: { ...plan, acts: acts.toSorted((a, b) => a.at - b.at) },
    };
  }
}

/** The run that all runs of a pattern must end like: the one without a fault, or without what is taken back. */
export function modelOf(pattern: Pattern, plan: Plan): Plan {
  const taken = ['rollout', 'request'];
  return pattern === 'rolledBack'
    ? { ...plan, acts: plan.acts.filter(({ act }) => !taken.includes(act)) }
    : plan;
}

/** Every point of a pattern. */
export function pointsOf(pattern: Pattern, plan: Plan): readonly Point[] {
  const steps = stepsOf(plan);
  switch (pattern) {
    case 'intermediate':
      return [...intermediate(plan, steps)];
    case 'unobserved':
      return [...unobserved(plan, steps)];
    case 'stale':
      return [...stale(plan, steps)];
    case 'rolledBack':
      return [...rolledBack(plan)];
    default:
      return pattern satisfies never;
  }
}
