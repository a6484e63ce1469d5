/**
 * Kinds of steps: what a stage did, told without uids, numbers and which of several nodes. A larger bound that brings no new kind shows
 * the same behaviour in more combinations (`proofs-tla/BOUNDS.md`).
 */
import { search } from './search.ts';
import type { Setting, StepRecord, World } from './world.ts';
import { worldSystem } from './worldSystem.ts';

/** What a world showed. */
export interface Kinds {
  readonly states: number;
  readonly complete: boolean;
  /** Stage, its links, what it heard, what it did, its links after. */
  readonly kinds: ReadonlySet<string>;
}

const stageOf = (peer: string) => (peer.startsWith('kubelet/') ? 'kubelet' : peer);
const sorted = (texts: readonly string[]) => [...new Set(texts)].sort().join('+');

/** The states of a stage's links; each once, however many nodes there are. */
function linksOf(setting: Setting, world: World, id: string): string {
  const process = world.processes[id];
  const stage = process === undefined ? undefined : setting.stages[process.peer];
  if (process === undefined || stage === undefined) return 'gone';
  return sorted(stage.observe(process.state as never).links.map(({ side, state }) => `${side} ${state}`));
}

function kindOf(
  setting: Setting,
  before: World,
  { peer, process, event, effects }: StepRecord,
  after: World,
): string {
  const heard = event === null ? 'begins' : event.type === 'received' ? event.message.kind : event.type;
  const did = sorted(effects.map((effect) => (effect.type === 'send' ? effect.message.kind : effect.type)));
  const links = [before, after].map((world) => linksOf(setting, world, process));
  return `${stageOf(peer)} (${links[0]}) hears ${heard}: ${did} (${links[1]})`;
}

/** Searches a world for the kinds of its steps. */
export function kindsOf(setting: Setting, maxStates: number): Kinds {
  const kinds = new Set<string>();
  const note = (before: World, { steps }: { readonly steps: readonly StepRecord[] }, after: World) => {
    for (const step of steps) kinds.add(kindOf(setting, before, step, after));
    return null;
  };
  const { states, complete } = search(
    worldSystem(setting),
    { states: {}, steps: { note }, witnesses: {} },
    { maxStates },
  );
  return { states, complete, kinds };
}
