/** `kubedirect status`: what runs where, and what needs attention. */
import type { Command } from 'commander';
import { KubedirectError } from '../../../spec/errors.ts';
import { KubernetesError } from '../../controller/kubernetes/errors.ts';
import { type InstallationStatus, readStatus } from '../../deploy/status.ts';
import { table } from '../../table.ts';
import { type ClusterFlags, clientOf, say, withClusterOptions } from '../clusterOptions.ts';
import { EXIT } from '../exit.ts';

const DETAILS = `
Reads the owner switch, the stages' Leases, the Nodes and the managed Deployments; asks no stage, so it tells of dead ones too.
Exit code 1 also if something needs attention; 3 if the API Server could not be asked.`;

/** Adds the command. @internal */
export function register(program: Command): void {
  const command = program
    .command('status')
    .description(
      'who leads each stage, which Nodes have an agent, which Deployments are managed, what needs attention',
    );
  withClusterOptions(command, 30).addHelpText('after', DETAILS).action(run);
}

const or = (value: string | number | null) => (value === null ? '-' : String(value));

function render({ owner, scope, stages, agents, deployments, attention }: InstallationStatus): string {
  const stageRows = stages.map(({ stage, holder, incarnation, address, renewedSecondsAgo: ago }) => [
    stage,
    or(holder),
    or(incarnation),
    or(address),
    ago === null ? '-' : `${ago} s`,
  ]);
  const agentRows = agents.map(({ node, incarnation, address, cancelled, acknowledged }) => [
    node,
    String(incarnation),
    or(address),
    cancelled ? 'cancelled' : 'serves',
    or(acknowledged),
  ]);
  const deploymentRows = deployments.map(({ namespace, name, replicas, ready, written }) => [
    `${namespace}/${name}`,
    String(replicas),
    String(ready),
    or(written),
  ]);
  return [
    `Managed Pods are owned by: ${or(owner)}`,
    ...(owner === null
      ? []
      : [`Managed: labelled Deployments of ${scope === null ? 'all namespaces' : `namespace ${scope}`}`]),
    '',
    table([['stage', 'leader', 'incarnation', 'address', 'renewed'], ...stageRows]),
    '',
    agents.length === 0
      ? '  No agents.'
      : table([['Node', 'agent', 'address', 'state', 'acknowledged'], ...agentRows]),
    '',
    deployments.length === 0
      ? '  No managed Deployments.'
      : table([['Deployment', 'replicas', 'ready', 'written'], ...deploymentRows]),
    '',
    ...(attention.length === 0
      ? ['All is well.']
      : ['Needs attention:', ...attention.map((one) => `  ${one}`)]),
  ].join('\n');
}

async function run(flags: ClusterFlags): Promise<void> {
  try {
    await show(flags);
  } catch (error) {
    const isUnasked =
      error instanceof KubernetesError ||
      (error instanceof KubedirectError && error.code === 'KUBECONFIG_INVALID');
    if (!isUnasked) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    process.exitCode = EXIT.unasked;
  }
}

async function show(flags: ClusterFlags): Promise<void> {
  const client = await clientOf(flags);
  try {
    const status = await readStatus(client, flags.namespace);
    say(flags, render(status), status);
    if (status.attention.length > 0) process.exitCode = EXIT.failed;
  } finally {
    await client.close();
  }
}
