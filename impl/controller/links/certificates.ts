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

/**
 * Makes an authority with a fresh key, valid from one minute before `now`.
 * @param options - `days` of validity (default 365), `now` as Unix milliseconds
 * @public
 */
export async function createAuthority(
  options: { readonly days?: number; readonly now?: number } = {},
): Promise<CertificateAuthority> {
  const now = options.now ?? Date.now();
  const notBefore = new Date(now - MINUTE_MS);
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=kubedirect links',
    notBefore,
    notAfter: new Date(now + (options.days ?? 365) * DAY_MS),
    signingAlgorithm: SIGNATURE,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const ca = authority.toString('pem');

  const issue = async (identity: string, leaf: { readonly days?: number } = {}): Promise<TlsOptions> => {
    const uri = identityToUri(identity);
    const leafKeys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${identity}`,
      issuer: authority.subject,
      notBefore,
      notAfter: new Date(now + (leaf.days ?? options.days ?? 365) * DAY_MS),
      signingAlgorithm: SIGNATURE,
      publicKey: leafKeys.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([
          x509.ExtendedKeyUsage.clientAuth,
          x509.ExtendedKeyUsage.serverAuth,
        ]),
        new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uri }]),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', leafKeys.privateKey);
    return { ca, cert: certificate.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
  };
  return { ca, issue };
}
