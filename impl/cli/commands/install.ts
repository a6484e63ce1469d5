/** `kubedirect install`: the owner switch, its policies and the stages' rights, proved before anything is managed. */
import type { Command } from 'commander';
import { KubedirectError } from '../../../spec/errors.ts';
import type { Owner } from '../../../spec/vocabulary.ts';
import { install } from '../../deploy/install.ts';
import { allManifests, toYaml } from '../../deploy/manifests.ts';
import { type ClusterFlags, connectionOf, onProgress, say, withClusterOptions } from '../clusterOptions.ts';

interface Flags extends ClusterFlags {
  readonly dryRun?: boolean;
  readonly owner: Owner;
  readonly simulator?: boolean;
  readonly existing?: boolean;
}

const DETAILS = `
What it does, in this order:
  1. refuses if labelled Deployments are there that are not eligible, or if the cluster has no ValidatingAdmissionPolicy (1.30)
  2. applies all objects by server-side apply, with the owner switch at stock: nothing changes for anybody
  3. asks the API server, in a scratch namespace and by dry runs, whether exactly one side may create managed Pods, as both
     identities (needs the right to impersonate)
  4. sets the switch to --owner, asks again, and has the stock ReplicaSet controller itself be denied once: it must run under its own
     identity (kube-controller-manager --use-service-account-credentials=true)
If 3 or 4 fail, the switch is left at stock. Run again, it keeps the switch as it is.`;

function ownerFlag(text: string): Owner {
  if (text === 'direct' || text === 'stock') return text;
  throw new KubedirectError('FLAG_INVALID', `--owner: expected direct or stock, got ${JSON.stringify(text)}`);
}

/** Adds the command. @internal */
export function register(program: Command): void {
  const command = program
    .command('install')
    .description(
      'install the owner switch, policies and rights into a cluster, and prove that the fence bites',
    )
    .option('--dry-run', 'print what would be applied, as YAML, and contact nothing')
    .option(
      '--owner <side>',
      'who owns managed Pods after a first installation: direct or stock',
      ownerFlag,
      'direct',
    )
    .option(
      '--existing',
      'the objects are there already, by Helm or kustomize: apply only the switch, and prove',
    )
    .option('--simulator', 'with the account that simulates nodes, for demos and benchmarks');
  withClusterOptions(command, 30).addHelpText('after', DETAILS).action(run);
}

async function run(flags: Flags): Promise<void> {
  const { namespace, owner } = flags;
  const simulator = flags.simulator ?? false;
  if (flags.dryRun === true) {
    const manifests = allManifests({ namespace, scope: flags.watchNamespace, simulator });
    process.stdout.write(flags.json === true ? `${JSON.stringify(manifests)}\n` : toYaml(manifests));
    return;
  }
  const installed = await install({
    connection: connectionOf(flags),
    namespace,
    owner,
    simulator,
    existing: flags.existing ?? false,
    timeoutMs: flags.timeout * 1000,
    onProgress,
  });
  say(flags, `installed in ${namespace}; managed Pods are owned by ${installed.owner}`, installed);
}
