/**
 * The containers of one node, run by a container runtime that speaks CRI: the `cri` runtime of an agent. It outlives no process; the containers
 * do. A Pod is kept with its sandbox, so the next process of the agent finds all that runs, and goes on with it.
 */
import { adoptedObject } from '../../machines/ownership/adoption.ts';
import { unheeded } from '../../spec/containers/heeded.ts';
import type { LogBounds } from '../../spec/containers/logRotation.ts';
import { needsObject } from '../../spec/containers/needsObject.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { PodRecord, Uid } from '../../spec/vocabulary.ts';
import { podObject } from '../controller/host/podObject.ts';
import type { PodRuntime } from '../controller/host/runtime.ts';
import type { Templates } from '../controller/host/templates.ts';
import { Admission, type DryRun } from './admission.ts';
import type { Served } from './api/served.ts';
import { CriClient } from './client.ts';
import { type Folders, LABELS, POD_ANNOTATION } from './config.ts';
import type { SandboxEntry } from './messages.ts';
import type { Objects, StandingPod } from './objects.ts';
import { type Found, PodRun } from './pod.ts';
import type { KeptPod, PodSpec } from './podSpec.ts';
import { containerStatuses } from './status.ts';
import { sweepVolumes } from './sweep.ts';

/** What the runtime of a node needs. */
export interface CriRuntimeOptions {
  /** Path of the runtime's socket. */
  readonly socket: string;
  readonly node: string;
  /** Address of the node, as its Pods are told. */
  readonly hostAddress: string;
  readonly folders: Folders;
  readonly templates: Templates;
  readonly objects: Objects;
  readonly logs: LogBounds;
  readonly dryRun: DryRun;
  /** Told of each call of the runtime. */
  readonly observe: (method: string, milliseconds: number) => void;
  /** Aborted once it is closed. */
  readonly closing: AbortController;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** A Pod whose template is not known yet, or one that runs. */
type Entry = 'awaited' | PodRun;

const NOT_HEEDED = 'this runtime does not heed what a Pod asks for: it is not started';
/** All of it is looked at so often, ms. */
const LOOK_OVER_MS = 10_000;
/** Folders whose Pod is gone are looked for so often, ms. */
const SWEEP_MS = 600_000;
const isThere = ({ state }: SandboxEntry) => state === 'SANDBOX_READY';

/** The `cri` runtime of one node. @public */
export class CriRuntime implements PodRuntime {
  readonly #options: CriRuntimeOptions;
  readonly #client: CriClient;
  readonly #admission: Admission;
  readonly #pods = new Map<Uid, Entry>();
  /** K was told that they need their object first. */
  readonly #awaiting = new Set<Uid>();
  #give: (event: StageEvent) => void = () => {};
  #unfollow: () => void = () => {};
  #again: NodeJS.Timeout | null = null;
  #over: NodeJS.Timeout | null = null;
  #sweeping: NodeJS.Timeout | null = null;
  #version = '';
  #isRotating = false;

  private constructor(options: CriRuntimeOptions) {
    this.#options = options;
    this.#client = new CriClient(options.socket, options.observe);
    this.#admission = new Admission(options);
  }

