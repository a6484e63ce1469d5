/** Starts and stops the embedded cluster. */
import type { Embedded, EmbeddedOptions } from './types.ts';

/**
 * Starts an embedded cluster on loopback.
 * @returns once `/readyz` answers and the Nodes are Ready
 */
export async function startEmbedded(_options: EmbeddedOptions = {}): Promise<Embedded> {
  throw new Error('under way: the handle and its options are final, the server follows in the next commit');
}
