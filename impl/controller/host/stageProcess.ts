/**
 * One stage of this process, life after life: takes its Lease (K: registers on its Node) under a new incarnation,
 * listens, observes, runs the machine, and starts again when the machine or the Lease says so.
 */
import { type ErrorCode, KubedirectError } from '../../../spec/errors.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Stage, StageConfig } from '../../../spec/stage.ts';
import type { StepRecord } from '../../../spec/trace.ts';
import type { Incarnation, Owner, PeerName } from '../../../spec/vocabulary.ts';
import { agentSuperseded, registerAgent } from '../incarnation.ts';
import { pause } from '../kubernetes/backoff.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import { pathOf } from '../kubernetes/paths.ts';
import type { KubernetesObject } from '../kubernetes/types.ts';
import { type HeldLease, holdIncarnation, type LeaseTimes } from '../lease.ts';
import type { ConnectionOptions, LinkServer, LinkStats, LocalLinks, TlsSource } from '../links/index.ts';
import {
  ACKNOWLEDGED_OWNER_ANNOTATION,
  AGENT_ADDRESS_ANNOTATION,
  acknowledgedOwner,
  INCARNATION_ANNOTATION,
  leaseName,
  STAGE_ADDRESS_ANNOTATION,
  WAITS_FOR_ANNOTATION,
} from '../names.ts';
import { Behind } from './behind.ts';
import { errorFields } from './errorFields.ts';
import { GroupCommit } from './groupCommit.ts';
import { claimJournal, type Journal, openJournal } from './journal.ts';
import { type JournalLock, lockJournal } from './journalLock.ts';
import { LinkPort, serveStage } from './linkPort.ts';
import { observe } from './observe.ts';
import { carryOut, type Life } from './runner.ts';
import type { PodRuntime } from './runtime.ts';
import { refuseForeignScope } from './scope.ts';
import { StageHost } from './stageHost.ts';
import type { Templates } from './templates.ts';
import { Timers } from './timers.ts';
import { type OpenSpanOf, StepTracer } from './tracing.ts';
import type { WatchHub } from './watchHub.ts';

/** What a stage runs with. @public */
export interface StageProcessOptions {
  // biome-ignore lint/suspicious/noExplicitAny: a host runs any stage and never looks into its state
  readonly stage: Stage<any>;
  /** K: its node. */
  readonly node: string | null;
  readonly client: KubernetesClient;
  readonly hub: WatchHub;
  readonly templates: Templates;
  /** Tells people. */
  readonly events: EventRecorder;
  /** Namespace of the Leases and the owner switch. */
  readonly namespace: string;
  /** Identity of this process on Leases. */
  readonly holder: string;
  /** Times of leader election. */
  readonly lease?: LeaseTimes | undefined;
  /** Where to listen for the upstream: `host:port`, port 0 for any. */
  readonly listen: string;
  readonly tls?: TlsSource | undefined;
  /** Of each link. */
  readonly bounds?: ConnectionOptions;
  /** The stages of this process. */
  readonly local: LocalLinks;
  /** K: the journal's file. */
  readonly journalFile: string | null;
  /** K: who runs the containers; null for runtime `publish`. */
  readonly runtime: PodRuntime | null;
  /** Our agents run the containers, not stock kubelets. */
  readonly runsContainers: boolean;
  /** K: this process serves other nodes too. */
  readonly manyNodes: boolean;
  /** S: it publishes unbound what finds no room. */
  readonly handsOver: boolean;
  /** What else it says on its Lease; null takes an annotation away. */
  readonly leaseAnnotations?: () => Readonly<Record<string, string | null>>;
  /** What it waits for, as `/readyz` tells: noted on the Lease, where it can be read while nobody is asked. */
  readonly waitsFor?: () => readonly string[];
  readonly recorder?: StepRecorder | undefined;
  /** Opens the spans of a scale-out; absent: nothing is traced. */
  readonly openSpan?: OpenSpanOf | undefined;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
  /** The stage is over and does not start again: a broken invariant, a journal that can not be written, another agent. */
  readonly fatal: (error: unknown) => void;
}

/** Who keeps what the steps were. @public */
export interface StepRecorder {
  record(step: StepRecord): void;
  /** Makes what was recorded outlive this process. */
  flush(): void;
}

interface Running {
  readonly incarnation: Incarnation;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly host: StageHost<any>;
  readonly port: LinkPort;
  readonly end: (reason: string) => void;
}

