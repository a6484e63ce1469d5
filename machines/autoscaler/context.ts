/** What the Autoscaler stage A knows: the data that its machine carries. A holds wants and counts, never Pods. */
import { Map as PMap, Set as PSet } from 'immutable';
import type { Effect } from '../../spec/effects.ts';
import type { StageConfig } from '../../spec/stage.ts';
import type { LinkName, Owner, ReplicaCount, Want } from '../../spec/vocabulary.ts';
import { startUpstreamSide, type UpstreamSide } from '../ownership/link/index.ts';
import { type Lists, NO_LISTS } from '../ownership/lists.ts';

/** Name of A's link to D. */
export const DOWN: LinkName = 'downstream';

/** A request that waits. */
export interface Waiting {
  readonly replicas: number;
  /** The Deployment's generation when it was made; null if it is not known. */
  readonly generation: number | null;
}

/** The data of A. @public */
export interface AutoscalerContext {
  readonly config: StageConfig;
  readonly mutants: ReadonlySet<string>;
  readonly down: UpstreamSide;
  /** Wants minted in this incarnation. */
  readonly minted: number;
  /** The highest want of each Deployment, A's own or adopted from D. */
  readonly wants: PMap<string, Want>;
  /** What was asked for last, of Deployments of which D has told no want yet: minted above it once it has. */
  readonly pending: PMap<string, Waiting>;
  readonly owner: Owner;
  /** Deployment → ReplicaSet → what R counts. */
  readonly counts: PMap<string, PMap<string, ReplicaCount>>;
  /** Deleted Deployments that D has not acknowledged. */
  readonly gone: PSet<string>;
  /** Deployments that have lost their label: kept until D has written what was asked for. No want of them is made any more. */
  readonly leaving: PSet<string>;
  /** Of those: D is yet to be told that no want comes any more. */
  readonly parting: PSet<string>;
  /** Deployments that a list or the watch has shown. */
  readonly seen: PSet<string>;
  /** Deployments of which D has told a want, and that no list has shown; a consistent list decides. */
  readonly suspects: PSet<string>;
  /** Of Deployments. */
  readonly lists: Lists;
  /** To be sent at the end of the step. */
  readonly unsent: PSet<string>;
  readonly effects: readonly Effect[];
}

/** A fresh A: it dials D, and knows nothing. */
export function initialContext(config: StageConfig): AutoscalerContext {
  const mutants = config.mutants ?? new Set<string>();
  const { incarnation } = config;
  const [down, outputs] = startUpstreamSide({
    self: 'autoscaler',
    peer: 'deployment',
    link: DOWN,
    incarnation,
    mutants,
  });
  return {
    config,
    mutants,
    down,
    minted: 0,
    wants: PMap(),
    pending: PMap(),
    owner: 'direct',
    counts: PMap(),
    gone: PSet(),
    leaving: PSet(),
    parting: PSet(),
    seen: PSet(),
    suspects: PSet(),
    lists: NO_LISTS,
    unsent: PSet(),
    effects: outputs.flatMap((output) => (output.type === 'effect' ? [output.effect] : [])),
  };
}

/** Appends effects. */
export function emit(context: AutoscalerContext, ...effects: Effect[]): AutoscalerContext {
  return effects.length === 0 ? context : { ...context, effects: [...context.effects, ...effects] };
}
