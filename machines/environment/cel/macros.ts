/** What of the Common Expression Language does not just compute: logic that forgives errors, and macros over lists and maps. */
import { isObject } from '../json.ts';
import { CelError, NONE, Optional } from './values.ts';

/** Names in scope. @public */
export type Scope = Readonly<Record<string, unknown>>;

export type Code = (scope: Scope) => unknown;

export const MACROS = new Set([
  'all',
  'exists',
  'exists_one',
  'existsOne',
  'filter',
  'map',
  'optMap',
  'optFlatMap',
]);

export function bool(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new CelError('no such overload: a bool is expected');
  return value;
}

/** `a || b`, `a && b`: either side settles it alone, even if the other fails. */
export function logical(left: Code, right: Code, settles: boolean): Code {
  return (scope) => {
    let failure: unknown;
    try {
      if (bool(left(scope)) === settles) return settles;
    } catch (error) {
      failure = error;
    }
    if (bool(right(scope)) === settles) return settles;
    if (failure !== undefined) throw failure;
    return !settles;
  };
}

function itemsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (isObject(value)) return Object.keys(value);
  throw new CelError('no such overload: a macro needs a list or a map');
}

/** Over all items; an error of one is forgotten if another settles it. */
function quantified(items: readonly unknown[], test: (item: unknown) => unknown, settles: boolean): boolean {
  let failure: unknown;
  for (const item of items) {
    try {
      if (bool(test(item)) === settles) return settles;
    } catch (error) {
      failure = error;
    }
  }
  if (failure !== undefined) throw failure;
  return !settles;
}

export function macro(name: string, operand: Code, variable: string, bodies: readonly Code[]): Code {
  const [first, second] = bodies;
  if (first === undefined)
    throw new CelError(`syntax error: ${name} needs a variable and an expression`, 'compile_error');
  const run = (body: Code, scope: Scope) => (item: unknown) => body({ ...scope, [variable]: item });
  switch (name) {
    case 'all':
      return (scope) => quantified(itemsOf(operand(scope)), run(first, scope), false);
    case 'exists':
      return (scope) => quantified(itemsOf(operand(scope)), run(first, scope), true);
    case 'exists_one':
    case 'existsOne':
      return (scope) => itemsOf(operand(scope)).filter((item) => bool(run(first, scope)(item))).length === 1;
    case 'filter':
      return (scope) => itemsOf(operand(scope)).filter((item) => bool(run(first, scope)(item)));
    case 'map':
      return (scope) => {
        const items = itemsOf(operand(scope));
        if (second === undefined) return items.map(run(first, scope));
        return items.filter((item) => bool(run(first, scope)(item))).map(run(second, scope));
      };
    default:
      return (scope) => {
        const value = operand(scope);
        if (!(value instanceof Optional)) throw new CelError(`no such overload: ${name} needs an optional`);
        if (!value.present) return NONE;
        const made = run(first, scope)(value.value);
        return name === 'optMap' ? new Optional(true, made) : made;
      };
  }
}
