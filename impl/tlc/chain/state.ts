/** A world of R, S and K as a state of `Chain.tla`: variable by variable, in one canonical text. */
import { EMPTY_JOURNAL, type JournalState } from '../../../spec/journal.ts';
import type { Connection, Flight, Process, Setting, World } from '../../explorer/world.ts';
import { lifeNumber } from '../link/connections.ts';
import { fenceOf } from '../link/messages.ts';
import { remembered } from '../remembered.ts';
import { bagOf, option, stateText } from '../text.ts';
import { actOf } from './constants.ts';
import { kubeletLife, replicaSetLife, schedulerLife, setsOf, switchOf } from './lives.ts';
import {
  isOurs,
  messageOf,
  nodeFactOf,
  objectOf,
  objectPair,
  podFactOf,
  publisherOf,
  recordOf,
  uidOf,
} from './messages.ts';

/** `replicaset` is `r`, `scheduler` is `s`, `kubelet/n1` is `n1`. */
const peerOf = (peer: string) =>
  peer.startsWith('kubelet/') ? peer.slice('kubelet/'.length) : (peer[0] as string);
const processOf = (id: string) => [peerOf(id.slice(0, id.indexOf('~'))), lifeNumber(id)];

const lifeOf = remembered((process: Process, setting: Setting): object => {
  const view = setting.stages[process.peer]?.view(process.state as never) as never;
  if (process.peer === 'replicaset') return replicaSetLife(process, view);
  return process.peer === 'scheduler' ? schedulerLife(process, view) : kubeletLife(process, view);
});

const connectionOf = remembered(({ up, down, toDown, toUp, broken, untold }: Connection) => {
  const below = up.startsWith('scheduler');
  return {
    to: lifeNumber(down),
    toDown: toDown.map((message) => messageOf(message, below)),
    toUp: toUp.map((message) => messageOf(message, below)),
    broken,
    untold: new Set(untold),
  };
});

function netsOf({ network }: World, links: readonly string[]) {
  const nets = new Map<string, Map<unknown, object>>(links.map((link) => [link, new Map()]));
  for (const connection of Object.values(network.connections)) {
    const link = connection.upLink === 'downstream' ? 'up' : connection.upLink.slice('node/'.length);
    nets.get(link)?.set([connection.upstream, connection.n], connectionOf(connection));
  }
  return nets;
}

/** A write on its way. */
export function writeOf({ effect, incarnation }: Flight): object {
  switch (effect.type) {
    case 'register':
      return { kind: 'register', incarnation };
    case 'publish':
      return { kind: 'publish', record: recordOf(effect.record), incarnation };
    case 'deletePod':
      return {
        kind: 'delete',
        uid: uidOf(effect.uid),
        meta: [publisherOf(effect.metadataUid)],
        grace: effect.graceSeconds,
      };
    case 'deleteStray': {
      const { key, meta } = objectOf(effect.metadataUid);
      return { kind: 'deleteStray', key, meta: [meta], rv: option(effect.resourceVersion, Number) };
    }
    case 'mark':
      return {
        kind: 'mark',
        node: effect.node,
        mark: fenceOf(effect.mark),
        rv: Number(effect.resourceVersion),
      };
    default:
      throw new Error(`${effect.type} is not written in a world of the chain`);
  }
}
/** Whose it is: of a K that was told that its fate is unknown, that of no life. */
const writerOf = ({ by, peer }: Flight) => (by === '' ? [peerOf(peer), 0] : processOf(by));
const flightOf = (flight: Flight) => ({ by: writerOf(flight), write: writeOf(flight) });

const knownJournalOf = remembered(({ nodeUid, fence, drained, pods, ended, released }: JournalState) => ({
  node: nodeUid !== null,
  fence: fenceOf(fence),
  drained: option(drained, fenceOf),
  ended: new Set([...ended].map(uidOf)),
  released: new Set([...released].map(objectPair)),
  pods: new Map(
    [...pods].map(([uid, { record, publishIntent, terminating, metadataUid }]) => [
      uidOf(uid),
      {
        record: recordOf(record),
        intent: publishIntent,
        terminating,
        meta: option(metadataUid, publisherOf),
      },
    ]),
  ),
}));

/** What K persisted. */
export const journalOf = (journal: JournalState | undefined) => knownJournalOf(journal ?? EMPTY_JOURNAL);

