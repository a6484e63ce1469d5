/** The built-in autoscaler of one Deployment for a host: a pure step (`machine.ts`). */
import type { SnapshotFrom } from 'xstate';
import { begin, step } from '../../drive.ts';
import { type DeciderConfig, type DeciderEvent, deciderMachine } from './machine.ts';

export { SILENT_MS } from './load.ts';
export { type DeciderConfig, type DeciderEvent, type DeciderMutant, deciderMachine } from './machine.ts';

/** A state of a decider. @public */
export type DeciderState = SnapshotFrom<typeof deciderMachine>;

/** A fresh decider: nothing was reported, and nothing is wanted. @public */
export function startDecider(config: DeciderConfig): DeciderState {
  return begin(deciderMachine, config);
}

/** The next state. @public */
export function stepDecider(state: DeciderState, event: DeciderEvent): DeciderState {
  return step(deciderMachine, state, event);
}

/** What it wants; null as long as nothing was reported. @public */
export const desiredOf = ({ context }: DeciderState): number | null => context.desired;
