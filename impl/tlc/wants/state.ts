/** A world of versions as a state of `Wants.tla`: variable by variable, in one canonical text. */
import type { Process, Setting, World } from '../../explorer/world.ts';
import { flightOf, objectOf } from '../field/objects.ts';
import { connectionsBy, lifeNumber } from '../link/connections.ts';
import { remembered } from '../remembered.ts';
import { bagOf, option, stateText } from '../text.ts';
import { seesSets } from './constants.ts';
import { autoscalerOf, deploymentOf } from './lives.ts';
import { messageOf } from './messages.ts';

const lifeOf = remembered((process: Process): object =>
  process.peer === 'autoscaler' ? autoscalerOf(process) : deploymentOf(process),
);
const connectionsOf = connectionsBy(messageOf);

function leftOf({ budgets }: World) {
  const { crash, usurp, timers, lostReply, linger } = budgets;
  return {
    relist: budgets.relist,
    break: budgets.break,
    linger,
    lostReply,
    upCrash: crash.autoscaler ?? 0,
    downCrash: crash.deployment ?? 0,
    upUsurp: usurp.autoscaler ?? 0,
    downUsurp: usurp.deployment ?? 0,
    writeBack: timers.writeBack ?? 0,
    lower: timers.lower ?? 0,
    retry: timers.retry ?? 0,
    unconfirmed: timers.unconfirmed ?? 0,
  };
}

/** Where none stands. */
const NO_OBJECT = { uid: '', rv: 0, generation: 0, replicas: 0, owner: '', rest: '', written: [] };
const NOTHING_DUE = { generation: 0, values: [] };

/** The state of `Wants.tla` that a world stands for: equal texts for equal states. */
export function wantsState({ description }: Setting, world: World): string {
  const { d: standing } = world.api.deployments;
  const { api, history, flights, acts, down } = world;
  const at = (peer: string) =>
    new Map(
      Object.values(world.processes)
        .filter((process) => process.peer === peer)
        .map((process) => [process.incarnation, lifeOf(process)]),
    );
  const endOf = (id: string) => (id.startsWith('autoscaler') ? 'up' : 'down');
  return stateText({
    ups: at('autoscaler'),
    downs: at('deployment'),
    connections: connectionsOf(world),
    leases: { up: api.leases.autoscaler ?? 0, down: api.leases.deployment ?? 0 },
    awaited: {
      up: option(down.autoscaler, (above) => above),
      down: option(down.deployment, (above) => above),
    },
    left: leftOf(world),
    stopped: new Set(history.stopped.map((id) => [endOf(id), lifeNumber(id)])),
    object: standing === undefined ? NO_OBJECT : objectOf(standing),
    set: seesSets(description) && Object.keys(api.replicaSets).length > 0,
    flights: bagOf(flights.map(flightOf)),
    acts,
    asked: history.asked.d ?? [],
    external: history.external.d ?? 0,
    overwritten: history.overwritten.d ?? [],
    due: history.due.d ?? NOTHING_DUE,
    switch: Number(api.switch.resourceVersion),
    said: Number(api.acknowledged.deployment?.switchVersion ?? 0),
  });
}
