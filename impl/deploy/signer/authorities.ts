/**
 * Which authorities the signer has, trusts and signs with: pure, but for the making of a key.
 *
 * Two overlap: a new one is trusted by everybody for a day before it signs the first leaf, and the old one until it has run out. So nobody
 * meets a certificate of an authority that it has not heard of, and nothing has to be restarted.
 */
import { type KeptAuthority, makeAuthority, type Validity } from '../../controller/links/certificates.ts';

/** An authority, and from when to when it is valid. @public */
export interface Authority extends KeptAuthority, Validity {}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** How long an authority is valid. */
export const AUTHORITY_MS = 90 * DAY_MS;
/** A new one is made when the newest has so long left. */
export const AHEAD_MS = AUTHORITY_MS / 3;
/** So long after it was made everybody trusts it: it signs. */
export const KNOWN_MS = DAY_MS;

/** Those that have not run out, oldest first. @public */
export const trusted = (all: readonly Authority[], now: number): readonly Authority[] =>
  all.filter(({ to }) => to > now).toSorted((a, b) => a.from - b.from);

/** Whether it is time for another. @public */
export const isDue = (all: readonly Authority[], now: number): boolean =>
  trusted(all, now).every(({ to }) => to - now < AHEAD_MS);

/** The newest that everybody knows by now; the oldest if there is none such. @public */
export function signing(all: readonly Authority[], now: number): Authority | undefined {
  const valid = trusted(all, now);
  return valid.findLast(({ from }) => now - from >= KNOWN_MS) ?? valid[0];
}

/** The authorities from now on: what has run out is dropped, and one is made if it is time. @public */
export async function kept(all: readonly Authority[], now: number): Promise<readonly Authority[]> {
  const valid = trusted(all, now);
  if (!isDue(all, now)) return valid;
  const validity = { from: now - MINUTE_MS, to: now + AUTHORITY_MS };
  return [...valid, { ...(await makeAuthority(validity)), ...validity }];
}
