/** Worlds share what did not change: what is made of a part of one is made once. */

/** A function that remembers what it made of an object; what else it is given must not matter to that. */
export function remembered<K extends object, V, Rest extends readonly unknown[]>(
  make: (key: K, ...rest: Rest) => V,
): (key: K, ...rest: Rest) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (key, ...rest) => {
    const found = known.get(key);
    if (found !== undefined) return found.value;
    const value = make(key, ...rest);
    known.set(key, { value });
    return value;
  };
}
