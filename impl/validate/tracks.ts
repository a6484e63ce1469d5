/** All that TLC judges of a trace, and the TLA+ modules by which it does. */
import type { Words } from './encode.ts';
import { endTracks, type Track } from './ends.ts';
import type { LifeTrace } from './lives.ts';
import { podTracks } from './pods.ts';
import { setTracks } from './sets.ts';
import { wantTracks } from './wants.ts';
import { wireTracks } from './wires.ts';

/** The module whose steps a track's lines must be. */
export const MODULES: Readonly<Record<Track['kind'], string>> = {
  upper: 'UpperEnd',
  lower: 'LowerEnd',
  wire: 'Network',
  pod: 'TailPod',
  deployment: 'ReplicasField',
  autoscaler: 'Wants',
  sets: 'Targets',
};

/**
 * The lives until the first of them has seen that the switch says `stock`: what is let go and adopted at a release, the modules of
 * traces do not tell yet (`Switch.tla` does, of bounded worlds). From then on the machines alone judge.
 */
function untilRelease(lives: readonly LifeTrace[]): readonly LifeTrace[] {
  const released = lives.flatMap(({ steps }) =>
    steps.flatMap(({ place: { line } }) =>
      line.event.type === 'switchObserved' && line.event.switch.owner === 'stock' ? [line.at] : [],
    ),
  );
  if (released.length === 0) return lives;
  const first = released.reduce((a, b) => Math.min(a, b));
  return lives.map((life) => ({ ...life, steps: life.steps.filter(({ place }) => place.line.at < first) }));
}

/** Tracks of all lives; `halves`: connections of which but one end is in the trace. */
export function tracksOf(
  words: Words,
  all: readonly LifeTrace[],
): { readonly tracks: readonly Track[]; readonly halves: number } {
  const lives = untilRelease(all);
  const { tracks: wires, halves } = wireTracks(words, lives);
  const own = lives.flatMap((life) => [
    ...endTracks(words, life),
    ...podTracks(life),
    ...wantTracks(words, life),
    ...setTracks(words, life),
  ]);
  return { tracks: [...own, ...wires].filter(({ lines }) => lines.length > 0), halves };
}
