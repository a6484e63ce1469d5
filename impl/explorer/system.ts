/** A bounded world: its first state, its successors (with crashes inside of steps), its checks, and runs through it. Runs in the page too. */
import { EMPTY_NETWORK } from '../../machines/environment/network.ts';
import {
  NO_HISTORY,
  PROPERTIES,
  type RestProperty,
  type StepView,
  WITNESSES,
} from '../../spec/properties/index.ts';
import type { PeerName } from '../../spec/vocabulary.ts';
import type { WorldDescription } from '../../spec/worlds/description.ts';
import { foreignPod, node } from '../../spec/worlds/objects.ts';
import { apply } from './apply.ts';
import { choiceOf } from './host.ts';
import { FAULTS, isQuiet, type Move, movesOf, plainMoves } from './moves.ts';
import { play } from './script.ts';
import { type Checks, MoveError, type Successor } from './search.ts';
import { snapshot } from './snapshot.ts';
import type { Setting, StepRecord, World } from './world.ts';

/** The label of an edge: the move, and the steps of processes that it caused. */
export interface Edge {
  readonly move: Move;
  readonly steps: readonly StepRecord[];
}

/** The world before anything has started. */
export function initialWorld(description: WorldDescription): World {
  const nodes = description.nodes.map(({ name, capacity, known }) =>
    node(name, capacity, known ? { agent: 1, address: `kubelet/${name}` } : {}),
  );
  const foreign = (description.foreign ?? []).map((pod) => foreignPod(pod.name, pod));
  const { faults, deployments = [], replicaSets = [] } = description;
  return {
    processes: {},
    down: Object.fromEntries(description.stages.map(({ peer }) => [peer, 0])),
    lives: {},
    network: EMPTY_NETWORK,
    api: {
      leases: {},
      acknowledged: {},
      nodes: Object.fromEntries(nodes.map((node) => [node.name, node])),
      deployments: Object.fromEntries(deployments.map((one) => [one.uid, one])),
      replicaSets: Object.fromEntries(replicaSets.map((one) => [one.uid, one])),
      unmanaged: description.unmanaged ?? [],
      pods: Object.fromEntries(foreign.map((pod) => [pod.name, pod])),
      switch: { owner: 'direct', resourceVersion: '1' },
      lagging: null,
    },
    flights: [],
    journals: {},
    containers: {},
    acts: 0,
    budgets: {
      crash: faults.crash ?? {},
      usurp: faults.usurp ?? {},
      nodeCrash: faults.nodeCrash ?? {},
      journalLost: faults.journalLost ?? {},
      gap: faults.gap ?? {},
      timers: faults.timers ?? {},
      relist: faults.relist ?? 0,
      break: faults.break ?? 0,
      linger: faults.linger ?? 0,
      duplicate: faults.duplicate ?? 0,
      clockBack: faults.clockBack ?? 0,
      exit: faults.exit ?? 0,
      lostReply: faults.lostReply ?? 0,
      refused: faults.refused ?? 0,
      lag: faults.lag ?? 0,
      misdial: faults.misdial ?? null,
      prompts: faults.prompts ?? {},
    },
    history: {
      ...NO_HISTORY,
      everAsked: [
        ...new Set([
          ...deployments.map(({ replicas }) => replicas),
          ...replicaSets.flatMap(({ deployment, replicas }) => (deployment === null ? [replicas] : [])),
        ]),
      ],
      asked: Object.fromEntries(
        [...deployments, ...replicaSets.filter(({ deployment }) => deployment === null)].map(
          ({ uid, replicas }) => [uid, [replicas]],
        ),
      ),
      due: Object.fromEntries(
        deployments.map(({ uid, generation, replicas, written }) => [
          uid,
          { generation: written?.version.generation ?? generation, values: [replicas] },
        ]),
      ),
    },
  };
}

/** Effects after which the world outside is another: only there does a crash tell a difference. */
const OUTWARD = new Set([
  'send',
  'journal',
  'register',
  'mark',
  'reportDrain',
  'publish',
  'deletePod',
  'failPod',
  'writePodStatus',
  'startPod',
  'stopPod',
  'writeReplicas',
  'deleteStray',
  'disconnect',
]);

function attempt(setting: Setting, world: World, move: Move): Successor<World, Edge> {
  try {
    const [state, steps] = apply(setting, world, move);
    return { label: { move, steps }, state };
  } catch (error) {
    throw new MoveError<Edge>({ move, steps: [] }, error);
  }
}

/** A move, and the same move with a crash after each of its outward effects but the last. */
export function* outcomes(setting: Setting, world: World, move: Move): Generator<Successor<World, Edge>> {
  const whole = attempt(setting, world, move);
  yield whole;
  const [step, ...others] = whole.label.steps;
  if (step === undefined || others.length > 0 || FAULTS.has(move.kind)) return;
  if (move.kind === 'start' || move.kind === 'connect') return;
  if ((world.budgets.crash[step.peer] ?? 0) === 0) return;
  const outward = [...step.effects.keys()].filter((at) => OUTWARD.has(step.effects[at]?.type ?? ''));
  for (const at of outward.slice(0, -1))
    yield attempt(setting, world, { ...move, crashAfter: at + 1 } as Move);
}

/** A move of a quiet peer, or on a link of one. */
function isOfQuietPeer(setting: Setting, world: World, move: Move): boolean {
  if ('process' in move) return isQuiet(setting, move.process);
  if (!('key' in move)) return false;
  return isQuiet(setting, move.key) || isQuiet(setting, world.network.connections[move.key]?.down ?? '');
}

