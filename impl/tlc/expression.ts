/** A canonical text (`canonicalValue`) as an expression that TLC reads: for a state that the machines have reached, and TLC begins in. */

/** A value, and where its text ends. */
type Read = readonly [expression: string, end: number];

const ATOM = /"(?:[^"\\]|\\.)*"|-?\d+|true|false/y;

function atomAt(text: string, at: number): Read {
  ATOM.lastIndex = at;
  const [found] = ATOM.exec(text) ?? [];
  if (found === undefined) throw new Error(`expected a value, got ${text.slice(at, at + 20)}`);
  const isBoolean = found === 'true' || found === 'false';
  return [isBoolean ? found.toUpperCase() : found, at + found.length];
}

/** What stands in brackets, up to the one that closes; `read` reads one item. */
function itemsAt(text: string, at: number, close: string, read: (at: number) => number): number {
  let next = at + 1;
  while (text[next] !== close) next = read(text[next] === ',' ? next + 1 : next);
  return next + 1;
}

/** A function, which may be a sequence or a record: keys 1 to n are the one, and TLC takes the other two as they come. */
function functionOf(pairs: ReadonlyMap<string, string>): string {
  const keys = [...pairs.keys()];
  const isSequence = keys.every((_, at) => pairs.has(String(at + 1)));
  if (isSequence) return `<<${keys.map((_, at) => pairs.get(String(at + 1))).join(', ')}>>`;
  return `(${keys.map((key) => `${key} :> ${pairs.get(key)}`).join(' @@ ')})`;
}

function valueAt(text: string, at: number): Read {
  if (text[at] === '{') {
    const items: string[] = [];
    const end = itemsAt(text, at, '}', (from) => {
      const [item, next] = valueAt(text, from);
      items.push(item);
      return next;
    });
    return [`{${items.join(', ')}}`, end];
  }
  if (text[at] !== '(') return atomAt(text, at);
  const pairs = new Map<string, string>();
  const end = itemsAt(text, at, ')', (from) => {
    const [key, colon] = valueAt(text, from);
    const [value, next] = valueAt(text, colon + 1);
    pairs.set(key, value);
    return next;
  });
  return [functionOf(pairs), end];
}

/** The expression of a canonical text. */
export function expressionOf(text: string): string {
  const [expression, end] = valueAt(text, 0);
  if (end !== text.length) throw new Error(`expected no more, got ${text.slice(end, end + 20)}`);
  return expression;
}

/** A state, a line a variable, as a conjunction. */
export function stateExpression(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const at = line.indexOf('=');
      return `  /\\ ${line.slice(0, at)} = ${expressionOf(line.slice(at + 1))}`;
    })
    .join('\n');
}
