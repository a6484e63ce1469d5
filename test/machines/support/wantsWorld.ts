/**
 * A, D and a small R over lossy links, and the API object that others write to: a world in which every message, watch,
 * answer, timer, crash and break is one chosen action. Used by the goldens and the properties of protocol 8.
 */
import { autoscalerStage } from '../../../machines/autoscaler/index.ts';
import { deploymentStage } from '../../../machines/deployment/index.ts';
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Message } from '../../../spec/messages.ts';
import type { TimerName } from '../../../spec/timers.ts';
import type { LinkName, Owner, Want } from '../../../spec/vocabulary.ts';
import { Api, DEPLOYMENT } from './wantsApi.ts';
import { SmallR } from './wantsReplicaSets.ts';

type Name = 'autoscaler' | 'deployment' | 'replicaset';
type State<S extends { start: (...args: never[]) => readonly [unknown, unknown] }> = ReturnType<
  S['start']
>[0];
type Write = Extract<Effect, { type: 'writeReplicas' }>;

/** One connection: what is under way in it. */
interface Wire {
  readonly up: Name;
  readonly down: Name;
  n: number;
  upstream: number;
  isUp: boolean;
  wanted: number | null;
  readonly toDown: Message[];
  readonly toUp: Message[];
}

const wire = (up: Name, down: Name): Wire => ({
  ...{ up, down, n: 0, upstream: 0, isUp: false, wanted: null, toDown: [], toUp: [] },
});

export class World {
  readonly api = new Api();
  readonly mutants: ReadonlySet<string>;
  readonly incarnations: Record<Name, number> = { autoscaler: 0, deployment: 0, replicaset: 0 };
  a!: State<typeof autoscalerStage>;
  d!: State<typeof deploymentStage>;
  r!: SmallR;
  readonly wires = [wire('autoscaler', 'deployment'), wire('deployment', 'replicaset')] as const;
  readonly timers = new Set<TimerName>();
  writes: Write[] = [];
  relists: Extract<Effect, { type: 'relist' }>[] = [];
  readonly live = new Map<string, number>();
  /** Snapshots that D and R have seen. */
  seenByD = 0;
  seenByR = 0;
  reports: string[] = [];
  owner: Owner = 'direct';
  private switched = 0;
  /** The wants that this A has minted or adopted. */
  minted: Want[] = [];
  readonly steps: {
    readonly stage: Name;
    readonly event: StageEvent;
    readonly effects: readonly Effect[];
  }[] = [];

  constructor(mutants: readonly string[] = []) {
    this.mutants = new Set(mutants);
    this.api.sync(this.live);
    this.startR();
    this.startD(this.api.history.length - 1);
    this.startA();
  }

  // ---- stages ----------------------------------------------------------------------------------------------

  startA(): void {
    const incarnation = ++this.incarnations.autoscaler;
    const [state, effects] = autoscalerStage.start({ incarnation, mutants: this.mutants });
    this.a = state;
    this.carryOut('autoscaler', effects);
  }

  /** @param at - the snapshot that its first list shows: a stale one, if not the last */
  startD(at: number): void {
    const incarnation = ++this.incarnations.deployment;
    this.timers.clear();
    this.writes = this.writes.map((each) => ({ ...each, deployment: '' }));
    this.relists = [];
    const [state, effects] = deploymentStage.start({ incarnation, mutants: this.mutants });
    this.d = state;
    this.carryOut('deployment', effects);
    this.seenByD = at;
    this.switch(this.owner);
    this.showD();
    this.give('deployment', { type: 'synced', what: 'deployments' });
    this.give('deployment', { type: 'synced', what: 'replicaSets' });
  }

  startR(): void {
    this.r = new SmallR(++this.incarnations.replicaset, this.live, this.mutants);
    this.r.observe(this.api.history[this.seenByR]!.replicaSets);
  }

  crash(name: Name, at = this.api.history.length - 1): void {
    for (const each of this.wires) if (each.up === name || each.down === name) this.break(each, name);
    if (name === 'autoscaler') this.startA();
    if (name === 'deployment') this.startD(at);
    if (name === 'replicaset') this.startR();
  }

  give(stage: Name, event: StageEvent): void {
    let effects: readonly Effect[];
    if (stage === 'autoscaler') [this.a, effects] = autoscalerStage.step(this.a, event);
    else if (stage === 'deployment') [this.d, effects] = deploymentStage.step(this.d, event);
    else effects = this.r.step(event);
    this.steps.push({ stage, event, effects });
    this.carryOut(stage, effects);
  }

