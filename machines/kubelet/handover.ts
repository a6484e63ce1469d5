/** K's side of the owner switch (`spec/protocol.md` 9): release, acknowledgement, take back. */
import type { SwitchFact } from '../../spec/facts.ts';
import { TIMERS } from '../../spec/timers.ts';
import { goOnDraining } from './cancel.ts';
import { act, type KubeletContext } from './context.ts';
import { advance, advanceAll } from './life.ts';
import { askForList, tidy } from './observe.ts';
import { objectHeard, putForeign } from './pods.ts';

/** `stock` owns the managed Pods: what is unpublished ends, what was not signalled is let go. */
export function release(context: KubeletContext, fact: SwitchFact): KubeletContext {
  const again = context.owner === 'stock' && context.switchVersion === fact.resourceVersion;
  const released: KubeletContext = {
    ...context,
    owner: 'stock',
    switchVersion: fact.resourceVersion,
    acknowledged: again && context.acknowledged,
  };
  const calm =
    context.owner === 'takingBack' ? act(released, { type: 'cancelTimer', timer: 'propagation' }) : released;
  return advanceAll(calm, context.unsettled);
}

/** Said once all is settled: no tombstone of a live object, nothing unpublished, no create in flight. */
export function acknowledge(context: KubeletContext): KubeletContext {
  const { owner, acknowledged, serving, doubt, unsettled, switchVersion } = context;
  if (owner !== 'stock' || acknowledged || !serving || switchVersion === null) return context;
  if (doubt !== null) return context;
  if (!unsettled.isEmpty() && !context.mutants.has('acknowledge-early')) return context;
  return act({ ...context, acknowledged: true }, { type: 'acknowledgeOwner', owner: 'stock', switchVersion });
}

/** `direct` again: not before all API servers have seen it. */
export function startTakingBack(context: KubeletContext, fact: SwitchFact): KubeletContext {
  return act(
    { ...context, owner: 'takingBack', switchVersion: fact.resourceVersion },
    { type: 'setTimer', timer: 'propagation', milliseconds: TIMERS.propagation },
  );
}

/** All API servers have seen it: a consistent list of the Pods. */
export function listForTakingBack(context: KubeletContext): KubeletContext {
  return askForList(context);
}

/** The list was taken in: K owns its Pods again, and goes on with what was denied. */
export function takeBack(context: KubeletContext): KubeletContext {
  let now: KubeletContext = { ...context, owner: 'direct', acknowledged: false };
  for (const uid of context.unsettled) now = advance(objectHeard(now, uid, 'switchedBack'), uid);
  for (const metadataUid of context.strays.values()) {
    const stray = now.foreign.get(metadataUid);
    if (stray?.asked === 'denied') now = tidy(putForeign(now, { ...stray, asked: 'no' }), metadataUid);
  }
  const back = goOnDraining(now);
  const { switchVersion } = back;
  return switchVersion === null
    ? back
    : act(back, { type: 'acknowledgeOwner', owner: 'direct', switchVersion });
}

/** The switch as it is when K starts, or again without a change. */
export function noteOwner(context: KubeletContext, fact: SwitchFact): KubeletContext {
  return { ...context, switchVersion: fact.resourceVersion };
}
