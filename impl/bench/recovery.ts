/**
 * Figure 5 (recovery): each stage killed (SIGKILL) while Pods live, on a real control plane with kwok nodes, each stage a process.
 *
 * *Up*: from the spawn of its next process until that listens: Node's own start. *Serving*: from there until the last link of the stage has
 * opened (`State` sent, or taken), up and down the chain, of its new life: read off the trace. *Handshakes*: bytes of `Hello`, `Offer`,
 * `Fetch` and `State` on its links since then. *Disturbed*: Pods that were Ready before and are gone, or not Ready, after.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageKind } from '../../spec/messages.ts';
import type { StepRecord } from '../../spec/trace.ts';
import { type PeerName, STAGES, type StageName, stageOf } from '../../spec/vocabulary.ts';
import { encodeFrame } from '../../spec/wire/codec.ts';
import { createKubernetesClient } from '../controller/kubernetes/client.ts';
import { SYSTEM_NAMESPACE } from '../controller/names.ts';
import { type SpawnedWaist, spawnWaist } from '../controller/process/spawn.ts';
import { startControlPlane } from '../controlplane/index.ts';
import { kubeconfigsBy } from '../demo/cluster.ts';
import { PodObserver } from '../demo/observer.ts';
import { createDeployment, deployment, NAMESPACE } from '../demo/workload.ts';
import { install } from '../deploy/install.ts';
import type { Trace } from '../trace/parse.ts';
import { readTrace } from '../trace/read.ts';

/** One kill of one stage. */
export interface RecoverySample {
  readonly stage: StageName;
  readonly round: number;
  /** ms. */
  readonly up: number;
  /** ms. */
  readonly serving: number;
  /** Bytes, as the wire has them. */
  readonly handshakes: number;
  readonly disturbed: number;
}
/** How to measure. */
export interface RecoveryOptions {
  readonly pods: number;
  readonly nodes: number;
  readonly rounds: number;
  readonly onProgress: (line: string) => void;
}

/** A kill, before the trace is read. */
interface Kill {
  readonly stage: StageName;
  readonly round: number;
  readonly spawnedAt: number;
  readonly upAt: number;
  readonly until: number;
  readonly disturbed: number;
}

const HANDSHAKE: ReadonlySet<MessageKind> = new Set(['Hello', 'Offer', 'Fetch', 'State']);
/** ms that a handshake and what follows it are given. */
const SETTLE = 5_000;

const heardOf = ({ event }: StepRecord) => (event.type === 'received' ? [event.message] : []);
const sentBy = ({ effects }: StepRecord) =>
  effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));

/** When the last link of a killed stage had opened, and what the handshakes on its links weighed. */
function sampleOf(kill: Kill, trace: Trace): RecoverySample {
  const { stage, round, spawnedAt, upAt, until, disturbed } = kill;
  const lines = [...trace]
    .filter(([peer]) => stageOf(peer as PeerName) === stage)
    .flatMap(([, all]) => all.filter(({ at }) => at >= spawnedAt && at <= until));
  const handshakes = lines
    .flatMap((line) => [...heardOf(line), ...sentBy(line)])
    .filter(({ kind }) => HANDSHAKE.has(kind));
  const opened = lines.filter((line) =>
    [...heardOf(line), ...sentBy(line)].some(({ kind }) => kind === 'State'),
  );
  if (opened.length === 0) throw new Error(`round ${round}: no link of ${stage} has opened again`);
  return {
    stage,
    round,
    up: upAt - spawnedAt,
    serving: Math.max(...opened.map(({ at }) => at)) - upAt,
    handshakes: handshakes.reduce((sum, message) => sum + encodeFrame([message]).length, 0),
    disturbed,
  };
}

/** Kills each stage in turn. @throws if the Pods do not come to be Ready */
export async function measureRecovery(options: RecoveryOptions): Promise<readonly RecoverySample[]> {
  const { pods, nodes, rounds, onProgress } = options;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-bench-'));
  const plane = await startControlPlane({ nodes: 0, limits: 'lifted', onProgress });
  const client = createKubernetesClient({ kubeconfig: plane.kubeconfig });
  const observer = new PodObserver(client, NAMESPACE, 'app=ours');
  let waist: SpawnedWaist | null = null;
  try {
    await install({ connection: { kubeconfig: plane.kubeconfig }, namespace: SYSTEM_NAMESPACE });
    const kubeconfigs = await kubeconfigsBy((account) =>
      plane.serviceAccountKubeconfig(SYSTEM_NAMESPACE, account),
    );
    const names = Array.from({ length: nodes }, (_, i) => `node-${i}`);
    // Room for all: what does not fit is handed to the stock scheduler.
    const room = String(2 * Math.ceil(pods / nodes));
    await plane.addKwokNodes(names, { cpu: '64', memory: '256Gi', pods: room });
    waist = await spawnWaist({ kubeconfigs, nodes: names, runtime: 'publish', folder, traces: true });
    await createDeployment(client, deployment('ours', true));
    await observer.synced();
    await waist.scale(NAMESPACE, 'ours', pods);
    await observer.until(`${pods} Pods Ready`, () => observer.ready.size >= pods, 900_000);
    await sleep(SETTLE);
    const kills: Kill[] = [];
    for (let round = 1; round <= rounds; round += 1)
      for (const stage of STAGES) {
        const before = observer.ready;
        const process = waist.stages[stage];
        await process.kill();
        const spawnedAt = Date.now();
        await process.start();
        const upAt = Date.now();
        await sleep(SETTLE);
        const { ready } = observer;
        const disturbed = [...before].filter((uid) => !ready.has(uid)).length;
        kills.push({ stage, round, spawnedAt, upAt, until: Date.now(), disturbed });
        onProgress(`round ${round}: ${stage} is back, ${disturbed} Pods disturbed`);
      }
    await waist.stop();
    const trace = readTrace(path.join(folder, 'traces'));
    return kills.map((kill) => sampleOf(kill, trace));
  } finally {
    await observer.stop();
    await waist?.stop();
    await client.close();
    await plane.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
