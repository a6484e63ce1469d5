/**
 * What a Pod costs the API Server by the way it is asked: bodies in JSON or protobuf, answers whole or of metadata alone, connections,
 * HTTP/2, a status after the create, an Event beside it. What stands under the floor of figure 1.
 *
 * A bare client creates Pods that are nobody's, bound to a Node that is none, as the account of our agents and under our policies; the ways
 * take turns on one control plane. Nothing else writes, so the CPU seconds are those of the requests.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createKubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import {
  MANAGED_LABEL,
  POD_PUBLISHER_ANNOTATION,
  POD_UID_ANNOTATION,
  SYSTEM_NAMESPACE,
} from '../controller/names.ts';
import { NAMESPACE } from '../demo/workload.ts';
import { ACCOUNTS } from '../deploy/identities.ts';
import { install } from '../deploy/install.ts';
import { openBed } from './bed.ts';
import { type Cpu, cpuBetween, cpuNow } from './cpu.ts';
import { podBytes, type SmallPod } from './requests/podBytes.ts';
import { http1, http2Sender, type Sender, type Sent } from './requests/senders.ts';
import { percentile } from './statistics.ts';

/** One way to ask. */
export interface Way {
  readonly what: string;
  /** Of HTTP/1.1; null: HTTP/2, on one. */
  readonly connections: number | null;
  readonly body: 'JSON' | 'protobuf';
  readonly answer: 'object' | 'metadata' | 'protobuf';
  /** What is sent once the Pod is created. */
  readonly after: 'nothing' | 'status' | 'event';
}

/** As our agents ask. */
const OURS: Way = {
  what: 'as ours: JSON, answer of metadata, 64 connections',
  ...{ connections: 64, body: 'JSON', answer: 'metadata', after: 'nothing' },
};
/** Each differs from the first in what it is named after. */
export const WAYS: readonly Way[] = [
  OURS,
  { ...OURS, what: 'answer: whole object', answer: 'object' },
  { ...OURS, what: 'protobuf body', body: 'protobuf' },
  { ...OURS, what: 'protobuf body and answer', body: 'protobuf', answer: 'protobuf' },
  { ...OURS, what: '1 connection', connections: 1 },
  { ...OURS, what: '4 connections', connections: 4 },
  { ...OURS, what: '16 connections', connections: 16 },
  { ...OURS, what: '256 connections', connections: 256 },
  { ...OURS, what: 'HTTP/2, one connection', connections: null },
  { ...OURS, what: 'then its status', after: 'status' },
  { ...OURS, what: 'and an Event', after: 'event' },
];

/** One round of one way. */
export interface RequestsSample {
  readonly what: string;
  readonly round: number;
  /** ms from the first request to the answer for 90 % of the Pods. */
  readonly p90: number;
  readonly last: number;
  /** Bytes of bodies, for each Pod. */
  readonly sent: number;
  readonly answered: number;
  /** Seconds by program. */
  readonly cpu: Cpu;
}

/** How to measure. */
export interface RequestsOptions {
  readonly pods: number;
  readonly rounds: number;
  readonly onProgress: (line: string) => void;
}

const PODS = pathOf({ resource: 'pods', namespace: NAMESPACE });
const EVENTS = `/api/v1/namespaces/${NAMESPACE}/events`;
const JSON_TYPE = 'application/json';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const ACCEPTS: Readonly<Record<Way['answer'], string>> = {
  object: JSON_TYPE,
  metadata: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
  protobuf: PROTOBUF,
};
const APP = 'requests';

/** @internal */
export function smallPod(name: string): SmallPod {
  return {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: {
      ...{ name, namespace: NAMESPACE },
      labels: { app: APP, [MANAGED_LABEL]: 'true', 'pod-template-hash': '6d4cf56db6' },
      annotations: { [POD_UID_ANNOTATION]: name, [POD_PUBLISHER_ANNOTATION]: '1790000000000' },
    },
    spec: {
      nodeName: 'nowhere',
      automountServiceAccountToken: false,
      containers: [
        { name: 'main', image: 'function', resources: { requests: { cpu: '10m', memory: '16Mi' } } },
      ],
    },
  };
}

/** The request that creates it. @internal */
export const create = (name: string, { body, answer }: Pick<Way, 'body' | 'answer'>): Sent => ({
  ...{ method: 'POST', path: PODS, accept: ACCEPTS[answer] },
  ...(body === 'JSON'
    ? { type: JSON_TYPE, body: JSON.stringify(smallPod(name)) }
    : { type: PROTOBUF, body: podBytes(smallPod(name)) }),
});

