/** The graph of states that TLC writes with `-dump dot,actionlabels`, read line by line. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { KubedirectError } from '../../spec/errors.ts';
import { canonicalState, parseState } from './value.ts';

/** An edge: its action, and the number of the state it leads to. */
export interface DumpEdge {
  readonly action: string;
  readonly to: number;
}

/** States by number; the initial ones come first of all. */
export interface Dump {
  readonly initial: readonly number[];
  /** Canonical text of each state, made shorter by `digest`. */
  readonly keys: readonly string[];
  readonly edges: readonly (readonly DumpEdge[])[];
}

const STATE = /^(-?\d+) \[label="((?:[^"\\]|\\.)*)"(,style = filled)?\];?$/;
/** A state in which nothing happens any more may stay: no step of ours. */
const STUTTER = / \[style="dashed"\];$/;
const EDGE = /^(-?\d+) -> (-?\d+) \[label="(\w+)"/;

/**
 * Reads a dump.
 *
 * @param digest - makes keys of states out of their canonical texts
 * @throws KubedirectError `TLC_FAILED` for a line that is neither a state nor an edge
 */
export async function readDump(file: string, digest: (text: string) => string): Promise<Dump> {
  const numbers = new Map<string, number>();
  const keys: string[] = [];
  const edges: DumpEdge[][] = [];
  const initial: number[] = [];
  const numberOf = (id: string): number => {
    const known = numbers.get(id);
    if (known !== undefined) return known;
    numbers.set(id, edges.length);
    edges.push([]);
    return edges.length - 1;
  };
  for await (const line of createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    const edge = EDGE.exec(line);
    if (edge !== null) {
      const [, from, to, action] = edge as unknown as [string, string, string, string];
      (edges[numberOf(from)] as DumpEdge[]).push({ action, to: numberOf(to) });
      continue;
    }
    const state = STATE.exec(line);
    if (state === null) {
      if (/^-?\d/.test(line) && !STUTTER.test(line))
        throw new KubedirectError(
          'TLC_FAILED',
          `${file}: expected a state or an edge, got ${line.slice(0, 80)}`,
        );
      continue;
    }
    const number = numberOf(state[1] as string);
    keys[number] = digest(canonicalState(parseState(JSON.parse(`"${state[2]}"`) as string)));
    if (state[3] !== undefined) initial.push(number);
  }
  return { initial, keys, edges };
}
