/** An answer stands after what asked for it, in each life: told before it, a machine may bear it, and come to the same. */
import type { Effect } from '../../spec/effects.ts';
import type { StepRecord } from '../../spec/trace.ts';
import type { PlacedLine } from '../trace/parse.ts';

/** What an effect asks for; null if nobody answers. */
function askedBy(effect: Effect): string | null {
  switch (effect.type) {
    case 'connect':
      return `connect ${effect.link} ${effect.n}`;
    case 'readLease':
      return `readLease ${effect.subject} ${effect.token}`;
    case 'readNode':
      return `readNode ${effect.node} ${effect.token}`;
    case 'listNodes':
    case 'listPods':
    case 'register':
      return effect.type;
    case 'mark':
      return `mark ${effect.node} ${effect.mark.incarnation} ${effect.mark.n}`;
    case 'publish':
      return `publish ${effect.record.uid}`;
    case 'readPod':
      return `readPod ${effect.uid}`;
    case 'deletePod':
      return `delete ${effect.uid}`;
    case 'deleteStray':
      return `delete a-${effect.metadataUid}`;
    case 'writeReplicas':
      return `writeReplicas ${effect.deployment}`;
    case 'setTimer':
      return `setTimer ${effect.timer}`;
    default:
      return null;
  }
}

/** What an event is the answer to; null: it comes by itself. */
function answerTo(event: StepRecord['event']): string | null {
  switch (event.type) {
    case 'connected':
      return `connect ${event.link} ${event.n}`;
    case 'leaseRead':
      return `readLease ${event.subject} ${event.token}`;
    case 'nodeRead':
      return `readNode ${event.name} ${event.token}`;
    case 'nodesListed':
      return 'listNodes';
    case 'podsListed':
      return 'listPods';
    case 'registered':
      return 'register';
    case 'marked':
      return `mark ${event.node} ${event.mark.incarnation} ${event.mark.n}`;
    case 'published':
    case 'publishFailed':
      return `publish ${event.uid}`;
    case 'podRead':
      return `readPod ${event.uid}`;
    case 'deleteAnswered':
      return `delete ${event.uid}`;
    case 'replicasWritten':
      return `writeReplicas ${event.deployment}`;
    case 'timerFired':
      return `setTimer ${event.timer}`;
    default:
      return null;
  }
}

/** The first line of a life that answers what was not asked yet, and what that is; null: there is none. */
export function unaskedIn(
  lines: readonly PlacedLine[],
): { readonly place: PlacedLine; readonly asked: string } | null {
  const asked = new Set<string>();
  for (const place of lines) {
    const answers = answerTo(place.line.event);
    if (answers !== null && !asked.has(answers)) return { place, asked: answers };
    for (const effect of place.line.effects) {
      const asks = askedBy(effect);
      if (asks !== null) asked.add(asks);
    }
  }
  return null;
}
