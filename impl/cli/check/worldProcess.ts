/** A process that checks one world, tells its rows, and ends: what it took in memory is that world's. */
import { KubedirectError } from '../../../spec/errors.ts';
import { settingOf } from '../../explorer/stages.ts';
import { mutantsOf, worldNamed } from './choose.ts';
import type { Row } from './rows.ts';
import { rowsOf, type WorldEffort } from './rowsOf.ts';

/** What it is told first. */
export interface Task extends WorldEffort {
  readonly world: string;
  readonly mutant: string | undefined;
}

/** What it tells. */
export type Told =
  | { readonly row: Row }
  | { readonly progress: string }
  | { readonly error: { readonly code: string | null; readonly message: string } };

const tell = (told: Told) => process.send?.(told);

async function work({ world, mutant, ...effort }: Task): Promise<void> {
  const controller = new AbortController();
  process.on('SIGINT', () => controller.abort());
  const setting = settingOf(worldNamed(world), mutantsOf(mutant));
  try {
    for await (const row of rowsOf(setting, effort, controller.signal, ({ depth, distinct, queue }) =>
      tell({ progress: `${world}: TLC at depth ${depth}, ${distinct} states, ${queue} to go` }),
    ))
      tell({ row });
  } catch (error) {
    const code = error instanceof KubedirectError ? error.code : null;
    tell({
      error: { code, message: code === null ? String((error as Error).stack) : (error as Error).message },
    });
  }
  process.disconnect?.();
}

process.once('message', (task: Task) => void work(task));
// Nobody waits for the result any more.
process.on('disconnect', () => process.exit());
