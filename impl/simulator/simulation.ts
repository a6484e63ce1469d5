/**
 * A simulated world under way: the five stages, links, the API Server, machines and virtual time. The plan, and the seed in it, decide
 * everything. Nothing here is undone: to go back is to run again.
 */
import { nextIncarnation } from '../../machines/ownership/registration.ts';
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { StageConfig } from '../../spec/stage.ts';
import { recordedConfig, type StepRecord } from '../../spec/trace.ts';
import { type PeerName, stageOf } from '../../spec/vocabulary.ts';
import { REAL_STAGES } from '../explorer/realStages.ts';
import { Api, type Fact, type Snapshot, type What } from './api.ts';
import { Clock } from './clock.ts';
import type { Coverage } from './coverage.ts';
import { Judge } from './judge.ts';
import { isTail, type Life, nodeOf } from './life.ts';
import { type ContainerState, kubeletResyncs, type Machine, tellReadiness } from './machine.ts';
import { type Connection, leave } from './network.ts';
import { OwnerSwitch } from './owner.ts';
import { perform } from './perform.ts';
import type { Fault, Latencies, Plan } from './plan.ts';
import { populate } from './populate.ts';
import { Random } from './random.ts';
import { ask, type Trouble } from './requests.ts';
import { stockSees } from './stock.ts';
import { StockWork } from './stockPods.ts';
import { inheritWatches, openWatches, spread, type Watch } from './watch.ts';

/** A line of the trace: a step of a stage, or something that the world did. */
export type Line = (StepRecord & { readonly at: number }) | { readonly at: number; readonly world: object };

/** Lines are numbered from 1; each has the number of the one that led to it, or null. */
export type Tell = (line: Line, id: number, cause: number | null) => void;

/** Unix ms of the beginning: incarnations are at least as high as the time. */
export const EPOCH = 1_800_000_000_000;

/** A world. */
export class Simulation {
  readonly plan: Plan;
  readonly mutants: ReadonlySet<string>;
  readonly coverage: Coverage | null;
  readonly clock = new Clock();
  readonly #dice = new Map<string, Random>();
  readonly judge: Judge;
  readonly api: Api;
  readonly owner = new OwnerSwitch(this);
  readonly stock = new StockWork();
  readonly machines = new Map<string, Machine>();
  readonly lives = new Map<PeerName, Life[]>();
  readonly connections = new Set<Connection>();
  /** Nodes that S can not reach. */
  readonly cutFromLinks = new Set<string>();
  /** Nodes that can not reach the API Server. */
  readonly cutFromApi = new Set<string>();
  readonly troubles: Trouble[] = [];
  /** Stages of which the older leader is dialled. */
  readonly misdialled = new Set<string>();
  /** Deletes of S that are under way, by a number each: whose, and of which object. */
  readonly deletes = new Map<number, { readonly life: Life; readonly metadataUid: string }>();
  /** Lives that reach nobody below. */
  readonly isolated = new Set<Life>();
  /** How far back the clock is by which lives are numbered, ms. */
  clockBack = 0;
  readonly duplicates: { readonly up: string; readonly down: string; readonly late: number }[] = [];
  readonly crashesAt: Extract<Fault, { fault: 'crashAt' }>[] = [];
  /** What a fresh life of a stage is shown while the API server that it lists from is behind. */
  readonly behind = new Map<string, { readonly objects: Snapshot; readonly until: number }>();
  readonly lastWords = new Map<string, number>();
  /** Lives that are about to begin. */
  readonly starting = new Map<PeerName, number>();
  readonly #watches = new Map<string, Set<Watch>>();
  readonly #born = new Map<PeerName, number>();
  readonly #taken = new Map<PeerName, number>();
  readonly #trace: Tell | null;
  #lines = 0;
  #counter = 0;
  steps = 0;

  constructor(plan: Plan, trace: Tell | null = null, coverage: Coverage | null = null) {
    this.plan = plan;
    this.coverage = coverage;
    this.mutants = coverage?.watch(plan.mutants) ?? new Set(plan.mutants);
    this.#trace = trace;
    this.judge = new Judge(this);
    this.api = new Api((what, key, before, after) => {
      const fact = (after ?? before) as { node?: string | null };
      this.#spread(what, fact.node ?? null, key, before, after);
      const was = before as { node?: string | null } | null;
      if (what === 'pods' && was !== null && was.node !== fact.node)
        this.#spread(what, was.node ?? null, key, before, after);
      stockSees(this, what, before, after);
    });
    populate(this);
  }

