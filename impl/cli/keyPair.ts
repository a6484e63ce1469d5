/** A server's certificate and key, as a Secret of type `kubernetes.io/tls` is mounted: `tls.crt` and `tls.key`, PEM. */
import fs from 'node:fs';
import path from 'node:path';
import { createSecureContext } from 'node:tls';
import { KubedirectError } from '../../spec/errors.ts';

/** Reads both. @throws KubedirectError `CERTIFICATES_UNREADABLE` */
export function readKeyPair(folder: string): { readonly cert: string; readonly key: string } {
  try {
    const [cert = '', key = ''] = ['tls.crt', 'tls.key'].map((name) =>
      fs.readFileSync(path.join(folder, name), 'utf8'),
    );
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (cause) {
    throw new KubedirectError(
      'CERTIFICATES_UNREADABLE',
      `${folder}: expected tls.crt and tls.key, PEM, that belong together, got: ${(cause as Error).message}`,
      { cause },
    );
  }
}
