/** `kubedirect why`: which stage holds a Pod, or the Pods of a Deployment, and for what. */
import { type Command, Option } from 'commander';
import { createKubernetesClient, type KubernetesClient } from '../../controller/kubernetes/client.ts';
import { pathOf } from '../../controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../../controller/kubernetes/types.ts';
import type { HeldPod } from '../../controller/process/pods.ts';
import { type Asked, reasonsOf } from '../../controller/process/reasons.ts';
import { unreachable } from '../../controller/process/unreachable.ts';
import { table } from '../../table.ts';
import { type ClusterFlags, connectionOf, say, withClusterOptions } from '../clusterOptions.ts';
import { addresses } from '../stages.ts';

const DETAILS = `
NAME is deployment/NAME, or the name or the uid of a Pod. --status names what the processes of the stages serve with their own --status (or
what kubectl port-forward gives for it): all of them, or those that may hold it. In a cluster they ask for the token of somebody who may list
Pods: --token "$(kubectl create token SERVICEACCOUNT)", or $KUBEDIRECT_TOKEN.`;

interface Flags extends ClusterFlags {
  readonly status: readonly string[];
  readonly of: string;
  readonly token?: string;
}

/** Adds the command. @internal */
export function register(program: Command): void {
  const command = program
    .command('why <name>')
    .description('which stage holds a Pod, or the Pods of a Deployment, and what it waits for')
    .requiredOption('--status <host:port,…>', 'the stages to ask', addresses)
    .option('--of <namespace>', 'namespace of the Deployment', 'default')
    .addOption(new Option('--token <token>', 'shown to the stages').env('KUBEDIRECT_TOKEN'));
  withClusterOptions(command, 30).addHelpText('after', DETAILS).action(run);
}

async function heldAt(address: string, token: string | undefined): Promise<readonly HeldPod[]> {
  try {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(`http://${address}/pods`, { headers, signal: AbortSignal.timeout(10_000) });
    const body = (await answer.json()) as { pods?: readonly HeldPod[]; code?: string; message?: string };
    if (body.pods !== undefined) return body.pods;
    throw new Error(`${body.code}: ${body.message}`);
  } catch (error) {
    throw unreachable(`http://${address}/pods`, 'the Pods of a stage', error);
  }
}

/** uids of the ReplicaSets of a Deployment. */
async function replicaSetsOf(
  client: KubernetesClient,
  namespace: string,
  name: string,
): Promise<ReadonlySet<string>> {
  const { items } = await client.list<KubernetesObject>(pathOf({ resource: 'replicasets', namespace }));
  const isOf = ({ metadata }: KubernetesObject) =>
    metadata.ownerReferences?.some((owner) => owner.kind === 'Deployment' && owner.name === name) === true;
  return new Set(items.filter(isOf).map(({ metadata }) => metadata.uid));
}

async function run(name: string, flags: Flags): Promise<void> {
  const client = createKubernetesClient(connectionOf(flags));
  try {
    const held = (await Promise.all(flags.status.map((one) => heldAt(one, flags.token)))).flat();
    const deployment = /^deploy(?:ment)?\/(.+)$/.exec(name)?.[1];
    const asked: Asked =
      deployment === undefined
        ? { pod: name }
        : { replicaSets: await replicaSetsOf(client, flags.of, deployment) };
    const reasons = reasonsOf(held, asked);
    const rows = reasons.map(({ uid, stage, phase, node, waitsFor }) => [
      uid,
      stage,
      phase,
      node ?? '-',
      waitsFor === '' ? '-' : waitsFor,
    ]);
    const text =
      rows.length === 0
        ? 'No stage that was asked holds it.'
        : table([['Pod', 'held by', 'phase', 'Node', 'waits for'], ...rows]);
    say(flags, text, reasons);
  } finally {
    await client.close();
  }
}
