/** The constants of `Link.tla`: its budgets. */
import type { WorldDescription } from '../../../spec/worlds/description.ts';

/** What a world may spend. */
export function linkConstants({ faults: all }: WorldDescription): Readonly<Record<string, number>> {
  const { crash, usurp, prompts, ...faults } = all;
  return {
    Breaks: faults.break ?? 0,
    Lingers: faults.linger ?? 0,
    Duplicates: faults.duplicate ?? 0,
    Misdials: faults.misdial ?? 0,
    UpCrashes: crash?.replicaset ?? 0,
    DownCrashes: crash?.scheduler ?? 0,
    UpUsurps: usurp?.replicaset ?? 0,
    DownUsurps: usurp?.scheduler ?? 0,
    Mints: prompts?.mint ?? 0,
    Terminations: prompts?.end ?? 0,
    Changes: prompts?.change ?? 0,
    Deaths: prompts?.die ?? 0,
    Refusals: prompts?.full ?? 0,
    Findings: prompts?.find ?? 0,
  };
}
