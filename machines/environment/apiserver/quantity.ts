/**
 * `resource.Quantity`: amounts such as `100m`, `1.5`, `256Gi`, `1e3`, as exact thousandths.
 */

const SUFFIX: Record<string, bigint> = {
  n: 1n,
  u: 1_000n,
  m: 1_000_000n,
  '': 1_000_000_000n,
  k: 1_000_000_000_000n,
  M: 10n ** 15n,
  G: 10n ** 18n,
  T: 10n ** 21n,
  P: 10n ** 24n,
  E: 10n ** 27n,
  Ki: 1_000_000_000n << 10n,
  Mi: 1_000_000_000n << 20n,
  Gi: 1_000_000_000n << 30n,
  Ti: 1_000_000_000n << 40n,
  Pi: 1_000_000_000n << 50n,
  Ei: 1_000_000_000n << 60n,
};

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/;

function nanos(text: string): bigint | undefined {
  const parts = SHAPE.exec(text);
  if (parts === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent, suffix = ''] = parts;
  if (whole === '' && fraction === '') return undefined;
  let amount = BigInt(whole + fraction) * (SUFFIX[suffix] ?? 1n);
  const power = Number(exponent ?? 0) - fraction.length;
  // Rounds up, as Kubernetes does with what is finer than it can hold.
  if (power >= 0) amount *= 10n ** BigInt(power);
  else amount = (amount + 10n ** BigInt(-power) - 1n) / 10n ** BigInt(-power);
  return sign === '-' ? -amount : amount;
}

/** Thousandths of the unit, rounded up (cpu: millicores; memory: thousandths of a byte); undefined if it is no quantity. @public */
export function parseQuantity(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? Math.ceil(value * 1000) : undefined;
  if (typeof value !== 'string') return undefined;
  const plain = /^\d{1,9}$/.test(value);
  if (plain) return Number(value) * 1000;
  const amount = nanos(value);
  if (amount === undefined) return undefined;
  return Number((amount + (amount > 0n ? 999_999n : 0n)) / 1_000_000n);
}

/** Thousandths of a quantity that validation has passed; 0 if absent. @public */
export function thousandths(value: string | undefined): number {
  return value === undefined ? 0 : (parseQuantity(value) ?? 0);
}
