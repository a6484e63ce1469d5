/** Values of the Common Expression Language over JSON, and its errors. */
import { equal, isObject } from '../json.ts';

/** An expression that can not be compiled, or evaluated on what it was given. @public */
export class CelError extends Error {
  readonly errorType: 'compile_error' | 'invalid_error';
  constructor(message: string, errorType: 'compile_error' | 'invalid_error' = 'invalid_error') {
    super(message);
    this.errorType = errorType;
  }
}

/** A value that may not be there (`optional.of`, `.?field`, `[?key]`). @internal */
export class Optional {
  readonly present: boolean;
  readonly value: unknown;
  constructor(present: boolean, value?: unknown) {
    this.present = present;
    this.value = value;
  }
}

/** The optional without a value. @internal */
export const NONE = new Optional(false);

/** Names whose values are computed when first used: a policy's variables. @internal */
export class Lazy {
  readonly #compute: ReadonlyMap<string, () => unknown>;
  readonly #known = new Map<string, { value: unknown } | { error: CelError }>();

  constructor(compute: ReadonlyMap<string, () => unknown>) {
    this.#compute = compute;
  }

  /** True if there is such a name. */
  has(name: string): boolean {
    return this.#compute.has(name);
  }

  /** The value; throws what its computation threw. */
  get(name: string): unknown {
    let known = this.#known.get(name);
    if (known === undefined) {
      const compute = this.#compute.get(name);
      if (compute === undefined) throw new CelError(`no such key: ${name}`);
      try {
        known = { value: compute() };
      } catch (error) {
        if (!(error instanceof CelError)) throw error;
        known = { error };
      }
      this.#known.set(name, known);
    }
    if ('error' in known) throw known.error;
    return known.value;
  }
}

function hasField(operand: unknown, name: string): boolean {
  if (operand instanceof Lazy) return operand.has(name);
  return isObject(operand) && Object.hasOwn(operand, name) && operand[name] !== undefined;
}

function fieldOf(operand: unknown, name: string): unknown {
  if (operand instanceof Lazy) return operand.get(name);
  if (!isObject(operand)) throw new CelError(`no such key: ${name}`);
  if (!hasField(operand, name)) throw new CelError(`no such key: ${name}`);
  return operand[name];
}

/** `operand.name`; on an optional, an optional. */
export function select(operand: unknown, name: string): unknown {
  if (operand instanceof Optional) return operand.present ? optionalSelect(operand.value, name) : NONE;
  return fieldOf(operand, name);
}

/** `operand.?name` */
export function optionalSelect(operand: unknown, name: string): Optional {
  if (operand instanceof Optional) return operand.present ? optionalSelect(operand.value, name) : NONE;
  return hasField(operand, name) ? new Optional(true, fieldOf(operand, name)) : NONE;
}

/** `has(operand.name)` */
export function isPresent(operand: unknown, name: string): boolean {
  if (operand instanceof Optional) return operand.present && isPresent(operand.value, name);
  if (operand === null) throw new CelError(`no such key: ${name}`);
  return hasField(operand, name);
}

/** `operand[key]`; on an optional, an optional. */
export function index(operand: unknown, key: unknown): unknown {
  if (operand instanceof Optional) return optionalIndex(operand, key);
  if (Array.isArray(operand)) {
    if (typeof key === 'number' && Number.isInteger(key) && key >= 0 && key < operand.length)
      return operand[key];
    throw new CelError(`index out of bounds: ${String(key)}`);
  }
  if (typeof key !== 'string') throw new CelError(`no such key: ${String(key)}`);
  return fieldOf(operand, key);
}

/** `operand[?key]` */
export function optionalIndex(operand: unknown, key: unknown): Optional {
  if (operand instanceof Optional) return operand.present ? optionalIndex(operand.value, key) : NONE;
  if (Array.isArray(operand)) {
    const inside = typeof key === 'number' && Number.isInteger(key) && key >= 0 && key < operand.length;
    return inside ? new Optional(true, operand[key]) : NONE;
  }
  return typeof key === 'string' ? optionalSelect(operand, key) : NONE;
}

/** CEL's `==`. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a instanceof Optional || b instanceof Optional) {
    if (!(a instanceof Optional && b instanceof Optional) || a.present !== b.present) return false;
    return !a.present || isEqual(a.value, b.value);
  }
  return equal(a, b);
}

/** CEL's `in`. */
export function isIn(item: unknown, container: unknown): boolean {
  if (Array.isArray(container)) return container.some((other) => isEqual(item, other));
  if (isObject(container)) return typeof item === 'string' && hasField(container, item);
  throw new CelError("no such overload: 'in' needs a list or a map");
}

/** The name of a value's type, for messages. */
export function typeName(value: unknown): string {
  if (value === null) return 'null_type';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Optional) return 'optional_type';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'double';
  return { string: 'string', boolean: 'bool' }[typeof value as string] ?? 'map';
}
