/** What the Deployment stage D knows: the data that its machine carries. D holds wants and counts, never Pods. */
import { Map as PMap, Set as PSet } from 'immutable';
import type { Effect } from '../../spec/effects.ts';
import type { DeploymentFact, ReplicaSetFact } from '../../spec/facts.ts';
import type { StageConfig } from '../../spec/stage.ts';
import { TIMERS } from '../../spec/timers.ts';
import type { LinkName, Owner, ReplicaCount, Want } from '../../spec/vocabulary.ts';
import {
  type DownstreamSide,
  startDownstreamSide,
  startUpstreamSide,
  type UpstreamSide,
} from '../ownership/link/index.ts';
import { type Lists, NO_LISTS } from '../ownership/lists.ts';
import { NO_NEWS, type Upward } from '../ownership/upward.ts';
import type { Base } from '../ownership/wants/base.ts';
import type { Field, Wanted } from '../ownership/wants/field.ts';

/** Name of D's link to A. */
export const UP: LinkName = 'upstream';
/** Name of D's link to R. */
export const DOWN: LinkName = 'downstream';

/** What D knows of one Deployment: of some it holds only a want, until their object is seen. */
export interface Entry {
  readonly fact: DeploymentFact | null;
  /** The object that the want took into account. */
  readonly base: Base | null;
  /** The highest want known. */
  readonly want: Wanted | null;
  /** The want is an external value that this D saw being written: confirmed without A. */
  readonly witnessed: boolean;
  /** What R was sent last in this session; or that the Deployment has left. */
  readonly sent: Want | 'gone' | null;
  readonly field: Field;
}

/** The two lists that D decides from. */
export type Listed = 'deployments' | 'replicaSets';

/** The data of D. @public */
export interface DeploymentContext {
  readonly config: StageConfig;
  readonly mutants: ReadonlySet<string>;
  readonly up: DownstreamSide;
  readonly down: UpstreamSide;
  readonly owner: Owner;
  readonly switchVersion: string;
  /** A release is about to come: every want is written back at once, then acknowledged. */
  readonly flush: boolean;
  readonly lists: PMap<Listed, Lists>;
  /** A was heard in this incarnation, or the timer has fired. */
  readonly confirmed: boolean;
  readonly entries: PMap<string, Entry>;
  readonly replicaSets: PMap<string, ReplicaSetFact>;
  /** Deployment → uids of its ReplicaSets. */
  readonly owned: PMap<string, PSet<string>>;
  /** Deployment → ReplicaSet → what R counts. */
  readonly counts: PMap<string, PMap<string, ReplicaCount>>;
  /** Deleted Deployments that R has not acknowledged. */
  readonly gone: PSet<string>;
  /** Deleted Deployments of which A waits for an acknowledgement, and D has not seen the deletion. */
  readonly goneAsked: PSet<string>;
  /** Deployments that R or a ReplicaSet names and no list has shown; a consistent list decides. */
  readonly suspects: PSet<string>;
  /** Those that a list has not shown since the session with R began: it was told, and their ReplicaSets are no reason to ask again (†). */
  readonly judged: PSet<string>;
  /** Deployments whose want is not yet shown by the object. */
  readonly unflushed: PSet<string>;
  /** The owner last acknowledged on the Lease, as its switch's resourceVersion. */
  readonly acknowledged: string;
  /** Changed and not yet reconciled. */
  readonly dirty: PSet<string>;
  /** News of this step; empty between steps. */
  readonly news: Upward;
  /** News since the `Offer` to A. */
  readonly queued: Upward;
  readonly effects: readonly Effect[];
}

/** A fresh D: it dials R, and its wants are not confirmed. */
export function initialContext(config: StageConfig): DeploymentContext {
  const { incarnation } = config;
  const mutants = config.mutants ?? new Set<string>();
  const [up] = startDownstreamSide({
    self: 'deployment',
    upstreamStage: 'autoscaler',
    link: UP,
    incarnation,
    mutants,
  });
  const [down, outputs] = startUpstreamSide({
    self: 'deployment',
    peer: 'replicaset',
    link: DOWN,
    incarnation,
    mutants,
  });
  return {
    config,
    mutants,
    up,
    down,
    owner: 'direct',
    switchVersion: '',
    flush: false,
    lists: PMap<Listed, Lists>([
      ['deployments', NO_LISTS],
      ['replicaSets', NO_LISTS],
    ]),
    confirmed: false,
    entries: PMap(),
    replicaSets: PMap(),
    owned: PMap(),
    counts: PMap(),
    gone: PSet(),
    goneAsked: PSet(),
    suspects: PSet(),
    judged: PSet(),
    unflushed: PSet(),
    acknowledged: '',
    dirty: PSet(),
    news: NO_NEWS,
    queued: NO_NEWS,
    effects: [
      ...outputs.flatMap((output) => (output.type === 'effect' ? [output.effect] : [])),
      { type: 'setTimer', timer: 'unconfirmed', milliseconds: TIMERS.unconfirmed },
    ],
  };
}

/** Appends effects. */
export function emit(context: DeploymentContext, ...effects: Effect[]): DeploymentContext {
  return effects.length === 0 ? context : { ...context, effects: [...context.effects, ...effects] };
}

/** Marks a Deployment to be reconciled at the end of the step. */
export function touch(context: DeploymentContext, deployment: string): DeploymentContext {
  return { ...context, dirty: context.dirty.add(deployment) };
}

/** Marks all of them. */
export function touchAll(context: DeploymentContext): DeploymentContext {
  return { ...context, dirty: context.dirty.union(context.entries.keys()) };
}

/** The ReplicaSets of a Deployment. */
export function replicaSetsOf(context: DeploymentContext, deployment: string): readonly ReplicaSetFact[] {
  const uids = context.owned.get(deployment) ?? PSet<string>();
  return [...uids].flatMap((uid) => context.replicaSets.get(uid) ?? []);
}
