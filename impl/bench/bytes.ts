/**
 * Figure 4 (bytes): what a scale-out costs each link, and the API Server, for each Pod: ours against stock, in one run on one control plane,
 * the contenders taking turns. Links are counted by our processes (`/metrics`), requests and bodies by the API Server itself.
 *
 * From the write of the want until the last Pod is Ready and what follows has settled. Leases are left out: they beat in any case.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { STAGES, type StageName } from '../../spec/vocabulary.ts';
import type { SpawnedWaist } from '../controller/process/spawn.ts';
import { PodObserver } from '../demo/observer.ts';
import { NAMESPACE, scaleDeployment } from '../demo/workload.ts';
import { DEPLOYMENTS, onPlane, type Plane, type PlaneOptions } from './plane.ts';
import { samplesOf } from './prometheus.ts';

/** Whose scale-out. */
export type Spender = 'k8s+' | 'kd';

/** How to measure. */
export interface BytesOptions extends PlaneOptions {
  readonly pods: number;
  readonly rounds: number;
}

/** What the API Server has counted. */
export interface ApiCost {
  /** By verb and resource, as `POST pods`. */
  readonly requests: Readonly<Record<string, number>>;
  /** Of request bodies, of answers to reads (of others the API Server does not count them), and of the events of watches. */
  readonly bytes: { readonly requests: number; readonly answers: number; readonly watches: number };
}
/** One round. */
export interface BytesSample {
  readonly spender: Spender;
  readonly round: number;
  readonly pods: number;
  readonly api: ApiCost;
  /** Bytes of frames and messages by link, both directions; none of stock. */
  readonly links: Readonly<Record<string, { readonly bytes: number; readonly messages: number }>>;
}

const API = {
  requests: 'apiserver_request_total',
  bodies: 'apiserver_request_body_size_bytes_sum',
  answers: 'apiserver_response_sizes_sum',
  watches: 'apiserver_watch_events_sizes_sum',
} as const;
const API_NAMES: ReadonlySet<string> = new Set(Object.values(API));

function apiCost(metrics: string): ApiCost {
  const requests: Record<string, number> = {};
  const bytes = { requests: 0, answers: 0, watches: 0 };
  for (const { name, labels, value } of samplesOf(metrics, API_NAMES)) {
    const { verb = '', resource = '', subresource = '' } = labels;
    if (resource === 'leases') continue;
    if (name === API.watches) bytes.watches += value;
    else if (name === API.bodies) bytes.requests += value;
    // A watch is one request that does not end, and its answer is counted as its events.
    else if (verb === 'WATCH' || verb === 'CONNECT') continue;
    else if (name === API.answers) bytes.answers += value;
    else {
      const key = `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`;
      requests[key] = (requests[key] ?? 0) + value;
    }
  }
  return { requests, bytes };
}

function apiBetween(before: ApiCost, after: ApiCost): ApiCost {
  const requests = Object.entries(after.requests)
    .map(([key, value]) => [key, value - (before.requests[key] ?? 0)] as const)
    .filter(([, value]) => value > 0);
  return {
    requests: Object.fromEntries(requests),
    bytes: {
      requests: after.bytes.requests - before.bytes.requests,
      answers: after.bytes.answers - before.bytes.answers,
      watches: after.bytes.watches - before.bytes.watches,
    },
  };
}

type Links = Record<string, { bytes: number; messages: number }>;
const LINK_NAMES: ReadonlySet<string> = new Set([
  'kubedirect_link_bytes_total',
  'kubedirect_link_messages_total',
]);

/** As the upper end of each link counts. */
async function linksOf(waist: SpawnedWaist): Promise<Links> {
  const links: Links = {};
  for (const [i, stage] of STAGES.slice(0, -1).entries()) {
    const below = STAGES[i + 1] as StageName;
    const text = await (await fetch(`http://${waist.stages[stage].status}/metrics`)).text();
    const sum = { bytes: 0, messages: 0 };
    for (const { name, labels, value } of samplesOf(text, LINK_NAMES))
      if (labels.stage === stage && labels.peer === below)
        sum[name.includes('bytes') ? 'bytes' : 'messages'] += value;
    links[`${stage} – ${below}`] = sum;
  }
  return links;
}

function linksBetween(before: Links, after: Links): Links {
  const entries = Object.entries(after).map(([link, { bytes, messages }]) => {
    const was = before[link] ?? { bytes: 0, messages: 0 };
    return [link, { bytes: bytes - was.bytes, messages: messages - was.messages }] as const;
  });
  return Object.fromEntries(entries);
}

/** Until what follows a scale-out has settled, ms: statuses of ReplicaSet and Deployment, what is gathered on the links. */
const SETTLE = 3_000;

/** Scales out, waits, counts, and scales in again. */
async function spend(
  { metrics, client }: Plane,
  waist: SpawnedWaist | null,
  pods: number,
  round: number,
): Promise<BytesSample> {
  const name = waist === null ? DEPLOYMENTS.stock : DEPLOYMENTS.ours;
  const scale = (replicas: number): Promise<unknown> =>
    waist === null ? scaleDeployment(client, name, replicas) : waist.scale(NAMESPACE, name, replicas);
  const observer = new PodObserver(client, NAMESPACE, `app=${name}`);
  try {
    await observer.synced();
    const [before, linksBefore] = [apiCost(await metrics()), waist === null ? {} : await linksOf(waist)];
    await scale(pods);
    await observer.until(`${pods} Pods of ${name} Ready`, () => observer.ready.size >= pods, 300_000);
    await sleep(SETTLE);
    const [after, linksAfter] = [apiCost(await metrics()), waist === null ? {} : await linksOf(waist)];
    await scale(0);
    await observer.until(`the Pods of ${name} gone`, () => observer.pods === 0, 300_000);
    await sleep(SETTLE);
    return {
      ...{ spender: waist === null ? 'k8s+' : 'kd', round, pods },
      api: apiBetween(before, after),
      links: linksBetween(linksBefore, linksAfter),
    };
  } finally {
    await observer.stop();
  }
}

/** Counts it. @throws if a round does not come to its end */
export function measureBytes(options: BytesOptions): Promise<readonly BytesSample[]> {
  const { pods, rounds, onProgress } = options;
  return onPlane(options, async (plane) => {
    const waist = await plane.spawn('publish', false);
    const samples: BytesSample[] = [];
    try {
      // The first of each is not counted: caches, connections, discovery.
      for (let round = 0; round <= rounds; round += 1)
        for (const whose of [null, waist]) {
          const sample = await spend(plane, whose, pods, round);
          if (round > 0) samples.push(sample);
          onProgress(`${sample.spender} round ${round}`);
        }
      return samples;
    } finally {
      await waist.stop();
    }
  });
}
