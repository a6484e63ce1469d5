/**
 * An ordered persistent map: what the API Server's objects, indexes and history live in. A treap whose priorities are
 * a hash of the key, so that one content has one shape: two histories that end in the same content give equal trees.
 * `get`, `set`, `remove` cost O(log n) and share all but the path they touch; older versions stay valid.
 */

interface Branch<V> {
  readonly key: string;
  readonly value: V;
  readonly priority: number;
  readonly size: number;
  readonly left: Branch<V> | undefined;
  readonly right: Branch<V> | undefined;
}

/** A version of the map. Never changed in place. @public */
export interface OrderedMap<V> {
  readonly root: Branch<V> | undefined;
}

type Tree<V> = Branch<V> | undefined;

const EMPTY: OrderedMap<never> = { root: undefined };

/** The map without entries. @public */
export function emptyMap<V>(): OrderedMap<V> {
  return EMPTY;
}

/** FNV-1a over UTF-16 code units, then mixed so that keys that differ in their last digit do not make a list. */
function priorityOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function branch<V>(
  of: { key: string; value: V; priority: number },
  left: Tree<V>,
  right: Tree<V>,
): Branch<V> {
  const size = 1 + (left?.size ?? 0) + (right?.size ?? 0);
  return { key: of.key, value: of.value, priority: of.priority, size, left, right };
}

function above(priority: number, key: string, other: Branch<unknown>): boolean {
  return priority > other.priority || (priority === other.priority && key < other.key);
}

/** How many entries there are. @public */
export function sizeOf(map: OrderedMap<unknown>): number {
  return map.root?.size ?? 0;
}

/** The value under `key`, or undefined. @public */
export function getIn<V>(map: OrderedMap<V>, key: string): V | undefined {
  let at = map.root;
  while (at !== undefined) {
    if (key === at.key) return at.value;
    at = key < at.key ? at.left : at.right;
  }
  return undefined;
}

function split<V>(tree: Tree<V>, key: string): [Tree<V>, Tree<V>] {
  if (tree === undefined) return [undefined, undefined];
  if (tree.key < key) {
    const [low, high] = split(tree.right, key);
    return [branch(tree, tree.left, low), high];
  }
  const [low, high] = split(tree.left, key);
  return [low, branch(tree, high, tree.right)];
}

function insert<V>(tree: Tree<V>, entry: { key: string; value: V; priority: number }): Branch<V> {
  if (tree === undefined) return branch(entry, undefined, undefined);
  if (tree.key === entry.key) return branch(entry, tree.left, tree.right);
  if (above(entry.priority, entry.key, tree)) return branch(entry, ...split(tree, entry.key));
  return entry.key < tree.key
    ? branch(tree, insert(tree.left, entry), tree.right)
    : branch(tree, tree.left, insert(tree.right, entry));
}

/** The map with `value` under `key`. @public */
export function setIn<V>(map: OrderedMap<V>, key: string, value: V): OrderedMap<V> {
  return { root: insert(map.root, { key, value, priority: priorityOf(key) }) };
}

function join<V>(low: Tree<V>, high: Tree<V>): Tree<V> {
  if (low === undefined) return high;
  if (high === undefined) return low;
  return above(low.priority, low.key, high)
    ? branch(low, low.left, join(low.right, high))
    : branch(high, join(low, high.left), high.right);
}

function without<V>(tree: Tree<V>, key: string): Tree<V> {
  if (tree === undefined) return undefined;
  if (tree.key === key) return join(tree.left, tree.right);
  if (key < tree.key) {
    const left = without(tree.left, key);
    return left === tree.left ? tree : branch(tree, left, tree.right);
  }
  const right = without(tree.right, key);
  return right === tree.right ? tree : branch(tree, tree.left, right);
}

/** The map without `key`; the same map if it had none. @public */
export function removeIn<V>(map: OrderedMap<V>, key: string): OrderedMap<V> {
  const root = without(map.root, key);
  return root === map.root ? map : { root };
}

/** Entries in key order, from the first key at or after `start`. @public */
export function* entriesFrom<V>(map: OrderedMap<V>, start = ''): Generator<readonly [string, V]> {
  const stack: Branch<V>[] = [];
  let at = map.root;
  for (;;) {
    while (at !== undefined) {
      if (at.key >= start) {
        stack.push(at);
        at = at.left;
      } else at = at.right;
    }
    const next = stack.pop();
    if (next === undefined) return;
    yield [next.key, next.value];
    at = next.right;
  }
}

/** Entries whose key begins with `prefix`, in key order. @public */
export function* entriesWith<V>(
  map: OrderedMap<V>,
  prefix: string,
  start = prefix,
): Generator<readonly [string, V]> {
  for (const entry of entriesFrom(map, start)) {
    if (!entry[0].startsWith(prefix)) return;
    yield entry;
  }
}

/** The entry with the smallest key, or undefined. @public */
export function firstOf<V>(map: OrderedMap<V>): readonly [string, V] | undefined {
  let at = map.root;
  while (at?.left !== undefined) at = at.left;
  return at === undefined ? undefined : [at.key, at.value];
}
