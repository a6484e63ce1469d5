/** A world of the replicas field as a state of `Field.tla`: variable by variable, in one canonical text. */
import type { StageEvent } from '../../../spec/events.ts';
import type { DeploymentFact } from '../../../spec/facts.ts';
import type { FieldState } from '../../explorer/stubs/field.ts';
import type { Process, Setting, World } from '../../explorer/world.ts';
import { remembered } from '../remembered.ts';
import { bagOf, option, stateText } from '../text.ts';
import { baseOf, fieldOf, flightOf, objectOf, wantOf } from './objects.ts';

function answerOf(event: StageEvent | undefined) {
  if (event?.type !== 'replicasWritten') throw new Error(`D waits for ${event?.type}`);
  return { after: option(event.after, objectOf), refusal: event.refusal ?? '' };
}

const lifeOf = remembered((process: Process): object => {
  const { fact, base, want, minted, marked, hurry, field } = process.state as FieldState;
  const told = process.seen['deployments/d'] as DeploymentFact;
  return {
    object: option(fact, objectOf),
    base: option(base, baseOf),
    want: option(want, wantOf),
    minted,
    marked,
    hurry,
    field: fieldOf(field),
    told: Number(told.resourceVersion),
    answers: bagOf(process.pending.map(({ candidates }) => answerOf(candidates[0]))),
  };
});

function leftOf({ budgets }: World) {
  const { crash, usurp, prompts, timers, lostReply } = budgets;
  return {
    ask: prompts.ask ?? 0,
    mark: prompts.mark ?? 0,
    hurry: prompts.hurry ?? 0,
    lostReply,
    crash: crash.deployment ?? 0,
    usurp: usurp.deployment ?? 0,
    writeBack: timers.writeBack ?? 0,
    lower: timers.lower ?? 0,
    retry: timers.retry ?? 0,
  };
}

/** The state of `Field.tla` that a world stands for: equal texts for equal states. */
export function fieldState(_: Setting, world: World): string {
  const { api, history, flights, acts } = world;
  return stateText({
    ds: new Map(Object.values(world.processes).map((one) => [one.incarnation, lifeOf(one)])),
    lease: api.leases.deployment ?? 0,
    awaited: world.down.deployment !== undefined,
    object: objectOf(api.deployments.d as DeploymentFact),
    flights: bagOf(flights.map(flightOf)),
    acts,
    left: leftOf(world),
    asked: history.asked.d,
    external: history.external.d ?? 0,
    overwritten: history.overwritten.d ?? [],
    due: history.due.d,
  });
}