/** A few of them: in a large cluster a Scheduler stage waits for thousands of agents. */
const MOST_SENTENCES = 5;
const waitsForText = (all: readonly string[]) =>
  all.length === 0
    ? null
    : JSON.stringify([
        ...all.slice(0, MOST_SENTENCES),
        ...(all.length > MOST_SENTENCES ? [`and ${all.length - MOST_SENTENCES} more`] : []),
      ]);

/** Errors of a registration that asking again does not mend. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'AGENT_SUPERSEDED',
  'JOURNAL_CORRUPT',
  'JOURNAL_FULL',
  'SCOPE_DIFFERS',
]);

/** How a life ended: start again above a number, wait for the Lease, or nothing more. */
type End = { readonly again: 'above'; readonly above: Incarnation } | { readonly again: 'lease' | 'never' };

/** A stage of this process. @public */
export class StageProcess {
  readonly #options: StageProcessOptions;
  readonly #self: PeerName;
  readonly #stopping = new AbortController();
  #server: LinkServer | null = null;
  #running: Running | null = null;
  #journal: Journal | null = null;
  /** Held from before the registration, over all lives. */
  #lock: JournalLock | null = null;
  #done: Promise<void> = Promise.resolve();

  constructor(options: StageProcessOptions) {
    this.#options = options;
    this.#self = options.node === null ? (options.stage.name as PeerName) : `kubelet/${options.node}`;
  }

  /** The stage's name; for K with its node. */
  get self(): PeerName {
    return this.#self;
  }

  /** Incarnation and state of the life that runs; null between two lives. */
  get life(): { readonly incarnation: Incarnation; readonly state: unknown } | null {
    const running = this.#running;
    return running === null ? null : { incarnation: running.incarnation, state: running.host.state };
  }

  /** What has gone over the links of the life that runs, by peer. */
  traffic(): ReadonlyMap<PeerName, Readonly<LinkStats>> {
    return this.#running?.port.traffic() ?? new Map();
  }

  /** Who holds the Lease that this stage stands by for; null if it leads, or does not know. */
  get standsBehind(): string | null {
    return this.#running === null ? this.#heldBy : null;
  }

  /** An event that comes from outside of links and watches (A's scale requests). False if no life runs. */
  give(event: StageEvent): boolean {
    this.#running?.host.give(event);
    return this.#running !== null;
  }

