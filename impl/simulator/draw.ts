/**
 * Draws a plan from a seed. Swarm: each seed draws which faults there are at all, and how often each; how large the world is, how slow
 * everything is, and what people ask for.
 */
import { TIMERS } from '../../spec/timers.ts';
import { type PeerName, stageOf } from '../../spec/vocabulary.ts';
import { room } from '../../spec/worlds/objects.ts';
import { planNear } from './near.ts';
import type {
  Act,
  Fault,
  Latencies,
  LinkOf,
  Plan,
  PlannedAct,
  PlannedDeployment,
  PlannedFault,
  PlannedForeign,
  PlannedNode,
} from './plan.ts';
import { Random } from './random.ts';
import { drawTheme, type Theme } from './themes.ts';

/** What the caller decides instead of the seed. */
export interface Envelope {
  readonly nodes?: number;
  readonly pods?: number;
  /** So many times as much happens, one round after the other. */
  readonly rounds?: number;
  /** What the seed is about: the name of a theme. */
  readonly theme?: string;
  /** What happens, happens in a few moments, one thing upon the other. */
  readonly close?: boolean;
  /** Plans near this one, and nothing else is drawn. */
  readonly near?: Plan;
  readonly mutants?: readonly string[];
}

interface Size {
  readonly nodes: number;
  /** Pods asked for at most, of all Deployments together. */
  readonly pods: number;
}

/** Of a rolling update, and one Pod of each Deployment and of somebody else. */
const [SURGE, SPARE] = [0.25, 4];

function drawSize(dice: Random, { nodes, pods }: Envelope, theme: Theme): Size {
  const kind = theme.faults === null ? dice.below(20) : 0;
  const drawn: Size =
    kind < 13
      ? { nodes: dice.whole(1, 3), pods: dice.whole(1, 8) }
      : kind < 19
        ? { nodes: dice.whole(2, 8), pods: dice.whole(5, 50) }
        : { nodes: dice.whole(5, 30), pods: dice.whole(50, 300) };
  return { nodes: nodes ?? drawn.nodes, pods: pods ?? drawn.pods };
}

function drawLatencies(dice: Random): Latencies {
  const slow = dice.chance(0.3) ? 20 : 1;
  const whole = (from: number, to: number) => Math.round(dice.scale(from, to) * 100) / 100;
  return {
    link: whole(0.2, 5) * slow,
    api: whole(1, 50) * slow,
    watch: whole(1, 100) * slow,
    start: whole(1, 5000),
    stop: whole(1, 5000),
    disk: dice.chance(0.3) ? 0 : whole(0.1, 20),
    restart: whole(10, 5000),
  };
}

/** Kinds of faults that this seed has, and how many. */
interface Draws {
  readonly dice: Random;
  readonly theme: Theme;
  readonly latencies: Latencies;
  readonly nodes: readonly PlannedNode[];
}

const UPPER: readonly PeerName[] = ['autoscaler', 'deployment', 'replicaset', 'scheduler'];

/** Whether the seed looks at this stage. */
const isOf = ({ theme: { stages } }: Draws, peer: PeerName) => stages?.includes(stageOf(peer)) ?? true;

function linkOf(draws: Draws): LinkOf {
  const { dice, nodes } = draws;
  const node: PeerName = `kubelet/${dice.pick(nodes).name}`;
  const all: readonly LinkOf[] = [
    ...UPPER.slice(0, -1).map((up, at) => ({ up, down: UPPER[at + 1] as PeerName })),
    { up: 'scheduler', down: node },
    { up: 'scheduler', down: node },
  ];
  return dice.pick(all.filter(({ up, down }) => isOf(draws, up) && isOf(draws, down)).concat(all.slice(-1)));
}

function upperOf(draws: Draws): PeerName {
  return draws.dice.pick(UPPER.filter((peer) => isOf(draws, peer)));
}

function peerOf(draws: Draws): PeerName {
  const { dice, nodes, theme } = draws;
  const node: PeerName = `kubelet/${dice.pick(nodes).name}`;
  const some = UPPER.filter((peer) => isOf(draws, peer));
  const chance = theme.stages?.includes('kubelet') === false ? 0 : some.length === 0 ? 1 : 0.4;
  return dice.chance(chance) ? node : dice.pick(some);
}

