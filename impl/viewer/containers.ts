/**
 * What a film says of the containers that our agents run: asked to start, running, asked to stop, stopped. Containers that stock kubelets
 * run do not show in it. Runs in the page too.
 */
import type { Uid } from '../../spec/vocabulary.ts';
import { type Frame, isStep } from './film.ts';

/** Containers of a Pod, from a frame on. */
export interface ContainersFrom {
  readonly frame: number;
  readonly node: string;
  readonly state: 'starting' | 'running' | 'stopping' | 'stopped';
}

/** By Pod, in the order of frames. */
export function containersOf(frames: readonly Frame[]): ReadonlyMap<Uid, readonly ContainersFrom[]> {
  const all = new Map<Uid, ContainersFrom[]>();
  const say = (uid: Uid, now: ContainersFrom) => {
    const before = all.get(uid);
    if (before === undefined) all.set(uid, [now]);
    else if (before.at(-1)?.state !== now.state || before.at(-1)?.node !== now.node) before.push(now);
  };
  for (const [frame, one] of frames.entries()) {
    if (!isStep(one)) {
      // A machine that is down runs nothing.
      const { fault, node } = one.world as { readonly fault?: string; readonly node?: string };
      if (fault === 'nodeCrash')
        for (const [uid, list] of all)
          if (list.at(-1)?.node === node) say(uid, { frame, node: node as string, state: 'stopped' });
      continue;
    }
    if (!one.stage.startsWith('kubelet/')) continue;
    const node = one.stage.slice('kubelet/'.length);
    const { event, effects } = one;
    if (event.type === 'podStarted') say(event.uid, { frame, node, state: 'running' });
    if (event.type === 'podStopped') say(event.uid, { frame, node, state: 'stopped' });
    for (const effect of effects) {
      if (effect.type === 'startPod') say(effect.record.uid, { frame, node, state: 'starting' });
      if (effect.type === 'stopPod') say(effect.uid, { frame, node, state: 'stopping' });
    }
  }
  return all;
}
