/**
 * Carries out the effects of one life of a stage (`spec/effects.ts`), each by the module that knows how.
 *
 * Effects start in order; those after a journal entry wait until it is durable (`groupCommit.ts`). Answers come back as events. What is safe to ask again is asked again until the life is over.
 */
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Incarnation, PeerName } from '../../../spec/vocabulary.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import type { Behind } from './behind.ts';
import type { GroupCommit } from './groupCommit.ts';
import * as leases from './leaseEffects.ts';
import type { LinkPort } from './linkPort.ts';
import { report } from './people.ts';
import * as pods from './podEffects.ts';
import type { PodRuntime } from './runtime.ts';
import type { Templates } from './templates.ts';
import type { Timers } from './timers.ts';
import * as wants from './wantEffects.ts';
import type { WatchHub } from './watchHub.ts';

/** What effects are carried out with. @public */
export interface Life {
  readonly self: PeerName;
  /** K: its node. */
  readonly node: string | null;
  readonly incarnation: Incarnation;
  /** Namespace of the Leases and the owner switch. */
  readonly namespace: string;
  /** Where this stage listens, `host:port`. */
  readonly address: string;
  readonly client: KubernetesClient;
  readonly port: LinkPort;
  readonly timers: Timers;
  readonly templates: Templates;
  /** What this process watches. */
  readonly hub: WatchHub;
  readonly events: EventRecorder;
  /** Effects that wait for the journal. */
  readonly commits: GroupCommit;
  readonly runtime: PodRuntime | null;
  /** Where no Pod waits for a write-back or a publish: they begin behind the chain; null where stock kubelets run the containers. */
  readonly behind: Behind | null;
  readonly signal: AbortSignal;
  readonly give: (event: StageEvent) => void;
  readonly restart: (above: Incarnation, reason: string) => void;
  readonly stop: (reason: string) => void;
  /** Something is broken that the protocol excludes: the stage is over. */
  readonly fail: (error: unknown) => void;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** Starts one effect, at once or when the journal entries before it are durable. */
export function carryOut(life: Life, effect: Effect): void {
  if (effect.type === 'journal' || !life.commits.waiting) return start(life, effect);
  life.commits.after(() => start(life, effect));
}

/** Begins a request that no Pod waits for where our agents run the containers. */
function behind(life: Life, request: () => void): void {
  if (life.behind === null) request();
  else life.behind.begin(request);
}

function start(life: Life, effect: Effect): void {
  switch (effect.type) {
    case 'connect':
      return life.port.connect(effect.link, effect.peer, effect.n);
    case 'disconnect':
      return life.port.disconnect(effect.link, effect.session, effect.reason);
    case 'send':
      return life.port.send(effect.link, effect.message);
    case 'readLease':
      return leases.readLease(life, effect);
    case 'restart':
      return life.restart(effect.above, effect.reason);
    case 'stop':
      return life.stop(effect.reason);
    case 'listNodes':
      return leases.listNodes(life);
    case 'register':
      return leases.register(life);
    case 'readNode':
      return leases.readNode(life, effect);
    case 'mark':
      return leases.mark(life, effect);
    case 'reportDrain':
      return leases.reportDrain(life, effect);
    case 'acknowledgeOwner':
      return leases.acknowledgeOwner(life, effect);
    case 'journal':
      return life.commits.journal(effect.entries);
    case 'publish':
      return behind(life, () => pods.publish(life, effect));
    case 'deletePod':
      return pods.deletePod(life, effect);
    case 'readPod':
      return pods.readPod(life, effect);
    case 'listPods':
      return pods.listPods(life);
    case 'failPod':
      return pods.failPod(life, effect);
    case 'writePodStatus':
      return pods.writePodStatus(life, effect);
    case 'deleteStray':
      return pods.deleteStray(life, effect);
    case 'startPod':
      life.runtime?.start(effect.record);
      return;
    case 'stopPod':
      life.runtime?.stop(effect.uid);
      return;
    case 'relist':
      return wants.relist(life, effect);
    case 'writeReplicas':
      return behind(life, () => wants.writeReplicas(life, effect));
    case 'setTimer':
      return life.timers.set(effect.timer, effect.milliseconds);
    case 'cancelTimer':
      return life.timers.cancel(effect.timer);
    case 'report':
      return report(life, effect);
  }
}
