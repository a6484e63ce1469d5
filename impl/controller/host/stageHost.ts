/**
 * Runs one stage: gives it events one at a time and carries out its effects in order (`spec/stage.ts`).
 *
 * The host decides nothing. Effects are carried out synchronously as far as order matters (the journal is written
 * before anything after it starts); answers come back as events. `restart` makes a new life of the stage in place.
 */
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Stage, StageConfig } from '../../../spec/stage.ts';
import { recordedConfig, type StepRecord } from '../../../spec/trace.ts';
import type { PeerName } from '../../../spec/vocabulary.ts';
import type { StepTracer } from './tracing.ts';

/** Who carries effects out. Must not throw for what the world does; a throw stops the stage. */
export type EffectRunner = (effect: Effect) => void;

/** One running life of a stage. @public */
export class StageHost<State> {
  readonly #stage: Stage<State>;
  readonly #config: StageConfig;
  readonly #name: PeerName;
  readonly #run: EffectRunner;
  readonly #record: ((step: StepRecord) => void) | undefined;
  readonly #tracer: StepTracer | undefined;
  readonly #fail: (error: unknown) => void;
  readonly #queue: StageEvent[] = [];
  #state: State | undefined;
  #busy = false;
  #ended = false;
  #steps = 0;

  constructor(options: {
    readonly stage: Stage<State>;
    readonly name: PeerName;
    readonly config: StageConfig;
    readonly run: EffectRunner;
    readonly record?: ((step: StepRecord) => void) | undefined;
    /** Spans of the steps. */
    readonly tracer?: StepTracer | undefined;
    /** A broken invariant, or an effect that could not be carried out: the life is over. */
    readonly fail: (error: unknown) => void;
  }) {
    this.#stage = options.stage;
    this.#name = options.name;
    this.#config = options.config;
    this.#run = options.run;
    this.#record = options.record;
    this.#tracer = options.tracer;
    this.#fail = options.fail;
  }

  get incarnation(): number {
    return this.#config.incarnation;
  }

  /** The state now; undefined before the start. For status pages and tests. */
  get state(): State | undefined {
    return this.#state;
  }

  /** The first step. */
  start(): void {
    this.#guard(() => {
      const [state, effects] = this.#stage.start(this.#config);
      this.#state = state;
      this.#carryOut(null, effects);
    });
    this.#drain();
  }

  /** Takes an event; it is a step of its own, after those that wait. */
  give(event: StageEvent): void {
    if (this.#ended) return;
    this.#queue.push(event);
    this.#drain();
  }

  /** Ends this life: no further event is taken. */
  end(): void {
    this.#ended = true;
    this.#queue.length = 0;
    this.#tracer?.end();
  }

  #drain(): void {
    if (this.#busy || this.#state === undefined) return;
    this.#busy = true;
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      const current = event;
      this.#guard(() => {
        const [state, effects] = this.#stage.step(this.#state as State, current);
        this.#state = state;
        this.#carryOut(current, effects);
      });
      if (this.#ended) break;
    }
    this.#busy = false;
  }

  /** @param event - null at the start */
  #carryOut(event: StageEvent | null, effects: readonly Effect[]): void {
    this.#steps += 1;
    this.#record?.({
      stage: this.#name,
      incarnation: this.incarnation,
      step: this.#steps,
      event: event ?? { type: 'started', config: recordedConfig(this.#config) },
      effects,
    });
    const span = event === null ? undefined : this.#tracer?.step(event, effects);
    for (const effect of span?.effects ?? effects) {
      if (this.#ended) break;
      this.#run(effect);
    }
    span?.end();
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.end();
      this.#fail(error);
    }
  }
}
