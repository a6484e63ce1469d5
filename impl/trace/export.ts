/** The last steps of running processes (`/steps`), as files of a trace: for `kubedirect view`, `replay`'s readers, and whoever mends what went wrong. */
import fs from 'node:fs';
import path from 'node:path';
import { TRACE_HEADER } from '../../spec/trace.ts';
import type { RecentSteps } from '../controller/process/recent.ts';
import { unreachable } from '../controller/process/unreachable.ts';

type Step = RecentSteps['steps'][number];

/** One stage of what was exported. @public */
export interface Exported {
  readonly file: string;
  readonly stage: string;
  readonly steps: number;
  /** Whether the life that is told first is told from its beginning: else what it held before is not known. */
  readonly isWhole: boolean;
}

const PATIENCE_MS = 10_000;

/** All that a process has kept. @throws KubedirectError `STATUS_UNREACHABLE` @public */
export async function recentOf(address: string, token: string | undefined): Promise<readonly Step[]> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const steps: Step[] = [];
  for (let after = 0; ; ) {
    try {
      const answer = await fetch(`http://${address}/steps?after=${after}`, {
        headers,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const told = (await answer.json()) as RecentSteps & {
        readonly code?: string;
        readonly message?: string;
      };
      if (!answer.ok) throw new Error(`${told.code}: ${told.message}`);
      if (told.steps.length === 0) return steps;
      steps.push(...told.steps);
      after = told.next;
    } catch (error) {
      throw unreachable(`http://${address}/steps`, 'the last steps of a process', error);
    }
  }
}

/** Writes them, a file a stage; the same name as a recorded trace has. @public */
export function writeSteps(folder: string, steps: readonly Step[]): readonly Exported[] {
  fs.mkdirSync(folder, { recursive: true });
  return [...Map.groupBy(steps, ({ stage }) => stage)].map(([stage, its]) => {
    const file = path.join(folder, `${stage.replace('/', '-')}.ndjson`);
    const lines = its.toSorted((a, b) => a.incarnation - b.incarnation || a.step - b.step);
    fs.writeFileSync(file, [TRACE_HEADER, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(''));
    return { file, stage, steps: its.length, isWhole: lines[0]?.event.type === 'started' };
  });
}
