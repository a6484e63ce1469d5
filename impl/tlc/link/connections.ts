/** Lives and connections of a world, as the modules over `Network.tla` write them. */
import type { Message } from '../../../spec/messages.ts';
import type { Connection, World } from '../../explorer/world.ts';
import { remembered } from '../remembered.ts';

/** Lives are numbered as incarnations are: no Lease is ever lost here. */
export const lifeNumber = (id: string): number => Number(id.slice(id.indexOf('~') + 1));

/** @param bodyOf - how the module writes a message */
export function connectionsBy(
  bodyOf: (message: Message) => object,
): (world: World) => ReadonlyMap<unknown, object> {
  const connectionOf = remembered(({ down, toDown, toUp, broken, untold }: Connection) => ({
    to: lifeNumber(down),
    toDown: toDown.map(bodyOf),
    toUp: toUp.map(bodyOf),
    broken,
    untold: new Set(untold),
  }));
  return ({ network }) =>
    new Map(Object.values(network.connections).map((one) => [[one.upstream, one.n], connectionOf(one)]));
}
