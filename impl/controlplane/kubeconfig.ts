/** Kubeconfig files with one cluster, one user, one context. */
import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { KeyPair } from './certificates.ts';

/** How the user of a kubeconfig proves who it is. @internal */
export type Credentials = KeyPair | { readonly token: string };

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Writes a kubeconfig (mode 0600) and returns its path. @internal */
export async function writeKubeconfig(
  path: string,
  options: {
    readonly url: string;
    readonly ca: string;
    readonly user: string;
    readonly credentials: Credentials;
    readonly namespace?: string;
  },
): Promise<string> {
  const { url, ca, user, credentials, namespace } = options;
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'kubedirect', cluster: { server: url, 'certificate-authority-data': base64(ca) } }],
    users: [
      {
        name: user,
        user:
          'token' in credentials
            ? { token: credentials.token }
            : {
                'client-certificate-data': base64(credentials.cert),
                'client-key-data': base64(credentials.key),
              },
      },
    ],
    contexts: [
      {
        name: 'kubedirect',
        context: { cluster: 'kubedirect', user, ...(namespace === undefined ? {} : { namespace }) },
      },
    ],
    'current-context': 'kubedirect',
  };
  await writeFile(path, stringify(document), { mode: 0o600 });
  return path;
}
