/** Carries out what the machine of one Pod's containers asks for (`machines/runtime`), by a runtime's calls, and tells it what came of it. */
import {
  hasStarted,
  isReady,
  type Pod,
  type RuntimeEffect,
  type RuntimeEvent,
  startPod,
  stepPod,
} from '../../machines/runtime/index.ts';
import type { LogBounds } from '../../spec/containers/logRotation.ts';
import type { ServedContainer } from './api/served.ts';
import { type CallOptions, type Created, type FoundEntry, PodCalls } from './calls.ts';
import { planOf } from './plan.ts';
import type { ContainerSpec, KeptPod } from './podSpec.ts';

/** What the containers of one Pod run with. */
export interface PodRunOptions extends CallOptions {
  readonly started: () => void;
  readonly readiness: (ready: boolean) => void;
  readonly stopped: (failed: boolean) => void;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** What is there of a Pod already. */
export interface Found {
  readonly sandbox: string;
  readonly containers: readonly FoundEntry[];
}

/** One Pod's containers. */
export class PodRun {
  readonly pod: KeptPod;
  readonly #options: PodRunOptions;
  readonly #calls: PodCalls;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #queue: RuntimeEvent[] = [];
  #state: Pod;
  /** What was told last; null while nothing was. */
  #ready: boolean | null = null;
  #isBusy = false;
  #isLeft = false;

  private constructor(pod: KeptPod, options: PodRunOptions, found: Found | null) {
    this.pod = pod;
    this.#options = options;
    this.#calls = new PodCalls(pod, options);
    const there = found === null ? null : this.#calls.take(found.sandbox, found.containers);
    const [state, effects] = startPod(planOf(pod), there);
    this.#state = state;
    for (const effect of effects) this.#start(effect);
  }

  /** Starts a Pod's containers. */
  static start(pod: KeptPod, options: PodRunOptions): PodRun {
    return new PodRun(pod, options, null);
  }

  /** Goes on with what an earlier life of the agent has left. */
  static async find(pod: KeptPod, options: PodRunOptions, found: Found): Promise<PodRun> {
    const run = new PodRun(pod, options, found);
    await run.#calls.findAddress();
    return run;
  }

  /** Address of the Pod; empty until its sandbox has one. */
  get address(): string {
    return this.#calls.address;
  }

  /** Null until there is one. */
  get sandbox(): string | null {
    return this.#calls.sandbox;
  }

