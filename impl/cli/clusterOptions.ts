/** Options and output that the commands on a cluster (`install`, `release`, `uninstall`) share. */
import type { Command } from 'commander';
import { scopeWritten } from '../../machines/ownership/scope.ts';
import { KubedirectError } from '../../spec/errors.ts';
import { foreignScope, readSwitch } from '../controller/host/scope.ts';
import {
  createKubernetesClient,
  type KubernetesClient,
  type KubernetesClientOptions,
} from '../controller/kubernetes/client.ts';
import { isKubernetesError } from '../controller/kubernetes/errors.ts';
import { SYSTEM_NAMESPACE } from '../controller/names.ts';

/** Flags of {@link withConnection}. @internal */
export interface ConnectionFlags {
  readonly kubeconfig?: string;
  readonly namespace: string;
  readonly watchNamespace?: string;
}

/** Flags of {@link withClusterOptions}. @internal */
export interface ClusterFlags extends ConnectionFlags {
  /** Seconds. */
  readonly timeout: number;
  readonly json?: boolean;
}

const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

const namespaceName = (flag: string) => (text: string) => {
  if (NAME.test(text)) return text;
  throw new KubedirectError(
    'FLAG_INVALID',
    `${flag}: expected the name of a namespace, got ${JSON.stringify(text)}`,
  );
};

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 1 && value <= 86_400) return value;
  throw new KubedirectError(
    'FLAG_INVALID',
    `--timeout: expected seconds from 1 to 86400, got ${JSON.stringify(text)}`,
  );
}

const EXIT_CODES = `
Exit codes:
  0  done
  1  refused or failed; the message begins with a stable code
  2  wrong usage`;

/** Adds `--kubeconfig` and `--namespace`. @internal */
export function withConnection(command: Command): Command {
  return command
    .option(
      '--kubeconfig <path>',
      'default: $KUBECONFIG, then ~/.kube/config, then the service account of the Pod',
    )
    .option(
      '--namespace <name>',
      'where the stages and the owner switch live',
      namespaceName('--namespace'),
      SYSTEM_NAMESPACE,
    )
    .option(
      '--watch-namespace <name>',
      'only Deployments of this namespace are managed (default: of all)',
      namespaceName('--watch-namespace'),
    );
}

/** Adds these, `--timeout`, `--json`, and the table of exit codes. @internal */
export function withClusterOptions(command: Command, timeoutSeconds: number): Command {
  return withConnection(command)
    .option('--timeout <seconds>', 'longest wait for the cluster to follow', seconds, timeoutSeconds)
    .option('--json', 'print one JSON object instead of text')
    .addHelpText('after', EXIT_CODES);
}

/** How to reach the cluster. @internal */
export function connectionOf(
  flags: Pick<ConnectionFlags, 'kubeconfig' | 'watchNamespace'>,
): KubernetesClientOptions {
  return {
    ...(flags.kubeconfig !== undefined && { kubeconfig: flags.kubeconfig }),
    scope: flags.watchNamespace,
    userAgent: 'kubedirect-cli',
    connections: 8,
  };
}

/**
 * A client that acts on what the installation manages, as the owner switch says; `--watch-namespace` may only say the same. Where that can not be
 * read by this user, the flag alone counts.
 * @throws KubedirectError `SCOPE_DIFFERS`
 * @internal
 */
export async function clientOf(
  flags: Pick<ConnectionFlags, 'kubeconfig' | 'namespace' | 'watchNamespace'>,
): Promise<KubernetesClient> {
  const options = connectionOf(flags);
  const client = createKubernetesClient(options);
  try {
    const written = (await readSwitch(client, flags.namespace))?.data?.scope;
    if (flags.watchNamespace === undefined) {
      const scope = scopeWritten(written);
      if (scope === undefined) return client;
      await client.close();
      return createKubernetesClient({ ...options, scope });
    }
    const refused = foreignScope(flags.watchNamespace, written);
    if (refused !== null) throw refused;
    return client;
  } catch (error) {
    if (isKubernetesError(error, 'Forbidden')) return client;
    await client.close();
    throw error;
  }
}

/** Progress goes to standard error, so that standard output holds the result only. @internal */
export function onProgress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The result, as text or as one line of JSON. @internal */
export function say(flags: { readonly json?: boolean }, text: string, result: object): void {
  process.stdout.write(flags.json === true ? `${JSON.stringify(result)}\n` : `${text}\n`);
}
