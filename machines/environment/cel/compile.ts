/**
 * The Common Expression Language, as admission policies use it: an expression is compiled once to a function of its
 * variables. A recursive-descent parser that builds closures; what it does not know is a compile error.
 */
import type { JsonObject } from '../json.ts';
import { GLOBAL, MEMBER, operate } from './functions.ts';
import { type Token, tokenize } from './lexer.ts';
import { bool, type Code, logical, MACROS, macro, type Scope } from './macros.ts';
import {
  CelError,
  index,
  isEqual,
  isIn,
  isPresent,
  optionalIndex,
  optionalSelect,
  select,
} from './values.ts';

export type { Scope } from './macros.ts';

/** What an expression is made of, as far as macros must see it. */
interface Node {
  readonly code: Code;
  /** A plain name. */
  readonly name?: string;
  /** `operand.field`, for `has`. */
  readonly selected?: { readonly operand: Code; readonly field: string };
}

const RELATIONS = new Set(['==', '!=', '<', '<=', '>', '>=']);
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '', at: this.#at };
  }

  #sign(...signs: readonly string[]): string | undefined {
    const token = this.#peek();
    if (token.kind !== 'sign' || !signs.includes(token.text)) return undefined;
    this.#at += 1;
    return token.text;
  }

  #expect(sign: string): void {
    if (this.#sign(sign) === undefined) throw this.#unexpected(`'${sign}'`);
  }

  #unexpected(wanted: string): CelError {
    const token = this.#peek();
    const got = token.kind === 'number' ? String(token.value) : token.text;
    return new CelError(`syntax error at ${token.at}: ${wanted} expected, got '${got}'`, 'compile_error');
  }

  #name(): string {
    const token = this.#peek();
    if (token.kind !== 'name') throw this.#unexpected('a name');
    this.#at += 1;
    return token.text;
  }

  whole(): Code {
    const { code } = this.#expression();
    if (this.#peek().kind !== 'end') throw this.#unexpected('the end');
    return code;
  }

  #expression(): Node {
    const test = this.#or();
    if (this.#sign('?') === undefined) return test;
    const yes = this.#or().code;
    this.#expect(':');
    const no = this.#expression().code;
    return { code: (scope) => (bool(test.code(scope)) ? yes(scope) : no(scope)) };
  }

  #or(): Node {
    let left = this.#and();
    while (this.#sign('||') !== undefined) left = { code: logical(left.code, this.#and().code, true) };
    return left;
  }

  #and(): Node {
    let left = this.#relation();
    while (this.#sign('&&') !== undefined) left = { code: logical(left.code, this.#relation().code, false) };
    return left;
  }

  #relation(): Node {
    let left = this.#sum();
    for (;;) {
      const token = this.#peek();
      const word =
        token.kind === 'name' && token.text === 'in'
          ? 'in'
          : token.kind === 'sign' && RELATIONS.has(token.text)
            ? token.text
            : undefined;
      if (word === undefined) return left;
      this.#at += 1;
      const [a, b] = [left.code, this.#sum().code];
      if (word === 'in') left = { code: (scope) => isIn(a(scope), b(scope)) };
      else if (word === '==') left = { code: (scope) => isEqual(a(scope), b(scope)) };
      else if (word === '!=') left = { code: (scope) => !isEqual(a(scope), b(scope)) };
      else left = { code: (scope) => operate(word, a(scope), b(scope)) };
    }
  }

  #sum(): Node {
    let left = this.#product();
    for (let sign = this.#sign('+', '-'); sign !== undefined; sign = this.#sign('+', '-')) {
      const [a, b, by] = [left.code, this.#product().code, sign];
      left = { code: (scope) => operate(by, a(scope), b(scope)) };
    }
    return left;
  }

  #product(): Node {
    let left = this.#unary();
    for (let sign = this.#sign('*', '/', '%'); sign !== undefined; sign = this.#sign('*', '/', '%')) {
      const [a, b, by] = [left.code, this.#unary().code, sign];
      left = { code: (scope) => operate(by, a(scope), b(scope)) };
    }
    return left;
  }

  #unary(): Node {
    if (this.#sign('!') !== undefined) {
      const { code } = this.#unary();
      return { code: (scope) => !bool(code(scope)) };
    }
    if (this.#sign('-') !== undefined) {
      const { code } = this.#unary();
      return { code: (scope) => operate('-', 0, code(scope)) };
    }
    return this.#member();
  }

  #member(): Node {
    let node = this.#primary();
    for (;;) {
      const sign = this.#sign('.', '.?', '[', '[?');
      if (sign === undefined) return node;
      node = sign.startsWith('.') ? this.#field(node, sign === '.?') : this.#index(node, sign === '[?');
    }
  }

  #index(node: Node, isOptional: boolean): Node {
    const [operand, key] = [node.code, this.#expression().code];
    this.#expect(']');
    return { code: (scope) => (isOptional ? optionalIndex : index)(operand(scope), key(scope)) };
  }

  #field(node: Node, isOptional: boolean): Node {
    const field = this.#name();
    const operand = node.code;
    if (isOptional) return { code: (scope) => optionalSelect(operand(scope), field) };
    if (this.#sign('(') === undefined) {
      return { code: (scope) => select(operand(scope), field), selected: { operand, field } };
    }
    if (MACROS.has(field)) return this.#macro(field, operand);
    const args = this.#list(')');
    const qualified = node.name === undefined ? undefined : GLOBAL[`${node.name}.${field}`];
    if (qualified !== undefined) return { code: (scope) => qualified(args.map((arg) => arg(scope))) };
    const implementation = MEMBER[field];
    if (implementation === undefined) {
      throw new CelError(
        `undeclared reference to '${field}': the embedded server does not have this function`,
        'compile_error',
      );
    }
    return {
      code: (scope) =>
        implementation(
          operand(scope),
          args.map((arg) => arg(scope)),
        ),
    };
  }

  #macro(name: string, operand: Code): Node {
    const variable = this.#name();
    this.#expect(',');
    return { code: macro(name, operand, variable, this.#list(')')) };
  }

  #list(end: string): Code[] {
    const items: Code[] = [];
    while (this.#sign(end) === undefined) {
      if (items.length > 0) this.#expect(',');
      if (items.length > 0 && this.#sign(end) !== undefined) break;
      items.push(this.#expression().code);
    }
    return items;
  }

  #primary(): Node {
    const token = this.#peek();
    this.#at += 1;
    if (token.kind === 'string') return { code: () => token.text };
    if (token.kind === 'number') return { code: () => token.value };
    if (token.kind === 'name') return this.#named(token.text);
    if (token.kind === 'sign' && token.text === '(') {
      const inner = this.#expression();
      this.#expect(')');
      return { code: inner.code };
    }
    if (token.kind === 'sign' && token.text === '[') {
      const items = this.#list(']');
      return { code: (scope) => items.map((item) => item(scope)) };
    }
    if (token.kind === 'sign' && token.text === '{') return this.#map();
    this.#at -= 1;
    throw this.#unexpected('an expression');
  }

  #map(): Node {
    const entries: [Code, Code][] = [];
    while (this.#sign('}') === undefined) {
      if (entries.length > 0) this.#expect(',');
      const key = this.#expression().code;
      this.#expect(':');
      entries.push([key, this.#expression().code]);
    }
    return {
      code: (scope) => {
        const made: JsonObject = {};
        for (const [key, value] of entries) made[String(key(scope))] = value(scope);
        return made;
      },
    };
  }

  #named(name: string): Node {
    if (name === 'true' || name === 'false') return { code: () => name === 'true' };
    if (name === 'null') return { code: () => null };
    if (this.#sign('(') === undefined) return { name, code: (scope) => named(scope, name) };
    if (name === 'has') return this.#has();
    const args = this.#list(')');
    const implementation = GLOBAL[name];
    if (implementation === undefined) {
      throw new CelError(
        `undeclared reference to '${name}': the embedded server does not have this function`,
        'compile_error',
      );
    }
    return { code: (scope) => implementation(args.map((arg) => arg(scope))) };
  }

  #has(): Node {
    const { selected } = this.#expression();
    this.#expect(')');
    if (selected === undefined)
      throw new CelError('invalid argument to has() macro: a field is expected', 'compile_error');
    return { code: (scope) => isPresent(selected.operand(scope), selected.field) };
  }
}

function named(scope: Scope, name: string): unknown {
  if (!Object.hasOwn(scope, name)) throw new CelError(`undeclared reference to '${name}'`, 'compile_error');
  return scope[name];
}

const COMPILED = new Map<string, Code | CelError>();
const COMPILED_MAX = 10_000;

/**
 * Evaluates an expression. It is compiled on its first use and kept.
 * @throws CelError if it can not be compiled, or evaluated on this scope
 */
export function evaluate(expression: string, scope: Scope): unknown {
  let code = COMPILED.get(expression);
  if (code === undefined) {
    try {
      code = new Parser(expression).whole();
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      code = error;
    }
    if (COMPILED.size >= COMPILED_MAX) COMPILED.clear();
    COMPILED.set(expression, code);
  }
  if (code instanceof CelError) throw code;
  return code(scope);
}
