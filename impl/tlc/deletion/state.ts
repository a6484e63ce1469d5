/** A world of deletion as a state of `Deletion.tla`: variable by variable, in one canonical text. */
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { DeploymentFact, ReplicaSetFact } from '../../../spec/facts.ts';
import type { Message } from '../../../spec/messages.ts';
import type { DeciderState } from '../../explorer/stubs/decider.ts';
import type { FollowerState } from '../../explorer/stubs/follower.ts';
import type { Flight, Process, Setting, World } from '../../explorer/world.ts';
import { objectOf, writeOf } from '../field/objects.ts';
import { remembered } from '../remembered.ts';
import { entryOf, holdOf, podsOf, setOf, stampedOf, templateOf } from '../rollout/objects.ts';
import { bagOf, option, stateText } from '../text.ts';

const owned = (set: ReplicaSetFact) => ({ ...setOf(set), of: set.deployment ?? '', going: set.deleting });
const setsOf = (sets: Readonly<Record<string, ReplicaSetFact>>) =>
  new Map(Object.values(sets).map((one) => [one.template, owned(one)]));
const standing = (fact: DeploymentFact) => ({ ...objectOf(fact), going: fact.deleting });

/** A record by uid, each value as it is in the module. */
const by = <T>(record: Readonly<Record<string, T>>, as: (value: T) => unknown, key = (uid: string) => uid) =>
  new Map(Object.entries(record).map(([uid, value]) => [key(uid), as(value)]));

const deciderOf = remembered((process: Process): object => {
  const { entries, minted, sets } = process.state as DeciderState;
  const told = Object.entries(process.seen).filter(([key]) => key.startsWith('deployments/'));
  return {
    entries: by(entries, (entry) => ({ ...entryOf(entry), object: [standing(entry.fact)] })),
    minted,
    sets: setsOf(sets),
    told: new Map(
      told.map(([, fact]) => [
        (fact as DeploymentFact).uid,
        Number((fact as DeploymentFact).resourceVersion),
      ]),
    ),
  };
});

/** ReplicaSets without a Deployment decide alone: `orphan/rs-t1` is `"t1"`. */
const groupOf = (group: string) =>
  group.startsWith('orphan/') ? templateOf(group.slice('orphan/'.length)) : group;

const followerOf = remembered((process: Process): object => {
  const { wants, gone, holds, sets, minted, pods, dying } = process.state as FollowerState;
  return {
    wants: by(wants, stampedOf),
    gone: new Set(gone),
    holds: by(holds, holdOf, groupOf),
    sets: setsOf(sets),
    minted,
    pods: podsOf(pods),
    dying: podsOf(dying),
  };
});

/** A want, or nothing: the Deployment is gone. */
function mailOf(message: Message): readonly object[] {
  if (message.kind === 'Scale')
    return message.wants.map((want) => ({ of: want.deployment, wants: [stampedOf(want)] }));
  if (message.kind === 'Gone') return message.deployments.map((of) => ({ of, wants: [] }));
  throw new Error(`${message.kind} does not flow in a world of deletion`);
}

function answerOf(event: StageEvent | undefined) {
  if (event?.type !== 'replicasWritten') throw new Error(`D waits for ${event?.type}`);
  return { of: event.deployment, after: option(event.after, standing), refusal: event.refusal ?? '' };
}

function flightOf({ effect }: Flight) {
  const write = effect as Extract<Effect, { type: 'writeReplicas' }>;
  return { of: write.deployment, write: writeOf(write) };
}

const processAt = (world: World, peer: string) =>
  Object.values(world.processes).find((one) => one.peer === peer) as Process;

/** The state of `Deletion.tla` that a world stands for: equal texts for equal states. */
export function deletionState(_: Setting, world: World): string {
  const { api, history, flights, acts, budgets, network } = world;
  const d = processAt(world, 'deployment');
  return stateText({
    d: deciderOf(d),
    r: followerOf(processAt(world, 'replicaset')),
    mail: Object.values(network.connections).flatMap(({ toDown }) => toDown.flatMap(mailOf)),
    objects: by(api.deployments, standing),
    sets: Object.values(api.replicaSets).map(owned),
    flights: bagOf(flights.map(flightOf)),
    answers: bagOf(d.pending.map(({ candidates }) => answerOf(candidates[0]))),
    acts,
    left: budgets.prompts.ask ?? 0,
    collected: new Set(Object.keys(history.collected).map((uid) => Number(uid.slice('r1-'.length)))),
    asked: by(history.asked, (values) => values),
    external: by(history.external, (generation) => generation),
    overwritten: by(history.overwritten, (values) => values),
    due: by(history.due, (one) => one),
  });
}
