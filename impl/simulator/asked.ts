/** Which rules a step comes to: each can be switched off, and is asked for by its name. */

/** A set that remembers what it was asked for: rules are switched off by name, so asking for a name is coming to the rule. */
export class Asked extends Set<string> {
  readonly #onAsk: (name: string) => void;
  constructor(names: Iterable<string>, onAsk: (name: string) => void) {
    super(names);
    this.#onAsk = onAsk;
  }
  override has(name: string): boolean {
    // The base's constructor asks nothing, but may add before the field is there.
    this.#onAsk(name);
    return super.has(name);
  }
}
