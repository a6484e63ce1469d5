/** What is in a replay file: a plan that failed, what it broke, and where it was found. */
import type { Plan } from './plan.ts';

/** Names the format, and its version. */
export const REPLAY_FORMAT = 'kubedirect-replay/1';

/** What a replay file holds. */
export interface Replay {
  readonly format: typeof REPLAY_FORMAT;
  /** The commit it was found at; '' if unknown. */
  readonly commit: string;
  readonly property: string;
  readonly text: string;
  readonly plan: Plan;
}

/** The text of a replay file. */
export function replayText(replay: Omit<Replay, 'format'>): string {
  return `${JSON.stringify({ format: REPLAY_FORMAT, ...replay }, null, 1)}\n`;
}
