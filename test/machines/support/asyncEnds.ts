/**
 * The two ends of a link as asynchronous peers: each thing that is under way is a promise of a scheduler, which decides what comes first.
 * Within one connection messages keep their order; a break loses them, and each end learns of it in its own time.
 */
import type fc from 'fast-check';
import { STAGES_UNDER_TEST } from '../../../impl/explorer/stages.ts';
import type { Observation, StageUnderTest } from '../../../impl/explorer/world.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Message } from '../../../spec/messages.ts';

type End = 'up' | 'down';
const LIVES = { up: 5, down: 7 } as const;
const PEERS = { up: 'replicaset', down: 'scheduler' } as const;

/** A connection: what is under way in each direction. */
interface Connection {
  readonly n: number;
  readonly to: Readonly<Record<End, Message[]>>;
  broken: boolean;
}

/** Both, and what joins them. */
export class AsyncEnds {
  readonly #scheduler: fc.Scheduler;
  readonly #stages: Readonly<Record<End, StageUnderTest>>;
  readonly #states: Record<End, unknown> = { up: null, down: null };
  readonly #due = new Set<string>();
  /** Pods whose mark went away again. */
  readonly unmarked: string[] = [];
  #connection: Connection | null = null;

  constructor(scheduler: fc.Scheduler, mutants: ReadonlySet<string> = new Set()) {
    this.#scheduler = scheduler;
    this.#stages = {
      up: STAGES_UNDER_TEST['stub/upper'] as StageUnderTest,
      down: STAGES_UNDER_TEST['stub/lower'] as StageUnderTest,
    };
    for (const end of ['down', 'up'] as const) {
      const config = { incarnation: LIVES[end], mutants } as never;
      const [state, effects] = this.#stages[end].stage.start(config);
      this.#states[end] = state;
      this.#carryOut(end, effects);
    }
  }

  /** What the properties see of an end. */
  seen(end: End): Observation {
    return this.#stages[end].observe(this.#states[end] as never);
  }

  /** What an end holds, by uid. */
  pods(end: End): readonly (readonly [uid: string, phase: string])[] {
    return this.seen(end)
      .records.map(({ uid, phase }) => [uid, phase === 'created' ? 'running' : phase] as const)
      .sort();
  }

  /** Prompts an end: the `pick`th of what it can do of this kind. */
  prompt(end: End, kind: string, pick = 0): void {
    const all = this.#stages[end].prompts?.(this.#states[end] as never) ?? [];
    const found = all.filter((name) => name.split('/')[0] === kind);
    const name = found[pick % Math.max(1, found.length)];
    if (name !== undefined) this.#give(end, { type: 'timerFired', timer: `prompt/${name}` });
  }

  /** Breaks the connection: each end learns of it at some time. */
  break(): void {
    const connection = this.#connection;
    if (connection === null || connection.broken) return;
    connection.broken = true;
    for (const end of ['up', 'down'] as const) {
      const link = end === 'up' ? 'downstream' : 'upstream';
      this.#later(`broken ${end}`, () =>
        this.#give(end, { type: 'broken', link, upstream: LIVES.up, n: connection.n }),
      );
    }
  }

  #later(label: string, what: () => void): void {
    void this.#scheduler.schedule(Promise.resolve(), label).then(what);
  }

  #give(end: End, event: StageEvent): void {
    const marked = this.pods(end).filter(([, phase]) => phase === 'terminating');
    const [state, effects] = this.#stages[end].stage.step(this.#states[end] as never, event);
    this.#states[end] = state;
    for (const [uid] of marked)
      if (this.pods(end).some(([other, phase]) => other === uid && phase !== 'terminating'))
        this.unmarked.push(uid);
    this.#carryOut(end, effects);
    for (const due of this.#stages.down.dues?.(this.#states.down as never) ?? []) this.#schedule(due);
  }

  /** What a Pod that is to end does, once. */
  #schedule(due: string): void {
    if (this.#due.has(due)) return;
    this.#due.add(due);
    this.#later(due, () => this.#give('down', { type: 'timerFired', timer: `prompt/${due}` }));
  }

  #carryOut(end: End, effects: ReturnType<StageUnderTest['stage']['step']>[1]): void {
    for (const effect of effects) {
      if (effect.type === 'send') this.#send(end, effect.message);
      if (effect.type === 'connect') this.#connect(effect.n);
      if (effect.type === 'readLease') {
        const { subject, token } = effect;
        const incarnation = subject === PEERS.up ? LIVES.up : LIVES.down;
        this.#later(`lease of ${subject}`, () =>
          this.#give(end, { type: 'leaseRead', subject, token, incarnation }),
        );
      }
    }
  }

  #connect(n: number): void {
    this.#later(`connect ${n}`, () => {
      this.#connection = { n, to: { up: [], down: [] }, broken: false };
      this.#give('up', { type: 'connected', link: 'downstream', n });
    });
  }

  #send(from: End, message: Message): void {
    const connection = this.#connection;
    if (connection === null || connection.broken || connection.n !== message.session.n) return;
    const to = from === 'up' ? 'down' : 'up';
    connection.to[to].push(message);
    this.#later(`${message.kind} ${to}`, () => {
      const next = connection.to[to].shift();
      if (next === undefined || connection.broken) return;
      this.#give(to, { type: 'received', link: to === 'up' ? 'downstream' : 'upstream', message: next });
    });
  }
}
