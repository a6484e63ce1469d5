/**
 * What K does next for one Pod: the decision at the heart of the tail, a pure function (`spec/protocol.md` 4.4, 5, 9).
 *
 * It looks at where the Pod is (phase, object, containers), never at what just happened: so a restart, a lost reply
 * and a late event all continue alike.
 */
import type { Owner } from '../../spec/vocabulary.ts';
import type { Ending, TailPod } from './context.ts';

/** One thing to do for a Pod. */
export type NextAct =
  | { readonly do: 'start' | 'create' | 'writeStatus' | 'stop' | 'delete' | 'finish' | 'fail' | 'read' }
  /** Tombstone it: K's own decision. */
  | { readonly do: 'end'; readonly ending: Ending }
  /** It is gone: confirm. */
  | { readonly do: 'confirm' }
  /** It has failed, its object stays: it ends as lost. */
  | { readonly do: 'settle' }
  /** No longer ours under this uid; live on as adopted (9). */
  | { readonly do: 'letGo' }
  | null;

/** What the decision needs to know of K. */
export interface Circumstances {
  readonly runtime: 'publish' | 'runs';
  readonly owner: Owner | 'takingBack';
  readonly mutants: ReadonlySet<string>;
}

const end = (tell: Ending['tell'], reason: string): NextAct => ({ do: 'end', ending: { tell, reason } });

/** @returns null if there is nothing to do until something is heard */
export function nextAct(pod: TailPod, k: Circumstances): NextAct {
  return pod.record.phase === 'terminating' ? nextOfTombstone(pod, k) : nextOfLive(pod, k);
}

function nextOfLive(pod: TailPod, { runtime, owner, mutants }: Circumstances): NextAct {
  const { object, containers } = pod;
  if (containers === 'quiet') return end('lost', 'ContainersEnded');
  switch (object) {
    case 'deleting':
    case 'finishing':
    case 'finishDelayed':
    case 'vanished':
    case 'checking':
    case 'absent':
      return end('terminated', 'Deleted');
    case 'failed':
      return end('lost', 'Failed');
    case 'refused':
      return end('lost', 'PublishRefused');
    case 'waitedOut':
      return end('lost', 'PublishLost');
    case 'publishing':
    case 'unsure':
    case 'contested':
      return null;
    case 'unpublished':
      if (owner !== 'direct') return end('lost', 'OwnedByStock');
      if (runtime === 'publish') return { do: 'create' };
      if (containers === 'none') return { do: 'start' };
      if (containers === 'awaitingObject')
        return { do: mutants.has('object-not-awaited') ? 'start' : 'create' };
      return containers === 'running' || mutants.has('publish-before-running') ? { do: 'create' } : null;
    case 'standing':
    case 'deleteAsked':
    case 'deleteDelayed':
    case 'denied':
    case 'failAsked':
      if (runtime === 'publish') return null;
      if (containers === 'none' || containers === 'awaitingObject') return { do: 'start' };
      return containers === 'running' && pod.record.ready !== (pod.wroteReady ?? false)
        ? { do: 'writeStatus' }
        : null;
  }
}

/** Whether nothing of it runs here, as far as K must see to that. */
function isQuiet({ containers }: TailPod, { runtime, mutants }: Circumstances): boolean {
  if (mutants.has('terminated-before-stop')) return true;
  return runtime === 'publish' || ['quiet', 'none', 'awaitingObject'].includes(containers);
}

function nextOfTombstone(pod: TailPod, k: Circumstances): NextAct {
  const { object, containers } = pod;
  if (k.runtime === 'runs' && (containers === 'starting' || containers === 'running')) return { do: 'stop' };
  const quiet = isQuiet(pod, k);
  const checks = k.runtime === 'publish' && !k.mutants.has('confirm-without-read');
  const confirmed: NextAct = quiet ? { do: 'confirm' } : null;
  switch (object) {
    case 'publishing':
    case 'unsure':
      return k.mutants.has('confirm-create-in-flight') ? confirmed : null;
    case 'contested':
    case 'checking':
    case 'deleteAsked':
    case 'deleteDelayed':
    case 'failAsked':
    case 'finishing':
    case 'finishDelayed':
      return null;
    case 'unpublished':
    case 'refused':
    case 'vanished':
      return checks ? { do: 'read' } : confirmed;
    case 'waitedOut':
      return { do: 'read' };
    case 'absent':
      return confirmed;
    case 'standing':
      return nextOfLiveObject(pod, k, quiet);
    case 'denied':
      return k.owner === 'stock' ? nextOfLiveObject(pod, k, quiet) : null;
    case 'deleting':
      return k.runtime === 'runs' && quiet ? { do: 'finish' } : null;
    case 'failed':
      if (k.owner === 'direct' && pod.ending?.tell === 'terminated') return { do: 'delete' };
      return quiet ? { do: 'settle' } : null;
  }
}

/** A tombstone whose object is live: delete it, if we are the ones who may (9). */
function nextOfLiveObject(pod: TailPod, k: Circumstances, quiet: boolean): NextAct {
  if (k.owner === 'direct') return { do: 'delete' };
  if (k.owner === 'takingBack') return null;
  if (k.runtime === 'runs' && (pod.containers !== 'none' || quiet)) return { do: 'fail' };
  return k.mutants.has('tombstone-held-at-release') ? null : { do: 'letGo' };
}
