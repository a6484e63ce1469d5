/** TLA+ values as TLC prints them, read into one canonical text: equal for equal values. */
import { KubedirectError } from '../../spec/errors.ts';

/** A TLA+ value. A record is a function from strings, a tuple one from 1..n: `pairs` holds all of them. */
export type TlaValue =
  | number
  | string
  | boolean
  | { readonly kind: 'set'; readonly items: readonly TlaValue[] }
  | { readonly kind: 'sequence'; readonly items: readonly TlaValue[] }
  | { readonly kind: 'record'; readonly fields: readonly (readonly [string, TlaValue])[] }
  | { readonly kind: 'function'; readonly pairs: readonly (readonly [TlaValue, TlaValue])[] };

/** A state: variable → value. */
export type TlaState = Readonly<Record<string, TlaValue>>;

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(-?\d+)|([A-Za-z_]\w*)|(\|->|:>|@@|<<|>>|\/\\|[{}[\](),=]))/y;

class Reader {
  readonly #text: string;
  #at = 0;
  token = '';

  constructor(text: string) {
    this.#text = text;
    this.next();
  }

  next(): string {
    const taken = this.token;
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (match === null) {
      if (this.#text.slice(this.#at).trim() !== '') this.fail('a token');
      this.token = '';
    } else {
      this.#at = TOKEN.lastIndex;
      this.token = match[1] ?? match[2] ?? match[3] ?? match[4] ?? '';
    }
    return taken;
  }

  fail(expected: string): never {
    const near = this.#text.slice(Math.max(0, this.#at - 20), this.#at + 20);
    throw new KubedirectError('TLC_FAILED', `expected ${expected} in what TLC printed, got …${near}…`);
  }

  take(token: string): void {
    if (this.token !== token) this.fail(`"${token}"`);
    this.next();
  }

  list<T>(end: string, separator: string, read: () => T): T[] {
    const items: T[] = [];
    while (this.token !== end) {
      items.push(read());
      if (this.token === separator) this.next();
      else if (this.token !== end) this.fail(`"${separator}" or "${end}"`);
    }
    this.next();
    return items;
  }

  value(): TlaValue {
    const token = this.next();
    switch (token) {
      case '{':
        return { kind: 'set', items: this.list('}', ',', () => this.value()) };
      case '<<':
        return { kind: 'sequence', items: this.list('>>', ',', () => this.value()) };
      case '[':
        return { kind: 'record', fields: this.list(']', ',', () => this.field()) };
      case '(':
        return { kind: 'function', pairs: this.list(')', '@@', () => this.pair()) };
      case 'TRUE':
        return true;
      case 'FALSE':
        return false;
    }
    if (token.startsWith('"')) return JSON.parse(token) as string;
    if (/^-?\d/.test(token)) return Number(token);
    // A model value.
    return /^\w+$/.test(token) ? token : this.fail('a value');
  }

  field(): readonly [string, TlaValue] {
    const name = this.next();
    this.take('|->');
    return [name, this.value()];
  }

  pair(): readonly [TlaValue, TlaValue] {
    const key = this.value();
    this.take(':>');
    return [key, this.value()];
  }
}

/**
 * A state as TLC prints it: `/\ x = 1`, a line a variable.
 * @throws KubedirectError `TLC_FAILED` for what is none
 */
export function parseState(text: string): TlaState {
  const reader = new Reader(text);
  const state: Record<string, TlaValue> = {};
  while (reader.token !== '') {
    if (reader.token === '/\\') reader.next();
    const name = reader.next();
    reader.take('=');
    state[name] = reader.value();
  }
  return state;
}

const call = (open: string, items: readonly string[], close: string) => open + items.join(',') + close;
const entry = (key: string, value: TlaValue) => `${key}:${canonicalValue(value)}`;

/** One text for equal values, however TLC wrote them: a record, a tuple and a function of the same graph are the same. */
export function canonicalValue(value: TlaValue): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  switch (value.kind) {
    case 'set':
      return call('{', [...new Set(value.items.map(canonicalValue))].sort(), '}');
    case 'sequence':
      return call('(', value.items.map((item, at) => entry(String(at + 1), item)).sort(), ')');
    case 'record':
      return call('(', value.fields.map(([name, one]) => entry(JSON.stringify(name), one)).sort(), ')');
    case 'function':
      return call('(', value.pairs.map(([key, one]) => entry(canonicalValue(key), one)).sort(), ')');
  }
}

/** One text for equal states. */
export function canonicalState(state: TlaState): string {
  return Object.keys(state)
    .sort()
    .map((name) => `${name}=${canonicalValue(state[name] as TlaValue)}`)
    .join('\n');
}
