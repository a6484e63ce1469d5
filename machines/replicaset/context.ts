/** What the ReplicaSet stage R knows: the data that its machine carries. */
import { OrderedSet, Map as PMap, Set as PSet } from 'immutable';
import type { Effect } from '../../spec/effects.ts';
import type { PodFact, ReplicaSetFact } from '../../spec/facts.ts';
import type { StageConfig } from '../../spec/stage.ts';
import type { LinkName, PodRecord, Uid, Want } from '../../spec/vocabulary.ts';
import {
  type DownstreamSide,
  startDownstreamSide,
  startUpstreamSide,
  type UpstreamSide,
} from '../ownership/link/index.ts';
import { type Lists, NO_LISTS } from '../ownership/lists.ts';
import { NO_NEWS, type Upward } from '../ownership/upward.ts';
import type { Hold } from '../ownership/wants/targets.ts';
import type { Ranking } from './ranking.ts';

/** Name of R's link to D. */
export const UP = 'upstream' satisfies LinkName;
/** Name of R's link to S. */
export const DOWN = 'downstream' satisfies LinkName;

/** Records of one ReplicaSet, counted as they change so that no step has to walk them. */
export interface ReplicaSetIndex {
  readonly live: number;
  readonly ranking: Ranking;
  /** Those of the live that no K has accepted, so that they are certainly not published. */
  readonly unpublished: PSet<Uid>;
  readonly terminating: PSet<Uid>;
  readonly ready: number;
}

/** Backing off after refusals. */
export interface Backoff {
  readonly failures: number;
  readonly waiting: boolean;
}

/** The data of R. @public */
export interface ReplicaSetContext {
  readonly config: StageConfig;
  readonly up: DownstreamSide;
  readonly down: UpstreamSide;
  /** Counter of uids minted in this incarnation. */
  readonly minted: number;
  readonly records: PMap<Uid, PodRecord>;
  readonly index: PMap<string, ReplicaSetIndex>;
  /** `metadata.uid` of each object that K has adopted → the uid it lives on under: another each time that it is adopted. */
  readonly adopted: PMap<string, Uid>;
  readonly replicaSets: PMap<string, ReplicaSetFact>;
  /** Group → uids of its ReplicaSets; a group is a Deployment's uid, or `orphan/<uid>` of a ReplicaSet without one. */
  readonly groups: PMap<string, PSet<string>>;
  /** ReplicaSet uid → group; kept for a vanished one while it has records. */
  readonly groupOf: PMap<string, string>;
  /** ReplicaSets that R has never seen, of which there are unpublished Pods: a consistent list was asked for. */
  readonly unknown: PSet<string>;
  /** Of ReplicaSets; of the watch's first one the machine's own state tells. */
  readonly lists: Lists;
  /** Deployments that D said are deleted. */
  readonly gone: OrderedSet<string>;
  readonly wants: PMap<string, Want>;
  /** Deployments for which D has sent a want in its current session. */
  readonly told: PSet<string>;
  readonly holds: PMap<string, Hold>;
  readonly backoffs: PMap<string, Backoff>;
  /** `pod-deletion-cost` other than 0. */
  readonly costs: PMap<Uid, number>;
  /** resourceVersion of the switch's state `stock` while it is to be acknowledged. */
  readonly unacknowledged: string | null;
  /** resourceVersion of the switch at which R takes the Pods back; null if it does not. */
  readonly takenBackAt: string | null;
  /** At take back: the Nodes with an agent, and whether each is cancelled. */
  readonly agents: PMap<string, boolean>;
  /** From take back on: Pods of the last consistent list that no record covers (`takeBack.ts`). */
  readonly strays: readonly PodFact[];
  /** Changed in this step: groups to reconcile, ReplicaSets to count. Empty between steps. */
  readonly dirty: PSet<string>;
  readonly recount: PSet<string>;
  /** News of this step; empty between steps. */
  readonly news: Upward;
  /** News since the `Offer` to D. */
  readonly queued: Upward;
  readonly effects: readonly Effect[];
}

/** A fresh R: it dials S, and knows nothing. */
export function initialContext(config: StageConfig): ReplicaSetContext {
  const { incarnation } = config;
  const mutants = config.mutants ?? new Set<string>();
  const [up] = startDownstreamSide({
    self: 'replicaset',
    upstreamStage: 'deployment',
    link: UP,
    incarnation,
    mutants,
  });
  const [down, outputs] = startUpstreamSide({
    self: 'replicaset',
    peer: 'scheduler',
    link: DOWN,
    incarnation,
    mutants,
  });
  return {
    config,
    up,
    down,
    minted: 0,
    records: PMap(),
    index: PMap(),
    adopted: PMap(),
    replicaSets: PMap(),
    groups: PMap(),
    groupOf: PMap(),
    lists: { ...NO_LISTS, listed: true },
    unknown: PSet(),
    gone: OrderedSet(),
    wants: PMap(),
    told: PSet(),
    holds: PMap(),
    backoffs: PMap(),
    costs: PMap(),
    unacknowledged: null,
    takenBackAt: null,
    agents: PMap(),
    strays: [],
    dirty: PSet(),
    recount: PSet(),
    news: NO_NEWS,
    queued: NO_NEWS,
    effects: outputs.flatMap((output) => (output.type === 'effect' ? [output.effect] : [])),
  };
}

/** Appends effects. */
export function emit(context: ReplicaSetContext, ...effects: Effect[]): ReplicaSetContext {
  return effects.length === 0 ? context : { ...context, effects: [...context.effects, ...effects] };
}
