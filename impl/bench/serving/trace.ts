/**
 * A synthetic trace in the shape of the Azure Functions trace (Shahrad et al., ATC '20): few functions have most of the invocations, most
 * are rare or come in bursts, and bodies are short. Everything follows from the seed.
 */
import { randomOf } from '../../explorer/mulberry.ts';

/** How a function is invoked: all the time, by many at once, or now and then. */
export type Shape = 'steady' | 'bursty' | 'rare';

/** What a trace is drawn from. */
export interface TraceParameters {
  readonly seed: number;
  readonly functions: number;
  readonly seconds: number;
  /** About so many; the rarest functions have two each at least. */
  readonly invocations: number;
  /** Of the popularity: the function of rank r has a share of r to the minus this. */
  readonly skew: number;
  /** Median of the functions' median bodies, ms. */
  readonly bodyMs: number;
  /** Most invocations of one burst. */
  readonly burst: number;
}

/** A function. */
export interface TracedFunction {
  readonly name: string;
  readonly shape: Shape;
  readonly medianMs: number;
}
/** One invocation. */
export interface Invocation {
  /** ms from the start. */
  readonly at: number;
  /** Index of the function. */
  readonly of: number;
  /** Of its body. */
  readonly ms: number;
}
/** A trace; invocations by time. */
export interface ServingTrace {
  readonly functions: readonly TracedFunction[];
  readonly invocations: readonly Invocation[];
}

const LEAST_MS = 5;
const MOST_MS = 5_000;
/** Spread of the functions' medians, and of the bodies of one function: sigma of a log-normal. */
const SIGMA = { functions: 1, bodies: 0.4 };
/** Exponent of the sizes of bursts (Pareto), from two on. */
const BURST_EXPONENT = 1.5;

/** The most popular are steady; of the others most come in bursts or are rare. */
function shapeOf(rank: number, functions: number, random: () => number): Shape {
  if (rank < functions / 10) return 'steady';
  const drawn = random();
  return drawn < 0.1 ? 'steady' : drawn < 0.55 ? 'bursty' : 'rare';
}

/** Draws it. */
export function drawTrace(parameters: TraceParameters): ServingTrace {
  const { seed, functions: count, seconds, invocations: total, skew, bodyMs, burst } = parameters;
  const random = randomOf(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const body = (median: number, sigma: number) =>
    Math.min(MOST_MS, Math.max(LEAST_MS, median * Math.exp(sigma * normal())));
  const length = seconds * 1_000;
  const weights = Array.from({ length: count }, (_, rank) => (rank + 1) ** -skew);
  const sum = weights.reduce((a, b) => a + b, 0);

  const moments = (shape: Shape, invocations: number): readonly number[] => {
    if (shape === 'steady') return Array.from({ length: invocations }, () => random() * length);
    if (shape === 'rare') {
      // A timer: evenly, from a moment of its own.
      const period = length / invocations;
      const first = random() * period;
      return Array.from({ length: invocations }, (_, i) => first + i * period);
    }
    const all: number[] = [];
    while (all.length < invocations) {
      const drawn = Math.floor(2 * (1 - random()) ** (-1 / BURST_EXPONENT));
      const size = Math.min(burst, drawn, invocations - all.length);
      const at = random() * length;
      // All within a tenth of a second.
      for (let i = 0; i < size; i += 1) all.push(Math.min(length, at + random() * 100));
    }
    return all;
  };

  const functions: TracedFunction[] = [];
  const invocations: Invocation[] = [];
  for (const [rank, weight] of weights.entries()) {
    const shape = shapeOf(rank, count, random);
    const medianMs = body(bodyMs, SIGMA.functions);
    const some = Math.max(2, Math.round((total * weight) / sum));
    functions.push({ name: `f${rank}`, shape, medianMs });
    for (const at of moments(shape, some))
      invocations.push({ at, of: rank, ms: body(medianMs, SIGMA.bodies) });
  }
  invocations.sort((a, b) => a.at - b.at);
  return { functions, invocations };
}
