/**
 * The *scope* of an installation (protocol 9): the one namespace whose Deployments are managed, or all. `install` alone writes it on the owner switch;
 * whoever acts on another is refused, since behind one Lease the one would take what the other sees for gone. Pure.
 */
import type { Owner } from '../../spec/vocabulary.ts';

/** How *all namespaces* is written: no namespace has this name. @public */
export const ALL_NAMESPACES = '*';

/** As it is written. @param scope - undefined: all @public */
export const writtenScope = (scope: string | undefined): string => scope ?? ALL_NAMESPACES;

/** What is to be acted on where nothing else was said. @param written - undefined: the switch does not say @public */
export const scopeWritten = (written: string | undefined): string | undefined =>
  written === ALL_NAMESPACES ? undefined : written;

/**
 * Whether what is acted on is not what is written. A switch that does not say (an older version has made it, or it was lost and made again by somebody
 * who did not know) contradicts nobody.
 * @public
 */
export const isForeignScope = (own: string | undefined, written: string | undefined): boolean =>
  written !== undefined && written !== writtenScope(own);

/**
 * Whether another may be written: under `stock` alone, once R and each K have acknowledged it. Before, the stages that run act on the one before, and what
 * they hold outside of the new one would have no owner.
 * @param isAcknowledged - by all that run, or ran last
 * @public
 */
export const mayRescope = (
  before: { readonly owner: Owner; readonly scope: string | undefined } | undefined,
  next: string | undefined,
  isAcknowledged: boolean,
): boolean =>
  before === undefined || !isForeignScope(next, before.scope) || (before.owner === 'stock' && isAcknowledged);
