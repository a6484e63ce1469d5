/** What TLC says with `-tool`: numbered messages, read as they come, and the result that they add up to. */
import { parseState, type TlaState } from './value.ts';

/** A state of a counterexample, and the action that led to it. @public */
export interface TlcStep {
  /** Name of the action; null in the first state. */
  readonly action: string | null;
  readonly state: TlaState;
}

/** What is wrong, by kind. @public */
export type TlcBreach = 'invariant' | 'step' | 'liveness' | 'deadlock' | 'assumption';

/** What TLC found. @public */
export interface TlcResult {
  /** Null if everything held. */
  readonly breach: TlcBreach | null;
  /** The property broken; empty for a deadlock, and for liveness, which TLC does not name. */
  readonly property: string;
  readonly generated: number;
  readonly distinct: number;
  /** Steps of the longest shortest way. */
  readonly depth: number;
  readonly behaviour: readonly TlcStep[];
  /** Liveness: the number of the state (from 0) that the last one goes back to; null if it stays in the last. */
  readonly loop: number | null;
  /** What the spec printed (`PrintT`), a value an item. */
  readonly printed: readonly string[];
}

/** How far TLC is. @public */
export interface TlcProgress {
  readonly depth: number;
  readonly generated: number;
  readonly distinct: number;
  readonly queue: number;
}

const START = /^@!@!@STARTMSG (\d+):(\d+) @!@!@$/;
const END = /^@!@!@ENDMSG (\d+) @!@!@$/;
const PROGRESS =
  /Progress\((\d+)\).*?: ([\d,]+) states generated.*?, ([\d,]+) distinct states found.*?, ([\d,]+) states left/;
const STEP = /^\s*(\d+): <(\w+)[^>]*>\n([\s\S]*)$/;
const BREACHES: readonly (readonly [RegExp, TlcBreach])[] = [
  [/^Invariant (\S+) is violated/, 'invariant'],
  [/^Action property (\S+) is violated/, 'step'],
  // A conjunct of a property is named by where it stands.
  [/^Action property (line \d+, .* of module \w+) is violated/, 'step'],
  [/^Property (\S+) is violated by the initial state/, 'invariant'],
  [/^Temporal properties were violated/, 'liveness'],
  [/^Deadlock reached/, 'deadlock'],
  [/^Assumption (.+) is false/, 'assumption'],
];
const numberOf = (text: string | undefined) => Number((text ?? '0').replaceAll(',', ''));

/** Values that `PrintT` wrote between the messages: TLC breaks a long one over lines. */
function printedIn(loose: readonly string[]): readonly string[] {
  const values: string[] = [];
  for (const line of loose)
    if (line.startsWith('<<')) values.push(line);
    else if (/^\s/.test(line) && values.length > 0) values.push(`${values.pop()}\n${line}`);
  return values;
}

/** Reads TLC's output line by line. */
export class TlcOutput {
  readonly #onProgress: (progress: TlcProgress) => void;
  #code: number | null = null;
  #lines: string[] = [];
  #breach: TlcBreach | null = null;
  #property = '';
  #progress: TlcProgress = { depth: 0, generated: 0, distinct: 0, queue: 0 };
  #depth = 0;
  #behaviour: TlcStep[] = [];
  #loop: number | null = null;
  /** What TLC complained of, and what it said outside of any message (the parser does). */
  readonly complaints: string[] = [];
  readonly loose: string[] = [];

  constructor(onProgress: (progress: TlcProgress) => void = () => {}) {
    this.#onProgress = onProgress;
  }

  line(text: string): void {
    const start = START.exec(text);
    if (start !== null) {
      this.#code = Number(start[1]);
      this.#lines = start[2] === '1' ? ['!'] : [''];
      return;
    }
    // A message may hold another, which ends first.
    const end = END.exec(text);
    if (end !== null && Number(end[1]) === this.#code) {
      const [level, ...lines] = this.#lines;
      if (this.#code !== null) this.#message(this.#code, level === '!', lines.join('\n').trim());
      this.#code = null;
    } else if (end !== null) return;
    else if (this.#code === null) this.loose.push(text);
    else this.#lines.push(text.replace(/@!@!@STARTMSG \d+:\d+ @!@!@/, ''));
  }

  #message(code: number, isError: boolean, text: string): void {
    if (code === 2200) return this.#tell(text);
    if (code === 2194) this.#depth = numberOf(/search is ([\d,]+)/.exec(text)?.[1]);
    if (code === 2217) this.#state(text);
    if (code === 2122) this.#loop = numberOf(/^(\d+):/.exec(text)?.[1]) - 1;
    if (!isError) return;
    for (const [pattern, breach] of BREACHES) {
      const match = pattern.exec(text);
      if (match === null) continue;
      this.#breach = breach;
      this.#property = match[1] ?? '';
      return;
    }
    if (code !== 2121 && code !== 2264) this.complaints.push(text);
  }

  #tell(text: string): void {
    const [, depth, generated, distinct, queue] = PROGRESS.exec(text) ?? [];
    if (depth === undefined) return;
    this.#progress = {
      depth: numberOf(depth),
      generated: numberOf(generated),
      distinct: numberOf(distinct),
      queue: numberOf(queue),
    };
    this.#onProgress(this.#progress);
  }

  #state(text: string): void {
    const [, number, action, state] = STEP.exec(text) ?? [];
    if (number === undefined || state === undefined) return;
    this.#behaviour.push({ action: number === '1' ? null : (action ?? null), state: parseState(state) });
  }

  /** What it adds up to. */
  result(): TlcResult {
    const { depth, generated, distinct } = this.#progress;
    return {
      breach: this.#breach,
      property: this.#property,
      generated,
      distinct,
      // TLC counts states on the way, we count steps.
      depth: Math.max(0, (this.#depth || depth) - 1),
      behaviour: this.#behaviour,
      loop: this.#loop,
      printed: printedIn(this.loose),
    };
  }
}
