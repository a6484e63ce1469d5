/** Named bounded worlds: one description, used by the explorer, the fuzzer and the docs. */
import { ANEW_WORLDS } from './anew.ts';
import { CANCELLATION_WORLDS } from './cancellation.ts';
import { CHAIN_WORLDS } from './chain.ts';
import { DELETION_WORLDS } from './deletion.ts';
import type { WorldDescription } from './description.ts';
import { ENDS_WORLDS } from './ends.ts';
import { EXACT_WORLDS } from './exact.ts';
import { FIELD_WORLDS } from './field.ts';
import { LINK_WORLDS } from './link.ts';
import { NO_ROOM_WORLDS } from './noRoom.ts';
import { OWNER_WORLDS } from './owner.ts';
import { PREEMPTION_WORLDS } from './preemption.ts';
import { REGISTRATION_WORLDS } from './registration.ts';
import { ROLLOUT_WORLDS } from './rollout.ts';
import { SWITCH_WORLDS } from './switch.ts';
import { TAIL_WORLDS } from './tail.ts';
import { VERSION_WORLDS } from './versions.ts';
import { WANTS_WORLDS } from './wants.ts';
import { WIDE_WORLDS } from './wide.ts';

/** All worlds. @public */
export const WORLDS: readonly WorldDescription[] = [
  ...ENDS_WORLDS,
  ...CANCELLATION_WORLDS,
  ...FIELD_WORLDS,
  ...VERSION_WORLDS,
  ...ROLLOUT_WORLDS,
  ...DELETION_WORLDS,
  ...LINK_WORLDS,
  ...EXACT_WORLDS,
  ...PREEMPTION_WORLDS,
  ...CHAIN_WORLDS,
  ...TAIL_WORLDS,
  ...ANEW_WORLDS,
  ...REGISTRATION_WORLDS,
  ...OWNER_WORLDS,
  ...SWITCH_WORLDS,
  ...NO_ROOM_WORLDS,
  ...WANTS_WORLDS,
  ...WIDE_WORLDS,
];

export type { FaultBudget, NodeChoice, StageChoice, UserAct, WorldDescription } from './description.ts';
