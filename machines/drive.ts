/**
 * Runs XState machines as pure functions, without XState's cost of interpreting at each step (`program.ts`).
 *
 * `test/machines/drive.test.ts` holds {@link step} and XState's own `transition` equal, event by event. Only for machines whose actions
 * are all `assign`: what would spawn, raise later or send finds nobody here.
 */
import {
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  type EventFromLogic,
  type EventObject,
  type InputFrom,
  type SnapshotFrom,
} from 'xstate';
import { Program } from './program.ts';

const scopes = new WeakMap<AnyStateMachine, AnyActorScope>();
const nothing = (): void => {};

function scopeOf(machine: AnyStateMachine): AnyActorScope {
  const known = scopes.get(machine);
  if (known !== undefined) return known;
  const self = createActor(machine);
  const scope = {
    self,
    defer: nothing,
    id: '',
    logger: nothing,
    sessionId: '',
    stopChild: nothing,
    system: self.system,
    emit: nothing,
    actionExecutor: nothing,
  } as unknown as AnyActorScope;
  scopes.set(machine, scope);
  return scope;
}

/**
 * XState's own step. `transition(machine, …)` makes a new actor, and so the machine's initial state with its whole context, every time;
 * this gives the same machine the same event over one scope that is made once and never started.
 *
 * @internal
 */
export function interpret(
  machine: AnyStateMachine,
  snapshot: AnyMachineSnapshot,
  event: EventObject,
): AnyMachineSnapshot {
  return machine.transition(snapshot as never, event as never, scopeOf(machine) as never);
}

const programs = new WeakMap<AnyStateMachine, Program>();

function programOf(machine: AnyStateMachine): Program {
  const known = programs.get(machine);
  if (known !== undefined) return known;
  const initial = (scripted: AnyStateMachine) =>
    scripted.getInitialSnapshot(scopeOf(machine) as never) as AnyMachineSnapshot;
  const program = new Program(machine, interpret, initial);
  programs.set(machine, program);
  return program;
}

/**
 * The first snapshot: what `initialTransition(machine, input)[0]` gives, which makes an actor each time.
 *
 * @throws what an action throws, and the making of the context
 * @internal
 */
export function begin<M extends AnyStateMachine>(machine: M, input: InputFrom<M>): SnapshotFrom<M> {
  return programOf(machine).begin(input) as SnapshotFrom<M>;
}

/**
 * The next snapshot: what `transition(machine, snapshot, event)[0]` gives.
 *
 * @throws what a guard or action throws
 * @internal
 */
export function step<M extends AnyStateMachine>(
  machine: M,
  snapshot: SnapshotFrom<M>,
  event: EventFromLogic<M>,
): SnapshotFrom<M> {
  return programOf(machine).step(snapshot as AnyMachineSnapshot, event) as SnapshotFrom<M>;
}
