/**
 * What a machine does with an event, found once by XState itself and kept as a tree of decisions.
 *
 * XState's interpreter works out at every step which nodes are left and entered, and copies its snapshot for each action. For machines
 * whose actions are all `assign`, what it does depends only on the configuration, the type of the event, and the answers of the guards
 * it asks. So {@link Program} asks XState: it gives it the same machine with guards that answer by a script and actions that only note
 * that they ran. What comes out is a run of actions, then either a guard that the script does not answer, or the configuration of
 * rest. Each such piece is found when it is first needed. No semantics of statecharts is written here.
 */
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  assign,
  createMachine,
  type EventObject,
} from 'xstate';

type Context = Record<string, unknown>;
type Reducer = (context: Context, event: EventObject) => Context;
type Guard = (args: { readonly context: Context; readonly event: EventObject }) => boolean;
type Transition = (
  machine: AnyStateMachine,
  snapshot: AnyMachineSnapshot,
  event: EventObject,
) => AnyMachineSnapshot;

type Initial = (machine: AnyStateMachine) => AnyMachineSnapshot;

/** A run of actions, and what comes after. */
interface Piece {
  /** Null: the machine begins. */
  readonly start: Start | null;
  /** What guards answered on the way here. */
  readonly answers: readonly boolean[];
  readonly reducers: readonly Reducer[];
  /** The guard to ask next; null at rest. */
  readonly guard: Guard | null;
  /** At rest: the snapshot but for its context; null if the configuration is that of the start. */
  readonly rest: AnyMachineSnapshot | null;
  yes: Piece | null;
  no: Piece | null;
}

/** A configuration that a step begins in. */
interface Start {
  /** As XState resolves it, without context. */
  readonly snapshot: AnyMachineSnapshot;
  readonly pieces: Map<string, Piece>;
}

/** An action that is no `assign`: nobody carries it out. */
const ignored = (): void => {};
/** What XState calls the event of a machine's beginning. */
const INIT = 'xstate.init';
const UNANSWERED = new Error('a guard that the script does not answer');

/** A machine, taken apart as it is used. @internal */
export class Program {
  readonly #machine: AnyStateMachine;
  readonly #transition: Transition;
  readonly #initial: Initial;
  /** The same machine, with scripted guards and silent actions. */
  readonly #scripted: AnyStateMachine;
  #first: Piece | null = null;
  readonly #starts = new Map<string, Start>();
  readonly #startsByNodes = new WeakMap<object, Start>();
  #answers: readonly boolean[] = [];
  #asked = 0;
  #unanswered: string | null = null;
  #ran: string[] = [];
  #eventType = '';

  /**
   * @param transition - XState's own step
   * @param initial - XState's own beginning, of a machine without input
   * @throws Error if the machine has what this can not take apart
   */
  constructor(machine: AnyStateMachine, transition: Transition, initial: Initial) {
    assertPlain(machine);
    this.#machine = machine;
    this.#transition = transition;
    this.#initial = initial;
    const { guards, actions } = machine.implementations;
    const each = <T>(names: object, make: (name: string) => T) =>
      Object.fromEntries(Object.keys(names).map((name) => [name, make(name)]));
    // What its context is at the beginning does not matter to where it goes.
    this.#scripted = createMachine({ ...machine.config, context: {} } as never).provide({
      guards: each(guards, (name) => (args: { event: EventObject }) => this.#answer(name, args.event)),
      actions: each(actions, (name) =>
        assignmentOf(machine, name) === undefined
          ? ignored
          : assign(({ event }: { event: EventObject }) => this.#note(name, event)),
      ),
    } as never);
  }

  /** The first snapshot, with an input. */
  begin(input: unknown): AnyMachineSnapshot {
    const { context: make } = this.#machine.config as { readonly context?: unknown };
    const context = typeof make === 'function' ? make({ input }) : (make ?? {});
    this.#first ??= this.#find(null, INIT, []);
    return this.#run(this.#first, null, context as Context, { type: INIT, input } as EventObject);
  }

  /** The next snapshot; the same one if nothing changes. */
  step(snapshot: AnyMachineSnapshot, event: EventObject): AnyMachineSnapshot {
    const first = this.#begin(snapshot, event.type);
    return this.#run(first, snapshot, snapshot.context as Context, event);
  }

