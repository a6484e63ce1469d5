/**
 * Exponential and logarithm by additions, multiplications and divisions alone, so that Node and every browser get the same bits: what
 * `Math` gives may differ in the last one. The algorithms are fdlibm's (e_exp.c, e_log.c), which Node's `Math` follows.
 */

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const P1 = 0.16666666666666602;
const P2 = -0.0027777777777015593;
const P3 = 6.613756321437934e-5;
const P4 = -1.6533902205465252e-6;
const P5 = 4.1381367970572385e-8;
const LOG = [
  0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805,
  0.15313837699209373, 0.14798198605116586,
] as const;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** Sign, exponent, and the upper 20 bits of the fraction. */
function highOf(value: number): number {
  double[0] = value;
  return words[HIGH] as number;
}

function withHigh(value: number, high: number): number {
  double[0] = value;
  words[HIGH] = high;
  return double[0];
}

/** e to the power of x, for -700 < x < 700. */
export function exp(x: number): number {
  const size = highOf(x) & 0x7fffffff;
  const sign = x < 0 ? -1 : 1;
  if (size < 0x3e300000) return 1 + x;
  let k = 0;
  let high = x;
  let low = 0;
  if (size > 0x3fd62e42) {
    if (x === 1) return Math.E;
    k = size < 0x3ff0a2b2 ? sign : Math.trunc(Math.LOG2E * x + 0.5 * sign);
    high = x - k * LN2_HIGH;
    low = k * LN2_LOW;
  }
  const r = high - low;
  const t = r * r;
  const c = r - t * (P1 + t * (P2 + t * (P3 + t * (P4 + t * P5))));
  if (k === 0) return 1 - ((r * c) / (c - 2) - r);
  const y = 1 - (low - (r * c) / (2 - c) - high);
  return y * withHigh(0, 0x3ff00000 + k * 0x100000);
}

/** The natural logarithm of x, for x above 1e-300. */
export function log(x: number): number {
  const size = highOf(x);
  const part = size & 0x000fffff;
  const over = (part + 0x95f64) & 0x100000;
  const k = (size >>> 20) - 1023 + (over >>> 20);
  const f = withHigh(x, part | (over ^ 0x3ff00000)) - 1;
  if ((0x000fffff & (2 + part)) < 3) {
    if (f === 0) return k === 0 ? 0 : k * LN2_HIGH + k * LN2_LOW;
    const r = f * f * (0.5 - (1 / 3) * f);
    return k === 0 ? f - r : k * LN2_HIGH - (r - k * LN2_LOW - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const [l1, l2, l3, l4, l5, l6, l7] = LOG;
  const r = z * (l1 + w * (l3 + w * (l5 + w * l7))) + w * (l2 + w * (l4 + w * l6));
  if (((part - 0x6147a) | (0x6b851 - part)) > 0) {
    const half = 0.5 * f * f;
    return k === 0 ? f - (half - s * (half + r)) : k * LN2_HIGH - (half - (s * (half + r) + k * LN2_LOW) - f);
  }
  return k === 0 ? f - s * (f - r) : k * LN2_HIGH - (s * (f - r) - k * LN2_LOW - f);
}
