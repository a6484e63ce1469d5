/**
 * Canonical text of a world's parts. Two worlds have the same texts if nothing that can still happen tells them apart: `fingerprint.ts`.
 *
 * Sets that were kept as lists are sorted. Incarnations, sessions and counters need no renaming: a world counts them up
 * from 1, one by one.
 */
import type { Process, Setting } from './world.ts';

/** JSON with sorted keys; Maps as objects, Sets as sorted lists. Parts that never change are kept. */
export function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = compose(value);
  texts.set(value, text);
  return text;
}

const texts = new WeakMap<object, string>();
const entry = (key: string, value: unknown) => `${JSON.stringify(key)}:${canonical(value)}`;

function compose(value: object): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value instanceof Map)
    return `{${[...value]
      .map(([key, one]) => entry(String(key), one))
      .sort()
      .join(',')}}`;
  if (value instanceof Set) return bag([...value]);
  const fields = Object.entries(value).filter(([, one]) => one !== undefined);
  return `{${fields
    .map(([key, one]) => entry(key, one))
    .sort()
    .join(',')}}`;
}

/** A list of which the order does not matter. */
export function bag(items: readonly unknown[]): string {
  return `[${items.map(canonical).sort().join(',')}]`;
}

const stateTexts = new WeakMap<object, string>();

/** Canonical text of a stage's state, by its view. */
export function stateText(setting: Setting, process: Process): string {
  const key = process.state as object;
  const known = stateTexts.get(key);
  if (known !== undefined) return known;
  const view = setting.stages[process.peer]?.view;
  const text = canonical(view?.(process.state as never));
  stateTexts.set(key, text);
  return text;
}

const processTexts = new WeakMap<Process, string>();

/** Of a process: equal if nothing that can still happen tells them apart. */
export function processText(setting: Setting, process: Process): string {
  const known = processTexts.get(process);
  if (known !== undefined) return known;
  const { pending, timers, dials, seen, passed, incarnation } = process;
  // Of what a watch has told, only the version counts, and of a Node which one it is: one made anew begins at version 1 again.
  const told = Object.entries(seen)
    .map(
      ([key, fact]) =>
        `${key}@${'resourceVersion' in fact ? fact.resourceVersion : ''}${'agent' in fact ? fact.uid : ''}`,
    )
    .sort();
  const text = `${incarnation}${stateText(setting, process)}${bag(pending)}${timers.join()}${bag(dials)}${told.join()}${canonical(passed)}`;
  processTexts.set(process, text);
  return text;
}
