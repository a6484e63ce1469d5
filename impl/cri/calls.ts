/** The calls of a runtime by which one Pod's containers are made, asked, stopped and taken away; what was made is kept here. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FoundContainer, ProbeKind } from '../../machines/runtime/index.ts';
import type { LogBounds } from '../../spec/containers/logRotation.ts';
import { imageAct } from '../../spec/containers/pullPolicy.ts';
import { DEFAULT_GRACE } from '../controller/host/podObject.ts';
import type { CriClient } from './client.ts';
import { containerConfig, type Folders, LABELS, logFolderOf, logNameOf, sandboxConfig } from './config.ts';
import { type Place, readObjects } from './environment.ts';
import { removeLog, rotateLog } from './logFiles.ts';
import type { ContainerEntry, ContainerStatus } from './messages.ts';
import type { Objects } from './objects.ts';
import { probeOf } from './plan.ts';
import type { ContainerSpec, KeptPod } from './podSpec.ts';
import { afterStart, ask, beforeStop, type Reach } from './probe.ts';
import { Volumes } from './volumes.ts';

/** So long a `postStart` may take, s. */
const POST_START_S = 110;

/** By what, and where. */
export interface CallOptions {
  readonly client: CriClient;
  readonly node: string;
  readonly hostAddress: string;
  readonly folders: Folders;
  readonly objects: Objects;
  /** A volume could not be brought up to date. */
  readonly stale: (volume: string, error: Error) => void;
  /** A folder could not be taken away. */
  readonly left: (folder: string, error: Error) => void;
}

/** A container that was created. */
export interface Created {
  readonly id: string;
  readonly attempt: number;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly exitCode: number | null;
  /** The one before it, if this life of the agent has seen its end. */
  readonly before: Omit<Created, 'before'> | null;
}

/** A container that is there already; of one that has ended, with what. */
export type FoundEntry = readonly [entry: ContainerEntry, status: ContainerStatus | null];

/** How long the runtime is given to note an end that it has told of, ms: the first wait, and the last. */
const NOTED_MS = { first: 20, last: 2_000 };

/** Takes away a container that has ended. containerd tells of an end before it has noted it itself, and until then refuses: it "is still running". */
async function removeEnded(client: CriClient, id: string): Promise<void> {
  for (let wait = NOTED_MS.first; ; wait *= 2) {
    try {
      return await client.removeContainer(id);
    } catch (error) {
      if (wait > NOTED_MS.last) throw error;
      await sleep(wait);
    }
  }
}

/** What was made of one Pod. */
export class PodCalls {
  readonly #pod: KeptPod;
  readonly #options: CallOptions;
  readonly #specs: ReadonlyMap<string, ContainerSpec>;
  readonly #created = new Map<string, Created>();
  readonly #volumes: Volumes;
  #sandbox: string | null = null;
  #address = '';
  /** Until when all of it has time to end, Unix ms; null while it need not. */
  #end: number | null = null;

  constructor(pod: KeptPod, options: CallOptions) {
    this.#pod = pod;
    this.#options = options;
    const { containers, initContainers = [] } = pod.spec;
    const place = () => this.#place;
    const { folders, objects, stale: failed, left } = options;
    this.#volumes = new Volumes(pod, { folders, objects, place, failed, left });
    this.#specs = new Map([...initContainers, ...containers].map((each) => [each.name, each]));
  }

  /** Address of the Pod; empty until its sandbox has one. */
  get address(): string {
    return this.#address;
  }

  /** Null until it has one. */
  get sandbox(): string | null {
    return this.#sandbox;
  }

