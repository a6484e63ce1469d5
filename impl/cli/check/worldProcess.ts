/** A process that checks one world, tells its rows, and ends: what it took in memory is that world's. */
import { KubedirectError } from '../../../spec/errors.ts';
import { settingOf } from '../../explorer/stages.ts';
import type { TlcProgress } from '../../tlc/output.ts';
import { mutantsOf, shapeNamed, worldNamed } from './choose.ts';
import { type Part, partOf } from './parts.ts';
import type { Row } from './rows.ts';
import { rowsOf, type WorldEffort } from './rowsOf.ts';
import { shapeRow } from './shapeRow.ts';

/** What it is told first. */
export interface Task extends WorldEffort {
  readonly world: string;
  readonly mutant: string | undefined;
  /** Absent: all at once. */
  readonly part?: Part;
}

/** What it tells. */
export type Told =
  | { readonly row: Row }
  | { readonly progress: string }
  | { readonly error: { readonly code: string | null; readonly message: string } };

const tell = (told: Told) => process.send?.(told);

async function work(task: Task): Promise<void> {
  const { world, mutant, part, ...effort } = task;
  const told = (row: Row) => tell({ row: part === undefined ? row : { ...row, part } });
  const controller = new AbortController();
  process.on('SIGINT', () => controller.abort());
  const onProgress = ({ depth, distinct, queue }: TlcProgress) =>
    tell({ progress: `${world}: TLC at depth ${depth}, ${distinct} states, ${queue} to go` });
  try {
    const shape = shapeNamed(world);
    if (shape !== null) {
      const row = await shapeRow(shape, task, controller.signal, onProgress);
      if (row !== null) told(row);
    } else {
      const setting = settingOf(partOf(worldNamed(world), part), mutantsOf(mutant));
      const rows = rowsOf(setting, effort, part, controller.signal, onProgress);
      for await (const row of rows) told(row);
    }
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
