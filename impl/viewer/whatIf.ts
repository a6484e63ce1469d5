/** What could have gone otherwise at a frame of a simulated run: each is another plan, which is run anew from its beginning. */
import { MUTANTS } from '../../spec/mutants.ts';
import { type PeerName, stageOf } from '../../spec/vocabulary.ts';
import type { LinkOf, Plan, PlannedFault } from '../simulator/plan.ts';
import { lowerOf, upperOf } from '../trace/peers.ts';
import { type Film, type Frame, isStep, type StepFrame } from './film.ts';

/** One thing that could go otherwise. */
export interface Otherwise {
  /** Says it after "what if". */
  readonly text: string;
  readonly plan: Plan;
}

/** How long a process or a machine that dies is away, virtual ms. */
const DOWN = 50;
/** Something that happens right after a frame. */
const SOON = 1e-6;

function withFault(plan: Plan, fault: PlannedFault): Plan {
  return { ...plan, faults: [...plan.faults, fault], healAt: Math.max(plan.healAt, fault.at + DOWN) };
}

/** The how manieth step of its stage this is, over all its lives, as the simulator counts. */
function stepNumber({ frames }: Film, at: number): number {
  const { stage } = frames[at] as StepFrame;
  return frames.slice(0, at + 1).filter((frame) => isStep(frame) && frame.stage === stage).length;
}

/** Links that a stage spoke or listened on in this step. */
function linksOf({ stage, event, effects }: StepFrame): readonly LinkOf[] {
  const links = [event, ...effects].flatMap((one) => ('link' in one ? [one.link] : []));
  return [...new Set(links)].map((link) => {
    const down = lowerOf(stage, link) as PeerName;
    return { up: link === 'upstream' ? upperOf(down) : stage, down };
  });
}

function* atStep(film: Film, plan: Plan, at: number): Generator<Otherwise> {
  const frame = film.frames[at] as StepFrame;
  const { stage, effects } = frame;
  const step = stepNumber(film, at);
  const soon = frame.at + SOON;
  for (let done = 0; done <= effects.length; done += 1)
    for (const linger of effects.slice(0, done).some(({ type }) => type === 'send')
      ? [true, false]
      : [true]) {
      const lost = linger ? '' : ', and what it had sent were lost';
      const fault: PlannedFault = {
        at: 0,
        fault: 'crashAt',
        peer: stage,
        step,
        effects: done,
        linger,
        down: DOWN,
      };
      yield {
        text: `${stage} ended here, after ${done} of ${effects.length} effects${lost}?`,
        plan: withFault(plan, fault),
      };
    }
  for (const link of linksOf(frame)) {
    const { up, down } = link;
    yield {
      text: `the connection of ${up} and ${down} broke now?`,
      plan: withFault(plan, { at: soon, fault: 'break', link, linger: false }),
    };
    yield {
      text: `it fell silent both ways?`.replace('it', `the connection of ${up} and ${down}`),
      plan: withFault(plan, { at: soon, fault: 'halfOpen', link, way: 'both' }),
    };
  }
  yield {
    text: `the watches of ${stage} missed the next 100 ms?`,
    plan: withFault(plan, { at: soon, fault: 'watchLost', peer: stage, for: 100 }),
  };
  if (stageOf(stage) === 'kubelet') {
    const node = stage.slice('kubelet/'.length);
    yield {
      text: `the machine ${node} died now?`,
      plan: withFault(plan, { at: soon, fault: 'nodeCrash', node, down: DOWN }),
    };
    yield {
      text: `${node} lost its journal now?`,
      plan: withFault(plan, { at: soon, fault: 'journalLost', node, down: DOWN }),
    };
  } else
    yield {
      text: `another leader of ${stage} began now, while this one runs?`,
      plan: withFault(plan, { at: soon, fault: 'usurp', peer: stage }),
    };
}

/** A fault or an act of the plan that did not happen. */
function* withoutIt(plan: Plan, frame: Frame): Generator<Otherwise> {
  if (isStep(frame)) return;
  const same = (one: object) => JSON.stringify(one) === JSON.stringify(frame.world);
  for (const list of ['faults', 'acts'] as const) {
    const all: readonly object[] = plan[list];
    if (all.some(same))
      yield { text: 'this did not happen?', plan: { ...plan, [list]: all.filter((one) => !same(one)) } };
  }
}

/** All that could have gone otherwise at a frame; nothing if the film is not of a plan. */
export function otherwiseAt(film: Film, at: number): readonly Otherwise[] {
  const { plan } = film;
  const frame = film.frames[at];
  if (plan === undefined || frame === undefined) return [];
  return [...(isStep(frame) ? atStep(film, plan, at) : withoutIt(plan, frame))];
}

/** The rules that can be switched off, and which are. */
export function rulesOf({
  plan,
}: Film): readonly { readonly rule: string; readonly says: string; readonly off: boolean }[] {
  const off = new Set(plan?.mutants);
  return MUTANTS.map(({ name, rule }) => ({ rule: name, says: rule, off: off.has(name) }));
}

/** The same plan, with a rule switched on or off. */
export function switched(plan: Plan, rule: string): Plan {
  const { mutants } = plan;
  return {
    ...plan,
    mutants: mutants.includes(rule) ? mutants.filter((one) => one !== rule) : [...mutants, rule],
  };
}

/** A step as another film would have it: what led to it is numbered otherwise there, and which rules are off is said at each start. */
function bare(frame: StepFrame): string {
  const { event } = frame;
  if (event.type !== 'started') return JSON.stringify({ ...frame, cause: null });
  const { mutants: _, ...config } = event.config;
  return JSON.stringify({ ...frame, event: { ...event, config }, cause: null });
}

const stepsOf = ({ frames }: Film) =>
  [...frames.entries()].flatMap(([at, frame]) => (isStep(frame) ? [[at, bare(frame)] as const] : []));

/** Where two films part: the frame of the first step of the second that is not the first's. Null: nowhere, as far as both go. */
export function partingOf(first: Film, second: Film): number | null {
  const before = stepsOf(first);
  const parted = stepsOf(second).find(([, step], i) => step !== before[i]?.[1]);
  return parted?.[0] ?? null;
}