  /** Each container of the spec, with the newest that was made of it. */
  *containers(): Generator<readonly [ContainerSpec, Created | null]> {
    for (const [name, spec] of this.#specs) yield [spec, this.#created.get(name) ?? null];
  }

  /** The newest container of a name; null of one that was not made yet, undefined of a name that the Pod has not. */
  container(name: string): Created | null | undefined {
    return this.#specs.has(name) ? (this.#created.get(name) ?? null) : undefined;
  }

  /** Its log; `before`: that of the one before it. */
  logFile(name: string, before: boolean): string {
    const attempt = (this.#created.get(name)?.attempt ?? 0) - (before ? 1 : 0);
    return path.join(logFolderOf(this.#pod, this.#options.folders), logNameOf(name, attempt));
  }

  /** Puts the logs of what runs aside that are longer than they may be. */
  async rotateLogs(bounds: LogBounds): Promise<void> {
    for (const [name, { id, exitCode }] of this.#created)
      if (exitCode === null)
        await rotateLog(this.logFile(name, false), bounds, () => this.#options.client.reopenLog(id));
  }

  /** What an earlier life of the agent has made. The newest container of each name counts. */
  take(sandbox: string, all: readonly FoundEntry[]): readonly FoundContainer[] {
    this.#sandbox = sandbox;
    const newest = new Map<string, FoundEntry>();
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
      this.#created.set(name, { id, attempt, startedAt, finishedAt, exitCode, before: null });
      return { name, attempt, running, exitCode };
    });
  }

  async findAddress(): Promise<void> {
    this.#volumes.keep();
    if (this.#sandbox !== null) this.#address = await this.#options.client.sandboxAddress(this.#sandbox);
  }

  /** The agent ends: everything stays as it is. */
  leave(): void {
    this.#volumes.close();
  }

  /** Whether that is a container of these which has not ended, as far as anybody has said. */
  hasRunning(id: string): boolean {
    return [...this.#created.values()].some((created) => created.id === id && created.exitCode === null);
  }

  /** Notes the end of a container, if it is one of these and has not ended before; the container as it was, by its name. */
  ended(
    id: string,
    exitCode: number,
  ): readonly [name: string, ended: Created & { readonly finishedAt: number }] | null {
    for (const [name, created] of this.#created) {
      if (created.id !== id || created.exitCode !== null) continue;
      const ended = { ...created, finishedAt: Date.now(), exitCode };
      this.#created.set(name, ended);
      return [name, ended];
    }
    return null;
  }

  /** Its logs' folder, its volumes, its network and namespaces. */
  async runSandbox(): Promise<void> {
    const { client, node, folders } = this.#options;
    const pod = this.#pod;
    await fs.mkdir(logFolderOf(pod, folders), { recursive: true });
    await this.#volumes.make();
    const config = sandboxConfig(pod, node, folders);
    // What an earlier try has left has the name, also one whose answer was lost.
    for (const { id } of await client.sandboxes({ [LABELS.uid]: pod.uid })) await client.removeSandbox(id);
    this.#sandbox = await client.runSandbox(config);
    this.#address = await client.sandboxAddress(this.#sandbox);
  }

  /** Everything that was made. */
  async remove(): Promise<void> {
    const { client, folders, left } = this.#options;
    const made = await client.sandboxes({ [LABELS.uid]: this.#pod.uid });
    for (const { id } of made) await client.removeSandbox(id);
    await this.#volumes.remove();
    const logs = logFolderOf(this.#pod, folders);
    await fs.rm(logs, { recursive: true, force: true }).catch((error: Error) => left(logs, error));
  }

  /** Makes a container and starts it; those before it go. */
  async create(name: string, attempt: number): Promise<void> {
    const { client, node, folders, objects } = this.#options;
    const spec = this.#specs.get(name) as ContainerSpec;
    await this.#needImage(spec);
    // Those before it, also one whose start was not answered and may have been done.
    if (attempt > 0)
      for (const { id } of await client.containers({ [LABELS.uid]: this.#pod.uid, [LABELS.container]: name }))
        await removeEnded(client, id);
    const within = sandboxConfig(this.#pod, node, folders);
    await fs.mkdir(path.join(within.log_directory, name), { recursive: true });
    // The log of the one before stays (`kubectl logs --previous`).
    await removeLog(path.join(within.log_directory, logNameOf(name, attempt - 2)));
    const known = await readObjects(this.#pod, spec, objects);
    const config = containerConfig(this.#pod, spec, attempt, this.#place, folders, known);
    const id = await client.createContainer(this.#sandbox as string, config, within);
    const before = this.#created.get(name) ?? null;
    const now = { startedAt: Date.now(), finishedAt: null, exitCode: null };
    this.#created.set(name, { id, attempt, ...now, before });
    await client.startContainer(id);
    const { postStart } = spec.lifecycle ?? {};
    if (postStart === undefined || (await afterStart(postStart, this.#reach(spec, id), POST_START_S))) return;
    await client.stopContainer(id, this.#grace);
    throw new Error('its postStart failed: it was stopped');
  }

  get #place(): Place {
    const { node, hostAddress } = this.#options;
    return { node, hostAddress, podAddress: this.#address };
  }

  async #needImage({ image, imagePullPolicy }: ContainerSpec): Promise<void> {
    const { client } = this.#options;
    const act = imageAct(image, imagePullPolicy, await client.hasImage(image));
    if (act === 'refuse') throw new Error(`image ${image} is not there, and its pull policy is Never`);
    if (act === 'pull') await client.pullImage(image);
  }

  #reach(container: ContainerSpec, id: string): Reach {
    const execute: Reach['execute'] = (command, seconds) =>
      this.#options.client.execute(id, command, seconds);
    return { address: this.#address, container, execute };
  }

  /** The whole Pod is to end: from now on its grace period runs, which is one for all of its containers. */
  beginEnd(): void {
    this.#end ??= Date.now() + this.#grace * 1_000;
  }

  get #grace(): number {
    return this.#pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE;
  }

  /** Stops a container: its `preStop`, SIGTERM, and after the grace period SIGKILL. The exit code; null of one that is not the newest. */
  async stop(
    name: string,
    attempt: number,
  ): Promise<{ readonly id: string; readonly exitCode: number } | null> {
    const { client } = this.#options;
    const created = this.#created.get(name);
    const spec = this.#specs.get(name) as ContainerSpec;
    if (created?.attempt !== attempt) return null;
    const { id } = created;
    const end = this.#end ?? Date.now() + this.#grace * 1_000;
    const left = () => Math.max(1, Math.ceil((end - Date.now()) / 1_000));
    const preStop = spec.lifecycle?.preStop;
    if (preStop !== undefined) await beforeStop(preStop, this.#reach(spec, id), left());
    await client.stopContainer(id, left());
    return { id, exitCode: (await client.containerStatus(id))?.exit_code ?? -1 };
  }

  /** Asks a container how it is; null of one that is not the newest. */
  async probe(name: string, attempt: number, kind: ProbeKind): Promise<boolean | null> {
    const created = this.#created.get(name);
    const container = this.#specs.get(name) as ContainerSpec;
    const probe = probeOf(container, kind);
    if (created?.attempt !== attempt || probe === undefined) return null;
    return ask(probe, this.#reach(container, created.id), probe.timeoutSeconds ?? 1);
  }
}