const long = (dice: Random) => Math.round(dice.scale(10, 200_000));

const DRAWN: Readonly<Record<Fault['fault'], (draws: Draws) => Fault>> = {
  crash: (draws) => ({
    fault: 'crash',
    peer: peerOf(draws),
    effects: draws.dice.chance(0.3) ? null : draws.dice.below(6),
    linger: draws.dice.chance(0.5),
    down: Math.round(draws.latencies.restart * draws.dice.scale(0.1, 10)),
  }),
  crashAt: (draws) => ({
    fault: 'crashAt',
    peer: peerOf(draws),
    step: Math.round(draws.dice.scale(1, 200)),
    effects: draws.dice.below(6),
    linger: draws.dice.chance(0.5),
    down: Math.round(draws.latencies.restart * draws.dice.scale(0.1, 10)),
  }),
  nodeCrash: ({ dice, nodes }) => ({ fault: 'nodeCrash', node: dice.pick(nodes).name, down: long(dice) }),
  journalLost: ({ dice, nodes }) => ({ fault: 'journalLost', node: dice.pick(nodes).name, down: long(dice) }),
  usurp: (draws) => ({ fault: 'usurp', peer: upperOf(draws) }),
  misdial: (draws) => ({ fault: 'misdial', peer: upperOf(draws), for: long(draws.dice) }),
  isolated: (draws) => ({ fault: 'isolated', peer: upperOf(draws), for: long(draws.dice) }),
  clockBack: ({ dice }) => ({ fault: 'clockBack', by: long(dice) * 10, for: long(dice) }),
  break: (draws) => ({
    fault: 'break',
    link: linkOf(draws),
    linger: draws.dice.chance(0.5),
    ...(draws.dice.chance(0.3) && { late: Math.round(draws.dice.scale(1, 5000)) }),
  }),
  halfOpen: (draws) => ({
    fault: 'halfOpen',
    link: linkOf(draws),
    way: draws.dice.pick(['up', 'down', 'both'] as const),
  }),
  duplicate: (draws) => ({ fault: 'duplicate', link: linkOf(draws), late: long(draws.dice) }),
  cutOff: ({ dice, nodes }) => ({
    fault: 'cutOff',
    node: dice.pick(nodes).name,
    from: dice.pick(['links', 'api', 'both'] as const),
    for: long(dice),
  }),
  api: ({ dice }) => ({
    fault: 'api',
    how: dice.pick(['away', 'busy', 'failing', 'replyLost', 'late', 'conflict', 'slow'] as const),
    chance: Math.round(dice.between(0.05, 0.8) * 100) / 100,
    for: Math.round(dice.scale(10, 30_000)),
  }),
  watchLost: (draws) => ({
    fault: 'watchLost',
    peer: peerOf(draws),
    for: Math.round(draws.dice.scale(1, 30_000)),
  }),
  stale: (draws) => ({ fault: 'stale', peer: peerOf(draws), for: long(draws.dice) }),
  exit: ({ dice, nodes }) => ({ fault: 'exit', node: dice.pick(nodes).name, nth: dice.below(100) }),
  notReady: ({ dice, nodes }) => ({ fault: 'notReady', node: dice.pick(nodes).name, for: long(dice) }),
  slowDisk: ({ dice, nodes }) => ({
    fault: 'slowDisk',
    node: dice.pick(nodes).name,
    by: Math.round(dice.scale(10, 5000)),
    for: long(dice),
  }),
};

/** Every kind of fault that is drawn. */
export const FAULTS = Object.keys(DRAWN) as readonly Fault['fault'][];

function drawFaults(draws: Draws, moment: () => number, size: Size): readonly PlannedFault[] {
  const { dice, theme } = draws;
  const faults: PlannedFault[] = [];
  for (const kind of theme.faults ?? FAULTS) {
    if (!dice.chance(0.45)) continue;
    const many = Math.round(dice.scale(1, 3 + Math.sqrt(size.nodes) * 3));
    for (let one = 0; one < many; one += 1) faults.push({ at: moment(), ...DRAWN[kind](draws) });
  }
  return faults.sort((a, b) => a.at - b.at);
}

