/** Carries out what the machine of one Pod's containers asks for (`machines/runtime`), by a runtime's calls, and tells it what came of it. */
import fs from 'node:fs/promises';
import path from 'node:path';
import {
  type FoundContainer,
  type Pod,
  type PodPlan,
  PROBES,
  type ProbePlan,
  type RuntimeEffect,
  type RuntimeEvent,
  startPod,
  stepPod,
} from '../../machines/runtime/index.ts';
import type { CriClient } from './client.ts';
import { containerConfig, type Folders, logFolderOf, sandboxConfig, volumeFolder } from './config.ts';
import type { ContainerEntry, ContainerStatus } from './messages.ts';
import type { ContainerSpec, KeptPod, Probe } from './podSpec.ts';
import { ask, beforeStop, type Reach } from './probe.ts';

/** What the containers of one Pod run with. */
export interface PodRunOptions {
  readonly client: CriClient;
  readonly node: string;
  readonly hostAddress: string;
  readonly folders: Folders;
  readonly started: () => void;
  readonly readiness: (ready: boolean) => void;
  readonly stopped: (failed: boolean) => void;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** A container that was created. */
interface Created {
  readonly id: string;
  readonly attempt: number;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly exitCode: number | null;
}

/** What is there of a Pod already; of a container that has ended, with what. */
export interface Found {
  readonly sandbox: string;
  readonly containers: readonly (readonly [entry: ContainerEntry, status: ContainerStatus | null])[];
}

const plans = (probe: Probe): ProbePlan => ({
  initialDelay: (probe.initialDelaySeconds ?? 0) * 1_000,
  period: (probe.periodSeconds ?? 10) * 1_000,
  successThreshold: probe.successThreshold ?? 1,
  failureThreshold: probe.failureThreshold ?? 3,
});
const probeOf = (container: ContainerSpec, kind: (typeof PROBES)[number]) => container[`${kind}Probe`];

/** What the machine is told of a Pod's spec. */
export function planOf({ spec }: KeptPod): PodPlan {
  const planned = (isInit: boolean) => (container: ContainerSpec) => ({
    name: container.name,
    isInit,
    probes: Object.fromEntries(
      PROBES.flatMap((kind) => {
        const probe = probeOf(container, kind);
        return probe === undefined ? [] : [[kind, plans(probe)]];
      }),
    ),
  });
  return {
    containers: [...(spec.initContainers ?? []).map(planned(true)), ...spec.containers.map(planned(false))],
  };
}

/** Kubernetes' grace period where none is stated, s. */
const DEFAULT_GRACE = 30;

/** One Pod's containers. */
export class PodRun {
  readonly pod: KeptPod;
  readonly #options: PodRunOptions;
  readonly #specs: ReadonlyMap<string, ContainerSpec>;
  readonly #created = new Map<string, Created>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #queue: RuntimeEvent[] = [];
  #state: Pod;
  #sandbox: string | null;
  #address = '';
  #ready = false;
  #isBusy = false;
  #isLeft = false;

  private constructor(pod: KeptPod, options: PodRunOptions, found: Found | null) {
    this.pod = pod;
    this.#options = options;
    const { containers, initContainers = [] } = pod.spec;
    this.#specs = new Map([...initContainers, ...containers].map((each) => [each.name, each]));
    this.#sandbox = found?.sandbox ?? null;
    const there = found === null ? null : this.#take(found.containers);
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
    run.#address = await options.client.sandboxAddress(found.sandbox);
    return run;
  }

  /** Address of the Pod; empty until its sandbox has one. */
  get address(): string {
    return this.#address;
  }

  get isReady(): boolean {
    return this.#ready;
  }

