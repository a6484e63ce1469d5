/**
 * The certificate of one identity, issued in the cluster: a CertificateSigningRequest that `kubedirect signer` answers, made again when two thirds of
 * its time are over; and whom to trust, by the signer's ConfigMap. Nothing is written to disk, and nothing restarts.
 */
import tls from 'node:tls';
import { KubedirectError } from '../../../spec/errors.ts';
import { pause } from '../kubernetes/backoff.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { pathOf } from '../kubernetes/paths.ts';
import type { ConfigMap, KubernetesObject } from '../kubernetes/types.ts';
import { LINKS_CA, SIGNER_NAME } from '../names.ts';
import { authoritiesIn, requestFor, validityOf } from './certificates.ts';
import { parsePeerName, type TlsOptions } from './identity.ts';
import type { RotatingTls } from './rotation.ts';

interface SigningRequest extends KubernetesObject {
  readonly status?: {
    readonly certificate?: string;
    readonly conditions?: readonly { readonly type: string; readonly message?: string }[];
  };
}

/** What it needs. @public */
export interface IssuedOptions {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly signal: AbortSignal;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Of a leaf, s; default: as long as the signer gives. */
  readonly expirationSeconds?: number;
  /** How often is looked whether something is to be renewed, ms; default 30 s. */
  readonly everyMs?: number;
  /** The clock, Unix ms. */
  readonly now?: () => number;
}

const USAGES = ['digital signature', 'client auth', 'server auth'];
const EVERY_MS = 30_000;
const ASK_MS = 250;
/** A request that nobody answers is made anew after this, ms. */
const PATIENCE_MS = 60_000;
const RENEWED_AFTER = 2 / 3;

async function trustedBy({ client, namespace }: IssuedOptions): Promise<string> {
  const path = pathOf({ resource: 'configmaps', namespace, name: LINKS_CA });
  const ca = (await client.get<ConfigMap>(path))?.data?.['ca.pem'];
  if (ca !== undefined && ca.trim() !== '') return authoritiesIn(ca);
  throw new KubedirectError(
    'CERTIFICATES_UNREADABLE',
    `there is no ConfigMap ${namespace}/${LINKS_CA} with ca.pem: does kubedirect signer run?`,
  );
}

/** Asks once. @throws KubedirectError `CERTIFICATES_UNREADABLE` if it is denied, or nobody answers */
async function issued(options: IssuedOptions, identity: string): Promise<TlsOptions> {
  const { client, signal, expirationSeconds } = options;
  const { key, request } = await requestFor(identity);
  const made = await client.request<SigningRequest>({
    method: 'POST',
    path: pathOf({ resource: 'certificatesigningrequests' }),
    body: {
      ...{ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' },
      metadata: { generateName: 'kubedirect-' },
      spec: {
        ...{ request: Buffer.from(request).toString('base64'), signerName: SIGNER_NAME, usages: USAGES },
        ...(expirationSeconds !== undefined && { expirationSeconds }),
      },
    },
  });
  const path = pathOf({ resource: 'certificatesigningrequests', name: made.metadata.name });
  for (const end = performance.now() + PATIENCE_MS; !signal.aborted && performance.now() < end; ) {
    const { certificate, conditions = [] } = (await client.get<SigningRequest>(path))?.status ?? {};
    if (certificate !== undefined)
      return { ca: await trustedBy(options), cert: Buffer.from(certificate, 'base64').toString('utf8'), key };
    const refused = conditions.find(({ type }) => type === 'Denied' || type === 'Failed');
    if (refused !== undefined)
      throw new KubedirectError(
        'CERTIFICATES_UNREADABLE',
        `a certificate for ${identity} was ${refused.type.toLowerCase()}: ${refused.message}`,
      );
    await pause(ASK_MS, signal);
  }
  throw new KubedirectError(
    'CERTIFICATES_UNREADABLE',
    `nobody answers the request ${made.metadata.name} for ${identity}: does kubedirect signer run?`,
  );
}

/** It, and its successors. @public */
export class IssuedCertificates implements RotatingTls {
  readonly #options: IssuedOptions;
  readonly #identity: string;
  readonly #listeners = new Set<(tls: TlsOptions) => void>();
  #current: TlsOptions;

  private constructor(options: IssuedOptions, identity: string, first: TlsOptions) {
    this.#options = options;
    this.#identity = identity;
    this.#current = first;
  }

  /** Asks until there is one. @throws KubedirectError `PEER_NAME_INVALID` @public */
  static async obtain(options: IssuedOptions, identity: string): Promise<IssuedCertificates> {
    parsePeerName(identity);
    const { signal, log } = options;
    for (let waitMs = 1_000; ; waitMs = Math.min(waitMs * 2, 15_000)) {
      try {
        const certificates = new IssuedCertificates(options, identity, await issued(options, identity));
        void certificates.#renew();
        return certificates;
      } catch (error) {
        if (signal.aborted) throw error;
        log('waiting for a certificate of the links', {
          stage: identity,
          waitMs,
          error: (error as Error).message,
        });
        await pause(waitMs, signal);
      }
    }
  }

  get current(): TlsOptions {
    return this.#current;
  }

  onRotated(listener: (tls: TlsOptions) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #renew(): Promise<void> {
    const { signal, log, everyMs = EVERY_MS, now = Date.now } = this.#options;
    for (;;) {
      await pause(everyMs, signal);
      if (signal.aborted) return;
      try {
        const { cert } = this.#current;
        const { from, to } = validityOf(cert);
        const isOld = now() > from + (to - from) * RENEWED_AFTER;
        this.#take(
          isOld
            ? await issued(this.#options, this.#identity)
            : { ...this.#current, ca: await trustedBy(this.#options) },
        );
      } catch (error) {
        log('the certificate of the links could not be renewed; trying again', {
          stage: this.#identity,
          error: String(error),
        });
      }
    }
  }

  #take(next: TlsOptions): void {
    if (next.cert === this.#current.cert && next.ca === this.#current.ca) return;
    tls.createSecureContext({ ...next });
    this.#current = next;
    for (const listener of this.#listeners) listener(next);
    this.#options.log('certificates of the links: rotated', { stage: this.#identity });
  }
}
