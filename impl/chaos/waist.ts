/** The five stages as processes, an agent for each node, each behind an API Server of its own that can misbehave. */
import fs from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { type PeerName, type StageName, stageOf } from '../../spec/vocabulary.ts';
import { agentArguments, runArguments, SpawnedStage } from '../controller/process/spawn.ts';
import type { DemoCluster } from '../demo/cluster.ts';
import { ApiProxy } from './apiProxy.ts';

/** One process, and what stands between it and the rest. @public */
export interface Member {
  readonly peer: PeerName;
  readonly process: SpawnedStage;
  readonly api: ApiProxy;
  /** K: its journal. */
  readonly journal: string | null;
}

interface Cluster {
  readonly cluster: { server: string; 'certificate-authority-data'?: string };
}

/** The kubeconfig of a stage's account, led through a proxy. */
async function behind(kubeconfig: string, file: string, chance: () => number): Promise<ApiProxy> {
  const config = parse(fs.readFileSync(kubeconfig, 'utf8')) as { clusters: Cluster[] };
  const { cluster } = config.clusters[0] as Cluster;
  const ca = Buffer.from(cluster['certificate-authority-data'] ?? '', 'base64').toString('utf8');
  const api = await ApiProxy.start(cluster.server, ca, chance);
  config.clusters[0] = { ...config.clusters[0], cluster: { server: api.url } };
  fs.writeFileSync(file, stringify(config), { mode: 0o600 });
  return api;
}

/** Makes the process of a peer, not started yet. `holder` tells two leaders apart. */
export async function memberOf(
  { kubeconfigs }: Pick<DemoCluster, 'kubeconfigs'>,
  peer: PeerName,
  folder: string,
  chance: () => number,
  holder = `${peer}-here`,
): Promise<Member> {
  const name = holder.replaceAll('/', '-');
  const file = path.join(folder, `${name}.kubeconfig`);
  const api = await behind(kubeconfigs[stageOf(peer) as StageName], file, chance);
  const log = path.join(folder, `${name}.log`);
  const stage = stageOf(peer);
  const common = { kubeconfig: file, holder, folder, traces: true };
  if (stage !== 'kubelet') {
    // What the trace modules tell of a chain is told without what S publishes unbound.
    const process = new SpawnedStage(stage, runArguments([stage], common, ['--no-hand-over']), log);
    return { peer, process, api, journal: null };
  }
  const node = peer.slice('kubelet/'.length);
  const process = new SpawnedStage(stage, agentArguments([node], common), log);
  return { peer, process, api, journal: path.join(folder, 'journals', `${node}.journal`) };
}