/** Acts that are drawn one by one; the others come in an order. */
type Drawn = Exclude<
  Act['act'],
  'release' | 'takeBack' | 'label' | 'deleteDeployment' | 'scaleOrphan' | 'makeDeployment'
>;

/** All API servers have seen the switch by then. */
const propagation = (dice: Random) => Math.round(dice.scale(1, TIMERS.propagation * 0.95));

/** Given to stock and taken back, some times. */
function drawReleases({ dice }: Draws, moment: () => number): readonly PlannedAct[] {
  const times = Array.from({ length: dice.whole(1, 4) }, moment).sort((a, b) => a - b);
  return times.map(
    (at, nth): PlannedAct =>
      nth % 2 === 0
        ? { at, act: 'release', flush: dice.chance(0.6), propagation: propagation(dice) }
        : { at, act: 'takeBack', propagation: propagation(dice) },
  );
}

/** The label goes there and away, each time with another template. */
function drawLabels(
  { dice }: Draws,
  deployments: readonly PlannedDeployment[],
  moment: () => number,
): readonly PlannedAct[] {
  return deployments.flatMap(({ name, unmanaged }) => {
    const times = Array.from({ length: dice.whole(1, 3) }, moment).sort((a, b) => a - b);
    return times.map((at, nth): PlannedAct => {
      const managed = (nth % 2 === 0) === (unmanaged === true);
      return { at, act: 'label', deployment: name, template: `l${nth}`, managed };
    });
  });
}

/** Deployments go, and their ReplicaSets with them or not; one comes, as a copy of another or not. */
function drawDeletions(
  { dice }: Draws,
  deployments: readonly PlannedDeployment[],
  share: number,
  moment: () => number,
): readonly PlannedAct[] {
  const acts: PlannedAct[] = [];
  const names = deployments.map(({ name }) => name);
  for (const { name, later } of deployments) {
    if (later) {
      const copyOf = dice.chance(0.7) ? dice.pick(names.filter((one) => one !== name)) : null;
      acts.push({ at: moment(), act: 'makeDeployment', deployment: name, copyOf });
    } else if (dice.chance(0.6)) {
      const cascade = dice.pick(['background', 'orphan', 'orphan'] as const);
      const at = moment();
      acts.push({ at, act: 'deleteDeployment', deployment: name, cascade });
      if (cascade === 'orphan' && dice.chance(0.7))
        acts.push({
          ...{ at: at + dice.scale(1, 5000), act: 'scaleOrphan', deployment: name },
          replicas: dice.whole(0, share),
        });
    }
  }
  return acts;
}

function drawActs(
  draws: Draws,
  deployments: readonly PlannedDeployment[],
  { most, share }: { readonly most: number; readonly share: number },
  moment: () => number,
): readonly PlannedAct[] {
  const { dice, theme, nodes } = draws;
  const often: Readonly<Partial<Record<Act['act'], number>>> = {
    ...{ request: 0.6, rollout: 0.3, deletePod: 0.4, cost: 0.2, deleteNode: 0.25, cordon: 0.2 },
    ...{ thereAndBack: 0.2, edit: 0.2, deleteReplicaSet: 0.1 },
  };
  const chances = theme.acts === null ? often : Object.fromEntries(theme.acts.map((kind) => [kind, 0.7]));
  const acts: PlannedAct[] = [];
  let templates = 1;
  const one = (kind: Drawn): Act => {
    const deployment = dice.pick(deployments).name;
    // What A is asked for may win late, over what was asked for at the end: it must fit (see `most`).
    const replicas = dice.chance(0.2) ? 0 : dice.whole(0, kind === 'request' ? share : most);
    switch (kind) {
      case 'rollout':
        templates += dice.chance(0.3) ? 0 : 1;
        return { act: 'rollout', deployment, template: `t${templates}` };
      case 'deletePod':
        return { act: 'deletePod', deployment, nth: dice.below(1000) };
      case 'unlabelPod': {
        const what = dice.pick([null, 'label', 'label', 'delete', 'fail'] as const);
        const then = what === null ? null : { do: what, after: Math.round(dice.scale(1, 60_000)) };
        return { act: kind, deployment, nth: dice.below(1000), then };
      }
      case 'cost':
        return { act: 'cost', deployment, nth: dice.below(1000), cost: dice.whole(-5, 5) };
      case 'deleteNode':
        return { act: 'deleteNode', node: dice.pick(nodes).name, back: Math.round(dice.scale(1, 100_000)) };
      case 'thereAndBack':
      case 'edit':
      case 'deleteReplicaSet':
        return { act: kind, deployment };
      case 'cordon':
        return { act: 'cordon', node: dice.pick(nodes).name, for: long(dice) };
      default:
        return { act: kind, deployment, replicas };
    }
  };
  for (let count = dice.whole(1, 6); count > 0; count -= 1) acts.push({ at: moment(), ...one('scale') });
  for (const [kind, chance] of Object.entries(chances))
    if (dice.chance(chance))
      for (let count = dice.whole(1, 4); count > 0; count -= 1)
        acts.push({ at: moment(), ...one(kind as Drawn) });
  if (theme.releases || (theme.handsOver && dice.chance(0.4))) acts.push(...drawReleases(draws, moment));
  if (theme.deletes) acts.push(...drawDeletions(draws, deployments, share, moment));
  if (theme.labels) acts.push(...drawLabels(draws, deployments, moment));
  return withoutUnruled(acts).toSorted((a, b) => a.at - b.at);
}

