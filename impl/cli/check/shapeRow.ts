/** The row of a shape: one step from each of its states, by TLC alone. */
import type { Shape } from '../../../spec/worlds/shapes.ts';
import type { TlcProgress } from '../../tlc/output.ts';
import { checkShape } from '../../tlc/shape.ts';
import { CHECK_EXIT } from '../exit.ts';
import { mutantsOf } from './choose.ts';
import type { Row } from './rows.ts';
import type { Task } from './worldProcess.ts';

/** TLC's row; null if TLC is not asked. */
export async function shapeRow(
  shape: Shape,
  { toolchain, mutant, workers, heap, modules: folder }: Task,
  signal: AbortSignal,
  onProgress: (progress: TlcProgress) => void,
): Promise<Row | null> {
  if (toolchain === null) return null;
  const begin = performance.now();
  const chosen = { ...(heap === undefined ? {} : { heap }), ...(folder === undefined ? {} : { folder }) };
  const found = await checkShape(toolchain, shape, mutantsOf(mutant), {
    signal,
    onProgress,
    workers,
    ...chosen,
  });
  const { distinct, generated, depth, megabytes, breach, property, behaviour } = found;
  const actions = behaviour.flatMap(({ action }) => action ?? []);
  return {
    world: shape.name,
    engine: 'tlc',
    how: 'searched',
    states: distinct,
    edges: generated,
    depth,
    milliseconds: Math.round(performance.now() - begin),
    megabytes,
    verdict: breach === null ? 'inductive' : `${property} BROKEN by one step: ${actions.at(-1) ?? ''}`,
    exit: breach === null ? CHECK_EXIT.held : CHECK_EXIT.invariant,
    moves: null,
    details: [],
  };
}
