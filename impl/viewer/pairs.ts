/** Two films side by side: which frame of one is which of the other. */
import { type Film, type Frame, isStep } from './film.ts';

/** Equal for frames that say the same, whenever it was, and whichever rules are off. */
function sayingOf(frame: Frame): string {
  if (!isStep(frame)) return JSON.stringify(frame.world);
  const { stage, event, effects, crashedAfter } = frame;
  if (event.type !== 'started') return JSON.stringify([stage, event, effects, crashedAfter]);
  const { mutants: _, ...config } = event.config;
  return JSON.stringify([stage, config, effects, crashedAfter]);
}

/** Sayings, each with how often it was said before. */
function sayingsOf({ frames }: Film): readonly string[] {
  const counts = new Map<string, number>();
  return frames.map((frame) => {
    const saying = sayingOf(frame);
    const count = counts.get(saying) ?? 0;
    counts.set(saying, count + 1);
    return `${count} ${saying}`;
  });
}

/** How two films go together. */
export interface Pair {
  /** The first frame of each that the other does not have; null: it has none. */
  readonly parting: readonly [number | null, number | null];
  /** By frame of the one: the frame of the other that says the same, or the last one before it that does. */
  readonly there: readonly [readonly number[], readonly number[]];
}

/** Looks for what two films have in common. */
export function pairOf(films: readonly [Film, Film]): Pair {
  const [first, second] = [sayingsOf(films[0]), sayingsOf(films[1])];
  const way = (from: readonly string[], to: readonly string[]) => {
    const places = new Map(to.map((saying, at) => [saying, at]));
    let last = 0;
    let parting: number | null = null;
    const there = from.map((saying, at) => {
      const place = places.get(saying);
      if (place === undefined) parting ??= at;
      last = place ?? last;
      return last;
    });
    return { parting, there };
  };
  const [there, back] = [way(first, second), way(second, first)];
  return { parting: [there.parting, back.parting], there: [there.there, back.there] };
}
