/** One step from every state of a shape, by TLC: whether what is said of one state alone is kept (`MCLinkInductive.tla`). */
import type { Shape } from '../../spec/worlds/shapes.ts';
import type { TlcEffort } from './check.ts';
import { shapeConfig } from './link/shape.ts';
import type { Toolchain } from './resolve.ts';
import { runTlc, type TlcEnd, type TlcRun } from './run.ts';

/**
 * Checks a shape.
 * @throws KubedirectError as {@link runTlc}
 * @public
 */
export function checkShape(
  toolchain: Toolchain,
  shape: Shape,
  mutants: Iterable<string> = [],
  effort: TlcEffort & Pick<TlcRun, 'folder'> = {},
): Promise<TlcEnd> {
  return runTlc(toolchain, { module: 'MCLinkInductive', config: shapeConfig(shape, mutants), ...effort });
}
