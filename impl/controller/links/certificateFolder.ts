/**
 * Certificates as files: `ca.pem`, and of each identity `<identity>.pem` and `<identity>.key` (so `kubelet/<node>.pem` of an agent),
 * all PEM. A Secret with these keys, mounted, is such a folder.
 */
import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { KubedirectError } from '../../../spec/errors.ts';
import type { CertificateAuthority } from './certificates.ts';
import { parsePeerName, type TlsOptions } from './identity.ts';
import type { RotatingTls } from './rotation.ts';

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
  return { ca: read('ca.pem'), cert: read(`${name}.pem`), key: read(`${name}.key`) };
}

/** How often a folder is looked at, ms. */
const LOOK_MS = 10_000;

/**
 * The certificates of one identity in a folder whose files may be replaced: a mounted Secret, one that cert-manager keeps. Looked at
 * while somebody listens. Files that can not be read (they are being replaced) leave the last ones in force, and are told.
 * @public
 */
export class WatchedCertificates implements RotatingTls {
  readonly #read: () => TlsOptions;
  readonly #told: (what: 'rotated' | 'unreadable', error?: unknown) => void;
  readonly #listeners = new Set<(tls: TlsOptions) => void>();
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | null = null;
  #current: TlsOptions;

  /** @throws KubedirectError `CERTIFICATES_UNREADABLE`, `PEER_NAME_INVALID` */
  constructor(
    folder: string,
    identity: string,
    told: (what: 'rotated' | 'unreadable', error?: unknown) => void = () => {},
    everyMs: number = LOOK_MS,
  ) {
    this.#read = () => readCertificates(folder, identity);
    this.#told = told;
    this.#everyMs = everyMs;
    this.#current = this.#read();
  }

  get current(): TlsOptions {
    return this.#current;
  }

  onRotated(listener: (tls: TlsOptions) => void): () => void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => this.look(), this.#everyMs).unref();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0 || this.#timer === null) return;
      clearInterval(this.#timer);
      this.#timer = null;
    };
  }

  /** Looks now. A certificate that does not fit its key, as in the midst of a replacement, is not taken. */
  look(): void {
    try {
      const next = this.#read();
      const { ca, cert, key } = this.#current;
      if (next.ca === ca && next.cert === cert && next.key === key) return;
      tls.createSecureContext({ ...next });
      this.#current = next;
    } catch (error) {
      return this.#told('unreadable', error);
    }
    for (const listener of this.#listeners) listener(this.#current);
    this.#told('rotated');
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
