/**
 * Canonical text of a world, and its fingerprint. Two worlds have the same text if nothing that can still happen
 * tells them apart.
 *
 * Sets that were kept as lists are sorted. Versions of records are only ever compared for being the same (or for
 * their order within one life of their owner), so they count by rank, and counters that only make them fresh do not
 * count at all.
 */
import { hash } from 'node:crypto';
import type { Process, Setting, World } from './world.ts';

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
function bag(items: readonly unknown[]): string {
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

function processText(setting: Setting, process: Process): string {
  const known = processTexts.get(process);
  if (known !== undefined) return known;
  const { pending, timers, dials, seen, incarnation } = process;
  // Of what a watch has told, only the version counts.
  const told = Object.entries(seen)
    .map(([key, fact]) => `${key}@${'resourceVersion' in fact ? fact.resourceVersion : ''}`)
    .sort();
  const text = `${incarnation}${stateText(setting, process)}${bag(pending)}${timers.join()}${bag(dials)}${told.join()}`;
  processTexts.set(process, text);
  return text;
}

const VERSION = /\{"counter":(\d+),"incarnation":(\d+),"stage":"([^"]+)"\}/g;

/** Counters of versions by rank, within each life of each owner. */
function rankVersions(text: string): string {
  const counters = new Map<string, Set<number>>();
  for (const [, counter, incarnation, stage] of text.matchAll(VERSION)) {
    const owner = `${incarnation}/${stage}`;
    const known = counters.get(owner) ?? new Set<number>();
    counters.set(owner, known.add(Number(counter)));
  }
  const ranks = new Map<string, readonly number[]>();
  for (const [owner, known] of counters)
    ranks.set(
      owner,
      [...known].sort((a, b) => a - b),
    );
  return text.replace(VERSION, (_, counter: string, incarnation: string, stage: string) => {
    const rank = ranks.get(`${incarnation}/${stage}`)?.indexOf(Number(counter));
    return `{v${rank}:${incarnation}/${stage}}`;
  });
}

/** The whole world as text. */
export function worldText(setting: Setting, world: World): string {
  const processes = Object.keys(world.processes)
    .sort()
    .map((id) => `${id}=${processText(setting, world.processes[id] as Process)}`);
  const { connections, strays } = world.network;
  const rest = [
    canonical(connections),
    bag(strays),
    canonical(world.down),
    canonical(world.lives),
    canonical(world.api),
    bag(world.flights),
    canonical(world.journals),
    canonical(world.containers),
    `${world.acts}`,
    canonical(world.budgets),
    canonical(world.history),
  ];
  return rankVersions([...processes, ...rest].join('\n'));
}

/** 128 bits of the world. */
export function fingerprint(setting: Setting, world: World): string {
  return hash('md5', worldText(setting, world), 'base64');
}
