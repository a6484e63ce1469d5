/** By what the kubelet's API of a Node shows who it is, and whom it believes: files, or a certificate of its own that nobody has signed, as a kubelet's. */
// First: the library below looks for it when it is loaded.
import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import * as x509 from '@peculiar/x509';
import { KubedirectError } from '../../../spec/errors.ts';

x509.cryptoProvider.set(webcrypto as Crypto);

/** PEM. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
  /** Authorities of clients' certificates; undefined: none is asked for. */
  readonly ca: string | undefined;
}

/** Where they are. */
export interface CredentialFiles {
  /** Folder with `tls.crt` and `tls.key`; undefined: a certificate of its own. */
  readonly tls: string | undefined;
  readonly clientCa: string | undefined;
}

const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const MINUTE_MS = 60_000;
const YEARS_MS = 10 * 365 * 86_400_000;

async function ownCertificate(node: string, address: string): Promise<Pick<Credentials, 'cert' | 'key'>> {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${node}`,
    notBefore: new Date(Date.now() - MINUTE_MS),
    notAfter: new Date(Date.now() + YEARS_MS),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: node },
        { type: 'ip', value: address },
      ]),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
}

async function read(file: string): Promise<string> {
  try {
    return await fs.readFile(file, 'utf8');
  } catch (cause) {
    throw new KubedirectError(
      'CERTIFICATES_UNREADABLE',
      `${file}: expected PEM: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

/** Without a certificate in it, Node would believe every public authority. */
async function readAuthority(file: string): Promise<string> {
  const text = await read(file);
  try {
    new X509Certificate(text);
  } catch (cause) {
    throw new KubedirectError(
      'CERTIFICATES_UNREADABLE',
      `${file}: expected the certificate of an authority, PEM: ${(cause as Error).message}`,
      { cause },
    );
  }
  return text;
}

/**
 * Reads them, or makes what no file has.
 * @param before - what was read before: a certificate of its own is made once
 * @throws KubedirectError `CERTIFICATES_UNREADABLE`
 */
export async function credentialsOf(
  { tls, clientCa }: CredentialFiles,
  node: string,
  address: string,
  before: Credentials | null = null,
): Promise<Credentials> {
  const ca = clientCa === undefined ? undefined : await readAuthority(clientCa);
  if (tls === undefined) return { ...(before ?? (await ownCertificate(node, address))), ca };
  const [cert, key] = await Promise.all(['tls.crt', 'tls.key'].map((name) => read(path.join(tls, name))));
  return { cert: cert as string, key: key as string, ca };
}
