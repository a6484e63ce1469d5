/** Random runs of the world of wants, and what must hold of them (protocol 8, 10). */
import fc from 'fast-check';
import { compareWantVersions, type WantVersion } from '../../../spec/vocabulary.ts';
import { DEPLOYMENT } from './wantsApi.ts';
import { World } from './wantsWorld.ts';

export type Action =
  | { readonly do: 'request' | 'raise'; readonly value: number }
  | { readonly do: 'scale'; readonly value: number; readonly who: number }
  | { readonly do: 'edit' | 'sync' | 'relist' | 'settle' }
  | { readonly do: 'watchD' | 'watchR'; readonly by: number }
  | { readonly do: 'connect' | 'break' | 'toDown' | 'toUp'; readonly wire: 0 | 1; readonly times: number }
  | { readonly do: 'answer'; readonly fate: 'done' | 'replyLost' | 'lost' }
  | { readonly do: 'fire' | 'lose'; readonly which: number }
  | { readonly do: 'switch'; readonly owner: 'direct' | 'stock' }
  | {
      readonly do: 'crash';
      readonly stages: readonly ('autoscaler' | 'deployment' | 'replicaset')[];
      readonly stale: number;
    };

const value = fc.integer({ min: 0, max: 6 });
const by = fc.integer({ min: 1, max: 4 });
const wire = fc.constantFrom<0 | 1>(0, 1);
const which = fc.nat({ max: 3 });
const stage = fc.constantFrom('autoscaler', 'deployment', 'replicaset');
const fate = fc.constantFrom('done', 'replyLost', 'lost');

const quiet: { weight: number; arbitrary: fc.Arbitrary<Action> }[] = [
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('sync', 'relist', 'settle') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('watchD', 'watchR'), by }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('connect', 'toDown', 'toUp'),
      wire,
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('answer'), fate }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fire'), which }) },
];
const faults: typeof quiet = [
  { weight: 1, arbitrary: fc.record({ do: fc.constant('break'), wire, times: fc.constant(1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('crash'),
      stages: fc.uniqueArray(stage, { minLength: 1, maxLength: 2 }),
      stale: fc.nat({ max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose'), which }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('switch'), owner: fc.constantFrom('direct', 'stock') }),
  },
];

/** Anybody may ask for anything, and edit. */
export const anyRun: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('request' as const), value }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('scale' as const), value, who: fc.nat({ max: 1 }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('edit' as const) }) },
    ...quiet,
    ...faults,
  ),
  { maxLength: 60, size: 'max' },
);

/** Only A asks, and only for more. A itself does not crash: its wants are not lost with it. */
export const raisingRun: fc.Arbitrary<Action[]> = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('raise' as const), value: fc.integer({ min: 1, max: 3 }) }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('edit' as const) }) },
      ...quiet,
      ...faults,
    ),
    { maxLength: 60, size: 'max' },
  )
  .map((run) =>
    run.map((action) =>
      action.do === 'crash'
        ? { ...action, stages: action.stages.filter((each) => each !== 'autoscaler') }
        : action,
    ),
  );

/** Short and harsh: stages crash together, soon after somebody asked, and replies are lost. */
export const crashingRun: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('request' as const), value }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('answer' as const), fate }) },
    ...quiet,
    ...faults,
    { weight: 4, arbitrary: faults[1]?.arbitrary as fc.Arbitrary<Action> },
  ),
  { maxLength: 12 },
);

/** What is watched during a run. */
export interface Record {
  /** The highest want that A, alive to the end, has minted. */
  minted: { readonly version: WantVersion; readonly value: number } | null;
  autoscalerCrashed: boolean;
  /** The highest want that R held since it last crashed. */
  heldByR: WantVersion | null;
  /** The most Pods that R has come to by direct wants, while it lives. */
  floor: number;
  readonly broken: string[];
}

