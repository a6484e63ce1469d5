/**
 * Runs XState machines as pure functions without XState's cost of starting an actor for each step.
 *
 * `xstate`'s `transition(machine, …)` makes a new actor, and so the machine's initial state with its whole context,
 * every time. {@link step} gives the same machine the same event over one scope that is made once and never started.
 * That is all that differs, and `test/machines/drive.test.ts` holds the two equal. Only for machines whose actions are
 * all `assign`: what would spawn, raise later or send finds nobody here.
 */
import {
  type AnyActorScope,
  type AnyStateMachine,
  createActor,
  type EventFromLogic,
  type SnapshotFrom,
} from 'xstate';

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
  return machine.transition(snapshot as never, event as never, scopeOf(machine) as never) as SnapshotFrom<M>;
}
