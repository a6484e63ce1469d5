/**
 * Canonical text of a world, and its fingerprint. Two worlds have the same text if nothing that can still happen
 * tells them apart.
 *
 * Sets that were kept as lists are sorted. Incarnations, sessions and counters need no renaming: a world counts them up
 * from 1, one by one.
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

/** Gives parts of worlds short names: the same for parts of the same text. */
interface Names {
  readonly of: (part: object, text: (part: never) => string) => number | string;
}

/** Texts by number: a world's key is short, and a part that has been met before costs nothing. */
class Numbers implements Names {
  readonly #numbers = new Map<string, number>();
  readonly #known = new WeakMap<object, number>();

  of(part: object, text: (part: never) => string): number {
    const known = this.#known.get(part);
    if (known !== undefined) return known;
    const composed = text(part as never);
    const number = this.#numbers.get(composed) ?? this.#numbers.size;
    this.#numbers.set(composed, number);
    this.#known.set(part, number);
    return number;
  }
}

/** Texts by their hashes: names that all threads give alike, and of which nothing is kept. */
class Hashes implements Names {
  readonly #known = new WeakMap<object, string>();

  of(part: object, text: (part: never) => string): string {
    const known = this.#known.get(part);
    if (known !== undefined) return known;
    const name = hash('sha1', text(part as never), 'base64');
    this.#known.set(part, name);
    return name;
  }
}

function keyOf(setting: Setting, world: World, names: Names): string {
  const { api, network, history, budgets } = world;
  const keys: (number | string)[] = [];
  for (const id of Object.keys(world.processes).sort())
    keys.push(
      id,
      names.of(world.processes[id] as Process, (process: Process) => processText(setting, process)),
    );
  keys.push(names.of(network.connections, canonical), names.of(network.strays, bag));
  keys.push(names.of(world.down, canonical), names.of(world.lives, canonical));
  for (const part of [api.leases, api.nodes, api.pods, api.deployments, api.replicaSets, api.switch])
    keys.push(names.of(part, canonical));
  // The order in which they changed.
  keys.push(Object.keys(api.replicaSets).join(' '));
  keys.push(names.of(api.acknowledged, canonical), api.lagging ?? '');
  keys.push(names.of(world.flights, bag), names.of(world.journals, canonical));
  keys.push(names.of(world.containers, canonical), world.acts);
  keys.push(names.of(budgets, canonical), names.of(history, canonical));
  return keys.join();
}

const numbers = new WeakMap<Setting, Numbers>();
const hashes = new WeakMap<Setting, Hashes>();

/** What a setting has of a kind, made once. */
function own<T>(all: WeakMap<Setting, T>, setting: Setting, make: () => T): T {
  const known = all.get(setting) ?? make();
  all.set(setting, known);
  return known;
}

/** Key of a world: equal for worlds that nothing can tell apart. Valid within one setting. */
export function fingerprint(setting: Setting, world: World): string {
  return keyOf(
    setting,
    world,
    own(numbers, setting, () => new Numbers()),
  );
}

/** 64 bits of a hash of the same: valid in every thread. */
export function hashOf(setting: Setting, world: World): readonly [number, number] {
  const digest = hash(
    'sha1',
    keyOf(
      setting,
      world,
      own(hashes, setting, () => new Hashes()),
    ),
    'buffer',
  );
  return [digest.readUInt32BE(0), digest.readUInt32BE(4)];
}
