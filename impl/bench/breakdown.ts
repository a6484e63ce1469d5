/**
 * Figure 2 (breakdown): where the time of a scale-out goes, stage by stage.
 *
 * Ours by the moments of the steps in the trace: of each Pod, when R minted it, S bound it, K took it, and it was started; of the want,
 * when A, D and R heard of it. A moment is that of the end of a step, so what lies between two is the link and the step after it. Stock,
 * and what ours publishes, by a watch: when a Pod was seen, seen bound, seen Ready.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StepRecord } from '../../spec/trace.ts';
import type { PeerName } from '../../spec/vocabulary.ts';
import { stageOf } from '../../spec/vocabulary.ts';
import { podFact } from '../controller/host/facts.ts';
import type { PodObject } from '../controller/host/objects.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { startListWatch } from '../controller/kubernetes/listwatch.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import type { SpawnedWaist } from '../controller/process/spawn.ts';
import { NAMESPACE, scaleDeployment } from '../demo/workload.ts';
import type { Trace } from '../trace/parse.ts';
import { readTrace } from '../trace/read.ts';
import { DEPLOYMENTS, onPlane, type PlaneOptions } from './plane.ts';

/** Who is broken down. */
export const PARTS = ['k8s+', 'kd', 'tail'] as const;
/** One of {@link PARTS}. */
export type Part = (typeof PARTS)[number];

/** Moments of one Pod, or of the want, in their order. */
export const MOMENTS = [
  'A',
  'D',
  'R: minted',
  'S: bound',
  'K: accepted',
  'K: started',
  'seen',
  'seen bound',
  'seen Ready',
] as const;
/** One of {@link MOMENTS}. */
export type Moment = (typeof MOMENTS)[number];

/** How to measure. */
export interface BreakdownOptions extends PlaneOptions {
  readonly pods: number;
  readonly rounds: number;
}
/** One round: of each moment, ms since the want, of all Pods, ascending. A and D have one. */
export interface BreakdownSample {
  readonly part: Part;
  readonly round: number;
  readonly moments: Readonly<Partial<Record<Moment, readonly number[]>>>;
}

type Moments = Partial<Record<Moment, number[]>>;

function note(moments: Moments, moment: Moment, at: number): void {
  const known = moments[moment];
  if (known === undefined) moments[moment] = [at];
  else known.push(at);
}

/** What a watch of the Pods shows, from a want on. */
class Seen {
  readonly #watch: ReturnType<typeof startListWatch<PodObject>>;
  readonly #told = new Map<string, Set<Moment>>();
  #want = 0;
  #moments: Moments = {};

  constructor(client: KubernetesClient, labelSelector: string) {
    this.#watch = startListWatch<PodObject>({
      ...{ client, path: pathOf({ resource: 'pods', namespace: NAMESPACE }), query: { labelSelector } },
      handle: (event) => {
        if (event.type === 'synced') return;
        const { metadataUid, node, ready, deleting } = podFact(event.object);
        if (event.type === 'deleted') return void this.#told.delete(metadataUid);
        const told = this.#told.get(metadataUid) ?? new Set<Moment>();
        this.#told.set(metadataUid, told);
        const tell = (moment: Moment, holds: boolean) => {
          if (!holds || deleting || told.has(moment)) return;
          told.add(moment);
          note(this.#moments, moment, performance.timeOrigin + performance.now() - this.#want);
        };
        tell('seen', true);
        tell('seen bound', node !== null);
        tell('seen Ready', ready);
      },
    });
  }

  synced(): Promise<void> {
    return this.#watch.synced;
  }

  /** The want is written now. */
  begin(): number {
    this.#moments = {};
    this.#want = performance.timeOrigin + performance.now();
    return this.#want;
  }

  get moments(): Moments {
    return this.#moments;
  }

  async until(moment: Moment | null, pods: number): Promise<void> {
    const done = () =>
      moment === null ? this.#watch.objects.size === 0 : (this.#moments[moment]?.length ?? 0) >= pods;
    for (const late = performance.now() + 300_000; !done(); await sleep(20))
      if (performance.now() > late) throw new Error(`${moment ?? 'gone'}: not within 300 s`);
  }

  stop(): Promise<void> {
    return this.#watch.stop();
  }
}