  /**
   * Finds what runs on the node, and follows it from now on.
   * @throws KubedirectError `RUNTIME_FAILED`
   */
  static async open(options: CriRuntimeOptions): Promise<CriRuntime> {
    const runtime = new CriRuntime(options);
    runtime.#version = await runtime.#client.version();
    options.log('a container runtime answers', { runtime: runtime.#version });
    // First: what ends from now on is heard of, or seen to have ended.
    runtime.#follow();
    const sandboxes = await runtime.#sandboxes();
    // What has ended with the machine, or while no agent ran: nothing runs of it.
    for (const one of sandboxes) if (!isThere(one)) await runtime.#client.removeSandbox(one.id);
    for (const [pod, found] of await runtime.#found(sandboxes))
      runtime.#pods.set(pod.uid, await PodRun.find(pod, runtime.#runOptions(pod.uid), found));
    await runtime.#sweep();
    runtime.#lookOver();
    return runtime;
  }

  /** `containerd 1.6.20`, or another. */
  get version(): string {
    return this.#version;
  }

  /** Aborted once it is closed. */
  get closing(): AbortSignal {
    return this.#options.closing.signal;
  }

  /** What the kubelet's API looks at. */
  served(): Served {
    return {
      streams: this.#client,
      pod: (namespace, name) => {
        for (const run of this.#pods.values())
          if (run !== 'awaited' && run.pod.namespace === namespace && run.pod.name === name) return run;
        return null;
      },
    };
  }

  attach(give: (event: StageEvent) => void): void {
    this.#give = give;
  }

  running(): readonly Uid[] {
    return [...this.#pods].flatMap(([uid, run]) => (run !== 'awaited' && run.hasStarted ? [uid] : []));
  }

  tellReadiness(): void {
    for (const [uid, run] of this.#pods)
      if (run !== 'awaited' && run.ready !== null)
        this.#give({ type: 'podReadiness', uid, ready: run.ready });
  }

  start(record: PodRecord): void {
    if (this.#pods.has(record.uid)) return;
    this.#pods.set(record.uid, 'awaited');
    void this.#begin(record);
  }

  stop(uid: Uid): void {
    const run = this.#pods.get(uid);
    this.#awaiting.delete(uid);
    this.#admission.giveUp(uid);
    if (run instanceof PodRun) return run.stop();
    this.#pods.delete(uid);
    setImmediate(() => this.#give({ type: 'podStopped', uid, failed: false }));
  }

  refused({ uid, replicaSet }: PodRecord): void {
    this.#awaiting.delete(uid);
    this.#admission.refused(replicaSet);
  }

  statusOf(uid: Uid): object | null {
    const run = this.#pods.get(uid);
    if (!(run instanceof PodRun)) return null;
    return containerStatuses(run, this.#options.hostAddress);
  }

  close(): void {
    this.#options.closing.abort();
    if (this.#again !== null) clearTimeout(this.#again);
    if (this.#over !== null) clearInterval(this.#over);
    if (this.#sweeping !== null) clearInterval(this.#sweeping);
    this.#unfollow();
    for (const run of this.#pods.values()) if (run !== 'awaited') run.leave();
    this.#client.close();
  }

  /** By the template of its ReplicaSet, once that is known. */
  async #begin(record: PodRecord): Promise<void> {
    const { uid } = record;
    const { templates } = this.#options;
    const isAwaited = () => !this.closing.aborted && this.#pods.get(uid) === 'awaited';
    let replicaSet = templates.peek(record.replicaSet) ?? null;
    while (replicaSet === null && isAwaited()) replicaSet = await templates.get(record.replicaSet);
    if (replicaSet === null || !isAwaited()) return;
    const object = podObject(record, replicaSet, 0);
    const { metadata, spec } = object;
    const paths = unheeded(spec as never);
    if (paths.length > 0) return this.#refuse(uid, NOT_HEEDED, paths);
    const { name, namespace = 'default', labels, annotations } = metadata;
    const pod: KeptPod = { uid, namespace, name, labels, annotations, spec: spec as unknown as PodSpec };
    const { objects } = this.#options;
    // What stands was admitted: nobody is asked, and it is nothing to publish first.
    const made = adoptedObject(uid);
    if (made !== null) return this.#runStanding(pod, () => objects.made(namespace, made));
    if (this.#awaiting.delete(uid)) return this.#runStanding(pod, () => objects.pod(namespace, name));
    if (needsObject(spec as never)) return this.#publishFirst(uid);
    this.#admission.want(uid, {
      ...{ replicaSet: record.replicaSet, object },
      start: () => this.#run(pod),
      publishFirst: () => this.#publishFirst(uid),
    });
  }

  /** K is told so, and asks again once it is done. */
  #publishFirst(uid: Uid): void {
    this.#awaiting.add(uid);
    this.#pods.delete(uid);
    this.#give({ type: 'podNeedsObject', uid });
  }

  #run(pod: KeptPod): void {
    this.#pods.set(pod.uid, PodRun.start(pod, this.#runOptions(pod.uid)));
  }

  /** As the API Server has made it: admission may have added to it. */
  async #runStanding(pod: KeptPod, read: () => Promise<StandingPod | null>): Promise<void> {
    const { uid } = pod;
    const standing = await read().catch((error: Error) => error);
    if (this.closing.aborted || this.#pods.get(uid) !== 'awaited') return;
    if (standing instanceof Error)
      return this.#refuse(uid, 'a Pod is not there to be started', standing.message);
    if (standing === null) return this.#run(pod);
    const { metadata, spec } = standing;
    const paths = unheeded(spec as never);
    if (paths.length > 0) return this.#refuse(uid, NOT_HEEDED, paths);
    const { name, labels = {}, annotations = {} } = metadata;
    this.#run({ ...pod, name, labels, annotations, spec, objectUid: metadata.uid });
  }

  #refuse(uid: Uid, text: string, why: unknown): void {
    this.#options.log(text, { uid, why });
    this.#pods.delete(uid);
    this.#give({ type: 'podStopped', uid, failed: true });
  }

  #runOptions(uid: Uid) {
    const { node, hostAddress, folders, objects, log } = this.#options;
    return {
      ...{ client: this.#client, node, hostAddress, folders, objects, log },
      stale: (volume: string, error: Error) =>
        log('a volume was not brought up to date', { uid, volume, error: error.message }),
      left: (folder: string, error: Error) => this.#left(folder, error),
      started: () => this.#give({ type: 'podStarted', uid }),
      readiness: (ready: boolean) => this.#give({ type: 'podReadiness', uid, ready }),
      stopped: (failed: boolean) => {
        this.#pods.delete(uid);
        this.#give({ type: 'podStopped', uid, failed });
      },
    };
  }

  #left(folder: string, error: Error): void {
    this.#options.log('a folder of a Pod that is gone could not be taken away', {
      folder,
      error: error.message,
    });
  }

  /** Folders of no Pod of ours, nor of another agent's of this runtime. */
  async #sweep(): Promise<void> {
    const sandboxes = await this.#client.sandboxes({});
    const there = new Set(sandboxes.map(({ labels }) => labels[LABELS.uid]));
    const swept = await sweepVolumes(
      this.#options.folders,
      (uid) => there.has(uid) || this.#pods.has(uid),
      (folder, error) => this.#left(folder, error),
    );
    if (swept > 0) this.#options.log('folders of Pods that are gone were taken away', { folders: swept });
  }

  #sandboxes(): Promise<readonly SandboxEntry[]> {
    return this.#client.sandboxes({ [LABELS.node]: this.#options.node });
  }

  /** The Pods whose sandboxes are there, with their containers. */
  async #found(sandboxes: readonly SandboxEntry[]): Promise<readonly (readonly [KeptPod, Found])[]> {
    const containers = await this.#client.containers({ [LABELS.node]: this.#options.node });
    return Promise.all(
      sandboxes.filter(isThere).map(async ({ id, annotations }) => {
        const own = containers.filter((container) => container.pod_sandbox_id === id);
        const states = await Promise.all(own.map((one) => this.#client.containerStatus(one.id)));
        const pod = JSON.parse(annotations[POD_ANNOTATION] ?? '{}') as KeptPod;
        return [
          pod,
          { sandbox: id, containers: own.map((one, i) => [one, states[i] ?? null] as const) },
        ] as const;
      }),
    );
  }

  /** Hears of what ends; where the runtime itself has ended, again once it answers, and then looks at all. */
  #follow(): void {
    this.#unfollow = this.#client.follow(
      ({ container_id: id, exit_status: code }) => {
        for (const run of this.#pods.values()) {
          if (run === 'awaited') continue;
          run.exited(id, code);
          run.sandboxExited(id);
        }
      },
      (error) => {
        if (this.closing.aborted) return;
        this.#options.log('the container runtime tells nothing any more', { error: error.message });
        this.#lookAgain(100);
      },
    );
  }

  #lookAgain(waitMs: number): void {
    this.#again = setTimeout(async () => {
      try {
        await this.#client.version();
        this.#follow();
        await this.#compare();
      } catch (error) {
        if (this.closing.aborted) return;
        this.#options.log('the container runtime does not answer', {
          error: (error as Error).message,
          waitMs,
        });
        this.#unfollow();
        this.#lookAgain(Math.min(2 * waitMs, 5_000));
      }
    }, waitMs);
  }

  /** What has ended while nobody told: two lists, and a question for each container of that kind. */
  async #compare(): Promise<void> {
    // Those that are there before it is asked: one that is made meanwhile is in no list.
    const known = [...this.#pods.values()].flatMap((run) =>
      run === 'awaited' || run.sandbox === null ? [] : [[run, run.sandbox] as const],
    );
    const [sandboxes, containers] = await Promise.all([
      this.#sandboxes(),
      this.#client.containers({ [LABELS.node]: this.#options.node }),
    ]);
    const there = new Set(sandboxes.filter(isThere).map(({ id }) => id));
    const ended = containers.filter(({ state }) => state === 'CONTAINER_EXITED');
    for (const [run, sandbox] of known) {
      for (const { id } of ended) {
        if (!run.hasRunning(id)) continue;
        const status = await this.#client.containerStatus(id);
        run.exited(id, status?.exit_code ?? -1);
      }
      if (!there.has(sandbox)) run.sandboxExited(sandbox);
    }
    // Of a start that was in flight when an earlier life of the agent ended: nobody else takes it away.
    for (const { id, labels } of sandboxes)
      if (!this.#pods.has(labels[LABELS.uid] ?? '')) await this.#client.removeSandbox(id);
  }

  /** Now and then, as a kubelet does: news of what ends can be lost where the runtime was started again. */
  #lookOver(): void {
    this.#over = setInterval(() => {
      this.#compare().catch((error: Error) =>
        this.#options.log('the container runtime could not be looked at', { error: error.message }),
      );
      void this.#rotateLogs();
    }, LOOK_OVER_MS);
    this.#over.unref();
    this.#sweeping = setInterval(() => {
      this.#sweep().catch((error: Error) =>
        this.#options.log('the container runtime could not be looked at', { error: error.message }),
      );
    }, SWEEP_MS);
    this.#sweeping.unref();
  }

  /** Those that are longer than they may be; nothing while the last time is not over. */
  async #rotateLogs(): Promise<void> {
    if (this.#isRotating) return;
    this.#isRotating = true;
    for (const run of this.#pods.values()) if (run !== 'awaited') await run.rotateLogs(this.#options.logs);
    this.#isRotating = false;
  }
}