  /** A number that was not given before. */
  count(): number {
    this.#counter += 1;
    return this.#counter;
  }

  /** A stream of its own for each purpose: a draw for one does not move what all others draw. */
  dice(purpose: string): Random {
    const known = this.#dice.get(purpose);
    if (known !== undefined) return known;
    const fresh = new Random(this.plan.seed, purpose);
    this.#dice.set(purpose, fresh);
    return fresh;
  }

  /** How long something takes this time, ms. */
  latency(of: keyof Latencies): number {
    return this.plan.latencies[of] * this.dice(of).about();
  }

  machineOf(node: string): Machine {
    return this.machines.get(node) as Machine;
  }

  note(world: object): void {
    this.#tell({ at: this.clock.now, world });
  }

  /** What is done from here on is done because of this line. */
  #tell(line: Line): void {
    this.#lines += 1;
    this.#trace?.(line, this.#lines, this.clock.cause);
    this.clock.cause = this.#lines;
  }

  // ---- watches ------------------------------------------------------------------------------------------

  /** Tails are told of the Pods of their node only, so streams are kept by node. */
  #spread(what: What, node: string | null, key: string, before: Fact | null, after: Fact | null): void {
    const all = this.#watches.get(what);
    if (all !== undefined) spread(this, all, key, before, after);
    const some = what === 'pods' && node !== null ? this.#watches.get(`pods/${node}`) : undefined;
    if (some !== undefined) spread(this, some, key, before, after);
  }

  watching(watch: Watch): void {
    const key = watch.what === 'pods' && isTail(watch.peer) ? `pods/${nodeOf(watch.peer)}` : watch.what;
    const group = this.#watches.get(key) ?? new Set();
    this.#watches.set(key, group.add(watch));
  }

  #unwatch(life: Life): void {
    for (const group of this.#watches.values()) for (const watch of life.watches) group.delete(watch);
  }

  // ---- lives --------------------------------------------------------------------------------------------

  /** Who a dial reaches: the life that the Lease (or the Node) names. */
  holderOf(peer: string): Life | undefined {
    const lives = this.lives.get(peer as PeerName) ?? [];
    if (isTail(peer)) {
      const agent = this.api.nodes.get(nodeOf(peer))?.agent ?? null;
      return agent === null ? undefined : lives[lives.length - 1];
    }
    if (this.misdialled.has(peer)) return lives[0];
    return lives.find(({ incarnation }) => incarnation === this.api.leases.get(peer));
  }

  /** Whether a life can not reach another one, which it dials. */
  isCut(one: Life, other: Life): boolean {
    return (
      this.isolated.has(one) ||
      [one, other].some(({ peer }) => isTail(peer) && this.cutFromLinks.has(nodeOf(peer)))
    );
  }

  takeDuplicate(connection: Connection): number | null {
    const at = this.duplicates.findIndex(
      ({ up, down }) => up === connection.up.peer && down === connection.down.peer,
    );
    return at === -1 ? null : (this.duplicates.splice(at, 1)[0]?.late ?? null);
  }

  /** How many lives of a stage have begun. */
  bornOf(peer: PeerName): number {
    return this.#born.get(peer) ?? 0;
  }

  ask(life: Life, request: () => StageEvent | null): void {
    ask(this, life, request);
  }

  /** A life begins after a while: it takes a number first, for which it needs the API Server. */
  launch(peer: PeerName, after: number, above = 0, watches: readonly Watch[] | null = null): void {
    this.starting.set(peer, (this.starting.get(peer) ?? 0) + 1);
    this.clock.after(after + 2 * this.latency('api'), () => {
      this.starting.set(peer, (this.starting.get(peer) ?? 1) - 1);
      const isAway =
        this.troubles.some(({ how }) => how === 'away') ||
        (isTail(peer) && (this.cutFromApi.has(nodeOf(peer)) || !this.api.nodes.has(nodeOf(peer))));
      if (isAway) return this.launch(peer, 500, above, watches);
      this.#begin(peer, above, watches);
    });
  }

  #begin(peer: PeerName, above: number, watches: readonly Watch[] | null): void {
    // The journal has one agent: an older one on the same machine is gone by then.
    if (isTail(peer)) for (const life of [...(this.lives.get(peer) ?? [])]) this.end(life, false);
    const number = (this.#born.get(peer) ?? 0) + 1;
    this.#born.set(peer, number);
    const found = isTail(peer) ? (this.api.nodes.get(nodeOf(peer))?.agent ?? null) : null;
    const incarnation = this.#takeNumber(peer, above, number);
    const under = REAL_STAGES[stageOf(peer)] as Life['under'];
    const life: Life = {
      id: `${peer}~${number}`,
      peer,
      incarnation,
      under,
      state: undefined,
      steps: 0,
      alive: true,
      timers: new Map(),
      dials: new Map(),
      ups: new Map(),
      downs: new Map(),
      watches: [],
      queue: [],
      busy: false,
      crashAfter: null,
      owner: null,
      hasAcknowledged: false,
    };
    for (const older of this.lives.get(peer) ?? []) this.#renew(older);
    this.lives.set(peer, [...(this.lives.get(peer) ?? []), life]);
    const config = this.#config(peer, incarnation, found);
    const [state, effects] = under.stage.start(config);
    life.state = state;
    this.#carryOut(life, config, effects);
    if (!life.alive) return;
    if (isTail(peer)) tellReadiness(this, this.machineOf(nodeOf(peer)));
    if (watches === null) openWatches(this, life);
    else {
      for (const watch of watches) this.watching(watch);
      inheritWatches(this, life, watches);
    }
  }

  /** By its next renewal a life finds its Lease in other hands, and is over. */
  #renew(life: Life): void {
    this.clock.after(this.dice('renewal').between(0, 10_000), () => {
      if (!life.alive || this.api.leases.get(life.peer) === life.incarnation) return;
      if (this.troubles.some(({ how }) => how === 'away')) this.#renew(life);
      else this.stop(life);
    });
  }

  #takeNumber(peer: PeerName, above: number, number: number): number {
    const node = isTail(peer) ? this.api.nodes.get(nodeOf(peer)) : undefined;
    const held = isTail(peer) ? (node?.agent ?? 0) : (this.api.leases.get(peer) ?? 0);
    const now = EPOCH + Math.floor(this.clock.now) - this.clockBack;
    const reuse = this.mutants.has('environment/reuse-incarnation') && number > 1 && above === 0;
    const incarnation = reuse ? held : nextIncarnation(held, above, now, this.mutants);
    this.judge.numbered(peer, incarnation);
    if (node?.agent === null) this.judge.firstAgent(node.name);
    if (node !== undefined)
      this.api.put('nodes', node.name, { ...node, agent: incarnation, address: `${peer}~${number}` });
    else if (!isTail(peer)) this.api.leases.set(peer, incarnation);
    return incarnation;
  }

  #config(peer: PeerName, incarnation: number, found: number | null): StageConfig {
    const { mutants } = this;
    const acknowledged = this.api.acknowledged.get(peer)?.owner;
    if (peer === 'replicaset' && acknowledged !== undefined) return { incarnation, mutants, acknowledged };
    const handsOver = peer === 'scheduler' && this.plan.handsOver === true;
    if (!isTail(peer)) return { incarnation, mutants, ...(handsOver && { handsOver }) };
    const machine = this.machineOf(nodeOf(peer));
    const { runtime } = this.plan;
    // What is being stopped still runs; a start in flight shows in no list.
    const running = [...machine.containers].filter(([, state]) => state !== 'starting').map(([uid]) => uid);
    return {
      incarnation,
      found,
      mutants,
      node: machine.name,
      runtime,
      journal: machine.readBack(),
      ...(runtime === 'runs' && { running }),
    };
  }

  /** A life is over; what it has sent may still arrive. */
  end(life: Life, linger: boolean): void {
    if (!life.alive) return;
    life.alive = false;
    this.#unwatch(life);
    leave(this, life, linger);
    const rest = (this.lives.get(life.peer) ?? []).filter((one) => one !== life);
    this.lives.set(life.peer, rest);
  }

  /** Somebody sees to it that one life of each stage runs. */
  supervise(peer: PeerName, after: number): void {
    if ((this.lives.get(peer) ?? []).length === 0 && (this.starting.get(peer) ?? 0) === 0)
      this.launch(peer, after);
  }

  crash(life: Life, linger: boolean, down: number): void {
    this.end(life, linger);
    this.supervise(life.peer, down);
  }

  /** The stage asks for another number; its process goes on, and its watches with it. */
  restart(life: Life, above: number): void {
    const { watches } = life;
    this.end(life, true);
    this.launch(life.peer, 10, above, watches);
  }

  /** The stage is superseded. Its process waits for the Lease. */
  stop(life: Life): void {
    this.end(life, true);
    this.judge.stopped(life);
    this.supervise(life.peer, 500);
  }

  // ---- steps --------------------------------------------------------------------------------------------

  /** Gives an event to the K of a node, if one runs. */
  tellTail(node: string, event: StageEvent): void {
    for (const life of this.lives.get(`kubelet/${node}`) ?? []) this.give(life, event);
  }

  /** One event for one life: a step, and its effects. */
  give(life: Life, event: StageEvent): void {
    if (!life.alive) return;
    const before = life.state;
    const [state, effects] = life.under.stage.step(before as never, event);
    life.state = state;
    this.judge.steps(life, event, before, effects);
    this.#carryOut(life, event, effects);
    this.judge.stepped(life, event, before, effects);
    if (event.type === 'switchObserved') life.owner = event.switch.owner;
    this.coverage?.stepped(life, event.type, before);
  }

  /** @param cause - the event, or what a life is told at its start */
  #carryOut(life: Life, cause: StageEvent | StageConfig, effects: readonly Effect[]): void {
    this.steps += 1;
    life.steps += 1;
    const crash = this.#crashOf(life);
    const some = crash === null ? effects : effects.slice(0, crash.effects);
    const led = this.clock.cause;
    if (this.#trace !== null)
      this.#tell({
        at: this.clock.now,
        stage: life.peer,
        incarnation: life.incarnation,
        step: life.steps,
        event: 'type' in cause ? cause : { type: 'started', config: recordedConfig(cause) },
        effects,
        ...(crash !== null && { crashedAfter: some.length }),
      });
    for (const effect of some) this.#start(life, effect);
    if (crash !== null) this.crash(life, crash.linger, crash.down);
    this.clock.cause = led;
  }

  /** Whether the life ends in this step. */
  #crashOf(life: Life): Life['crashAfter'] {
    const taken = (this.#taken.get(life.peer) ?? 0) + 1;
    this.#taken.set(life.peer, taken);
    const { crashAfter } = life;
    life.crashAfter = null;
    if (crashAfter !== null) return crashAfter;
    const found = this.crashesAt.find(({ peer, step }) => peer === life.peer && step === taken);
    if (found !== undefined) this.coverage?.suffered(this, found.fault);
    return found ?? null;
  }

  /** Effects start in order; those after a journal entry wait until it is durable. */
  #start(life: Life, effect: Effect): void {
    if (!life.alive) return;
    if (life.busy || (effect.type === 'journal' && this.plan.latencies.disk > 0)) {
      life.queue.push(effect);
      if (!life.busy) this.#commit(life);
    } else this.#do(life, effect);
  }

  /** Group commit: what came while the disk was busy becomes durable together, and then the effects start in their order. */
  #commit(life: Life): void {
    life.busy = true;
    while (life.queue.length > 0 && life.queue[0]?.type !== 'journal')
      if (life.alive) this.#do(life, life.queue.shift() as Effect);
      else return;
    if (life.queue.length === 0) {
      life.busy = false;
      return;
    }
    const batch = life.queue.splice(0);
    const { slow } = this.machineOf(nodeOf(life.peer));
    this.clock.after(this.latency('disk') + slow, () => {
      if (!life.alive) return;
      for (const effect of batch) if (effect.type === 'journal') this.#do(life, effect);
      for (const effect of batch) if (effect.type !== 'journal' && life.alive) this.#do(life, effect);
      if (life.alive) this.#commit(life);
    });
  }

  #do(life: Life, effect: Effect): void {
    if (effect.type === 'journal') this.judge.journalled(life, effect.entries);
    perform(this, life, effect);
  }

  /** Containers of a uid on a machine. */
  setContainers(machine: Machine, uid: string, state: ContainerState | null): void {
    const was = machine.containers.get(uid);
    if (state === null) machine.containers.delete(uid);
    else machine.containers.set(uid, state);
    this.judge.containers(machine, uid, was ?? null, state);
  }

  /** The node's own kubelet looks again. */
  resync(node: string): void {
    kubeletResyncs(this, this.machineOf(node));
  }
}
