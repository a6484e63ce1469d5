/** A template with some Pods, an API Server that may answer anything, and refusals at any moment: every state. */
import {
  type DryRunOutcome,
  startTemplate,
  stepTemplate,
  type Template,
  type TemplateEvent,
} from '../../machines/runtime/index.ts';
import type { TemplateMutantName, TemplateProperty } from '../../spec/containers/admission.ts';

const PODS = ['r1', 'r2', 'r3'];
const OUTCOMES: readonly DryRunOutcome[] = ['asGiven', 'changed', 'denied', 'unanswered'];
/** Of refusals. */
const MOST = 2;

interface World {
  readonly template: Template;
  readonly pods: Readonly<Record<string, 'open' | 'wanted' | 'unwanted' | 'startPod' | 'publishFirst'>>;
  /** Dry runs under way, each with whether a Pod was refused since it was asked for. */
  readonly asked: readonly { readonly isStale: boolean }[];
  /** The last dry run, while nothing has been refused since it was asked for. */
  readonly last: DryRunOutcome | null;
  readonly refusals: number;
}

/** What may come next, and how the world is then. */
function nexts(world: World): readonly (readonly [TemplateEvent, World])[] {
  const { pods, asked, refusals } = world;
  const all: (readonly [TemplateEvent, World])[] = [];
  const next = PODS.find((uid) => pods[uid] === 'open');
  if (next !== undefined)
    all.push([
      { type: 'wanted', uid: next },
      { ...world, pods: { ...pods, [next]: 'wanted' } },
    ]);
  for (const uid of PODS)
    if (pods[uid] === 'wanted')
      all.push([
        { type: 'unwanted', uid },
        { ...world, pods: { ...pods, [uid]: 'unwanted' } },
      ]);
  const [first, ...others] = asked;
  if (first !== undefined)
    for (const outcome of OUTCOMES)
      all.push([
        { type: 'dryRun', outcome },
        { ...world, asked: others, last: first.isStale ? null : outcome },
      ]);
  // One that was let start, or was published first before.
  if (refusals < MOST && Object.values(pods).some((pod) => pod === 'startPod' || pod === 'publishFirst'))
    all.push([
      { type: 'refused' },
      { ...world, refusals: refusals + 1, last: null, asked: asked.map(() => ({ isStale: true })) },
    ]);
  return all;
}

/** What an exploration has come to. */
export interface Explored {
  readonly states: number;
  readonly broken: ReadonlySet<TemplateProperty>;
}

/** Every state that can be reached. */
export function exploreTemplate(mutants: ReadonlySet<TemplateMutantName> = new Set()): Explored {
  const broken = new Set<TemplateProperty>();
  const seen = new Set<string>();
  const start: World = {
    template: startTemplate(mutants),
    pods: Object.fromEntries(PODS.map((uid) => [uid, 'open'])),
    ...{ asked: [], last: null, refusals: 0 },
  };
  const queue: World[] = [start];
  for (let world = queue.shift(); world !== undefined; world = queue.shift())
    for (const [event, then] of nexts(world)) {
      const [template, effects] = stepTemplate(world.template, event);
      let next: World = { ...then, template };
      for (const { type, uid } of effects) {
        if (type === 'askDryRun') {
          if (next.asked.length > 0) broken.add('AskedOnce');
          next = { ...next, asked: [...next.asked, { isStale: false }] };
          continue;
        }
        if (next.pods[uid] !== 'wanted') broken.add('EachAnswered');
        if (type === 'startPod' && next.last !== 'asGiven') broken.add('JudgedFirst');
        if (type === 'publishFirst' && next.last === 'asGiven') broken.add('RunsFirst');
        next = { ...next, pods: { ...next.pods, [uid]: type } };
      }
      // Who waits, waits for an answer that is under way.
      if (next.asked.length === 0 && Object.values(next.pods).includes('wanted')) broken.add('EachAnswered');
      const { value, context } = next.template;
      const key = JSON.stringify([{ ...next, template: null }, value, context.waiting, context.isStale]);
      if (!seen.has(key)) queue.push(next);
      seen.add(key);
    }
  return { states: seen.size, broken };
}