/** What the steps of the trace show of the want that was written at this moment, until another. */
function momentsOf(trace: Trace, want: number, until: number): Moments {
  const moments: Moments = {};
  for (const [peer, lines] of trace) {
    const stage = stageOf(peer as PeerName);
    for (const line of lines) {
      if (line.at < want || line.at > until) continue;
      hear(moments, stage, line, line.at - want);
    }
  }
  return moments;
}

function hear(
  moments: Moments,
  stage: ReturnType<typeof stageOf>,
  { event, effects }: StepRecord,
  at: number,
): void {
  for (const effect of effects) {
    if (effect.type !== 'send') continue;
    const { message } = effect;
    if (message.kind === 'Scale' && (stage === 'autoscaler' || stage === 'deployment'))
      // The first that it sends because of this want.
      moments[stage === 'autoscaler' ? 'A' : 'D'] ??= [at];
    if (message.kind === 'Assign')
      for (const _ of message.records) note(moments, stage === 'replicaset' ? 'R: minted' : 'S: bound', at);
  }
  if (stage !== 'kubelet') return;
  if (event.type === 'podStarted') note(moments, 'K: started', at);
  else if (event.type === 'received' && event.message.kind === 'Assign')
    for (const _ of event.message.records) note(moments, 'K: accepted', at);
}

/** Rounds of ours, of one runtime. */
async function rounds(
  part: Exclude<Part, 'k8s+'>,
  waist: SpawnedWaist,
  seen: Seen,
  { pods, rounds: count, onProgress }: BreakdownOptions,
  each: () => Promise<void>,
): Promise<
  readonly {
    readonly round: number;
    readonly want: number;
    readonly until: number;
    readonly shown: Moments;
  }[]
> {
  const spans: { round: number; want: number; until: number; shown: Moments }[] = [];
  for (let round = 0; round <= count; round += 1) {
    await each();
    await waist.scale(NAMESPACE, DEPLOYMENTS.ours, 0);
    const want = seen.begin();
    await waist.scale(NAMESPACE, DEPLOYMENTS.ours, pods);
    await seen.until('seen Ready', pods);
    await sleep(1_000);
    const until = performance.timeOrigin + performance.now();
    const shown = part === 'kd' ? seen.moments : {};
    if (round > 0) spans.push({ round, want, until, shown });
    await waist.scale(NAMESPACE, DEPLOYMENTS.ours, 0);
    await seen.until(null, 0);
    await sleep(1_000);
    onProgress(`${part} round ${round}`);
  }
  return spans;
}

const sorted = (moments: Moments) =>
  Object.fromEntries(
    MOMENTS.flatMap((moment) => {
      const values = moments[moment];
      return values === undefined ? [] : [[moment, values.sort((a, b) => a - b)]];
    }),
  ) as BreakdownSample['moments'];

/** Breaks it down: stock and `kd` take turns; then `tail`, whose containers are simulated. The first of each is not counted. */
export function measureBreakdown(options: BreakdownOptions): Promise<readonly BreakdownSample[]> {
  const { pods, onProgress } = options;
  return onPlane(options, async (plane) => {
    const { client, folder } = plane;
    const [stock, ours] = [DEPLOYMENTS.stock, DEPLOYMENTS.ours].map(
      (name) => new Seen(client, `app=${name}`),
    ) as [Seen, Seen];
    const samples: BreakdownSample[] = [];
    try {
      await Promise.all([stock.synced(), ours.synced()]);
      let stockRounds = 0;
      const stockRound = async () => {
        const round = stockRounds++;
        stock.begin();
        await scaleDeployment(client, DEPLOYMENTS.stock, pods);
        await stock.until('seen Ready', pods);
        if (round > 0) samples.push({ part: 'k8s+', round, moments: sorted(stock.moments) });
        await scaleDeployment(client, DEPLOYMENTS.stock, 0);
        await stock.until(null, 0);
        await sleep(1_000);
        onProgress(`k8s+ round ${round}`);
      };
      for (const part of ['kd', 'tail'] as const) {
        const waist = await plane.spawn(part === 'kd' ? 'publish' : 'simulated', true);
        const each = part === 'kd' ? stockRound : async () => {};
        const spans = await rounds(part, waist, ours, options, each).finally(() => waist.stop());
        const trace = readTrace(path.join(folder, 'traces'));
        for (const { round, want, until, shown } of spans)
          samples.push({ part, round, moments: sorted({ ...momentsOf(trace, want, until), ...shown }) });
      }
      return samples;
    } finally {
      await Promise.all([stock.stop(), ours.stop()]);
    }
  });
}
