/** What the page knows of a film: indexes over it, the rows that are shown, and what is chosen. No DOM. */
import { upperOf } from '../../trace/peers.ts';
import { type Arrow, arrowsOf, type Session, sessionsOf } from '../arrows.ts';
import { captionOf, isFault } from '../captions.ts';
import { type ContainersFrom, containersOf } from '../containers.ts';
import { type Film, type Frame, isStep } from '../film.ts';
import { lastUpTo, Rerun } from '../rerun.ts';

/** Arrows are found by the frames that they pass, in blocks of so many rows. */
const BLOCK = 256;

/** A film, ready to be looked at. */
export class Model {
  readonly film: Film;
  readonly rerun: Rerun;
  readonly arrows: readonly Arrow[];
  readonly sessions: readonly Session[];
  readonly #containers: ReadonlyMap<string, readonly ContainersFrom[]>;
  /** Frames that are shown, ascending. */
  shown: readonly number[];
  readonly #laneOf: ReadonlyMap<string, number>;
  readonly #blocks = new Map<number, Arrow[]>();
  #texts: string[] | null = null;

  constructor(film: Film) {
    this.film = film;
    this.rerun = new Rerun(film);
    this.arrows = arrowsOf(film.frames);
    this.sessions = sessionsOf(this.arrows);
    this.#containers = containersOf(film.frames);
    this.shown = [...film.frames.keys()];
    this.#laneOf = new Map(film.lanes.map((lane, at) => [lane, at]));
    for (const arrow of this.arrows) {
      const ends = [arrow.from, arrow.to].filter((end) => end !== null);
      for (let block = blockOf(Math.min(...ends)); block <= blockOf(Math.max(...ends)); block += 1)
        this.#block(block).push(arrow);
    }
  }

  #block(at: number): Arrow[] {
    const block = this.#blocks.get(at) ?? [];
    this.#blocks.set(at, block);
    return block;
  }

  /** Starts of stages that had been there before: after a crash, or under another leader. */
  get restarts(): readonly { readonly stage: string; readonly frame: number }[] {
    const seen = new Set<string>();
    return this.rerun.lives.flatMap(({ stage, frames }) => {
      const isFirst = !seen.has(stage);
      seen.add(stage);
      return isFirst ? [] : [{ stage, frame: frames[0] as number }];
    });
  }

  /** Lane of a frame; -1: the world's. */
  laneOf(frame: Frame): number {
    return isStep(frame) ? (this.#laneOf.get(frame.stage) ?? -1) : -1;
  }

  /** Lane of one end of a message: by its frame, or by the link if that end is not in the film. */
  laneOfEnd({ direction, lower, from, to }: Arrow, end: 'from' | 'to'): number {
    const frame = this.film.frames[(end === 'from' ? from : to) ?? -1];
    if (frame !== undefined) return this.laneOf(frame);
    const isLower = (direction === 'up') === (end === 'from');
    return this.#laneOf.get(isLower ? lower : upperOf(lower)) ?? -1;
  }

  /** Arrows that touch frames between two, or pass by them. */
  arrowsBetween(first: number, last: number): ReadonlySet<Arrow> {
    const found = new Set<Arrow>();
    for (let block = blockOf(first); block <= blockOf(last); block += 1)
      for (const arrow of this.#blocks.get(block) ?? []) found.add(arrow);
    return found;
  }

  /** What led to a frame: itself, and causes of causes. */
  chain(frame: number): ReadonlySet<number> {
    const chain = new Set<number>();
    for (
      let at: number | null = frame;
      at !== null && !chain.has(at);
      at = this.film.frames[at]?.cause ?? null
    )
      chain.add(at);
    return chain;
  }

  /** Shows the frames in which every word occurs (in the whole frame, not only its line); all if there is none. */
  search(words: string, onlyFaults: boolean): void {
    const { frames } = this.film;
    const wanted = words
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    this.#texts ??=
      wanted.length === 0
        ? null
        : frames.map((frame) => `${captionOf(frame)} ${JSON.stringify(frame)}`.toLowerCase());
    const fits = (at: number) =>
      wanted.every((word) => this.#texts?.[at]?.includes(word)) &&
      (!onlyFaults || isFault(frames[at] as Frame));
    this.shown = [...frames.keys()].filter(fits);
  }

  /** When a frame was, as people read it. */
  timeOf(frame: number): string {
    const { at } = this.film.frames[frame] as Frame;
    if (this.film.clock === 'moves') return at === 0 ? 'at first' : `move ${at}`;
    return `${((at - (this.film.frames[0]?.at ?? 0)) / 1000).toFixed(3)} s`;
  }

  /** Whether the film says anything of containers. */
  get hasContainers(): boolean {
    return this.#containers.size > 0;
  }

  /** What it says of a Pod's, up to a frame; undefined: nothing. */
  containersAt(uid: string, frame: number): ContainersFrom | undefined {
    return this.#containers.get(uid)?.findLast((from) => from.frame <= frame);
  }

  /** Pods whose containers have not stopped by a frame. */
  runningAt(frame: number): readonly string[] {
    return [...this.#containers.keys()].filter((uid) => {
      const at = this.containersAt(uid, frame);
      return at !== undefined && at.state !== 'stopped';
    });
  }

  /** Row of a frame, or of the last shown one before it; -1: none. */
  rowOf(frame: number): number {
    return lastUpTo(this.shown, frame);
  }

  /** The next frame of the same lane that is shown, forwards or backwards; null: none. */
  neighbour(frame: number, step: 1 | -1): number | null {
    const lane = this.laneOf(this.film.frames[frame] as Frame);
    for (let row = this.rowOf(frame) + step; row >= 0 && row < this.shown.length; row += step) {
      const at = this.shown[row] as number;
      if (this.laneOf(this.film.frames[at] as Frame) === lane) return at;
    }
    return null;
  }
}

const blockOf = (frame: number) => Math.floor(frame / BLOCK);
