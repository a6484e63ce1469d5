/** A world of a rollout as a state of `Rollout.tla`: variable by variable, in one canonical text. */
import { NO_HOLD } from '../../../machines/ownership/wants/targets.ts';
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { DeploymentFact, ReplicaSetFact } from '../../../spec/facts.ts';
import type { Message } from '../../../spec/messages.ts';
import type { DeciderState } from '../../explorer/stubs/decider.ts';
import type { FollowerState } from '../../explorer/stubs/follower.ts';
import type { Process, Setting, World } from '../../explorer/world.ts';
import { objectOf, writeOf } from '../field/objects.ts';
import { remembered } from '../remembered.ts';
import { bagOf, option, stateText } from '../text.ts';
import { entryOf, holdOf, podsOf, setOf, stampedOf } from './objects.ts';

const setsOf = (sets: Readonly<Record<string, ReplicaSetFact>>) =>
  new Map(Object.values(sets).map((one) => [one.template, setOf(one)]));

const deciderOf = remembered((process: Process): object => {
  const { entries, minted, sets } = process.state as DeciderState;
  const told = process.seen['deployments/d'] as DeploymentFact | undefined;
  return {
    ...entryOf(entries.d),
    minted,
    sets: setsOf(sets),
    told: Number(told?.resourceVersion ?? 0),
  };
});

const followerOf = remembered((process: Process): object => {
  const { wants, gone, holds, sets, minted, pods, dying } = process.state as FollowerState;
  return {
    want: option(wants.d, stampedOf),
    gone: gone.includes('d'),
    hold: holdOf(holds.d ?? NO_HOLD),
    sets: setsOf(sets),
    minted,
    pods: podsOf(pods),
    dying: podsOf(dying),
  };
});

/** A want, or nothing: the Deployment is gone. */
function mailOf(message: Message): readonly object[] {
  if (message.kind === 'Scale') return message.wants.map(stampedOf);
  if (message.kind === 'Gone') return [];
  throw new Error(`${message.kind} does not flow in a world of a rollout`);
}

function answerOf(event: StageEvent | undefined) {
  if (event?.type !== 'replicasWritten') throw new Error(`D waits for ${event?.type}`);
  return option(event.after, objectOf);
}

const processAt = (world: World, peer: string) =>
  Object.values(world.processes).find((one) => one.peer === peer) as Process;

/** The state of `Rollout.tla` that a world stands for: equal texts for equal states. */
export function rolloutState(_: Setting, world: World): string {
  const { api, history, flights, acts, budgets, network } = world;
  const d = processAt(world, 'deployment');
  return stateText({
    d: deciderOf(d),
    r: followerOf(processAt(world, 'replicaset')),
    mail: Object.values(network.connections).flatMap(({ toDown }) => toDown.map(mailOf)),
    object: objectOf(api.deployments.d as DeploymentFact),
    sets: Object.values(api.replicaSets).map(setOf),
    flights: bagOf(
      flights.map(({ effect }) => writeOf(effect as Extract<Effect, { type: 'writeReplicas' }>)),
    ),
    answers: bagOf(d.pending.map(({ candidates }) => answerOf(candidates[0]))),
    acts,
    left: budgets.prompts.ask ?? 0,
    reached: history.reached.d ?? 0,
    asked: history.asked.d,
    external: history.external.d ?? 0,
    overwritten: history.overwritten.d ?? [],
    due: history.due.d,
  });
}