  /** Whether all its containers have come up once. */
  get hasStarted(): boolean {
    return hasStarted(this.#state);
  }

  /** Null while it is not known. */
  get ready(): boolean | null {
    return this.#ready;
  }

  /** Each container of the spec, with the newest that was made of it. */
  containers(): Iterable<readonly [ContainerSpec, Created | null]> {
    return this.#calls.containers();
  }

  /** As the kubelet's API looks at it. */
  container(name: string): ServedContainer | null {
    const calls = this.#calls;
    const created = calls.container(name);
    if (created === undefined) return null;
    return {
      id: created?.id ?? null,
      isRunning: () => calls.container(name)?.id === created?.id && calls.container(name)?.exitCode === null,
      logFile: (before) => calls.logFile(name, before),
    };
  }

  /** Whether a container answers its users, by its probes. */
  isReady(name: string): boolean {
    return isReady(this.#state, name);
  }

  stop(): void {
    this.#calls.beginEnd();
    this.#give({ type: 'stop' });
  }

  /** Whether that is a container of its which has not ended, as far as the runtime has said. */
  hasRunning(id: string): boolean {
    return this.#calls.hasRunning(id);
  }

  /** The runtime says that a container has ended, whoever's it is. */
  exited(id: string, exitCode: number): void {
    const found = this.#calls.ended(id, exitCode);
    if (found === null) return;
    const [name, { attempt, startedAt, finishedAt }] = found;
    this.#give({ type: 'containerExited', name, attempt, exitCode, ran: finishedAt - startedAt });
  }

  /** The runtime has the sandbox no more, or what holds it has ended. */
  sandboxExited(id: string): void {
    if (id === this.sandbox) this.#give({ type: 'sandboxExited' });
  }

  /** Puts logs aside that are longer than they may be. */
  async rotateLogs(bounds: LogBounds): Promise<void> {
    await this.#calls.rotateLogs(bounds).catch((error: unknown) => {
      // Of what has just ended there is nothing to be begun anew.
      if (!this.#isLeft) this.#say('another log', error);
    });
  }

  /** The agent ends: nothing is carried out any more, and everything runs on. */
  leave(): void {
    this.#isLeft = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#calls.leave();
  }

  #give(event: RuntimeEvent): void {
    if (this.#isLeft) return;
    this.#queue.push(event);
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const [state, effects] = stepPod(this.#state, next);
      this.#state = state;
      for (const effect of effects) this.#start(effect);
    }
    this.#isBusy = false;
  }

  /** Starts an effect; answers come in a later turn. */
  #start(effect: RuntimeEffect): void {
    const { started, readiness, stopped } = this.#options;
    switch (effect.type) {
      case 'runSandbox':
        return this.#do('the sandbox', () => this.#calls.runSandbox(), 'sandboxRan', 'sandboxFailed');
      case 'removeSandbox':
        return this.#do('removing it', () => this.#calls.remove(), 'sandboxRemoved', 'removeFailed');
      case 'startContainer':
        return this.#startContainer(effect.name, effect.attempt);
      case 'stopContainer':
        void this.#stopContainer(effect.name, effect.attempt);
        return;
      case 'probe':
        void this.#probe(effect);
        return;
      case 'setTimer':
        this.#cancel(effect.timer);
        this.#timers.set(
          effect.timer,
          setTimeout(() => this.#fire(effect.timer), effect.milliseconds),
        );
        return;
      case 'cancelTimer':
        return this.#cancel(effect.timer);
      case 'tellStarted':
        return started();
      case 'tellReadiness':
        this.#ready = effect.ready;
        return readiness(effect.ready);
      case 'tellStopped':
        for (const timer of this.#timers.values()) clearTimeout(timer);
        return stopped(effect.failed);
    }
  }

  #cancel(timer: string): void {
    clearTimeout(this.#timers.get(timer));
    this.#timers.delete(timer);
  }

  #fire(timer: string): void {
    this.#timers.delete(timer);
    this.#give({ type: 'timerFired', timer });
  }

  #do(
    what: string,
    act: () => Promise<void>,
    done: 'sandboxRan' | 'sandboxRemoved',
    failed: 'sandboxFailed' | 'removeFailed',
  ): void {
    act().then(
      () => this.#give({ type: done }),
      (error: unknown) => {
        this.#say(what, error);
        this.#give({ type: failed });
      },
    );
  }

  #say(what: string, error: unknown): void {
    const { uid, namespace, name } = this.pod;
    const text = error instanceof Error ? error.message : String(error);
    this.#options.log(`the runtime did not do what was asked: ${what}`, {
      uid,
      pod: `${namespace}/${name}`,
      error: text,
    });
  }

  #startContainer(name: string, attempt: number): void {
    this.#calls.create(name, attempt).then(
      () => this.#give({ type: 'containerStarted', name, attempt }),
      (error: unknown) => {
        this.#say(`container ${name}`, error);
        this.#give({ type: 'containerFailed', name, attempt });
      },
    );
  }

  /** Its end is told by the runtime's news; where they are late, by the answer to the stop. */
  async #stopContainer(name: string, attempt: number): Promise<void> {
    for (let wait = 100; !this.#isLeft; wait = Math.min(2 * wait, 5_000)) {
      try {
        const stopped = await this.#calls.stop(name, attempt);
        if (stopped !== null) this.exited(stopped.id, stopped.exitCode);
        return;
      } catch (error) {
        this.#say(`stopping container ${name}`, error);
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  async #probe({ name, attempt, kind }: Extract<RuntimeEffect, { type: 'probe' }>): Promise<void> {
    const ok = await this.#calls.probe(name, attempt, kind);
    if (ok !== null) this.#give({ type: 'probed', name, attempt, kind, ok });
  }
}
