/**
 * Who a peer is: the URI in its certificate, `spiffe://kubedirect/<stage>` or `spiffe://kubedirect/kubelet/<node>`
 * (design `cluster.md`, Identity). Nothing else in a certificate is looked at beyond its signature and dates.
 */
import type { PeerCertificate } from 'node:tls';
import { KubedirectError } from '../../../spec/errors.ts';
import { type PeerName, STAGES, type StageName, stageOf } from '../../../spec/vocabulary.ts';

/** What one end of a link needs for mutual TLS; all PEM. @public */
export interface TlsOptions {
  /** Certificate(s) of the authority that signed the peers. */
  readonly ca: string;
  /** Own certificate, its URI names the own identity. */
  readonly cert: string;
  /** Own private key, PKCS #8. */
  readonly key: string;
}

const TRUST_DOMAIN = 'spiffe://kubedirect/';
/** A Node's name is a DNS subdomain. */
const KUBELET = /^kubelet\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/**
 * Checks the name of a stage instance.
 * @throws KubedirectError `PEER_NAME_INVALID`
 * @public
 */
export function parsePeerName(name: string): PeerName {
  if (KUBELET.test(name)) return name as PeerName;
  if (name !== 'kubelet' && (STAGES as readonly string[]).includes(name)) return name as PeerName;
  throw new KubedirectError(
    'PEER_NAME_INVALID',
    `a peer's name is not valid: expected one of ${STAGES.slice(0, -1).join(', ')}, or kubelet/<node>; got ${JSON.stringify(name)}`,
  );
}

/**
 * The URI that stands for a peer in its certificate.
 * @throws KubedirectError `PEER_NAME_INVALID`
 * @public
 */
export function identityToUri(name: string): string {
  return TRUST_DOMAIN + parsePeerName(name);
}

/** The stage that dials `stage`; none dials the Autoscaler. @public */
export function upstreamOf(stage: StageName): StageName | null {
  return STAGES[STAGES.indexOf(stage) - 1] ?? null;
}

/** Refuses a peer that is another than the one expected. @internal */
export function wrongIdentity(expected: PeerName, got: PeerName): KubedirectError {
  const text = `a peer has the wrong identity: expected ${expected}, got ${got}; check the address`;
  return new KubedirectError('PEER_WRONG_IDENTITY', text);
}

/** Refuses one that dials `own` and is not its upstream; null if it is. @internal */
export function wrongUpstream(claimed: PeerName, own: PeerName): KubedirectError | null {
  if (isUpstreamOf(claimed, own)) return null;
  const expected = upstreamOf(stageOf(own)) ?? 'none: nothing is upstream of it';
  return new KubedirectError(
    'PEER_WRONG_ROLE',
    `${own} was dialled by a stage that is not its upstream: expected ${expected}, got ${claimed}`,
  );
}

/** Whether `peer` is of the stage just above `own`: the only one it serves. @public */
export function isUpstreamOf(peer: PeerName, own: PeerName): boolean {
  return stageOf(peer) === upstreamOf(stageOf(own));
}

/**
 * The identity in a certificate that the TLS layer has verified.
 * @throws KubedirectError `PEER_WRONG_IDENTITY` if it names none, more than one, or one that is not a stage
 * @public
 */
export function identityOf(certificate: PeerCertificate): PeerName {
  const names = certificate.subjectaltname ?? '';
  // Node quotes a name that holds what could be taken for a separator; ours never does.
  const uris = names.includes('"')
    ? []
    : names
        .split(', ')
        .filter((name) => name.startsWith(`URI:${TRUST_DOMAIN}`))
        .map((name) => name.slice(`URI:${TRUST_DOMAIN}`.length));
  if (uris.length === 1) {
    try {
      return parsePeerName(uris[0]!);
    } catch {
      // Told below, with all the names.
    }
  }
  throw new KubedirectError(
    'PEER_WRONG_IDENTITY',
    `a certificate names no stage: expected one URI ${TRUST_DOMAIN}<stage> or ${TRUST_DOMAIN}kubelet/<node>, got ${JSON.stringify(names)}`,
  );
}
