/** One supervised child process: started, watched, signalled, stopped, started again with the same arguments. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubedirectError } from '../../spec/errors.ts';
import type { Reaper } from './reaper.ts';

const POLL_MS = 50;
const TERM_GRACE_MS = 10_000;

/** What to run. @internal */
export interface ProcessSpec {
  /** For messages and the log file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Both output streams are appended here. */
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Whether it works; polled after a start until true. */
  readonly healthy: () => Promise<boolean>;
  /** Milliseconds to become healthy. Default 120,000. */
  readonly healthyWithinMs?: number;
}

/** A child process of ours, by name. @internal */
export class SupervisedProcess {
  readonly spec: ProcessSpec;
  readonly #reaper: Reaper;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #outcome = 'never started';

  constructor(spec: ProcessSpec, reaper: Reaper) {
    this.spec = spec;
    this.#reaper = reaper;
  }

  /** Undefined while it is down. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts it and resolves when it is healthy.
   * @throws KubedirectError `COMPONENT_FAILED` with its last log lines, if it exits or does not become healthy
   */
  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    this.#spawn();
    const deadline = Date.now() + (this.spec.healthyWithinMs ?? 120_000);
    while (this.#child !== undefined) {
      if (await this.spec.healthy().catch(() => false)) return;
      if (Date.now() > deadline) {
        await this.stop();
        throw await this.#failed('did not become healthy in time');
      }
      await sleep(POLL_MS);
    }
    throw await this.#failed(this.#outcome);
  }

  #spawn(): void {
    const { command, args, logFile, env } = this.spec;
    const log = openSync(logFile, 'a');
    // A process group of its own: an interrupt from the terminal is ours to handle, in order.
    const child = spawn(command, args, {
      stdio: ['ignore', log, log],
      detached: true,
      ...(env === undefined ? {} : { env }),
    });
    closeSync(log);
    const { pid } = child;
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      const over = (outcome: string) => {
        this.#outcome = outcome;
        this.#child = undefined;
        if (pid !== undefined) this.#reaper.tell({ kind: 'gone', pid });
        resolve();
      };
      child.once('error', (error) => over(error.message));
      child.once('exit', (code, signal) =>
        over(signal === null ? `exited with code ${code}` : `ended by ${signal}`),
      );
    });
    if (pid !== undefined) this.#reaper.tell({ kind: 'process', pid });
  }

  /** Sends a signal; after one that ends it, waits until it is gone. @throws KubedirectError `COMPONENT_FAILED` if it is down */
  async signal(signal: NodeJS.Signals): Promise<void> {
    if (this.#child === undefined) {
      throw new KubedirectError(
        'COMPONENT_FAILED',
        `${this.spec.name} is down (${this.#outcome}): expected it to run, to send it ${signal}`,
      );
    }
    const exited = this.#exited;
    this.#child.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await exited;
  }

  /** SIGTERM, and SIGKILL after a grace period. Resolves when it is gone; at once if it is down. */
  async stop(graceMs = TERM_GRACE_MS): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.kill('SIGTERM');
    child.kill('SIGCONT'); // A stopped process would not see the SIGTERM.
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await this.#exited;
    clearTimeout(timer);
  }

  /** The end of its log. */
  async logTail(lines = 15): Promise<string> {
    const text = await readFile(this.spec.logFile, 'utf8').catch(() => '');
    return text.trimEnd().split('\n').slice(-lines).join('\n');
  }

  async #failed(fact: string): Promise<KubedirectError> {
    return new KubedirectError(
      'COMPONENT_FAILED',
      `${this.spec.name} ${fact}: expected it to be healthy. The end of its log:\n${await this.logTail()}`,
    );
  }
}