const READY = JSON.stringify({
  status: {
    phase: 'Running',
    conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
      ...{ type, status: 'True', lastTransitionTime: '2026-11-29T00:00:00Z' },
    })),
    podIP: '10.0.0.1',
    podIPs: [{ ip: '10.0.0.1' }],
    containerStatuses: [
      {
        ...{ name: 'main', image: 'function', imageID: '', ready: true, started: true, restartCount: 0 },
        state: { running: { startedAt: '2026-11-29T00:00:00Z' } },
      },
    ],
  },
});
const FOLLOWING: Readonly<Record<Exclude<Way['after'], 'nothing'>, (name: string) => Sent>> = {
  status: (name) => ({
    ...{ method: 'PATCH', path: `${PODS}/${name}/status`, accept: ACCEPTS.metadata, body: READY },
    type: 'application/strategic-merge-patch+json',
  }),
  event: (name) => ({
    ...{ method: 'POST', path: EVENTS, accept: ACCEPTS.metadata, type: JSON_TYPE },
    body: JSON.stringify({
      metadata: { name: `${name}.1`, namespace: NAMESPACE },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name },
      ...{ reason: 'Started', message: 'Started container main', type: 'Normal', count: 1 },
      source: { component: 'kubedirect' },
    }),
  }),
};

async function measure(
  way: Way,
  round: number,
  names: readonly string[],
  sender: Sender,
): Promise<RequestsSample> {
  const requests = names.map((name) => ({
    first: create(name, way),
    second: way.after === 'nothing' ? null : FOLLOWING[way.after](name),
  }));
  let answered = 0;
  const moments: number[] = [];
  const before = cpuNow();
  const begin = performance.now();
  await Promise.all(
    requests.map(async ({ first, second }) => {
      answered += await sender.send(first);
      if (second !== null) answered += await sender.send(second);
      moments.push(performance.now() - begin);
    }),
  );
  const cpu = cpuBetween(before, cpuNow());
  const sent = requests.reduce(
    (sum, { first, second }) => sum + Buffer.byteLength(first.body) + Buffer.byteLength(second?.body ?? ''),
    0,
  );
  const of = names.length;
  return {
    ...{ what: way.what, round, p90: percentile(moments, 0.9), last: percentile(moments, 1) },
    ...{ sent: Math.round(sent / of), answered: Math.round(answered / of), cpu },
  };
}

/** A way's connections are opened before they are timed, as an agent's are. */
async function open(way: Way, kubeconfig: string, warm: readonly string[]): Promise<Sender> {
  const sender = await (way.connections === null
    ? http2Sender(kubeconfig)
    : http1(kubeconfig, way.connections));
  await Promise.all(warm.map((name) => sender.send(create(name, way))));
  return sender;
}

/** Measures each way. The first round warms the API Server up and is not counted. */
export async function measureRequests(options: RequestsOptions): Promise<readonly RequestsSample[]> {
  const bed = await openBed({ nodes: 1, embedded: false, onProgress: options.onProgress }, 'lifted');
  const client = createKubernetesClient({ kubeconfig: bed.kubeconfig });
  const samples: RequestsSample[] = [];
  try {
    await install({
      connection: { kubeconfig: bed.kubeconfig },
      namespace: SYSTEM_NAMESPACE,
      simulator: true,
    });
    const kubeconfig = await bed.kubeconfigOf(ACCOUNTS.simulator);
    for (let round = 0; round <= options.rounds; round += 1)
      for (const [i, way] of WAYS.entries()) {
        const names = (kind: string, count: number) =>
          Array.from({ length: count }, (_, n) => `${kind}-${round}-${i}-${n}`);
        const sender = await open(way, kubeconfig, names('w', way.connections ?? 1));
        const sample = await measure(way, round, names('p', options.pods), sender);
        await sender.close();
        if (round > 0) samples.push(sample);
        options.onProgress(
          `${way.what}, ${round === 0 ? 'warm-up' : `round ${round}`}: ${sample.p90.toFixed(0)} ms`,
        );
        await client.request({
          ...{ method: 'DELETE', path: PODS, query: { labelSelector: `app=${APP}` } },
          body: { gracePeriodSeconds: 0 },
        });
        await sleep(500);
      }
  } finally {
    await client.close();
    await bed.stop();
  }
  return samples;
}
