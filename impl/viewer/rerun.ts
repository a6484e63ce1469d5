/** Steps the machines of a film again, to show what each stage held at any frame. */
import type { StageEvent } from '../../spec/events.ts';
import { configOf } from '../../spec/trace.ts';
import { type PeerName, stageOf } from '../../spec/vocabulary.ts';
import { REAL_STAGES } from '../explorer/realStages.ts';
import { Asked } from '../simulator/asked.ts';
import { type Film, type Frame, type HeldState, isStep, type StepFrame } from './film.ts';

/** One life of a stage: its frames, in order. */
export interface Life {
  readonly stage: PeerName;
  readonly incarnation: number;
  /** Indices into the film. */
  readonly frames: number[];
  /** Whether its first frame is its start: else its states are not known. */
  readonly isWhole: boolean;
  /** The frame in which it ended; null: it goes on. */
  end: number | null;
}

/** What a stage held. */
export interface Held extends HeldState {
  readonly life: Life;
}

/** A state is kept for every so many steps. */
const STRIDE = 64;

/** The lives of a film, by their beginnings. */
export function livesOf(frames: readonly Frame[]): readonly Life[] {
  const lives: Life[] = [];
  const open = new Map<string, Life>();
  for (const [index, frame] of frames.entries()) {
    if (!isStep(frame)) continue;
    const { stage, incarnation, event } = frame;
    const key = `${stage} ${incarnation}`;
    let life = open.get(key);
    if (life === undefined || event.type === 'started') {
      life = { stage, incarnation, frames: [], isWhole: event.type === 'started', end: null };
      lives.push(life);
      open.set(key, life);
    }
    life.frames.push(index);
    const isLast =
      frame.crashedAfter !== undefined ||
      frame.effects.some(({ type }) => type === 'stop' || type === 'restart');
    if (isLast) life.end = index;
  }
  // A life that was killed says nothing: it is over with its last step once another of the same stage has begun.
  const later = new Set<PeerName>();
  for (const life of lives.toReversed()) {
    if (later.has(life.stage)) life.end ??= life.frames.at(-1) as number;
    later.add(life.stage);
  }
  return lives;
}

/** The greatest index into an ascending list whose value is at most this; -1: none. */
export function lastUpTo(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The states of a film. */
export class Rerun {
  readonly lives: readonly Life[];
  readonly #frames: readonly Frame[];
  readonly #kept = new Map<Life, unknown[]>();
  /** Rules that are asked for now; null: nobody listens. */
  #heard: Set<string> | null = null;

  constructor({ frames }: Film) {
    this.#frames = frames;
    this.lives = livesOf(frames);
  }

  /** The life that took the step of a frame, and the how manieth of its steps that is, from 0; null: nobody's. */
  stepAt(frame: number): { readonly life: Life; readonly at: number } | null {
    for (const life of this.lives) {
      const at = lastUpTo(life.frames, frame);
      if (at >= 0 && life.frames[at] === frame) return { life, at };
    }
    return null;
  }

  /** Lives of a stage that have begun by a frame and have not ended before it; the newest last. */
  alive(stage: PeerName, frame: number): readonly Life[] {
    return this.lives.filter(
      (life) =>
        life.stage === stage &&
        (life.frames[0] as number) <= frame &&
        (life.end === null || life.end >= frame),
    );
  }

  /**
   * What a life held after its last step up to a frame.
   * @throws what the machine throws: the trace is not one of these machines
   */
  after(life: Life, frame: number): Held | null {
    const at = lastUpTo(life.frames, frame);
    if (at < 0 || !life.isWhole) return null;
    const { held } = this.#frames[life.frames[at] as number] as StepFrame;
    if (held !== undefined) return { life, ...held };
    const under = REAL_STAGES[stageOf(life.stage)];
    const state = this.#stateOf(life, at);
    return { life, view: under.view(state as never), records: under.observe(state as never).records };
  }

  /** Rules of the protocol that a life's step at a frame came to, as `spec/mutants.ts` names them. @throws as {@link after} */
  rulesAt(life: Life, frame: number): readonly string[] {
    const at = lastUpTo(life.frames, frame);
    const isTaken = life.frames[at] === frame;
    if (!isTaken || !life.isWhole || (this.#frames[frame] as StepFrame).held !== undefined) return [];
    const before = at === 0 ? undefined : this.#stateOf(life, at - 1);
    this.#heard = new Set();
    this.#step(life, before, at);
    const rules = [...this.#heard];
    this.#heard = null;
    return rules;
  }

  #step(life: Life, state: unknown, at: number): unknown {
    const { stage } = REAL_STAGES[stageOf(life.stage)];
    const { event } = this.#frames[life.frames[at] as number] as StepFrame;
    if (event.type !== 'started') return stage.step(state, event as StageEvent)[0];
    const config = configOf(event.config);
    const mutants = new Asked([...(config.mutants ?? [])], (rule) => this.#heard?.add(rule));
    return stage.start({ ...config, mutants })[0];
  }

  #stateOf(life: Life, at: number): unknown {
    const kept = this.#kept.get(life) ?? [];
    this.#kept.set(life, kept);
    let from = Math.min(Math.floor(at / STRIDE), kept.length - 1);
    let state = from < 0 ? undefined : kept[from];
    from = Math.max(from, 0) * STRIDE + (state === undefined ? 0 : 1);
    for (let step = from; step <= at; step += 1) {
      state = this.#step(life, state, step);
      if (step % STRIDE === 0) kept[step / STRIDE] = state;
    }
    return state;
  }
}
