/**
 * The properties of protocol 10 under their names: one name wherever it appears.
 *
 * A predicate says what is wrong, or null.
 */
import { CacheCoherent, SessionFenced } from './links.ts';
import { IncarnationsGrow, SupersededUnserved } from './lives.ts';
import { FenceHolds, OneSide, ReleaseAcknowledged, TakenBack } from './owner.ts';
import {
  BoundFits,
  CancelledStaysOut,
  NodeCapacity,
  NoFalseConfirm,
  PhaseMonotonic,
  PreemptionOrdered,
  RoomKept,
  SingleOwner,
  TailPublishes,
  TerminationIrreversible,
  UniquePlacement,
} from './pods.ts';
import type { Property } from './property.ts';
import { Refines } from './refinement.ts';
import {
  Converges,
  HoldersMeet,
  NoLeak,
  PreemptorRuns,
  RolloutsEnd,
  RunningShown,
  ShownRuns,
  SupersededStops,
  TombstonesCollected,
  UnplacedShown,
} from './rest.ts';
import { NoDipOnModeChange, NoNeedlessEnd, NoneForDeleted, NoStaleDirect, ScaleNotLost } from './wants.ts';
import { WITNESSES } from './witnesses.ts';

/** All properties by name. @public */
export const PROPERTIES = {
  UniquePlacement,
  TerminationIrreversible,
  NoFalseConfirm,
  NoNeedlessEnd,
  PhaseMonotonic,
  SingleOwner,
  CacheCoherent,
  SessionFenced,
  IncarnationsGrow,
  SupersededUnserved,
  TailPublishes,
  NodeCapacity,
  BoundFits,
  PreemptionOrdered,
  RoomKept,
  PreemptorRuns,
  UnplacedShown,
  ShownRuns,
  CancelledStaysOut,
  Refines,
  FenceHolds,
  OneSide,
  ScaleNotLost,
  ReleaseAcknowledged,
  TakenBack,
  NoDipOnModeChange,
  NoStaleDirect,
  NoneForDeleted,
  Converges,
  RolloutsEnd,
  TombstonesCollected,
  HoldersMeet,
  SupersededStops,
  NoLeak,
  RunningShown,
} as const satisfies Record<string, Property>;

/** Name of a property. @public */
export type PropertyName = keyof typeof PROPERTIES;
/** Name of a witness. @public */
export type WitnessName = keyof typeof WITNESSES;

export type { Property, RestProperty, StateProperty, StepProperty } from './property.ts';
export { isReached, liveIn } from './steps.ts';
export type * from './view.ts';
export { NO_HISTORY } from './view.ts';
export { WITNESSES };