const uids = (items: readonly string[]) => new Set(items.map(uidOf));
const byUid = <T>(items: Readonly<Record<string, readonly T[]>>, as: (item: T) => unknown) =>
  new Map(Object.entries(items).map(([uid, list]) => [uidOf(uid), new Set(list.map(as))]));

function pastOf({ history }: World) {
  const { accepted, collected, ended, ran, revived, cancelled, stopped, victims, overtook } = history;
  const { acted, trespassed } = history;
  return {
    accepted: byUid(accepted, (node) => node),
    collected: byUid(collected, peerOf),
    ended: byUid(ended, (how) => how),
    ran: uids(ran),
    revived: uids(revived),
    cancelled: new Map(
      Object.entries(cancelled).map(([node, one]) => [
        node,
        { mark: fenceOf(one.mark), uids: uids(one.uids) },
      ]),
    ),
    stopped: new Set(stopped.map(processOf)),
    victims: byUid(victims, uidOf),
    overtook: uids(overtook),
    acted: new Map(Object.entries(acted).map(([set, sides]) => [set, new Set(sides)])),
    trespassed: new Set(trespassed.map((name) => keyOfName(name))),
  };
}

/** `d-t1-r1-1` is `<<"r", 1, 1>>`, `d-t1-s1` is `<<"s", 1, 1>>`. */
function keyOfName(name: string): readonly unknown[] {
  const [, set, stock, number] = /^(.+)-(s?)([^-]+(?:-\d+)?)$/.exec(name) ?? [];
  return stock === 's' ? objectOf(`s${number}-${set}`).key : uidOf(name.slice(name.search(/r\d+-\d+$/)));
}

function leftOf({ budgets }: World) {
  const { crash, usurp, timers } = budgets;
  return {
    break: budgets.break,
    linger: budgets.linger,
    r: crash.replicaset ?? 0,
    s: crash.scheduler ?? 0,
    k: crash['kubelet/n1'] ?? 0,
    rUsurp: usurp.replicaset ?? 0,
    sUsurp: usurp.scheduler ?? 0,
    timer: timers.unreachable ?? 0,
    loss: budgets.lostReply,
    refusal: budgets.refused,
    gap: budgets.gap.n1 ?? 0,
  };
}

function apiOf({ api }: World) {
  return {
    leases: { up: api.leases.replicaset ?? 0, down: api.leases.scheduler ?? 0 },
    nodes: new Map(Object.values(api.nodes).map((node) => [node.name, nodeFactOf(node)])),
    sets: setsOf(Object.values(api.replicaSets)),
    order: Object.keys(api.replicaSets),
    pods: new Map(
      Object.values(api.pods)
        .filter(isOurs)
        .map((pod) => [objectOf(pod.metadataUid).key, podFactOf(pod)]),
    ),
    switch: switchOf(api.switch),
    said: new Map(
      Object.entries(api.acknowledged).map(([peer, { owner, switchVersion }]) => [
        peerOf(peer),
        [owner, Number(switchVersion)],
      ]),
    ),
  };
}

/** The state of `Chain.tla` that a world stands for: equal texts for equal states. */
export function chainState(setting: Setting, world: World): string {
  const { nodes, stages, script = [] } = setting.description;
  const names = nodes.map(({ name }) => name);
  const processes = Object.values(world.processes);
  const of = (peer: string) => processes.filter((process) => process.peer === peer);
  const by = (peer: string) =>
    new Map(of(peer).map((process) => [process.incarnation, lifeOf(process, setting)]));
  const each = <T>(as: (name: string) => T) => new Map(names.map((name) => [name, as(name)]));
  return stateText({
    rs: by('replicaset'),
    ss: by('scheduler'),
    ks: each((name) => of(`kubelet/${name}`).map((process) => lifeOf(process, setting))),
    lives: each((name) => world.lives[`kubelet/${name}`] ?? 0),
    nets: netsOf(world, ['up', ...names]),
    api: apiOf(world),
    flights: bagOf(world.flights.map(flightOf)),
    journals: each((name) => journalOf(world.journals[name])),
    containers: each(
      (name) =>
        new Map(Object.entries(world.containers[name] ?? {}).map(([uid, state]) => [uidOf(uid), state])),
    ),
    awaited: new Map(stages.map(({ peer }) => [peerOf(peer), option(world.down[peer], (above) => above)])),
    acts: script.slice(world.acts).map(actOf),
    left: leftOf(world),
    past: pastOf(world),
  });
}
