/**
 * Certificates of the links: one private authority, one leaf per stage and node (design `cluster.md`, Identity).
 *
 * Made for `kubedirect up`, the demo, benchmarks and tests. A cluster of one's own may bring certificates of another
 * authority: all the links ask for is one URI in the subjectAltName, see `identity.ts`.
 */
// First: the library below looks for it when it is loaded.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { identityToUri, type TlsOptions } from './identity.ts';

x509.cryptoProvider.set(webcrypto as Crypto);

const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** A private authority that signs one leaf for each identity. @public */
export interface CertificateAuthority {
  /** The authority's certificate, PEM. */
  readonly ca: string;
  /**
   * Signs a leaf for `identity` (`scheduler`, `kubelet/node-1`), valid as a client and as a server.
   * @throws KubedirectError `LINK_IDENTITY_MALFORMED`
   */
  issue(identity: string, options?: { readonly days?: number }): Promise<TlsOptions>;
}

/** An authority as it is kept: PEM. @public */
export interface KeptAuthority {
  readonly cert: string;
  /** PKCS #8. */
  readonly key: string;
}

/** From when to when a certificate is valid, Unix ms. @public */
export interface Validity {
  readonly from: number;
  readonly to: number;
}

/** Makes an authority with a fresh key. @public */
export async function makeAuthority({ from, to }: Validity): Promise<KeptAuthority> {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=kubedirect links',
    notBefore: new Date(from),
    notAfter: new Date(to),
    signingAlgorithm: SIGNATURE,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: authority.toString('pem'), key: await pemOf(keys.privateKey) };
}

const pemOf = async (key: webcrypto.CryptoKey) =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

/**
 * The certificates of authorities, as they came. A text without any is not taken: Node would believe every public authority.
 * @throws RangeError
 * @public
 */
export function authoritiesIn(pem: string): string {
  const blocks = x509.PemConverter.isPem(pem) ? x509.PemConverter.decodeWithHeaders(pem) : [];
  if (!blocks.some(({ type }) => type === 'CERTIFICATE'))
    throw new RangeError('expected the certificate of an authority, PEM, got none');
  for (const { type, rawData } of blocks) if (type === 'CERTIFICATE') new x509.X509Certificate(rawData);
  return pem;
}

/** From when to when it is valid. @public */
export function validityOf(pem: string): Validity {
  const { notBefore, notAfter } = new x509.X509Certificate(pem);
  return { from: notBefore.getTime(), to: notAfter.getTime() };
}

/**
 * Signs a leaf for `identity` and somebody's public key, valid as a client and as a server.
 * @throws KubedirectError `PEER_NAME_INVALID`
 * @public
 */
export async function signLeaf(
  { cert, key }: KeptAuthority,
  identity: string,
  publicKey: x509.PublicKeyType,
  { from, to }: Validity,
): Promise<string> {
  const authority = new x509.X509Certificate(cert);
  const pkcs8 = x509.PemConverter.decodeFirst(key);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, KEY, false, ['sign']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${identity}`,
    issuer: authority.subject,
    notBefore: new Date(from),
    notAfter: new Date(to),
    signingAlgorithm: SIGNATURE,
    ...{ publicKey, signingKey },
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.clientAuth,
        x509.ExtendedKeyUsage.serverAuth,
      ]),
      nameOf(identity),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  return certificate.toString('pem');
}

const nameOf = (identity: string) =>
  new x509.SubjectAlternativeNameExtension([{ type: 'url', value: identityToUri(identity) }]);

/**
 * Makes an authority with a fresh key, valid from one minute before `now`.
 * @param options - `days` of validity (default 365), `now` as Unix milliseconds
 * @public
 */
export async function createAuthority(
  options: { readonly days?: number; readonly now?: number } = {},
): Promise<CertificateAuthority> {
  const now = options.now ?? Date.now();
  const lasting = (days = options.days ?? 365): Validity => ({
    from: now - MINUTE_MS,
    to: now + days * DAY_MS,
  });
  const authority = await makeAuthority(lasting());
  const issue = async (identity: string, leaf: { readonly days?: number } = {}): Promise<TlsOptions> => {
    const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
    const cert = await signLeaf(authority, identity, keys.publicKey, lasting(leaf.days));
    return { ca: authority.cert, cert, key: await pemOf(keys.privateKey) };
  };
  return { ca: authority.cert, issue };
}

/** A key, and a request to certify it for an identity (PKCS #10), both PEM. @public */
export async function requestFor(
  identity: string,
): Promise<{ readonly key: string; readonly request: string }> {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: `CN=${identity}`,
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [nameOf(identity)],
  });
  return { key: await pemOf(keys.privateKey), request: request.toString('pem') };
}

/** A request of ours has some 400 bytes. */
const MOST_REQUEST_BYTES = 4_096;

/** What a request asks for, if whoever made it has the key: its names, as URIs, and the key; null also of one that is larger, or of another kind of key, than we make. @public */
export async function readRequest(
  pem: string,
): Promise<{ readonly uris: readonly string[]; readonly publicKey: x509.PublicKey } | null> {
  if (pem.length > MOST_REQUEST_BYTES) return null;
  try {
    const request = new x509.Pkcs10CertificateRequest(pem);
    const { algorithm } = request.publicKey as { algorithm: { name: string; namedCurve?: string } };
    if (algorithm.name !== KEY.name || algorithm.namedCurve !== KEY.namedCurve) return null;
    if (!(await request.verify())) return null;
    const named = request.getExtension(SUBJECT_ALTERNATIVE_NAME);
    const names = named === null ? [] : new x509.SubjectAlternativeNameExtension(named.rawData).names.items;
    return { uris: names.map(({ value }) => value), publicKey: request.publicKey };
  } catch {
    return null;
  }
}
