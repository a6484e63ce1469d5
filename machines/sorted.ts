/** Sorted sets that share structure: what a state keeps in order, so that no step has to sort it. */
import btree from 'sorted-btree';

/** Less than 0 if `a` comes first; 0 only for equals. */
export type Order<T> = (a: T, b: T) => number;

/** An immutable set in order. All operations but iteration cost O(log size). */
export interface SortedSet<T> {
  readonly size: number;
  /** With an item; the set itself if it is there. */
  add(item: T): SortedSet<T>;
  /** Without an item; the set itself if it is not there. */
  remove(item: T): SortedSet<T>;
  has(item: T): boolean;
  /** The least; undefined if there is none. */
  first(): T | undefined;
  /** In order. */
  [Symbol.iterator](): Iterator<T>;
  /** A copy to change: what both have in common is copied once, as it is changed, and not at each change. */
  edit(): SortedEdit<T>;
}

/** A set under change. */
export interface SortedEdit<T> {
  readonly size: number;
  add(item: T): void;
  remove(item: T): void;
  /** The set as it is now. */
  done(): SortedSet<T>;
}

// sorted-btree is CommonJS: its class is the `default` of its exports. `with` and `without` copy a path, not the tree.
type Tree<T> = InstanceType<typeof btree.default<T, undefined>>;

class TreeSet<T> implements SortedSet<T> {
  readonly #tree: Tree<T>;

  constructor(tree: Tree<T>) {
    this.#tree = tree;
  }
  get size(): number {
    return this.#tree.size;
  }
  add(item: T): SortedSet<T> {
    return this.has(item) ? this : new TreeSet(this.#tree.with(item, undefined));
  }
  remove(item: T): SortedSet<T> {
    return this.has(item) ? new TreeSet(this.#tree.without(item)) : this;
  }
  has(item: T): boolean {
    return this.#tree.has(item);
  }
  first(): T | undefined {
    return this.#tree.minKey();
  }
  [Symbol.iterator](): Iterator<T> {
    return this.#tree.keys();
  }
  edit(): SortedEdit<T> {
    // What `clone` shares is copied when one of both is changed.
    return new TreeEdit(this.#tree.clone());
  }
}

class TreeEdit<T> implements SortedEdit<T> {
  readonly #tree: Tree<T>;

  constructor(tree: Tree<T>) {
    this.#tree = tree;
  }
  get size(): number {
    return this.#tree.size;
  }
  add(item: T): void {
    this.#tree.set(item, undefined, false);
  }
  remove(item: T): void {
    this.#tree.delete(item);
  }
  done(): SortedSet<T> {
    return new TreeSet(this.#tree.clone());
  }
}

/** An empty set in this order. */
export function sortedSet<T>(order: Order<T>): SortedSet<T> {
  return new TreeSet(new btree.default<T, undefined>(undefined, order));
}
