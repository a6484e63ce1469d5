/**
 * Sizing: memory and processor time of each process of ours, by Pods: at rest with none, and then with more and more of them, each time scaled out from where it was.
 *
 * Memory is what the system has given to a process (resident set), for that is what a limit is held to. Processor seconds are those of the scale-out, and of a minute at rest.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { STAGES, type StageName } from '../../spec/vocabulary.ts';
import type { SpawnedWaist } from '../controller/process/spawn.ts';
import { PodObserver } from '../demo/observer.ts';
import { NAMESPACE } from '../demo/workload.ts';
import { DEPLOYMENTS, onPlane, type PlaneOptions } from './plane.ts';
import { samplesOf } from './prometheus.ts';

/** How to measure. */
export interface SizingOptions extends PlaneOptions {
  /** At the end. */
  readonly pods: number;
  /** In so many equal parts. */
  readonly rounds: number;
}

/** One process, at rest with so many Pods. */
export interface SizingSample {
  readonly stage: StageName;
  readonly pods: number;
  readonly residentMb: number;
  readonly heapMb: number;
  /** Since the rest before, for the scale-out to here. */
  readonly outSeconds: number;
  /** Of a minute at rest. */
  readonly restSeconds: number;
}

const NAMES = {
  resident: 'process_resident_memory_bytes',
  heap: 'nodejs_heap_size_used_bytes',
  cpu: 'process_cpu_seconds_total',
} as const;
const WANTED: ReadonlySet<string> = new Set(Object.values(NAMES));
const MB = 2 ** 20;
const MINUTE = 60_000;
/** How long the rest is looked at, ms. */
const REST = 10_000;
/** Until what follows a scale-out has settled, ms. */
const SETTLE = 5_000;

type Reading = Readonly<Record<keyof typeof NAMES, number>>;

async function readingsOf(waist: SpawnedWaist): Promise<ReadonlyMap<StageName, Reading>> {
  const all = new Map<StageName, Reading>();
  for (const stage of STAGES) {
    const text = await (await fetch(`http://${waist.stages[stage].status}/metrics`)).text();
    const values = new Map(samplesOf(text, WANTED).map(({ name, value }) => [name, value]));
    const of = (what: keyof typeof NAMES) => values.get(NAMES[what]) ?? 0;
    all.set(stage, { resident: of('resident'), heap: of('heap'), cpu: of('cpu') });
  }
  return all;
}

/** Measures it. @throws if the Pods do not come to be Ready */
export function measureSizing(options: SizingOptions): Promise<readonly SizingSample[]> {
  const { pods, rounds, onProgress } = options;
  return onPlane(options, async ({ spawn, client }) => {
    const waist = await spawn('publish', false);
    const observer = new PodObserver(client, NAMESPACE, `app=${DEPLOYMENTS.ours}`);
    const samples: SizingSample[] = [];
    try {
      await observer.synced();
      for (let round = 0; round <= rounds; round += 1) {
        const count = Math.round((pods * round) / rounds);
        const before = await readingsOf(waist);
        if (round > 0) await waist.scale(NAMESPACE, DEPLOYMENTS.ours, count);
        await observer.until(`${count} Pods Ready`, () => observer.ready.size >= count, 900_000);
        await sleep(SETTLE);
        const out = await readingsOf(waist);
        await sleep(REST);
        const rest = await readingsOf(waist);
        for (const stage of STAGES) {
          const [first, second, third] = [before, out, rest].map((one) => one.get(stage) as Reading);
          if (first === undefined || second === undefined || third === undefined) continue;
          samples.push({
            ...{ stage, pods: count, residentMb: third.resident / MB, heapMb: third.heap / MB },
            outSeconds: second.cpu - first.cpu,
            restSeconds: ((third.cpu - second.cpu) * MINUTE) / REST,
          });
        }
        onProgress(`${count} Pods: read`);
      }
      return samples;
    } finally {
      await observer.stop();
      await waist.stop();
    }
  });
}