  #run(first: Piece, snapshot: AnyMachineSnapshot | null, before: Context, event: EventObject) {
    let piece = first;
    let context = before;
    for (;;) {
      for (const reducer of piece.reducers) context = reducer(context, event);
      if (piece.guard === null) {
        if (piece.rest === null && context === before) return snapshot as AnyMachineSnapshot;
        return { ...(piece.rest ?? snapshot), context } as AnyMachineSnapshot;
      }
      piece = this.#after(piece, piece.guard({ context, event }), event.type);
    }
  }

  #after(piece: Piece, answer: boolean, eventType: string): Piece {
    const known = answer ? piece.yes : piece.no;
    if (known !== null) return known;
    const found = this.#find(piece.start, eventType, [...piece.answers, answer]);
    if (answer) piece.yes = found;
    else piece.no = found;
    return found;
  }

  #begin(snapshot: AnyMachineSnapshot, eventType: string): Piece {
    const start = this.#startsByNodes.get(snapshot._nodes) ?? this.#startOf(snapshot);
    let piece = start.pieces.get(eventType);
    if (piece === undefined) {
      piece = this.#find(start, eventType, []);
      start.pieces.set(eventType, piece);
    }
    return piece;
  }

  #startOf({ value, _nodes }: AnyMachineSnapshot): Start {
    const start = this.#resolved(value);
    this.#startsByNodes.set(_nodes, start);
    return start;
  }

  #resolved(value: AnyMachineSnapshot['value']): Start {
    const key = JSON.stringify(value);
    let start = this.#starts.get(key);
    if (start === undefined) {
      const snapshot = this.#machine.resolveState({ value, context: {} } as never) as AnyMachineSnapshot;
      start = { snapshot, pieces: new Map() };
      this.#starts.set(key, start);
      this.#startsByNodes.set(snapshot._nodes, start);
    }
    return start;
  }

  /** Lets XState go on to the first guard that is not answered, or to rest. */
  #find(start: Start | null, eventType: string, answers: readonly boolean[]): Piece {
    this.#answers = answers;
    this.#asked = 0;
    this.#unanswered = null;
    this.#ran = [];
    this.#eventType = eventType;
    const after = this.#follow(start, eventType);
    const reducers = this.#ran.map((name) => reducerOf(this.#machine, name));
    const path = { start, answers, reducers, yes: null, no: null };
    if (after === null) return { ...path, guard: guardOf(this.#machine, this.#unanswered ?? ''), rest: null };
    const end = this.#resolved(after.value);
    const rest = end === start ? null : ({ ...end.snapshot, output: after.output } as AnyMachineSnapshot);
    return { ...path, guard: null, rest };
  }

  /** Where XState comes to; null if a guard is not answered. */
  #follow(start: Start | null, eventType: string): AnyMachineSnapshot | null {
    try {
      if (start === null) {
        const first = this.#initial(this.#scripted);
        // XState keeps what was thrown at the beginning.
        if (first.status === 'error') throw first.error;
        return first;
      }
      const { value } = start.snapshot;
      const before = this.#scripted.resolveState({ value, context: {} } as never) as AnyMachineSnapshot;
      return this.#transition(this.#scripted, before, { type: eventType });
    } catch (error) {
      if (this.#unanswered === null) throw error;
      return null;
    }
  }

  #answer(name: string, event: EventObject): boolean {
    this.#assertSame(name, event);
    const answer = this.#answers[this.#asked++];
    if (answer === undefined) {
      this.#unanswered = name;
      throw UNANSWERED;
    }
    this.#ran = []; // they belong to the piece before
    return answer;
  }

  #note(name: string, event: EventObject): Context {
    this.#assertSame(name, event);
    this.#ran.push(name);
    return {};
  }

  #assertSame(name: string, { type }: EventObject): void {
    if (type !== this.#eventType) throw new Error(`${name} hears ${type}, raised by XState itself`);
  }
}

function guardOf({ implementations }: AnyStateMachine, name: string): Guard {
  return implementations.guards[name] as unknown as Guard;
}

type Assigner = (args: { readonly context: Context; readonly event: EventObject }) => unknown;

/** Of an `assign`; undefined for another action. */
function assignmentOf({ implementations }: AnyStateMachine, name: string) {
  const action = implementations.actions[name] as unknown as {
    readonly assignment?: Assigner | Readonly<Record<string, unknown>>;
  };
  return action.assignment;
}

/** Whether an update, which has no keys but those of a context, has them all: then there is nothing of the old one to keep, and no need for a copy. */
function isWhole(update: Context, context: Context): boolean {
  return sizeOf(update) === sizeOf(context);
}

/** How many keys: counted without a list of them. */
function sizeOf(context: Context): number {
  let size = 0;
  for (const _ in context) size += 1;
  return size;
}

function reducerOf(machine: AnyStateMachine, name: string): Reducer {
  const assignment = assignmentOf(machine, name) ?? {};
  if (typeof assignment === 'function')
    return (context, event) => {
      const update = assignment({ context, event }) as Context;
      if (update === context) return context;
      return isWhole(update, context) ? update : { ...context, ...update };
    };
  const entries = Object.entries(assignment);
  return (context, event) => {
    const next = { ...context };
    for (const [key, value] of entries)
      next[key] = typeof value === 'function' ? (value as Assigner)({ context, event }) : value;
    return next;
  };
}

interface Definition {
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
}

/** Refuses what is more than named guards and named `assign`s without parameters. */
function assertPlain(machine: AnyStateMachine): void {
  const { guards, actions } = machine.implementations;
  const fail = (what: string) => {
    throw new Error(`machine ${machine.id}: ${what} can not be taken apart`);
  };
  for (const [name, guard] of Object.entries(guards))
    if (typeof guard !== 'function' || 'check' in guard) fail(`guard ${name}`);
  for (const [name, action] of Object.entries(actions))
    if (assignmentOf(machine, name) === undefined && 'resolve' in (action as object)) fail(`action ${name}`);
  const isNamed = (reference: unknown): boolean =>
    typeof reference === 'string' ||
    (typeof reference === 'object' && reference !== null && !('params' in reference) && 'type' in reference);
  const check = (node: AnyStateNode): void => {
    if (node.type === 'history' || node.invoke.length > 0 || node.output !== undefined)
      fail(`node ${node.id}`);
    const definitions = [...node.transitions.values()].flat() as Definition[];
    if (node.initial !== undefined && node.type === 'compound') definitions.push(node.initial as Definition);
    for (const { guard, actions: run } of [...definitions, ...((node.always ?? []) as Definition[])])
      if ((guard !== undefined && !isNamed(guard)) || !run.every(isNamed)) fail(`a transition of ${node.id}`);
    if (![...node.entry, ...node.exit].every(isNamed)) fail(`entry or exit of ${node.id}`);
    for (const child of Object.values(node.states)) check(child);
  };
  check(machine.root);
}