export function act(world: World, action: Action): void {
  switch (action.do) {
    case 'request':
      return world.request(action.value);
    case 'raise':
      return world.request((world.wants.a?.value ?? 0) + action.value);
    case 'scale':
      return world.api.scale(action.value, action.who);
    case 'edit':
      return world.api.mayEdit ? world.api.edit() : undefined;
    case 'sync':
      return void world.api.sync(world.live);
    case 'relist':
      return void world.relist();
    case 'settle':
      return world.settle(false);
    case 'watchD':
      return void world.watchD(action.by);
    case 'watchR':
      return void world.watchR(action.by);
    case 'connect':
      return void world.connect(world.wires[action.wire]);
    case 'break':
      return world.break(world.wires[action.wire]);
    case 'toDown':
    case 'toUp':
      for (let time = 0; time < action.times; time++) world.deliver(world.wires[action.wire], action.do);
      return;
    case 'answer':
      return void world.answer(action.fate);
    case 'fire': {
      // Unconfirmed wants are confirmed by their timer although A, which lives, is only slow: that is its price.
      const timers = [...world.timers].filter((each) => each !== 'unconfirmed');
      const timer = timers[action.which % Math.max(1, timers.length)];
      return timer === undefined ? undefined : world.fire(timer);
    }
    case 'lose': {
      const alive = [...world.live].filter(([, pods]) => pods > 0).map(([uid]) => uid);
      const uid = alive[action.which % Math.max(1, alive.length)];
      return uid === undefined ? undefined : world.lose(uid);
    }
    case 'switch':
      return world.owner === action.owner ? undefined : world.switch(action.owner);
    case 'crash':
      for (const each of action.stages)
        world.crash(each, Math.max(0, world.api.history.length - 1 - action.stale));
  }
}

/** Runs, heals, and returns what was broken, by the names of protocol 10. */
export function run(actions: readonly Action[], mutants: readonly string[] = []): readonly string[] {
  const world = new World(mutants);
  const raising = actions.every((each) => each.do !== 'request' && each.do !== 'scale');
  const record: Record = {
    minted: null,
    autoscalerCrashed: false,
    heldByR: null,
    floor: 0,
    broken: [],
  };
  world.settle();
  for (const action of actions) {
    watch(world, record, raising, () => act(world, action), action);
    if (record.broken.length > 0) return record.broken;
  }
  try {
    watch(world, record, raising, () => world.settle(), { do: 'settle' });
    if (world.owner === 'stock') world.switch('direct');
    watch(world, record, raising, () => world.settle(), { do: 'settle' });
  } catch (error) {
    return [`Converges: ${String(error)}`];
  }
  return record.broken.length > 0 ? record.broken : atRest(world, record);
}

function watch(world: World, record: Record, raising: boolean, step: () => void, action: Action): void {
  const crashes = action.do === 'crash' ? action.stages : [];
  if (crashes.includes('autoscaler')) record.autoscalerCrashed = true;
  if (crashes.includes('replicaset')) record.heldByR = null;
  if (action.do === 'lose') record.floor = 0;
  const { floor } = record;
  step();
  for (const lost of world.api.lost) record.broken.push(`ScaleNotLost: ${lost}`);
  const { a, r } = world.wants;
  if (a !== undefined && a.version.incarnation === world.incarnations.autoscaler) record.minted = a;
  if (r !== null && (record.heldByR === null || compareWantVersions(r.version, record.heldByR) > 0))
    record.heldByR = r.version;
  if (raising)
    for (const end of world.r.ends)
      if (end.after < Math.min(floor, end.before))
        record.broken.push(`NoNeedlessEnd: ${end.before} Pods became ${end.after}, ${floor} were wanted`);
  world.r.ends = [];
  for (const stale of world.r.stale) record.broken.push(`NoStaleDirect: ${stale}`);
  world.r.stale = [];
  if (r?.mode === 'direct' && world.total >= r.value) record.floor = Math.max(record.floor, r.value);
}

/** *Converges*: every view agrees on the highest want, and the Pods are as many. */
function atRest(world: World, record: Record): readonly string[] {
  const { a, d, r } = world.wants;
  const { object, external } = world.api;
  if (a === undefined || d === null || r === null) return ['Converges: a stage holds no want'];
  const broken: string[] = [];
  for (const [who, version] of [
    ['R', r.version],
    ['A', a.version],
    ['the annotation', object.written?.version ?? { generation: 0, incarnation: 0, counter: 0 }],
  ] as const)
    if (compareWantVersions(version, d.version) !== 0) broken.push(`Converges: ${who} holds another version`);
  for (const [what, count] of [
    ['spec.replicas', object.replicas],
    ['A', a.value],
    ['R', r.value],
    ['Pods', world.total],
  ] as const)
    if (count !== d.value) broken.push(`Converges: ${what} is ${count}, the want ${d.value}`);
  if (d.version.generation < external.generation)
    broken.push('ScaleNotLost: the external write is not known');
  if (record.heldByR !== null && compareWantVersions(d.version, record.heldByR) < 0)
    broken.push('Converges: a want that R held is lost');
  const { minted } = record;
  const expected = minted !== null && minted.version.generation >= external.generation ? minted : external;
  if (!record.autoscalerCrashed && d.value !== expected.value)
    broken.push(`Converges: ${d.value} Pods, ${expected.value} were asked for`);
  if (world.timers.size > 0) broken.push(`Converges: timers still run: ${[...world.timers].join(' ')}`);
  return broken;
}

export { DEPLOYMENT };
