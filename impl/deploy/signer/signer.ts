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
import { validityOf } from '../../controller/links/certificates.ts';
import { LINKS_CA, SIGNER_NAME } from '../../controller/names.ts';
import { INSTALLED_LABELS } from '../policies.ts';
import { answer, type SigningRequest } from './answer.ts';
import { type Authority, kept, signing, trusted } from './authorities.ts';
import { Desk } from './desk.ts';

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

/** Signs until the signal. @throws KubedirectError, KubernetesError if the first look at its authorities fails for good @public */
export async function sign(options: SignerOptions): Promise<void> {
  const { client, signal, log, now = Date.now, onReady = () => {} } = options;
  let all: readonly Authority[] = [];
  const desk = new Desk({
    ...{ signal, log },
    answer: async (request) => {
      const authority = signing(all, now());
      if (authority === undefined) throw new Error('every authority has run out');
      await answer({ ...options, authority, now }, request);
    },
  });
  const watch = startListWatch<SigningRequest>({
    client,
    path: pathOf({ resource: 'certificatesigningrequests' }),
    query: { fieldSelector: `spec.signerName=${SIGNER_NAME}` },
    handle: (event) => {
      if (event.type === 'synced') return;
      if (event.type === 'deleted') desk.gone(event.object.metadata.uid);
      else desk.shown(event.object);
    },
  });
  try {
    for (let waitMs = 500; !signal.aborted; ) {
      try {
        all = await authorities(options);
        desk.open();
        onReady(true);
        waitMs = LOOK_MS;
      } catch (error) {
        if (error instanceof KubedirectError && error.code === 'KUBECONFIG_INVALID') throw error;
        onReady(false);
        log('the authorities could not be read', { error: String(error) });
        waitMs = Math.min(waitMs * 2, 10_000);
      }
      await pause(waitMs, signal);
    }
  } finally {
    await watch.stop();
  }
}