  /** Each container, with what its status says of it. */
  *containers(): Generator<readonly [ContainerSpec, Created | null]> {
    for (const [name, spec] of this.#specs) yield [spec, this.#created.get(name) ?? null];
  }

  stop(): void {
    this.#give({ type: 'stop' });
  }

  /** The runtime says that a container has ended, whoever's it is. */
  exited(id: string, exitCode: number): void {
    for (const [name, created] of this.#created)
      if (created.id === id && created.exitCode === null) this.#ended(name, created, exitCode);
  }

  /** The runtime has the sandbox no more, or what holds it has ended. */
  sandboxExited(id: string): void {
    if (id === this.#sandbox) this.#give({ type: 'sandboxExited' });
  }

  get sandbox(): string | null {
    return this.#sandbox;
  }

  /** The agent ends: nothing is carried out any more, and everything runs on. */
  leave(): void {
    this.#isLeft = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /** The newest container of each name. */
  #take(all: Found['containers']): readonly FoundContainer[] {
    const newest = new Map<string, Found['containers'][number]>();
    for (const each of all) {
      const { name = '', attempt = 0 } = each[0].metadata ?? {};
      if ((newest.get(name)?.[0].metadata?.attempt ?? -1) < attempt) newest.set(name, each);
    }
    return [...newest].map(([name, [{ id, metadata, state }, status]]) => {
      const attempt = metadata?.attempt ?? 0;
      const running = state === 'CONTAINER_RUNNING';
      // One that was created and not started counts as one that failed.
      const exitCode = running ? null : state === 'CONTAINER_EXITED' ? (status?.exit_code ?? -1) : -1;
      const startedAt = status === null ? Date.now() : status.started_at / 1e6;
      const finishedAt = running || status === null ? null : status.finished_at / 1e6;
      this.#created.set(name, { id, attempt, startedAt, finishedAt, exitCode });
      return { name, attempt, running, exitCode };
    });
  }

  #ended(name: string, created: Created, exitCode: number): void {
    const finishedAt = Date.now();
    this.#created.set(name, { ...created, finishedAt, exitCode });
    const { attempt, startedAt } = created;
    this.#give({ type: 'containerExited', name, attempt, exitCode, ran: finishedAt - startedAt });
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
        return this.#do('the sandbox', () => this.#runSandbox(), 'sandboxRan', 'sandboxFailed');
      case 'removeSandbox':
        return this.#do('removing it', () => this.#remove(), 'sandboxRemoved', 'removeFailed');
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

  async #runSandbox(): Promise<void> {
    const { client, node, folders } = this.#options;
    const { pod } = this;
    await fs.mkdir(logFolderOf(pod, folders), { recursive: true });
    for (const { name } of pod.spec.volumes ?? []) {
      const folder = volumeFolder(pod, name, folders);
      await fs.mkdir(folder, { recursive: true });
      await fs.chmod(folder, 0o777);
    }
    const config = sandboxConfig(pod, node, folders);
    // What an earlier try has left has the name.
    if (this.#sandbox === null)
      for (const { id } of await client.sandboxes({ 'io.kubernetes.pod.uid': pod.uid }))
        await client.removeSandbox(id);
    else await client.removeSandbox(this.#sandbox);
    this.#sandbox = await client.runSandbox(config);
    this.#address = await client.sandboxAddress(this.#sandbox);
  }

  async #remove(): Promise<void> {
    const { client, folders } = this.#options;
    const left = await client.sandboxes({ 'io.kubernetes.pod.uid': this.pod.uid });
    for (const { id } of left) await client.removeSandbox(id);
    await fs.rm(path.join(folders.volumes, this.pod.uid), { recursive: true, force: true });
    await fs.rm(logFolderOf(this.pod, folders), { recursive: true, force: true });
  }

  #startContainer(name: string, attempt: number): void {
    this.#create(name, attempt).then(
      () => this.#give({ type: 'containerStarted', name, attempt }),
      (error: unknown) => {
        this.#say(`container ${name}`, error);
        this.#give({ type: 'containerFailed', name, attempt });
      },
    );
  }

  async #create(name: string, attempt: number): Promise<void> {
    const { client, node, hostAddress, folders } = this.#options;
    const spec = this.#specs.get(name) as ContainerSpec;
    await this.#needImage(spec);
    const before = this.#created.get(name);
    const place = { node, hostAddress, podAddress: this.#address };
    const within = sandboxConfig(this.pod, node, folders);
    await fs.mkdir(path.join(within.log_directory, name), { recursive: true });
    const config = containerConfig(this.pod, spec, attempt, place, folders);
    const id = await client.createContainer(this.#sandbox as string, config, within);
    this.#created.set(name, { id, attempt, startedAt: Date.now(), finishedAt: null, exitCode: null });
    await client.startContainer(id);
    if (before !== undefined) await client.removeContainer(before.id).catch(() => {});
  }

  /** As its pull policy says; without one: always for `:latest`. */
  async #needImage({ image, imagePullPolicy }: ContainerSpec): Promise<void> {
    const { client } = this.#options;
    const isLatest = !image.includes('@') && (/:latest$/.test(image) || !/:[^/]+$/.test(image));
    const policy = imagePullPolicy ?? (isLatest ? 'Always' : 'IfNotPresent');
    if (policy !== 'Always' && (await client.hasImage(image))) return;
    if (policy === 'Never') throw new Error(`image ${image} is not there, and its pull policy is Never`);
    await client.pullImage(image);
  }

  #reach(container: ContainerSpec, id: string): Reach {
    const execute: Reach['execute'] = (command, seconds) =>
      this.#options.client.execute(id, command, seconds);
    return { address: this.#address, container, execute };
  }

  /** Its end is told by the runtime's news; where they are late, by the answer to the stop. */
  async #stopContainer(name: string, attempt: number): Promise<void> {
    const { client } = this.#options;
    const created = this.#created.get(name);
    const spec = this.#specs.get(name) as ContainerSpec;
    if (created?.attempt !== attempt) return;
    const grace = this.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE;
    const preStop = spec.lifecycle?.preStop;
    const began = Date.now();
    if (preStop !== undefined) await beforeStop(preStop, this.#reach(spec, created.id), grace);
    const rest = Math.max(1, Math.ceil(grace - (Date.now() - began) / 1_000));
    for (let wait = 100; !this.#isLeft; wait = Math.min(2 * wait, 5_000)) {
      try {
        await client.stopContainer(created.id, rest);
        const status = await client.containerStatus(created.id);
        return this.exited(created.id, status?.exit_code ?? -1);
      } catch (error) {
        this.#say(`stopping container ${name}`, error);
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  async #probe({ name, attempt, kind }: Extract<RuntimeEffect, { type: 'probe' }>): Promise<void> {
    const created = this.#created.get(name);
    const container = this.#specs.get(name) as ContainerSpec;
    const probe = probeOf(container, kind);
    if (created?.attempt !== attempt || probe === undefined) return;
    const ok = await ask(probe, this.#reach(container, created.id), probe.timeoutSeconds ?? 1);
    this.#give({ type: 'probed', name, attempt, kind, ok });
  }
}
