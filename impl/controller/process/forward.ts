/**
 * From the process that stands by to the one that leads: a Service chooses among both Pods of the Autoscaler stage, and only the leader has
 * a life to ask. The leader says on its Lease where it serves. It judges the caller itself, by the token that is passed on.
 *
 * Over TLS the leader must show the very certificate that this process serves with: both Pods have it from one Secret, and nobody else
 * has its key. So a token goes to nobody that a caller did not mean. When it is replaced the two hear of it at different moments: the one before is
 * taken for a while longer, and who is shown another looks whether it is the new one.
 */

import { X509Certificate } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { pathOf } from '../kubernetes/paths.ts';
import type { Lease } from '../kubernetes/types.ts';
import type { Rotating } from '../links/rotation.ts';
import { leaseName, SCALE_ADDRESS_ANNOTATION } from '../names.ts';
import type { Answer, KeyPair } from './scaleApi.ts';

/** Has the leader answer; null if this process should itself. @public */
export type Forward = (request: http.IncomingMessage, body: string) => Promise<Answer | null>;

/** What forwarding needs. @public */
export interface ForwardOptions {
  /** Whether a life of A runs here. */
  readonly isLeading: () => boolean;
  /** `host:port` of the leader's API; null if it is not known. */
  readonly leader: () => Promise<string | null>;
  /** Of this process' own API. */
  readonly tls?: (Rotating<KeyPair> & { look?(): void }) | undefined;
}

/** On a request that was passed on: it is not passed on again. */
const FORWARDED = 'x-kubedirect-forwarded';
const TIMEOUT_MS = 5_000;

// A session that is resumed shows no certificate.
const agentOf = (tls: ForwardOptions['tls']) =>
  tls === undefined
    ? new http.Agent({ keepAlive: true })
    : new https.Agent({ keepAlive: true, maxCachedSessions: 0 });

/** How long the certificate before the newest is taken, ms: a mounted Secret comes to all Pods within two minutes. */
const BEFORE_MS = 300_000;

/** Whether a certificate, DER, is that of this process' own API, or was until a moment ago. */
function trustOf(tls: NonNullable<ForwardOptions['tls']>, agent: http.Agent) {
  const der = ({ cert }: KeyPair) => new X509Certificate(cert).raw;
  let now = der(tls.current);
  let before = { raw: now, until: 0 };
  tls.onRotated((pair) => {
    before = { raw: now, until: performance.now() + BEFORE_MS };
    now = der(pair);
    // What is open shows what was then.
    agent.destroy();
  });
  const isKnown = (raw: Buffer) =>
    now.equals(raw) || (performance.now() < before.until && before.raw.equals(raw));
  return (raw: Buffer | undefined) => {
    if (raw === undefined) return false;
    if (!isKnown(raw)) tls.look?.();
    return isKnown(raw);
  };
}

/** Passes on what a process that stands by is asked. @public */
export function forwardTo({ isLeading, leader, tls }: ForwardOptions): Forward {
  const agent = agentOf(tls);
  // Over plain text nothing is compared: it is served on loopback only.
  const isTrusted = tls === undefined ? () => true : trustOf(tls, agent);
  const pass = (address: string, { method, url, headers }: http.IncomingMessage, body: string) =>
    new Promise<Answer>((resolve, reject) => {
      const { authorization } = headers;
      const options = {
        ...{ method, agent, timeout: TIMEOUT_MS },
        headers: { [FORWARDED]: '1', ...(authorization !== undefined && { authorization }) },
      };
      const to = `${tls === undefined ? 'http' : 'https'}://${address}${url}`;
      // The chain is not looked at: the certificate itself is compared, before a byte is sent.
      const onward =
        tls === undefined
          ? http.request(to, options)
          : https.request(to, { ...options, rejectUnauthorized: false });
      onward.on('timeout', () => onward.destroy(new Error(`${address} did not answer in ${TIMEOUT_MS} ms`)));
      onward.on('error', reject);
      onward.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          try {
            resolve({ status: response.statusCode ?? 502, body: JSON.parse(text) as object });
          } catch (error) {
            reject(error as Error);
          }
        });
      });
      const send = (socket: TLSSocket) => {
        if (isTrusted(socket.getPeerCertificate?.()?.raw)) onward.end(body);
        else onward.destroy(new Error(`${address} shows another certificate than this process serves with`));
      };
      onward.on('socket', (socket) => {
        const secure = socket as TLSSocket;
        if (tls === undefined || secure.getPeerCertificate?.()?.raw !== undefined) send(secure);
        else secure.once('secureConnect', () => send(secure));
      });
    });
  return async (request, body) => {
    if (isLeading() || request.headers[FORWARDED] !== undefined) return null;
    try {
      const address = await leader();
      return address === null ? null : await pass(address, request, body);
    } catch (error) {
      const message = `this process stands by, and the one that leads could not be asked: ${(error as Error).message}`;
      return { status: 503, body: { code: 'STAGE_NOT_RUNNING', message } };
    }
  };
}

/** How long an address of the leader is believed, ms. */
const KNOWN_MS = 1_000;

/** Reads where the leader serves, off its Lease; at most once a second. @public */
export function leaderOf(client: KubernetesClient, namespace: string): () => Promise<string | null> {
  const path = pathOf({ resource: 'leases', namespace, name: leaseName('autoscaler') });
  let known: Promise<string | null> = Promise.resolve(null);
  let until = 0;
  return () => {
    const now = performance.now();
    if (now < until) return known;
    until = now + KNOWN_MS;
    known = client.get<Lease>(path).then((lease) => {
      const isHeld = Boolean(lease?.spec?.holderIdentity);
      return (isHeld && lease?.metadata.annotations?.[SCALE_ADDRESS_ANNOTATION]) || null;
    });
    known.catch(() => {
      until = 0;
    });
    return known;
  };
}