  /** Listens, and runs in the background from now on. @throws KubedirectError `JOURNAL_LOCKED`, `JOURNAL_FULL`, `PORT_TAKEN` */
  async start(): Promise<void> {
    const { listen, tls, local, bounds = {}, log, journalFile } = this.#options;
    if (journalFile !== null) this.#lock = lockJournal(journalFile);
    this.#server = await serveStage({
      self: this.#self,
      address: listen,
      tls,
      local,
      bounds,
      current: () => this.#running?.port ?? null,
      onRefused: (error, from) => log(error.message, { code: error.code, from }),
    });
    this.#done = this.#lives().catch((error: unknown) => this.#options.fatal(error));
  }

  /** Ends the life, gives the Lease back, and closes. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#running?.end('the process stops');
    await this.#done;
    await this.#server?.close();
    this.#journal?.close();
    this.#lock?.release();
    [this.#journal, this.#lock] = [null, null];
  }

  async #lives(): Promise<void> {
    const { client, namespace } = this.#options;
    // Before the Lease is taken, or stood by for. Later the watch tells.
    await this.#until(() => refuseForeignScope(client, namespace));
    let above = 0;
    while (!this.#stopping.signal.aborted) {
      const lease = await this.#takeIncarnation(above);
      if (lease === undefined) return;
      if (this.#stopping.signal.aborted) return lease.release();
      const end = await this.#live(lease);
      if (this.#stopping.signal.aborted) await lease.release();
      else lease.stop();
      if (end.again === 'never') return;
      above = end.again === 'above' ? end.above : 0;
      if (end.again === 'lease') await pause(500, this.#stopping.signal);
    }
  }

  /** Ends the life whose Lease is lost. Before that life begins it is only noted. */
  #leaseLost: () => void = () => {};
  #isLeaseLost = false;
  #heldBy: string | null = null;
  /** K: the number of its last life in this process. */
  #registered: Incarnation | null = null;
  /** The owner that the last life had acknowledged on the Lease. */
  #acknowledged: Owner | undefined;

  /** Takes a number, and says under it where this stage listens: only then can anyone find this life. */
  async #takeIncarnation(above: Incarnation): Promise<HeldLease | undefined> {
    const { node } = this.#options;
    if (node !== null) return this.#register(node, above);
    for (;;) {
      const lease = await this.#holdLease(above);
      if (lease === undefined) return undefined;
      const found = await this.#until(() => this.#tellAddress(lease.incarnation));
      if (found !== null) {
        this.#acknowledged = acknowledgedOwner(found?.[ACKNOWLEDGED_OWNER_ANNOTATION]);
        return lease;
      }
      lease.stop();
    }
  }

  /**
   * Writes the address on the Lease and returns what else is noted there; null if the Lease is another's by now, whose address must
   * not be overwritten.
   */
  async #tellAddress(incarnation: Incarnation): Promise<Readonly<Record<string, string>> | null> {
    const { client, namespace } = this.#options;
    const path = pathOf({ resource: 'leases', namespace, name: leaseName(this.#self as 'scheduler') });
    const { metadata } = (await client.get<KubernetesObject>(path)) ?? {};
    if (metadata?.annotations?.[INCARNATION_ANNOTATION] !== String(incarnation)) return null;
    const { resourceVersion } = metadata;
    const more = this.#options.leaseAnnotations?.();
    const annotations = { [STAGE_ADDRESS_ANNOTATION]: this.#address, [WAITS_FOR_ANNOTATION]: null, ...more };
    const body = { metadata: { resourceVersion, annotations } };
    await client.request({ method: 'PATCH', path, patchType: 'merge', body });
    return metadata.annotations;
  }

  #holdLease(above: Incarnation): Promise<HeldLease | undefined> {
    const { client, namespace, holder, lease, log } = this.#options;
    const { signal } = this.#stopping;
    const name = leaseName(this.#self as 'scheduler');
    this.#isLeaseLost = false;
    this.#leaseLost = () => {};
    return holdIncarnation(client, {
      namespace,
      name,
      holder,
      above,
      signal,
      ...lease,
      annotations: () => ({ [WAITS_FOR_ANNOTATION]: waitsForText(this.#options.waitsFor?.() ?? []) }),
      onWaiting: (why, waitMs) => {
        const heldBy = 'error' in why ? null : why.heldBy;
        // Once for each holder: a stage may stand by for months.
        if (heldBy === null || heldBy !== this.#heldBy)
          log('waiting for the Lease', {
            lease: name,
            waitMs,
            ...('error' in why ? errorFields(why.error) : why),
          });
        this.#heldBy = heldBy;
      },
      onLost: () => {
        this.#isLeaseLost = true;
        this.#leaseLost();
      },
      onUnrenewed: (error) =>
        log('the Lease could not be renewed; going on', { lease: name, ...errorFields(error) }),
    });
  }

  async #register(node: string, above: Incarnation): Promise<HeldLease | undefined> {
    const { client, log, journalFile } = this.#options;
    this.#journal?.close();
    this.#journal = null;
    const claim = (found: Incarnation | null, incarnation: Incarnation) => {
      if (journalFile === null || claimJournal(journalFile, found, incarnation)) return;
      log('the journal is older than what has been on the Node: it counts as lost', {
        node,
        found,
        journalFile,
      });
    };
    const last = this.#registered === null ? {} : { last: this.#registered };
    const registered = await this.#until(async () => {
      const nowMs = Date.now();
      const answer = await registerAgent(client, {
        node,
        address: this.#address,
        nowMs,
        above,
        claim,
        ...last,
      });
      if (answer === undefined) throw new Error(`Node ${node} does not exist`);
      return answer;
    });
    if (registered === undefined) return undefined;
    this.#registered = registered.incarnation;
    log('registered on the Node', { node, incarnation: registered.incarnation });
    return { incarnation: registered.incarnation, release: async () => {}, stop: () => {} };
  }

  /** Asks until it is answered; undefined if the process stops first. */
  async #until<T>(request: () => Promise<T>): Promise<T | undefined> {
    for (let waitMs = 100; !this.#stopping.signal.aborted; waitMs = Math.min(waitMs * 2, 5_000)) {
      try {
        return await request();
      } catch (error) {
        if (error instanceof KubedirectError && FINAL.has(error.code)) throw error;
        this.#options.log('the API Server did not answer as needed; trying again', {
          waitMs,
          ...errorFields(error),
        });
        await pause(waitMs, this.#stopping.signal);
      }
    }
    return undefined;
  }

  get #address(): string {
    return this.#server?.address ?? '';
  }

  #config(incarnation: Incarnation): StageConfig {
    const { node, journalFile, runtime, handsOver } = this.#options;
    const acknowledged = this.#acknowledged;
    if (node === null)
      return {
        incarnation,
        ...(acknowledged !== undefined && { acknowledged }),
        ...(handsOver && { handsOver }),
      };
    this.#journal = journalFile === null ? null : openJournal(journalFile);
    return {
      incarnation,
      node,
      runtime: runtime === null ? 'publish' : 'runs',
      running: runtime?.running() ?? [],
      ...(this.#journal !== null && { journal: this.#journal.initial }),
    };
  }

  #live(lease: HeldLease): Promise<End> {
    const {
      stage,
      node,
      client,
      hub,
      templates,
      events,
      namespace,
      tls,
      local,
      bounds = {},
      runtime,
      runsContainers,
      recorder,
      openSpan,
      log,
    } = this.#options;
    const { incarnation } = lease;
    const ending = new AbortController();
    return new Promise<End>((resolve) => {
      const give = (event: StageEvent) => host.give(event);
      const port = new LinkPort(
        { self: this.#self, tls, local, bounds, resolve: (peer) => this.#resolve(peer), give, log },
        incarnation,
      );
      const timers = new Timers((timer) => give({ type: 'timerFired', timer }));
      const finish = (end: End, reason: string) => {
        if (ending.signal.aborted) return;
        ending.abort();
        log('life ends', { incarnation, reason });
        host.end();
        commits.drop();
        behind?.end();
        timers.clear();
        unobserve();
        port.close(reason);
        this.#running = null;
        resolve(end);
      };
      const config = this.#config(incarnation);
      const over = (error: unknown) => {
        finish({ again: 'never' }, String(error));
        this.#options.fatal(error);
      };
      const behind = runsContainers ? new Behind() : null;
      const commits = new GroupCommit(this.#journal, over, () => recorder?.flush());
      const life: Life = {
        self: this.#self,
        node,
        incarnation,
        namespace,
        address: this.#address,
        client,
        port,
        timers,
        templates,
        ...{ hub, events },
        commits,
        runtime,
        behind,
        signal: ending.signal,
        give,
        restart: (above, reason) => finish({ again: 'above', above }, reason),
        stop: (reason) => {
          if (node === null) return finish({ again: 'lease' }, reason);
          // There is no Lease to wait for, and a newer agent has the Node's journal.
          over(agentSuperseded(node, incarnation, null));
        },
        fail: over,
        log,
      };
      const host = new StageHost({
        stage,
        name: this.#self,
        config,
        run: (effect) => carryOut(life, effect),
        record: recorder && ((step) => recorder.record(step)),
        tracer: openSpan && new StepTracer(openSpan, this.#self, incarnation),
        fail: over,
      });
      let unobserve = () => {};
      this.#leaseLost = () => finish({ again: 'lease' }, 'the Lease is held by another');
      this.#heldBy = null;
      this.#running = { incarnation, host, port, end: (reason) => finish({ again: 'never' }, reason) };
      log('life begins', { incarnation });
      if (this.#isLeaseLost) return this.#leaseLost();
      runtime?.attach(give);
      host.start();
      if (ending.signal.aborted) return;
      runtime?.tellReadiness();
      unobserve = observe({
        stage: stage.name,
        node,
        namespace,
        hub,
        events,
        give,
        log,
        refused: over,
        manyNodes: this.#options.manyNodes,
        handsOver: this.#options.handsOver,
      });
      if (ending.signal.aborted) unobserve();
    });
  }

  /** Where a downstream says that it listens: on its Lease, K on its Node. */
  async #resolve(peer: PeerName): Promise<string | null> {
    const { client, namespace } = this.#options;
    const isNode = peer.startsWith('kubelet/');
    const path = isNode
      ? pathOf({ resource: 'nodes', name: peer.slice('kubelet/'.length) })
      : pathOf({ resource: 'leases', namespace, name: leaseName(peer as 'scheduler') });
    const object = await client.get<KubernetesObject>(path);
    const annotation = isNode ? AGENT_ADDRESS_ANNOTATION : STAGE_ADDRESS_ANNOTATION;
    return object?.metadata.annotations?.[annotation] ?? null;
  }
}
