/** What the process with A serves to those who scale: the direct scale API, and the built-in autoscaler behind it. */
import { type AutoscalerState, standingOf } from '../../../machines/autoscaler/index.ts';
import { policyOf } from '../../../spec/autoscaling.ts';
import { ineligibleOf } from '../host/eligible.ts';
import { isManaged } from '../host/facts.ts';
import type { DeploymentObject } from '../host/objects.ts';
import type { StageProcess } from '../host/stageProcess.ts';
import type { WatchHub } from '../host/watchHub.ts';
import { pathOf } from '../kubernetes/paths.ts';
import type { Rotating } from '../links/rotation.ts';
import type { Callers } from './callers.ts';
import { Deciders } from './deciders.ts';
import { forwardTo } from './forward.ts';
import type { Listening } from './listen.ts';
import { type KeyPair, type ScaleSubject, serveScaleApi } from './scaleApi.ts';

/** How the direct scale API is served. @public */
export interface ScaleApiFlags {
  /** `host:port`. */
  readonly listen: string;
  /** Without authentication: everyone who can connect may scale everything that is managed. */
  readonly isOpen: boolean;
  /** Certificate and key; without: plain text. */
  readonly tls?: Rotating<KeyPair> | undefined;
}

/** A managed Deployment as the API and the built-in autoscaler take it. */
function subjectOf(object: DeploymentObject) {
  const policy = policyOf(object.metadata.annotations);
  const isWrong = policy !== null && 'wrong' in policy;
  const subject: ScaleSubject = {
    uid: object.metadata.uid,
    ineligible: ineligibleOf(object),
    autoscaled: isWrong ? policy : policy !== null,
  };
  return { subject, policy: isWrong || subject.ineligible.length > 0 ? null : policy };
}

/** What the API is served with. @public */
export interface Serving {
  readonly autoscaler: StageProcess;
  /** Who may scale. */
  readonly callers: Callers;
  readonly hub: WatchHub;
  /** Where the leader's API is, `host:port`. */
  readonly leader: () => Promise<string | null>;
}

/** Serves it. @throws KubedirectError `PORT_TAKEN` */
export async function serveScaling(
  { listen, isOpen, tls }: ScaleApiFlags,
  { autoscaler, callers, hub, leader }: Serving,
): Promise<Listening> {
  const generations = new Map<string, number>();
  const scale = (deployment: string, replicas: number) => {
    const generation = generations.get(deployment);
    return autoscaler.give({
      ...({ type: 'scaleRequested', deployment, replicas } as const),
      ...(generation !== undefined && { generation }),
    });
  };
  const deciders = new Deciders({
    incarnation: () => autoscaler.life?.incarnation ?? null,
    standing: (deployment) => {
      const { life } = autoscaler;
      return life === null ? null : standingOf(life.state as AutoscalerState, deployment);
    },
    scale,
    now: () => performance.now(),
  });
  const managed = new Map<string, ScaleSubject>();
  const keyOf = ({ metadata }: DeploymentObject) => `${metadata.namespace}/${metadata.name}`;
  const forget = (object: DeploymentObject) => {
    managed.delete(keyOf(object));
    generations.delete(object.metadata.uid);
    deciders.observe(object.metadata.uid, null);
  };
  hub.subscribe<DeploymentObject>(
    pathOf({ resource: 'deployments', namespace: hub.scope }),
    {},
    {
      observed: (object) => {
        if (!isManaged(object)) return forget(object);
        const { subject, policy } = subjectOf(object);
        managed.set(keyOf(object), subject);
        generations.set(subject.uid, object.metadata.generation ?? 0);
        deciders.observe(subject.uid, policy);
      },
      vanished: forget,
      synced: () => {},
    },
  );
  const served = await serveScaleApi(
    {
      ...{ listen, callers: isOpen ? null : callers, tls },
      forward: forwardTo({ isLeading: () => autoscaler.life !== null, leader, tls }),
    },
    {
      find: (namespace, name) => managed.get(`${namespace}/${name}`),
      scale,
      report: (deployment, reporter, concurrency) => deciders.report(deployment, reporter, concurrency),
    },
  );
  return {
    address: served.address,
    close: async () => {
      deciders.close();
      await served.close();
    },
  };
}
