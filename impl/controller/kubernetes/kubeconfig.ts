/**
 * Where the API server is and who we are, out of a kubeconfig or a Pod's service account.
 *
 * Static credentials (certificates, tokens, token files, passwords) are read here. Plugins (`exec`, `auth-provider`) are left to
 * `@kubernetes/client-node`, loaded only then: it takes 0.6 s of CPU and 60 MB to load, which a stage that restarts does not have.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { KubedirectError } from '../../../spec/errors.ts';

/** Which kubeconfig. @internal */
export interface KubeconfigSource {
  /** Path; default `KUBECONFIG` (one or several), then `~/.kube/config`, then in-cluster. */
  readonly kubeconfig?: string | undefined;
  readonly inCluster?: boolean | undefined;
}

/** What a TLS connection is opened with. @internal */
export interface TlsOptions {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Who we are, now. @internal */
export interface Credentials {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly tls: TlsOptions;
}

/** A cluster and a way to be known there. @internal */
export interface Kubeconfig {
  readonly server: URL;
  readonly proxyUrl: string | undefined;
  /** Reads files and asks plugins anew each time. Throws `KUBECONFIG_INVALID`. */
  authenticate(): Promise<Credentials>;
}

interface Cluster {
  readonly server?: string;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'tls-server-name'?: string;
  readonly 'proxy-url'?: string;
}
interface User {
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly as?: string;
  readonly 'as-groups'?: readonly string[];
  readonly exec?: unknown;
  readonly 'auth-provider'?: unknown;
}
interface Document {
  readonly 'current-context'?: string;
  readonly contexts?: readonly {
    readonly name: string;
    readonly context?: { cluster?: string; user?: string };
  }[];
  readonly clusters?: readonly { readonly name: string; readonly cluster?: Cluster }[];
  readonly users?: readonly { readonly name: string; readonly user?: User }[];
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const FILES = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

function invalid(source: string, text: string, cause?: unknown): KubedirectError {
  return new KubedirectError(
    'KUBECONFIG_INVALID',
    `The kubeconfig from ${source} can not be used: ${text}. Give another by --kubeconfig or KUBECONFIG.`,
    {
      cause,
    },
  );
}

/** Paths in a kubeconfig are relative to its folder. */
function absolute<T extends object>(entry: T | undefined, folder: string): T {
  const result: Record<string, unknown> = { ...entry };
  for (const name of FILES) {
    const value = result[name];
    if (typeof value === 'string' && value !== '') result[name] = path.resolve(folder, value);
  }
  return result as T;
}

function readDocument(file: string): Document {
  let document: unknown;
  try {
    document = parse(fs.readFileSync(file, 'utf8'));
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const why = isMissing
      ? 'there is no such file'
      : `expected a YAML file, got: ${(cause as Error).message}`;
    throw invalid(file, why, cause);
  }
  if (typeof document !== 'object' || document === null)
    throw invalid(file, 'expected a YAML mapping, got none.');
  const { contexts, clusters, users, ...rest } = document as Document;
  const folder = path.dirname(path.resolve(file));
  return {
    ...rest,
    contexts: contexts ?? [],
    clusters: (clusters ?? []).map((one) => ({ name: one.name, cluster: absolute(one.cluster, folder) })),
    users: (users ?? []).map((one) => ({ name: one.name, user: absolute(one.user, folder) })),
  };
}

function inCluster(): { cluster: Cluster; user: User; source: string } {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = process.env;
  const source = 'the service account of the Pod';
  if (host === undefined)
    throw invalid(source, 'expected KUBERNETES_SERVICE_HOST to be set, as in a Pod; it is not.');
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    cluster: { server, 'certificate-authority': `${ACCOUNT}/ca.crt` },
    user: { tokenFile: `${ACCOUNT}/token` },
    source,
  };
}

/** The entries of the current context; of several files the first that has a name wins, as kubectl has it. */
function fromFiles(files: readonly string[]): { cluster: Cluster; user: User; source: string } {
  const source = files.join(path.delimiter);
  const documents = files.map(readDocument);
  const current = documents
    .map((one) => one['current-context'])
    .find((name) => name !== undefined && name !== '');
  const context = documents.flatMap((one) => one.contexts ?? []).find((one) => one.name === current)?.context;
  const named = documents.flatMap((one) => one.clusters ?? []).find((one) => one.name === context?.cluster);
  const user = documents.flatMap((one) => one.users ?? []).find((one) => one.name === context?.user);
  if (named?.cluster?.server === undefined) {
    throw invalid(
      source,
      `expected a current-context that names a cluster with a server, got "${current ?? ''}".`,
    );
  }
  return { cluster: named.cluster, user: user?.user ?? {}, source };
}

function select(source: KubeconfigSource): { cluster: Cluster; user: User; source: string } {
  if (source.inCluster === true) return inCluster();
  if (source.kubeconfig !== undefined) return fromFiles([source.kubeconfig]);
  const listed = (process.env.KUBECONFIG ?? '').split(path.delimiter).filter((file) => file !== '');
  const present = listed.filter((file) => fs.existsSync(file));
  if (listed.length > 0) return fromFiles(present.length > 0 ? present : listed);
  const home = path.join(os.homedir(), '.kube', 'config');
  return fs.existsSync(home) || process.env.KUBERNETES_SERVICE_HOST === undefined
    ? fromFiles([home])
    : inCluster();
}

function isLoopback(url: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}

function fileOrData(file: string | undefined, data: string | undefined): Buffer | undefined {
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64');
  return file === undefined || file === '' ? undefined : fs.readFileSync(file);
}

function serverTls(cluster: Cluster): TlsOptions {
  const ca = fileOrData(cluster['certificate-authority'], cluster['certificate-authority-data']);
  return {
    ...(ca !== undefined && { ca }),
    ...(cluster['tls-server-name'] !== undefined && { servername: cluster['tls-server-name'] }),
    ...(cluster['insecure-skip-tls-verify'] === true && { rejectUnauthorized: false }),
  };
}

function staticCredentials(cluster: Cluster, user: User): Credentials {
  const headers: Record<string, string | string[]> = {};
  const token = user.tokenFile ? fs.readFileSync(user.tokenFile, 'utf8').trim() : user.token;
  if (token) headers.authorization = `Bearer ${token}`;
  else if (user.username) {
    headers.authorization = `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;
  }
  if (user.as) headers['impersonate-user'] = user.as;
  if (user['as-groups']) headers['impersonate-group'] = [...user['as-groups']];
  const cert = fileOrData(user['client-certificate'], user['client-certificate-data']);
  const key = fileOrData(user['client-key'], user['client-key-data']);
  return { headers, tls: { ...serverTls(cluster), ...(cert && { cert }), ...(key && { key }) } };
}

/** A plugin's answer, through `KubeConfig`. Its own connections, one for each request, are never opened: the options are caught before. */
function pluginCredentials(cluster: Cluster, user: User): () => Promise<Credentials> {
  let config: Promise<KubeConfig> | undefined;
  let caught: TlsOptions = {};
  const load = async (): Promise<KubeConfig> => {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const loaded = new KubeConfig();
    const document = {
      'current-context': 'x',
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
      clusters: [{ name: 'x', cluster }],
      users: [{ name: 'x', user }],
    };
    loaded.loadFromString(JSON.stringify(document));
    (loaded as unknown as { createDispatcher: unknown }).createDispatcher = (_: unknown, tls: TlsOptions) => {
      caught = tls;
    };
    return loaded;
  };
  return async () => {
    config ??= load();
    const headers: Record<string, string> = {};
    const context = {
      setHeaderParam: (name: string, value: string) => {
        headers[name.toLowerCase()] = value;
      },
    };
    await (await config).applySecurityAuthentication(
      context as unknown as Parameters<KubeConfig['applySecurityAuthentication']>[0],
    );
    return { headers, tls: caught };
  };
}

/**
 * Read a kubeconfig.
 * @throws KubedirectError `KUBECONFIG_INVALID`
 * @internal
 */
export function loadKubeconfig(from: KubeconfigSource): Kubeconfig {
  const { cluster, user, source } = select(from);
  if (!URL.canParse(cluster.server ?? ''))
    throw invalid(source, `expected server to be a URL, got ${cluster.server}.`);
  const server = new URL(cluster.server as string);
  // Plain HTTP would send credentials in clear: only on this machine.
  if (server.protocol !== 'https:' && !isLoopback(server)) {
    throw invalid(source, `expected https, or http on a loopback address, got ${server.origin}.`);
  }
  const proxyUrl = cluster['proxy-url'] || undefined;
  if (proxyUrl !== undefined && !/^https?:/.test(proxyUrl)) {
    throw invalid(source, `expected proxy-url to be http or https, got ${proxyUrl}.`);
  }
  const hasPlugin = user.exec !== undefined || user['auth-provider'] !== undefined;
  const read = hasPlugin ? pluginCredentials(cluster, user) : async () => staticCredentials(cluster, user);
  return {
    server,
    proxyUrl,
    async authenticate() {
      try {
        return await read();
      } catch (cause) {
        throw invalid(
          source,
          `expected its credentials to be readable, got: ${(cause as Error).message}`,
          cause,
        );
      }
    },
  };
}
