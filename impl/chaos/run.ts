/** One chaos run: people and faults, then healing, then what was asked for last must come to be; then all that was shown is judged. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKubernetesClient, type KubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import { ECHO_IMAGE } from '../controlplane/realnode.ts';
import type { DemoCluster } from '../demo/cluster.ts';
import { createDeployment, deployment, NAMESPACE, scaleDeployment } from '../demo/workload.ts';
import type { Plan } from '../simulator/plan.ts';
import { Random } from '../simulator/random.ts';
import { judgeTrace } from '../trace/checks.ts';
import { readTrace } from '../trace/read.ts';
import { PodLog } from './oracles.ts';
import { actOf } from './people.ts';
import { suffer } from './suffer.ts';
import { ChaosWorld } from './world.ts';

/** How a run went. @public */
export interface ChaosOutcome {
  readonly seed: number;
  /** Faults that were carried out, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly skipped: number;
  readonly acts: number;
  readonly pods: number;
  /** ms from healing until all was as asked. */
  readonly convergedMs: number | null;
  /** What broke; empty if everything held. */
  readonly broken: readonly string[];
  /** Where its traces are. */
  readonly traces: string;
}

/** What a run needs. @public */
export interface ChaosOptions {
  readonly cluster: DemoCluster;
  readonly plan: Plan;
  /** For logs, journals and traces. */
  readonly folder: string;
  readonly onProgress: (line: string) => void;
}

/** After this many ms a healed waist is at rest: K that is in doubt of a create waits for 60 s, a node that was given up for as long. */
const CONVERGES_MS = 180_000;

/** Everything of the plan in its time; told line by line. */
async function playOut(options: ChaosOptions, world: ChaosWorld, client: KubernetesClient) {
  const { plan, cluster, onProgress } = options;
  const faults: Record<string, number> = {};
  let skipped = 0;
  const nodes = (planned: string) => cluster.nodes[Number(planned.slice(1)) - 1] as string;
  const deployments = (planned: string) => nameOf(plan, planned);
  const people = { client, world, nodes, deployments };
  const script = [
    ...plan.acts.map((act) => ({ at: act.at, kind: null, run: () => actOf(people, act) })),
    ...plan.faults.map((fault) => ({
      at: fault.at,
      kind: fault.fault,
      run: () => suffer(world, fault, nodes),
    })),
  ].sort((a, b) => a.at - b.at);
  const begun = performance.now();
  for (const { at, kind, run } of script) {
    await sleep(Math.max(0, at - (performance.now() - begun)));
    // The people's own requests may fail: they do not try again.
    const said = await run().catch((error: Error) => `failed: ${error.message.slice(0, 80)}`);
    onProgress(
      `${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${said ?? `(not here: ${kind ?? 'an act'})`}`,
    );
    if (said === null) skipped += 1;
    else if (kind !== null) faults[kind] = (faults[kind] ?? 0) + 1;
  }
  await sleep(Math.max(0, plan.healAt - (performance.now() - begun)));
  return { faults, skipped };
}

/** One that a real node has; others do not look. */
const imageOn = ({ kubelets }: DemoCluster) =>
  [...kubelets.values()].some((kubelet) => 'ctr' in kubelet) ? ECHO_IMAGE : null;

const nameOf = ({ seed }: Plan, planned: string) => `chaos-${seed}-${planned}`;

async function converge(plan: Plan, client: KubernetesClient, log: PodLog): Promise<number | null> {
  const begun = performance.now();
  const wanted = Object.entries(plan.finally).map(
    ([name, replicas]) => [nameOf(plan, name), replicas] as const,
  );
  for (const [name, replicas] of wanted) {
    await scaleDeployment(client, name, replicas + 1);
    await scaleDeployment(client, name, replicas);
  }
  const isSo = () =>
    wanted.every(([name, replicas]) => {
      const { present, ready } = log.count(name);
      return present === replicas && ready === replicas;
    });
  while (performance.now() - begun < CONVERGES_MS) {
    if (isSo()) {
      // For good: once more after a while.
      await sleep(1_500);
      if (isSo()) return Math.round(performance.now() - begun);
    }
    await sleep(100);
  }
  return null;
}

async function cleanUp(plan: Plan, client: KubernetesClient, log: PodLog): Promise<void> {
  const names = plan.deployments.map(({ name }) => nameOf(plan, name));
  for (const name of names) await scaleDeployment(client, name, 0);
  for (let tries = 0; tries < 600 && names.some((name) => log.count(name).present > 0); tries += 1)
    await sleep(100);
  for (const name of names)
    await client.request({
      method: 'DELETE',
      path: pathOf({ resource: 'deployments', namespace: NAMESPACE, name }),
    });
}

/** Runs a plan. Properties that break are in the outcome; what fails otherwise is thrown. @public */
export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const { cluster, plan, folder, onProgress } = options;
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'plan.json'), JSON.stringify(plan, null, 1));
  const dice = new Random(plan.seed, 'chaos');
  const client = createKubernetesClient({ kubeconfig: cluster.kubeconfig, userAgent: 'kubedirect-chaos' });
  const world = new ChaosWorld(cluster, folder, () => dice.between(0, 1));
  const log = new PodLog(client);
  const traces = path.join(folder, 'traces');
  try {
    await log.synced();
    await world.start(cluster.nodes);
    for (const { name } of plan.deployments)
      await createDeployment(client, deployment(nameOf(plan, name), true, imageOn(cluster)));
    for (const { name, replicas } of plan.deployments)
      await scaleDeployment(client, nameOf(plan, name), replicas);
    await sleep(2_000);
    const played = await playOut(options, world, client);
    onProgress('         healed');
    await world.heal();
    const convergedMs = await converge(plan, client, log);
    if (convergedMs !== null) await cleanUp(plan, client, log);
    const judge = () => judgeTrace(readTrace(traces)).filter(({ broken }) => broken.length > 0);
    // A tombstone may wait for the doubt of a lost journal, for which the API Server shows nothing.
    for (let tries = 0; tries < 90 && judge().length > 0; tries += 1) await sleep(1_000);
    await world.stop();
    const judged = judge();
    const late = Object.keys(plan.finally).map((name) => {
      const { present, ready } = log.count(nameOf(plan, name));
      return `${name}: ${ready} Ready of ${present}, ${plan.finally[name]} asked for`;
    });
    return {
      seed: plan.seed,
      ...played,
      acts: plan.acts.length,
      pods: log.seen,
      convergedMs,
      broken: [
        ...log.broken,
        ...judged.map(({ property, broken }) => `${property}: ${broken[0]}`),
        ...(convergedMs === null ? [`Converges: ${late.join('; ')}`] : []),
      ],
      traces,
    };
  } finally {
    await world.stop();
    await log.stop();
    await client.close();
  }
}
