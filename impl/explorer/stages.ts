/** The table of stages that a world can name: the real ones, and stubs. */
import type { PeerName } from '../../spec/vocabulary.ts';
import type { WorldDescription } from '../../spec/worlds/description.ts';
import { remembering } from './memo.ts';
import { REAL_STAGES } from './realStages.ts';
import { stubCanceller } from './stubs/canceller.ts';
import { stubDecider } from './stubs/decider.ts';
import { stubDeployment } from './stubs/deployment.ts';
import { stubDrainer } from './stubs/drainer.ts';
import { stubField } from './stubs/field.ts';
import { stubFollower } from './stubs/follower.ts';
import { stubLower } from './stubs/lower.ts';
import { stubScheduler } from './stubs/scheduler.ts';
import { stubUpper } from './stubs/upper.ts';
import { stubWithR } from './stubs/withR.ts';
import type { Setting, StageUnderTest } from './world.ts';

/** All stages by the name under which a world chooses them. */
export const STAGES_UNDER_TEST: Readonly<Record<string, StageUnderTest>> = {
  ...REAL_STAGES,
  'stub/canceller': stubCanceller,
  'stub/decider': stubDecider,
  'stub/deployment': stubDeployment,
  'stub/drainer': stubDrainer,
  'stub/field': stubField,
  'stub/withR': stubWithR,
  'stub/scheduler': stubScheduler,
  'stub/upper': stubUpper,
  'stub/follower': stubFollower,
  'stub/lower': stubLower,
};

/** What a world needs to run. */
export function settingOf(
  description: WorldDescription,
  mutants: ReadonlySet<string> = new Set(),
  table: Readonly<Record<string, StageUnderTest>> = STAGES_UNDER_TEST,
): Setting {
  const stages: Record<string, StageUnderTest> = {};
  for (const { peer, use } of description.stages) {
    const found = table[use];
    if (found === undefined)
      throw new Error(`world ${description.name} names a stage "${use}" that does not exist`);
    stages[peer] = remembering(found);
  }
  return { description, mutants, stages: stages as Record<PeerName, StageUnderTest> };
}