/** The owner switch, told to a peer that hears of it before anything else happens. */
function isAlert(setting: Setting, world: World, move: Move): boolean {
  if (move.kind !== 'watch' || move.key !== 'switch/switch') return false;
  return choiceOf(setting, world.processes[move.process]?.peer as PeerName).alert === true;
}

function isUrgent(setting: Setting, world: World, move: Move): boolean {
  if (setting.description.quiet !== undefined && move.kind !== 'timer' && isOfQuietPeer(setting, world, move))
    return true;
  if (isAlert(setting, world, move)) return true;
  if (move.kind === 'start') return world.lives[move.peer] === undefined;
  if (move.kind === 'answer') {
    const pending = world.processes[move.process]?.pending[move.index];
    return pending?.reads?.type === 'readLease' && leaseIsStable(world, pending.reads.subject);
  }
  if (move.kind === 'deliver') {
    const connection = world.network.connections[move.key];
    const head = move.end === 'up' ? connection?.toUp[0] : connection?.toDown[0];
    return head?.kind === 'Invalidated' || head?.kind === 'Scaled' || head?.kind === 'GoneAcknowledged';
  }
  return move.kind === 'land' && world.flights[move.index]?.effect.type === 'register';
}

/** Whether nobody can ever take the Lease anew. */
function leaseIsStable(world: World, peer: string): boolean {
  const { crash, usurp, nodeCrash, journalLost } = world.budgets;
  if ((crash[peer] ?? 0) > 0 || (usurp[peer] ?? 0) > 0 || world.down[peer] !== undefined) return false;
  const node = peer.slice('kubelet/'.length);
  if ((nodeCrash[node] ?? 0) > 0 || (journalLost[node] ?? 0) > 0) return false;
  return Object.values(world.processes).filter((one) => one.peer === peer).length === 1;
}

/**
 * All successors. Where the world reduces, one urgent move goes before all others: it commutes with them. In any world, what a peer hears at
 * once does.
 */
export function* successors(setting: Setting, world: World): Generator<Successor<World, Edge>> {
  const moves = movesOf(setting, world);
  const { reduce } = setting.description;
  const goesFirst = reduce ? isUrgent : isAlert;
  const urgent = moves.find((move) => !FAULTS.has(move.kind) && goesFirst(setting, world, move));
  for (const move of urgent === undefined ? moves : [urgent]) yield* outcomes(setting, world, move);
}

/** Where a run without faults, people and timers comes to rest: the first possible move each time. */
export function settledWorld(setting: Setting, limit = 2000): World {
  let world = initialWorld(setting.description);
  for (let moves = 0; moves < limit; moves += 1) {
    const move = plainMoves(setting, world).next().value;
    if (move === undefined) return world;
    world = apply(setting, world, move)[0];
  }
  throw new Error(`world ${setting.description.name} did not come to rest within ${limit} moves`);
}

/** Where the environment keeps all its rules: with one broken, what is settled would be another world. */
function lawful(setting: Setting): Setting {
  const mutants = [...setting.mutants].filter((name) => !name.startsWith('environment/'));
  return { ...setting, mutants: new Set(mutants) };
}

/** The world at the start of a search. */
export function firstWorld(setting: Setting): World {
  const { settled, begins = [], name } = setting.description;
  let world = settled ? settledWorld(lawful(setting)) : initialWorld(setting.description);
  for (const command of begins) {
    const played = play(setting, world, command).at(-1);
    if (played === undefined) throw new Error(`world ${name}: "${command}" does nothing`);
    world = played.world;
  }
  return world;
}

/** Walks again through a run: each world on the way. */
export function* retrace(setting: Setting, moves: readonly Move[]): Generator<[World, Edge, World]> {
  let world = firstWorld(setting);
  for (const move of moves) {
    const [after, steps] = apply(setting, world, move);
    yield [world, { move, steps }, after];
    world = after;
  }
}

/** What a step property sees of an edge. */
export function stepView(setting: Setting, before: World, edge: Edge, after: World): StepView {
  const last = edge.steps.length === 1 ? edge.steps[0] : undefined;
  return {
    process: last?.process ?? null,
    event: last?.event ?? null,
    effects: last?.effects ?? [],
    before: snapshot(setting, before),
    after: snapshot(setting, after),
  };
}

/** The checks that a world names. */
export function worldChecks(setting: Setting): Checks<World, Edge> {
  const states: Record<string, (world: World) => string | null> = {};
  const steps: Record<string, (before: World, edge: Edge, after: World) => string | null> = {};
  for (const name of setting.description.always) {
    const property = PROPERTIES[name];
    if (property.kind === 'state') states[name] = (world) => property.check(snapshot(setting, world));
    if (property.kind === 'step')
      steps[name] = (before, edge, after) => property.check(stepView(setting, before, edge, after));
  }
  for (const name of setting.description.eventually) {
    const { onTheWay } = PROPERTIES[name] as RestProperty;
    if (onTheWay !== undefined)
      steps[name] = (before, edge, after) => onTheWay(stepView(setting, before, edge, after));
  }
  const witnesses = Object.fromEntries(
    setting.description.sometimes.map((name) => [
      name,
      (world: World) => WITNESSES[name](snapshot(setting, world)),
    ]),
  );
  return { states, steps, witnesses };
}