/** Open (protocol 14): what D was shown by a list alone, and its watch, which was behind, never: that it has lost its label again nobody tells D. */
const isUnseen = (fault: PlannedFault, acts: readonly PlannedAct[]) =>
  (fault.fault === 'watchLost' || fault.fault === 'stale') &&
  (fault.peer === 'autoscaler' || fault.peer === 'deployment') &&
  acts.some(({ act }) => act === 'label');

/**
 * Open (protocol 14): a Node made anew, and its journal lost; or while the clock is back, so that nothing keeps the number of its agent above
 * the last one. Drawn again once there is a rule for it.
 */
function isUnruled(fault: PlannedFault, acts: readonly PlannedAct[]): boolean {
  if (isUnseen(fault, acts)) return true;
  if (fault.fault === 'clockBack') return acts.some(({ act }) => act === 'deleteNode');
  if (fault.fault !== 'journalLost') return false;
  return acts.some((one) => one.act === 'deleteNode' && one.node === fault.node);
}

/** Another (protocol 14): a Node made anew while stock owns the Pods, when S gives up no node. */
const withoutUnruled = (acts: readonly PlannedAct[]): readonly PlannedAct[] =>
  acts.some(({ act }) => act === 'release') ? acts.filter(({ act }) => act !== 'deleteNode') : acts;

/** What a seed is about. */
export const themeOf = (seed: number, { theme }: Envelope = {}): string =>
  drawTheme(new Random(seed, 'plan'), theme).name;

/** A long life: what happens is drawn for each round of it. */
const ROUND = 120_000;

/** When things happen in a round, and how long it is, ms. */
interface Times {
  readonly length: number;
  readonly act: () => number;
  /** By preference soon after somebody asked for something: that is when most is under way. */
  readonly fault: (acts: readonly PlannedAct[], from: number) => number;
}

function drawTimes(dice: Random, { rounds, close }: Envelope): Times {
  const length = rounds !== undefined ? ROUND : Math.round(dice.scale(500, close ? 30_000 : 400_000));
  const anyTime = () => Math.round(dice.chance(0.5) ? dice.between(0, length) : dice.scale(1, length));
  const after = (acts: readonly PlannedAct[], most: number) =>
    Math.round(dice.pick(acts).at + dice.scale(1, most));
  if (!close)
    return {
      ...{ length, act: anyTime },
      fault: (acts, from) => (dice.chance(0.6) ? after(acts, 5000) : from + anyTime()),
    };
  const moments = Array.from({ length: dice.whole(1, 3) }, anyTime);
  const act = () => Math.round(dice.pick(moments) + dice.scale(1, 500));
  return { length, act, fault: (acts) => after(acts, dice.chance(0.8) ? 300 : 5000) };
}

