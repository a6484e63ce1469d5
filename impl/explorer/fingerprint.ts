/** Fingerprints of worlds: equal for those that nothing which can still happen tells apart (`encode.ts`). */
import { hash } from 'node:crypto';
import { bag, canonical, processText } from './encode.ts';
import type { Process, Setting, World } from './world.ts';

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
