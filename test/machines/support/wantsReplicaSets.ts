/** A small R for tests of wants: the real link and `targets`, Pods as numbers that come and go at once. */

import {
  type DownstreamSide,
  isDownstreamOpen,
  type LinkOutput,
  startDownstreamSide,
  stepDownstreamSide,
} from '../../../machines/ownership/link/index.ts';
import { addNews, flushUpward, NO_NEWS, type Upward } from '../../../machines/ownership/upward.ts';
import { type Hold, NO_HOLD, type Target, targets } from '../../../machines/ownership/wants/targets.ts';
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { ReplicaSetFact } from '../../../spec/facts.ts';
import { compareWantVersions, type ReplicaCount, type Want } from '../../../spec/vocabulary.ts';
import { DEPLOYMENT } from './wantsApi.ts';

export interface End {
  readonly replicaSet: string;
  readonly before: number;
  readonly after: number;
}

export class SmallR {
  private side: DownstreamSide;
  readonly incarnation: number;
  readonly live: Map<string, number>;
  private readonly mutants: ReadonlySet<string>;
  want: Want | null = null;
  told = false;
  gone = false;
  hold: Hold = NO_HOLD;
  replicaSets: readonly ReplicaSetFact[] = [];
  /** Pods ended by it, with the Deployment's total before and after. */
  ends: End[] = [];
  /** Acts under a direct want in ReplicaSets that a rollout has left or not yet reached. */
  stale: string[] = [];
  private queued: Upward = NO_NEWS;
  private news: Upward = NO_NEWS;
  private effects: Effect[] = [];

  /** @param live - the Pods outlive R: it recovers them from S */
  constructor(incarnation: number, live: Map<string, number>, mutants: ReadonlySet<string>) {
    this.incarnation = incarnation;
    this.live = live;
    this.mutants = mutants;
    const link = 'upstream';
    const [side] = startDownstreamSide({
      self: 'replicaset',
      upstreamStage: 'deployment',
      link,
      incarnation,
      mutants,
    });
    this.side = stepDownstreamSide(side, { type: 'barrierPassed' })[0];
  }

  get total(): number {
    return [...this.live.values()].reduce((sum, each) => sum + each, 0);
  }

  step(event: StageEvent): readonly Effect[] {
    if (event.type === 'leaseRead') {
      const accept = event.incarnation === this.side.context.hello?.session.upstream;
      this.through({ type: 'verified', token: event.token, accept });
    } else if (event.type === 'received' || event.type === 'broken') this.through(event);
    return this.finish();
  }

  /** What its watch shows now. */
  observe(replicaSets: readonly ReplicaSetFact[]): readonly Effect[] {
    this.replicaSets = replicaSets;
    return this.finish();
  }

  /** A Pod is lost below. */
  lose(replicaSet: string): readonly Effect[] {
    this.live.set(replicaSet, Math.max(0, (this.live.get(replicaSet) ?? 0) - 1));
    return this.finish();
  }

  private through(event: Parameters<typeof stepDownstreamSide>[1]): void {
    const [side, outputs] = stepDownstreamSide(this.side, event);
    this.side = side;
    for (const output of outputs) this.compose(output);
  }

  private compose(output: LinkOutput): void {
    const send = (message: Extract<Effect, { type: 'send' }>['message']) =>
      this.effects.push({ type: 'send', link: 'upstream', message });
    if (output.type === 'effect') this.effects.push(output.effect);
    if (output.type === 'verify')
      this.effects.push({ type: 'readLease', subject: 'deployment', token: output.token });
    if (output.type === 'offer') {
      this.queued = NO_NEWS;
      const { incarnation } = this;
      const { session } = output;
      send({ kind: 'Offer', session, incarnation, held: [], wants: [], drained: null });
    }
    if (output.type === 'state') {
      const wants = this.want === null ? [] : [this.want];
      send({ kind: 'State', session: output.session, records: [], wants, counts: this.counts() });
    }
    if (output.type === 'closed') this.told = false;
    if (output.type === 'delivered') this.deliver(output.message);
  }

  private deliver(message: Extract<Effect, { type: 'send' }>['message']): void {
    if (message.kind === 'Scale') for (const want of message.wants) this.take(want);
    if (message.kind !== 'Gone') return;
    this.want = null;
    this.gone = true;
    this.news = addNews(this.news, { goneAcknowledged: message.deployments });
  }

  private take(want: Want): void {
    this.told = true;
    if (this.want !== null && compareWantVersions(this.want.version, want.version) > 0)
      this.news = addNews(this.news, { wants: [this.want] });
    else this.want = want;
    this.gone = false;
  }

  /** *NoStaleDirect*: a direct want that does not match takes no ReplicaSet beyond its own `spec.replicas`. */
  private checkDirect(all: readonly Target[]): void {
    const newest = this.replicaSets.reduce<ReplicaSetFact | null>(
      (best, each) => (best === null || each.revisionNumber > best.revisionNumber ? each : best),
      null,
    );
    const others = this.replicaSets.some((each) => each !== newest && each.replicas > 0);
    if (this.want?.mode !== 'direct' || (newest?.uid === this.want.replicaSet && !others)) return;
    for (const { replicaSet, mayCreate, mayEnd } of all) {
      const spec = this.replicaSets.find((each) => each.uid === replicaSet)?.replicas ?? 0;
      const live = this.live.get(replicaSet) ?? 0;
      if ((mayCreate > 0 && live + mayCreate > spec) || (mayEnd > 0 && live - mayEnd < spec))
        this.stale.push(`${replicaSet} goes from ${live} by +${mayCreate} -${mayEnd}, it asks for ${spec}`);
    }
  }

  private counts(): readonly ReplicaCount[] {
    return [...this.live].map(([replicaSet, live]) => ({
      ...{ deployment: DEPLOYMENT, replicaSet, live, ready: live, terminating: 0 },
    }));
  }

  private finish(): readonly Effect[] {
    const before = JSON.stringify(this.counts());
    const { targets: all, hold } = targets(
      {
        want: this.want,
        wantSentThisSession: this.told,
        linkOpen: isDownstreamOpen(this.side),
        gone: this.gone,
        replicaSets: this.replicaSets,
        live: this.live,
        hold: this.hold,
      },
      this.mutants,
    );
    this.hold = hold;
    this.checkDirect(all);
    for (const { replicaSet, mayCreate } of all)
      if (mayCreate > 0) this.live.set(replicaSet, (this.live.get(replicaSet) ?? 0) + mayCreate);
    for (const { replicaSet, mayEnd } of all) {
      if (mayEnd === 0) continue;
      const total = this.total;
      this.ends.push({ replicaSet, before: total, after: total - mayEnd });
      this.live.set(replicaSet, (this.live.get(replicaSet) ?? 0) - mayEnd);
    }
    if (JSON.stringify(this.counts()) !== before) this.news = addNews(this.news, { counts: this.counts() });
    const [queued, sends] = flushUpward(this.side, 'upstream', this.queued, this.news);
    this.queued = queued;
    this.news = NO_NEWS;
    const effects = [...this.effects, ...sends];
    this.effects = [];
    return effects;
  }
}
