/** The constants of `Cancellation.tla`: its budgets, and whether K watches its Node. */
import type { WorldDescription } from '../../../spec/worlds/description.ts';

/** What a world may spend. */
export function cancellationConstants({
  faults,
  stages,
}: WorldDescription): Readonly<Record<string, number>> {
  const { crash, usurp, timers, prompts } = faults;
  const agent = stages.find(({ peer }) => peer !== 'scheduler');
  const watches = agent?.deaf?.includes('nodeObserved') !== true;
  return {
    Breaks: faults.break ?? 0,
    Lingers: faults.linger ?? 0,
    Crashes: crash?.scheduler ?? 0,
    Usurps: usurp?.scheduler ?? 0,
    Timers: timers?.unreachable ?? 0,
    Mints: prompts?.mint ?? 0,
    Terminations: prompts?.end ?? 0,
    Losses: faults.lostReply ?? 0,
    Watches: watches ? 1 : 0,
  };
}
