/**
 * Certificates as files: `ca.pem`, and of each identity `<identity>.pem` and `<identity>.key` (so `kubelet/<node>.pem` of an agent),
 * all PEM. A Secret with these keys, mounted, is such a folder.
 */
import fs from 'node:fs';
import path from 'node:path';
import { KubedirectError } from '../../../spec/errors.ts';
import { authoritiesIn, type CertificateAuthority } from './certificates.ts';
import { parsePeerName, type TlsOptions } from './identity.ts';
import { type ToldOfFiles, WatchedFiles } from './watchedFiles.ts';

/**
 * Reads what one identity needs.
 * @throws KubedirectError `CERTIFICATES_UNREADABLE`, `PEER_NAME_INVALID`
 * @public
 */
export function readCertificates(folder: string, identity: string): TlsOptions {
  const read = (name: string): string => {
    const file = path.join(folder, name);
    try {
      return fs.readFileSync(file, 'utf8');
    } catch (cause) {
      throw new KubedirectError(
        'CERTIFICATES_UNREADABLE',
        `${file}: expected a PEM file for ${identity}, got ${(cause as NodeJS.ErrnoException).code}. Make one by \`kubedirect certificates\`.`,
        { cause },
      );
    }
  };
  const name = parsePeerName(identity);
  const authorities = (pem: string) => {
    try {
      return authoritiesIn(pem);
    } catch (cause) {
      throw new KubedirectError(
        'CERTIFICATES_UNREADABLE',
        `${path.join(folder, 'ca.pem')}: ${(cause as Error).message}`,
        { cause },
      );
    }
  };
  return { ca: authorities(read('ca.pem')), cert: read(`${name}.pem`), key: read(`${name}.key`) };
}

/**
 * The certificates of one identity in a folder whose files may be replaced: a mounted Secret, one that cert-manager keeps.
 * @public
 */
export class WatchedCertificates extends WatchedFiles<TlsOptions> {
  /** @throws KubedirectError `CERTIFICATES_UNREADABLE`, `PEER_NAME_INVALID` */
  constructor(folder: string, identity: string, told?: ToldOfFiles, everyMs?: number) {
    super(() => readCertificates(folder, identity), told, everyMs);
  }
}

/**
 * Issues a leaf to each identity and writes the files, keys readable by their owner alone. The authority's key is not kept: to
 * add a node later, all are issued anew.
 * @throws KubedirectError `CERTIFICATES_EXIST` if the folder holds certificates already; `PEER_NAME_INVALID`
 * @public
 */
export async function writeCertificates(
  folder: string,
  authority: CertificateAuthority,
  identities: readonly string[],
  days: number,
): Promise<void> {
  const ca = path.join(folder, 'ca.pem');
  if (fs.existsSync(ca))
    throw new KubedirectError(
      'CERTIFICATES_EXIST',
      `${ca}: expected a folder without certificates: stages that use these would not know new ones`,
    );
  const leaves = await Promise.all(
    identities.map(async (identity) => [identity, await authority.issue(identity, { days })] as const),
  );
  for (const [identity, { cert, key }] of leaves) {
    const file = path.join(folder, identity);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(`${file}.key`, key, { mode: 0o600 });
    fs.writeFileSync(`${file}.pem`, cert);
  }
  fs.writeFileSync(ca, authority.ca);
}
