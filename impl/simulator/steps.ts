/** A run as a list of numbered lines, each with the one that led to it: read forwards, backwards, or as the chain that led to one line. */
import type { Plan } from './plan.ts';
import { type Outcome, runPlan } from './run.ts';
import type { Line } from './simulation.ts';

/** One line. */
export interface Entry {
  /** From 1. */
  readonly id: number;
  /** The line that led to it; null: the beginning. */
  readonly cause: number | null;
  readonly line: Line;
}

/** A run with all of its lines. */
export interface Recorded {
  readonly entries: readonly Entry[];
  readonly outcome: Outcome;
}

/** Runs a plan, and keeps every line. */
export function recordPlan(plan: Plan): Recorded {
  const entries: Entry[] = [];
  const outcome = runPlan(plan, (line, id, cause) => entries.push({ id, cause, line }));
  return { entries, outcome };
}

/** What led to a line, from its beginning on. */
export function chainTo(entries: readonly Entry[], id: number): readonly Entry[] {
  const chain: Entry[] = [];
  for (let at: number | null = id; at !== null; ) {
    const entry: Entry | undefined = entries[at - 1];
    if (entry === undefined) break;
    chain.unshift(entry);
    at = entry.cause;
  }
  return chain;
}

const brief = (value: unknown, most: number) => {
  const text = JSON.stringify(value).replaceAll('"', '');
  return text.length > most ? `${text.slice(0, most)}…` : text;
};

function eventText(event: { readonly type: string }): string {
  const { type, ...rest } = event as { readonly type: string; readonly message?: { readonly kind: string } };
  if (rest.message === undefined) return `${type} ${brief(rest, 90)}`;
  const { kind, ...message } = rest.message;
  return `received ${kind} ${brief(message, 90)}`;
}

const effectText = (effect: { readonly type: string; readonly message?: { readonly kind: string } }) =>
  effect.message === undefined ? effect.type : `send ${effect.message.kind}`;

/** A line as text: its number, the number of its cause, when, who, what happened, what was asked for. */
export function textOfEntry({ id, cause, line }: Entry): string {
  const head = `#${id}${cause === null ? '' : ` by #${cause}`}`.padEnd(16);
  const time = `${(line.at / 1000).toFixed(3).padStart(9)} s`;
  if ('world' in line) return `${head}${time}  world        ${brief(line.world, 120)}`;
  const effects = line.effects.map(effectText).join(', ');
  const end = line.crashedAfter === undefined ? '' : `; ends after ${line.crashedAfter} of them`;
  return `${head}${time}  ${line.stage.padEnd(12)} ${eventText(line.event)}${effects === '' ? '' : ` → ${effects}`}${end}`;
}
