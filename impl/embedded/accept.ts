/** What a client wants to read: JSON as it is, a Table, or metadata only. */

/** How an answer is written. @internal */
export type Form = 'object' | 'table' | 'metadata';

/**
 * The first form of an Accept header that this server has.
 * @returns undefined if it has none: 406
 */
export function formOf(accept: string | undefined): Form | undefined {
  if (accept === undefined || accept.trim() === '') return 'object';
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const as = parameters.find((parameter) => parameter.startsWith('as='))?.slice(3);
    if (!['application/json', 'application/*', '*/*'].includes(type)) continue;
    if (as === 'Table') return 'table';
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata';
    if (as === undefined || as === '') return 'object';
  }
  return undefined;
}