  private carryOut(stage: Name, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'connect') this.wireOf(stage, effect.link).wanted = effect.n;
      if (effect.type === 'send') this.send(stage, effect.link, effect.message);
      if (effect.type === 'readLease') this.answerLease(stage, effect.subject as Name, effect.token);
      if (effect.type === 'setTimer') this.timers.add(effect.timer);
      if (effect.type === 'cancelTimer') this.timers.delete(effect.timer);
      if (effect.type === 'writeReplicas') this.writes.push(effect);
      if (effect.type === 'relist') this.relists.push(effect);
      if (effect.type === 'report') this.reports.push(effect.reason);
      if (effect.type === 'disconnect') this.break(this.wireOf(stage, effect.link), stage);
    }
  }

  private answerLease(stage: Name, subject: Name, token: string): void {
    const incarnation = this.incarnations[subject];
    this.give(stage, { type: 'leaseRead', subject, token, incarnation });
  }

  // ---- links -----------------------------------------------------------------------------------------------

  private wireOf(stage: Name, link: LinkName): Wire {
    return this.wires.find((each) => (link === 'downstream' ? each.up : each.down) === stage)!;
  }

  private send(stage: Name, link: LinkName, message: Message): void {
    const on = this.wireOf(stage, link);
    if (on.isUp) (on.up === stage ? on.toDown : on.toUp).push(message);
  }

  connect(on: Wire): boolean {
    if (on.isUp || on.wanted === null) return false;
    on.isUp = true;
    on.n = on.wanted;
    on.upstream = this.incarnations[on.up];
    on.wanted = null;
    this.give(on.up, { type: 'connected', link: 'downstream', n: on.n });
    return true;
  }

  /** Breaks a connection; both ends learn it, but for one that crashed. */
  break(on: Wire, crashed?: Name): void {
    const { n, upstream, isUp } = on;
    on.isUp = false;
    on.wanted = crashed === on.up ? null : on.wanted;
    on.toDown.length = 0;
    on.toUp.length = 0;
    if (!isUp) return;
    if (crashed !== on.down) this.give(on.down, { type: 'broken', link: 'upstream', upstream, n });
    if (crashed !== on.up) this.give(on.up, { type: 'broken', link: 'downstream', upstream, n });
  }

  deliver(on: Wire, way: 'toDown' | 'toUp'): boolean {
    const message = on[way].shift();
    if (message === undefined) return false;
    if (way === 'toDown') this.give(on.down, { type: 'received', link: 'upstream', message });
    else this.give(on.up, { type: 'received', link: 'downstream', message });
    return true;
  }

  // ---- the API Server --------------------------------------------------------------------------------------

  /** D's watch goes on by some snapshots, in one gap. */
  watchD(by: number): boolean {
    const to = Math.min(this.api.history.length - 1, this.seenByD + by);
    if (to === this.seenByD) return false;
    this.seenByD = to;
    this.showD();
    return true;
  }

  private showD(): void {
    const { deployment, replicaSets } = this.api.history[this.seenByD]!;
    const known = (this.d.context.entries.get(DEPLOYMENT)?.fact ?? null) !== null;
    if (deployment === null && known)
      this.give('deployment', { type: 'deploymentVanished', uid: DEPLOYMENT });
    if (deployment !== null) this.give('deployment', { type: 'deploymentObserved', deployment });
    for (const replicaSet of replicaSets) this.give('deployment', { type: 'replicaSetObserved', replicaSet });
  }

  watchR(by: number): boolean {
    const to = Math.min(this.api.history.length - 1, this.seenByR + by);
    if (to === this.seenByR) return false;
    this.seenByR = to;
    this.carryOut('replicaset', this.r.observe(this.api.history[to]!.replicaSets));
    return true;
  }

  lose(replicaSet: string): void {
    this.carryOut('replicaset', this.r.lose(replicaSet));
  }

  relist(): boolean {
    const asked = this.relists.shift();
    if (asked === undefined) return false;
    const { what, token } = asked;
    this.seenByD = this.api.history.length - 1;
    this.showD();
    this.give('deployment', { type: 'synced', what, token });
    return true;
  }

  /** Carries out the oldest request. @param fate - the reply is lost after the write, or before it */
  answer(fate: 'done' | 'replyLost' | 'lost' = 'done'): boolean {
    const write = this.writes.shift();
    if (write === undefined) return false;
    const after = fate === 'lost' ? null : this.api.write(write);
    const deployment = write.deployment;
    if (deployment === '') return true; // a D that is dead asked for it
    const refusal = fate === 'done' ? 'conflict' : 'ambiguous';
    const told = fate === 'done' ? after : null;
    const event = { type: 'replicasWritten', deployment, after: told } as const;
    this.give('deployment', { ...event, refusal: told === null ? refusal : null });
    return true;
  }

  /** The owner switch, as D sees it. (The small R mints and ends under either: D's part alone is tried.) */
  switch(owner: Owner): void {
    this.owner = owner;
    this.switched++;
    const resourceVersion = `switch-${this.switched}`;
    this.give('deployment', { type: 'switchObserved', switch: { owner, resourceVersion } });
  }

  // ---- people ----------------------------------------------------------------------------------------------

  request(replicas: number): void {
    this.give('autoscaler', { type: 'scaleRequested', deployment: DEPLOYMENT, replicas });
  }

  fire(timer: TimerName): void {
    if (!this.timers.delete(timer)) return;
    this.give('deployment', { type: 'timerFired', timer });
  }

  // ---- to a rest -------------------------------------------------------------------------------------------

  /** All that is pending happens, timers last, until nothing does. Throws after too many rounds. */
  settle(timers = true): void {
    for (let round = 0; round < 2_000; round++) {
      const moved =
        this.wires.some((on) => this.connect(on) || this.deliver(on, 'toDown') || this.deliver(on, 'toUp')) ||
        this.relist() ||
        this.watchD(1) ||
        this.watchR(1) ||
        this.answer() ||
        this.api.sync(this.live) ||
        (timers && this.fireOne());
      if (!moved) return;
    }
    throw new Error('the world does not come to rest');
  }

  private fireOne(): boolean {
    const [timer] = this.timers;
    if (timer === undefined) return false;
    this.fire(timer);
    return true;
  }

  get wants(): {
    a: Want | undefined;
    d: { value: number; version: Want['version'] } | null;
    r: Want | null;
  } {
    return {
      a: this.a.context.wants.get(DEPLOYMENT),
      d: this.d.context.entries.get(DEPLOYMENT)?.want ?? null,
      r: this.r.want,
    };
  }

  get total(): number {
    return this.r.total;
  }
}
