/**
 * The control plane's certificates: one authority that signs the apiserver's serving certificate and all client
 * certificates (user = CN, groups = O), and the key pair that signs ServiceAccount tokens.
 *
 * Made afresh for each control plane and removed with it; valid for a year.
 */
import { webcrypto } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as Crypto);

const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
const MINUTE_MS = 60_000;
const YEAR_MS = 365 * 86_400_000;

/** A certificate and its private key (PKCS #8), PEM. @internal */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Who a client certificate speaks for. @internal */
export interface ClientIdentity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** Signs for one control plane. @internal */
export interface Authority extends KeyPair {
  client(identity: ClientIdentity): Promise<KeyPair>;
  server(commonName: string, dnsNames: readonly string[], ips: readonly string[]): Promise<KeyPair>;
}

const pem = async (label: string, format: 'pkcs8' | 'spki', key: webcrypto.CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey(format, key), label);

const generateKeys = () => webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);

/** A new authority. @internal */
export async function createAuthority(): Promise<Authority> {
  const keys = await generateKeys();
  const notBefore = new Date(Date.now() - MINUTE_MS);
  const notAfter = new Date(Date.now() + YEAR_MS);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=kubedirect control plane',
    notBefore,
    notAfter,
    signingAlgorithm: SIGNATURE,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const sign = async (subject: x509.JsonName, usage: string, more: x509.Extension[]): Promise<KeyPair> => {
    const leafKeys = await generateKeys();
    const leaf = await x509.X509CertificateGenerator.create({
      subject,
      issuer: root.subjectName.toJSON(),
      notBefore,
      notAfter,
      signingAlgorithm: SIGNATURE,
      publicKey: leafKeys.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ...more,
      ],
    });
    return { cert: leaf.toString('pem'), key: await pem('PRIVATE KEY', 'pkcs8', leafKeys.privateKey) };
  };
  return {
    cert: root.toString('pem'),
    key: await pem('PRIVATE KEY', 'pkcs8', keys.privateKey),
    client: ({ user, groups }) =>
      sign(
        [...groups.map((group) => ({ O: [group] })), { CN: [user] }],
        x509.ExtendedKeyUsage.clientAuth,
        [],
      ),
    server: (commonName, dnsNames, ips) =>
      sign([{ CN: [commonName] }], x509.ExtendedKeyUsage.serverAuth, [
        new x509.SubjectAlternativeNameExtension([
          ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
          ...ips.map((value) => ({ type: 'ip' as const, value })),
        ]),
      ]),
  };
}

/** First address of the Service range: that of the `kubernetes` Service. @internal */
export const KUBERNETES_SERVICE_IP = '10.96.0.1';

/** Files in `pki/` of the data folder. @internal */
export interface Pki {
  readonly authority: Authority;
  readonly caFile: string;
  readonly caKeyFile: string;
  readonly servingCertFile: string;
  readonly servingKeyFile: string;
  readonly kubeletClientCertFile: string;
  readonly kubeletClientKeyFile: string;
  readonly serviceAccountKeyFile: string;
  readonly serviceAccountPublicKeyFile: string;
}

/** Makes and writes all that the apiserver and the controller-manager need. @internal */
export async function writePki(dir: string): Promise<Pki> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const put = async (name: string, text: string): Promise<string> => {
    await writeFile(join(dir, name), text, { mode: 0o600 });
    return join(dir, name);
  };
  const authority = await createAuthority();
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  const serving = await authority.server(
    'kube-apiserver',
    [...names, 'kubernetes.default.svc.cluster.local', 'localhost'],
    ['127.0.0.1', KUBERNETES_SERVICE_IP],
  );
  const kubelet = await authority.client({
    user: 'kube-apiserver-kubelet-client',
    groups: ['system:masters'],
  });
  const serviceAccount = await generateKeys();
  return {
    authority,
    caFile: await put('ca.crt', authority.cert),
    caKeyFile: await put('ca.key', authority.key),
    servingCertFile: await put('apiserver.crt', serving.cert),
    servingKeyFile: await put('apiserver.key', serving.key),
    kubeletClientCertFile: await put('kubelet-client.crt', kubelet.cert),
    kubeletClientKeyFile: await put('kubelet-client.key', kubelet.key),
    serviceAccountKeyFile: await put(
      'service-account.key',
      await pem('PRIVATE KEY', 'pkcs8', serviceAccount.privateKey),
    ),
    serviceAccountPublicKeyFile: await put(
      'service-account.pub',
      await pem('PUBLIC KEY', 'spki', serviceAccount.publicKey),
    ),
  };
}
