/**
 * Names, uids and hashes from a seed and a counter: the environment draws no random number and reads no clock.
 */

/** Mixes two 32-bit numbers into one (murmur3's finaliser). @public */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b ^ (b >>> 15), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

const hex = (value: number): string => value.toString(16).padStart(8, '0');

/** A uid in the shape of a version 4 UUID, one per (seed, counter). @public */
export function mintUid(seed: number, counter: number): string {
  const a = hex(mix(seed, counter));
  const b = hex(mix(seed + 1, counter));
  const c = hex(mix(seed + 2, counter));
  // The counter itself closes the uid, so that two of one seed can not collide.
  const d = hex(counter >>> 0);
  return `${a}-${b.slice(0, 4)}-4${b.slice(5, 8)}-8${c.slice(1, 4)}-${c.slice(4, 8)}${d}`;
}

/** Kubernetes' alphabet of generated names: no vowels, no look-alikes. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** The five characters that follow a `generateName`. @public */
export function mintSuffix(seed: number, counter: number): string {
  let bits = mix(seed + 3, counter);
  let suffix = '';
  for (let i = 0; i < 5; i++) {
    suffix += ALPHABET[bits % ALPHABET.length];
    bits = i === 2 ? mix(seed + 4, counter) : Math.floor(bits / ALPHABET.length);
  }
  return suffix;
}

/** FNV-1a, 32 bits. @public */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Kubernetes' `rand.SafeEncodeString`: a number as characters fit for a name. @public */
export function safeEncode(text: string): string {
  return [...text].map((char) => ALPHABET[char.charCodeAt(0) % ALPHABET.length]).join('');
}

/** `metav1.Time` (RFC 3339, whole seconds) of Unix milliseconds. @public */
export function timestamp(ms: number): string {
  return `${new Date(Math.floor(ms)).toISOString().slice(0, 19)}Z`;
}

/** `metav1.MicroTime` of Unix milliseconds. @public */
export function microTime(ms: number): string {
  return `${new Date(Math.floor(ms)).toISOString().slice(0, 23)}000Z`;
}
