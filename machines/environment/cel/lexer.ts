/** Tokens of the Common Expression Language. */
import { CelError } from './values.ts';

/** @internal */
export type Token =
  | { kind: 'name'; text: string; at: number }
  | { kind: 'string'; text: string; at: number }
  | { kind: 'number'; value: number; at: number }
  | { kind: 'sign'; text: string; at: number }
  | { kind: 'end'; text: ''; at: number };

const SPACE = /(?:\s|\/\/[^\n]*)+/y;
const NUMBER = /(?:0x[0-9a-fA-F]+|\d+\.\d+(?:[eE][+-]?\d+)?|\d+(?:[eE][+-]?\d+)?)[uU]?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const STRING = /(?:[bB]?([rR])?)("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/y;
const RAW = /[rR]("""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n]*"|'[^'\n]*')/y;
const SIGN = /&&|\|\||==|!=|<=|>=|\?\.|\.\?|\[\?|[-+*/%<>!?:.,()[\]{}]/y;

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

function unescaped(text: string): string {
  return text.replace(
    /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.)/gs,
    (_, code: string) => {
      if (/^[xuU]/.test(code) && code.length > 1)
        return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
      if (/^[0-3][0-7]{2}$/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
      return ESCAPES[code] ?? code;
    },
  );
}

function quoted(text: string, raw: boolean): string {
  const width = text.startsWith('"""') || text.startsWith("'''") ? 3 : 1;
  const inner = text.slice(width, -width);
  return raw ? inner : unescaped(inner);
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Parts an expression into tokens. Throws {@link CelError} for what is none. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = match(SPACE, text, 0)?.[0].length ?? 0;
  while (at < text.length) {
    const found = nextToken(text, at);
    if (found === undefined)
      throw new CelError(`syntax error: unexpected ${JSON.stringify(text[at])} at ${at}`, 'compile_error');
    tokens.push(found.token);
    at = found.end;
    at += match(SPACE, text, at)?.[0].length ?? 0;
  }
  return [...tokens, { kind: 'end', text: '', at }];
}

function nextToken(text: string, at: number): { token: Token; end: number } | undefined {
  const raw = match(RAW, text, at);
  if (raw !== null)
    return { token: { kind: 'string', text: quoted(raw[1] ?? '', true), at }, end: at + raw[0].length };
  const string = match(STRING, text, at);
  if (string !== null) {
    return {
      token: { kind: 'string', text: quoted(string[2] ?? '', false), at },
      end: at + string[0].length,
    };
  }
  const number = match(NUMBER, text, at);
  if (number !== null) {
    return {
      token: { kind: 'number', value: Number(number[0].replace(/[uU]$/, '')), at },
      end: at + number[0].length,
    };
  }
  const name = match(NAME, text, at);
  if (name !== null) return { token: { kind: 'name', text: name[0], at }, end: at + name[0].length };
  const sign = match(SIGN, text, at);
  return sign === null ? undefined : { token: { kind: 'sign', text: sign[0], at }, end: at + sign[0].length };
}
