/**
 * The functions of admission policies that are served: CEL's standard ones, Kubernetes' strings, lists and quantities.
 * Not served (an evaluation error that says so): `authorizer`, `url`, `ip`, `cidr`, `format`, `semver`, `timestamp`, `duration`.
 */
import { parseQuantity } from '../apiserver/quantity.ts';
import { isObject } from '../json.ts';
import { CelError, isEqual, NONE, Optional, typeName } from './values.ts';

/** A quantity. */
class Quantity {
  readonly thousandths: number;
  constructor(thousandths: number) {
    this.thousandths = thousandths;
  }
}

type Arguments = readonly unknown[];
type Implementation = (operand: unknown, args: Arguments) => unknown;

function overload(name: string, values: Arguments): CelError {
  return new CelError(`no such overload: ${name}(${values.map(typeName).join(', ')})`);
}

function text(name: string, value: unknown): string {
  if (typeof value !== 'string') throw overload(name, [value]);
  return value;
}

function list(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw overload(name, [value]);
  return value;
}

function optional(name: string, value: unknown): Optional {
  if (!(value instanceof Optional)) throw overload(name, [value]);
  return value;
}

function amount(name: string, value: unknown): number {
  if (!(value instanceof Quantity)) throw overload(name, [value]);
  return value.thousandths;
}

function size(value: unknown): number {
  if (typeof value === 'string') return [...value].length;
  if (Array.isArray(value)) return value.length;
  if (isObject(value)) return Object.keys(value).length;
  throw overload('size', [value]);
}

function toInt(value: unknown): number {
  const number = typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number))
    throw new CelError(`type conversion error from '${String(value)}' to 'int'`);
  return Math.trunc(number);
}

function toDouble(value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number))
    throw new CelError(`type conversion error from '${String(value)}' to 'double'`);
  return number;
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw overload('string', [value]);
}

function toQuantity(value: unknown): Quantity {
  const parsed = parseQuantity(text('quantity', value));
  if (parsed === undefined)
    throw new CelError(`quantities must match the regular expression of resource.Quantity: ${String(value)}`);
  return new Quantity(parsed);
}

function isZero(value: unknown): boolean {
  if (value === null || value === '' || value === 0 || value === false) return true;
  return (Array.isArray(value) || isObject(value)) && size(value) === 0;
}

/** Functions called by name alone. @internal */
export const GLOBAL: Readonly<Record<string, (args: Arguments) => unknown>> = {
  size: ([value]) => size(value),
  int: ([value]) => toInt(value),
  uint: ([value]) => toInt(value),
  double: ([value]) => toDouble(value),
  string: ([value]) => toText(value),
  bool: ([value]) => (typeof value === 'boolean' ? value : value === 'true'),
  dyn: ([value]) => value,
  type: ([value]) => typeName(value),
  quantity: ([value]) => toQuantity(value),
  isQuantity: ([value]) => parseQuantity(text('isQuantity', value)) !== undefined,
  'optional.of': ([value]) => new Optional(true, value),
  'optional.none': () => NONE,
  'optional.ofNonZeroValue': ([value]) => (isZero(value) ? NONE : new Optional(true, value)),
};

function compare(a: unknown, b: unknown): number {
  if (typeof a !== typeof b || (typeof a !== 'number' && typeof a !== 'string'))
    throw overload('compare', [a, b]);
  return (a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0;
}

function extreme(name: string, value: unknown, sign: 1 | -1): unknown {
  const items = list(name, value);
  if (items.length === 0) throw new CelError(`${name} called on empty list`);
  return items.reduce((best, item) => (compare(item, best) * sign > 0 ? item : best));
}

/** Functions called on a value. @internal */
export const MEMBER: Readonly<Record<string, Implementation>> = {
  size: (value) => size(value),
  startsWith: (value, [prefix]) => text('startsWith', value).startsWith(text('startsWith', prefix)),
  endsWith: (value, [suffix]) => text('endsWith', value).endsWith(text('endsWith', suffix)),
  contains: (value, [part]) => text('contains', value).includes(text('contains', part)),
  matches: (value, [pattern]) => new RegExp(text('matches', pattern), 'u').test(text('matches', value)),
  lowerAscii: (value) => text('lowerAscii', value).toLowerCase(),
  upperAscii: (value) => text('upperAscii', value).toUpperCase(),
  trim: (value) => text('trim', value).trim(),
  split: (value, [by]) => text('split', value).split(text('split', by)),
  replace: (value, [from, to]) =>
    text('replace', value).replaceAll(text('replace', from), text('replace', to)),
  substring: (value, [from, to]) =>
    [...text('substring', value)].slice(Number(from), to === undefined ? undefined : Number(to)).join(''),
  charAt: (value, [at]) => [...text('charAt', value)][Number(at)] ?? '',
  join: (value, [by]) =>
    list('join', value)
      .map(toText)
      .join(by === undefined ? '' : text('join', by)),
  indexOf: (value, [part]) =>
    typeof value === 'string'
      ? value.indexOf(text('indexOf', part))
      : list('indexOf', value).findIndex((item) => isEqual(item, part)),
  lastIndexOf: (value, [part]) =>
    typeof value === 'string'
      ? value.lastIndexOf(text('lastIndexOf', part))
      : list('lastIndexOf', value).findLastIndex((item) => isEqual(item, part)),
  isSorted: (value) =>
    list('isSorted', value).every((item, i, all) => i === 0 || compare(all[i - 1], item) <= 0),
  sum: (value) => list('sum', value).reduce<number>((sum, item) => sum + toDouble(item), 0),
  min: (value) => extreme('min', value, -1),
  max: (value) => extreme('max', value, 1),
  orValue: (value, [other]) => (optional('orValue', value).present ? (value as Optional).value : other),
  or: (value, [other]) => (optional('or', value).present ? value : optional('or', other)),
  hasValue: (value) => optional('hasValue', value).present,
  value: (value) => {
    if (!optional('value', value).present) throw new CelError('optional.none() dereference');
    return (value as Optional).value;
  },
  isLessThan: (value, [other]) => amount('isLessThan', value) < amount('isLessThan', other),
  isGreaterThan: (value, [other]) => amount('isGreaterThan', value) > amount('isGreaterThan', other),
  compareTo: (value, [other]) => Math.sign(amount('compareTo', value) - amount('compareTo', other)),
  asInteger: (value) => Math.trunc(amount('asInteger', value) / 1000),
};

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (Number.isInteger(a) && Number.isInteger(b) ? Math.trunc(a / b) : a / b),
  '%': (a, b) => a % b,
};

/** `a sign b`, for arithmetic and order. @internal */
export function operate(sign: string, a: unknown, b: unknown): unknown {
  switch (sign) {
    case '<':
      return compare(a, b) < 0;
    case '<=':
      return compare(a, b) <= 0;
    case '>':
      return compare(a, b) > 0;
    case '>=':
      return compare(a, b) >= 0;
    case '+':
      if (typeof a === 'number' && typeof b === 'number') return a + b;
      if (typeof a === 'string' && typeof b === 'string') return a + b;
      if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
      throw overload('+', [a, b]);
    default: {
      const compute = ARITHMETIC[sign];
      if (compute === undefined || typeof a !== 'number' || typeof b !== 'number')
        throw overload(sign, [a, b]);
      if ((sign === '/' || sign === '%') && b === 0) throw new CelError('division by zero');
      return compute(a, b);
    }
  }
}
