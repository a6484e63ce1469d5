/**
 * Issues the certificates of the links inside the cluster: signs the CertificateSigningRequests of the stages and agents (`judge.ts`), keeps its
 * authorities in a Secret, and tells everybody by a ConfigMap whom to trust (`authorities.ts`). Two may run side by side: what the other has done
 * is a conflict, and nothing more.
 */
import { KubedirectError } from '../../../spec/errors.ts';
import { pause } from '../../controller/kubernetes/backoff.ts';
import type { KubernetesClient } from '../../controller/kubernetes/client.ts';
import { isKubernetesError } from '../../controller/kubernetes/errors.ts';
import { startListWatch } from '../../controller/kubernetes/listwatch.ts';
import { pathOf } from '../../controller/kubernetes/paths.ts';
import type { ConfigMap, KubernetesObject } from '../../controller/kubernetes/types.ts';
import { readRequest, signLeaf, validityOf } from '../../controller/links/certificates.ts';
import { LINKS_CA, SIGNER_NAME } from '../../controller/names.ts';
import { INSTALLED_LABELS } from '../policies.ts';
import { type Authority, kept, signing, trusted } from './authorities.ts';
import { judge } from './judge.ts';

/** A CertificateSigningRequest, as far as it is read. @public */
export interface SigningRequest extends KubernetesObject {
  readonly spec: {
    readonly request: string;
    readonly signerName: string;
    readonly usages?: readonly string[];
    readonly username?: string;
    readonly extra?: Readonly<Record<string, readonly string[]>>;
    readonly expirationSeconds?: number;
  };
  readonly status?: {
    readonly certificate?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

/** How to sign. @public */
export interface SignerOptions {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly signal: AbortSignal;
  /** Told when it is ready to sign, or no longer knows that its authorities are in force. */
  readonly onReady?: (isReady: boolean) => void;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly now?: () => number;
}

const LEAF_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;
/** How often the authorities are looked at, ms. */
const LOOK_MS = 60_000;

type Secret = KubernetesObject & { readonly data?: Readonly<Record<string, string>> };
const encode = (text: string) => Buffer.from(text).toString('base64');
const decode = (text: string) => Buffer.from(text, 'base64').toString('utf8');

function read({ data }: Secret): readonly Authority[] {
  const pairs = JSON.parse(decode(data?.authorities ?? encode('[]'))) as readonly {
    cert: string;
    key: string;
  }[];
  return pairs.map((pair) => ({ ...pair, ...validityOf(pair.cert) }));
}

/** Makes the object, or writes what differs, if nobody else did since it was read. */
async function put(
  client: KubernetesClient,
  resource: 'secrets' | 'configmaps',
  namespace: string,
  body: object,
  before?: KubernetesObject,
) {
  const metadata = { name: LINKS_CA, namespace, labels: INSTALLED_LABELS };
  if (before === undefined) {
    await client.request({
      method: 'POST',
      path: pathOf({ resource, namespace }),
      body: { ...body, metadata },
    });
    return;
  }
  const { resourceVersion } = before.metadata;
  const path = pathOf({ resource, namespace, name: LINKS_CA });
  await client.request({
    method: 'PATCH',
    path,
    patchType: 'merge',
    body: { ...body, metadata: { resourceVersion } },
  });
}

/** The authorities that are in force: whoever comes first makes them. */
async function authorities({
  client,
  namespace,
  log,
  now = Date.now,
}: SignerOptions): Promise<readonly Authority[]> {
  const at = (resource: 'secrets' | 'configmaps') => pathOf({ resource, namespace, name: LINKS_CA });
  for (;;) {
    const secret = await client.get<Secret>(at('secrets'));
    const before = secret === undefined ? [] : read(secret);
    const all = await kept(before, now());
    const isSame = all.length === before.length && all.every(({ cert }, i) => cert === before[i]?.cert);
    try {
      if (!isSame) {
        const pairs = all.map(({ cert, key }) => ({ cert, key }));
        const data = { authorities: encode(JSON.stringify(pairs)) };
        await put(client, 'secrets', namespace, { apiVersion: 'v1', kind: 'Secret', data }, secret);
        log('an authority of the links was made, or dropped', { authorities: all.length });
      }
      const known = await client.get<ConfigMap>(at('configmaps'));
      const data = {
        'ca.pem': trusted(all, now())
          .map(({ cert }) => `${cert.trim()}\n`)
          .join(''),
      };
      if (known?.data?.['ca.pem'] !== data['ca.pem'])
        await put(client, 'configmaps', namespace, { apiVersion: 'v1', kind: 'ConfigMap', data }, known);
      return all;
    } catch (error) {
      if (!isKubernetesError(error, 'Conflict', 'AlreadyExists')) throw error;
    }
  }
}

const isSettled = ({ status }: SigningRequest) =>
  status?.certificate !== undefined ||
  status?.conditions?.some(({ type }) => type === 'Denied' || type === 'Failed') === true;

/** Approves and signs, or denies. */
async function answer(
  options: SignerOptions,
  all: readonly Authority[],
  request: SigningRequest,
): Promise<void> {
  const { client, namespace, log, now = Date.now } = options;
  const { metadata, spec } = request;
  const path = pathOf({ resource: 'certificatesigningrequests', name: metadata.name });
  const asked = await readRequest(decode(spec.request));
  const { username = '', extra = {}, usages = [] } = spec;
  const judged = judge(namespace, { username, extra, usages, uris: asked?.uris ?? null });
  const isDenied = 'denied' in judged;
  const condition = {
    ...{
      type: isDenied ? 'Denied' : 'Approved',
      status: 'True',
      reason: isDenied ? 'NotThatStage' : 'IsThatStage',
    },
    message: isDenied ? judged.denied : judged.identity,
  };
  const approved = await client.request<SigningRequest>({
    ...{ method: 'PUT', path: `${path}/approval` },
    body: {
      ...request,
      status: { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] },
    },
  });
  log(isDenied ? 'a request was denied' : 'a request was approved', {
    request: metadata.name,
    username,
    why: condition.message,
  });
  const authority = signing(all, now());
  if (isDenied || asked === null || authority === undefined) return;
  const lasts = Math.min((spec.expirationSeconds ?? LEAF_MS / 1000) * 1000, LEAF_MS);
  const validity = { from: now() - MINUTE_MS, to: Math.min(now() + lasts, authority.to) };
  const certificate = await signLeaf(authority, judged.identity, asked.publicKey, validity);
  await client.request({
    ...{ method: 'PUT', path: `${path}/status` },
    body: { ...approved, status: { ...approved.status, certificate: encode(certificate) } },
  });
}

/** Signs until the signal. @throws KubedirectError, KubernetesError if the first look at its authorities fails for good @public */
export async function sign(options: SignerOptions): Promise<void> {
  const { client, signal, log, onReady = () => {} } = options;
  let all: readonly Authority[] = [];
  const waiting = new Map<string, SigningRequest>();
  const serve = async (request: SigningRequest) => {
    try {
      await answer(options, all, request);
    } catch (error) {
      // The other signer was faster, or the request is gone; else it is asked again at the next look.
      if (isKubernetesError(error, 'Conflict', 'NotFound')) return;
      waiting.set(request.metadata.uid, request);
      log('a request could not be answered; trying again', {
        request: request.metadata.name,
        error: String(error),
      });
    }
  };
  const watch = startListWatch<SigningRequest>({
    client,
    path: pathOf({ resource: 'certificatesigningrequests' }),
    query: { fieldSelector: `spec.signerName=${SIGNER_NAME}` },
    handle: (event) => {
      if (event.type === 'synced') return;
      const { object } = event;
      waiting.delete(object.metadata.uid);
      if (event.type === 'deleted' || isSettled(object)) return;
      if (all.length === 0) waiting.set(object.metadata.uid, object);
      else void serve(object);
    },
  });
  try {
    for (let waitMs = 500; !signal.aborted; ) {
      try {
        all = await authorities(options);
        onReady(true);
        waitMs = LOOK_MS;
        for (const request of [...waiting.values()]) {
          waiting.delete(request.metadata.uid);
          await serve(request);
        }
      } catch (error) {
        if (error instanceof KubedirectError && error.code === 'KUBECONFIG_INVALID') throw error;
        onReady(false);
        log('the authorities could not be read', { error: String(error) });
        waitMs = Math.min(waitMs * 2, 10_000);
      }
      await pause(waiting.size > 0 ? Math.min(waitMs, 2_000) : waitMs, signal);
    }
  } finally {
    await watch.stop();
  }
}