/** The plan of a seed. */
export function drawPlan(seed: number, envelope: Envelope = {}): Plan {
  if (envelope.near !== undefined) return planNear(envelope.near, seed, envelope.mutants);
  const dice = new Random(seed, 'plan');
  const theme = drawTheme(dice, envelope.theme);
  const size = drawSize(dice, envelope, theme);
  const latencies = drawLatencies(dice);
  // Half of the room is enough for what is asked for at the end; where it is tight, that and what a rollout needs.
  const perNode = theme.isTight
    ? Math.ceil((size.pods * (1 + SURGE) + SPARE) / size.nodes)
    : Math.max(4, Math.ceil((size.pods * 2) / size.nodes) + dice.below(3));
  const nodes: PlannedNode[] = Array.from({ length: size.nodes }, (_, at) => ({
    name: `n${at + 1}`,
    capacity: room(perNode),
  }));
  const many = theme.deletes ? dice.whole(2, 3) : !theme.isTight && dice.chance(0.5) ? 1 : dice.whole(1, 3);
  const share = Math.max(1, Math.floor(size.pods / many));
  const deployments = Array.from(
    { length: many },
    (_, at): PlannedDeployment => ({
      name: ['d', 'e', 'f'][at] as string,
      replicas: dice.chance(0.3) ? 0 : dice.whole(0, share),
      requests: room(1),
      // Stock's scheduler, as it is here, preempts nothing.
      priority: theme.handsOver ? 0 : at * 10,
      ...(theme.labels && dice.chance(0.5) && { unmanaged: true }),
      ...(theme.deletes && at === many - 1 && { later: true }),
    }),
  );
  const foreign: PlannedForeign[] = dice.chance(theme.isTight ? 0.5 : 0.2)
    ? [{ name: 'foreign', node: dice.pick(nodes).name, requests: room(1) }]
    : [];
  // In some worlds nobody insists on anything before the last words: what was asked for must stand.
  const isOpen = ['wants', 'owner', 'labels', 'deletions'].includes(theme.name) && dice.chance(0.5);
  // Some worlds are asked for more than fits for a while.
  const most = isOpen ? share : dice.chance(theme.isTight ? 0.7 : 0.3) ? share * 3 : share;
  const times = drawTimes(dice, envelope);
  const { length } = times;
  const healAt = (envelope.rounds ?? 1) * length;
  const draws: Draws = { dice, theme, latencies, nodes };
  const acts: PlannedAct[] = [];
  const faults: PlannedFault[] = [];
  for (let from = 0; from < healAt; from += length) {
    const some = drawActs(draws, deployments, { most, share }, () => Math.min(from + times.act(), healAt));
    acts.push(...some);
    faults.push(...drawFaults(draws, () => Math.min(times.fault(some, from), healAt - 1), size));
  }
  const calm: readonly PlannedAct[] = deployments
    .filter(() => !isOpen)
    .map(({ name }) => ({
      at: healAt,
      act: 'insist',
      deployment: name,
      replicas: dice.whole(0, share),
    }));
  // Where our agents run the containers, stock's scheduler places nothing.
  const runtime = (dice.chance(0.5) && !theme.handsOver) || theme.objectFirst ? 'runs' : 'publish';
  // On a Node without an agent only stock runs anything.
  const isStocks = theme.releases || theme.handsOver;
  const agentless = isStocks && runtime === 'publish' && nodes.length > 1 && dice.chance(0.3);
  return {
    seed,
    runtime,
    ...(theme.handsOver && { handsOver: true }),
    ...(theme.objectFirst && { objectFirst: dice.pick(['all', 'some'] as const) }),
    nodes: agentless ? nodes.with(-1, { ...(nodes.at(-1) as PlannedNode), agentless }) : nodes,
    deployments,
    foreign,
    latencies,
    // What is asked for at the end of the faults fits; else nobody could say what must run.
    acts: [...acts, ...calm],
    faults: faults.filter((fault) => !isUnruled(fault, acts)),
    healAt,
    finally: Object.fromEntries(deployments.map(({ name }) => [name, dice.whole(0, share)])),
    ...(dice.chance(0.2) && { freshStart: true }),
    mutants: envelope.mutants ?? [],
  };
}
