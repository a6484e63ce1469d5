/** Certificates are replaced while the ends of links run: new connections have the new ones, open ones go on. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WatchedCertificates, writeCertificates } from '../../impl/controller/links/certificateFolder.ts';
import { createAuthority } from '../../impl/controller/links/certificates.ts';
import { Started, terminate } from './support/peers.ts';

const started = new Started();
const DAY_MS = 86_400_000;
const IDENTITIES = ['replicaset', 'scheduler'];
const NEVER_MS = 3_600_000;
let folder: string;
let told: [string, unknown?][];

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-rotation-'));
  told = [];
});
afterEach(async () => {
  await started.end();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** Files of both, of a fresh authority, in place of what is there. */
async function issue(options: Parameters<typeof createAuthority>[0] = {}, days = 30): Promise<void> {
  fs.rmSync(folder, { recursive: true, force: true });
  await writeCertificates(folder, await createAuthority(options), IDENTITIES, days);
}
const watched = (identity: string) =>
  new WatchedCertificates(folder, identity, (...what) => told.push(what), NEVER_MS);

async function pairOf() {
  const [replicaset, scheduler] = [watched('replicaset'), watched('scheduler')];
  const { server, down } = await started.serve({ tls: scheduler });
  const look = () => {
    // The dialling end is looked at by its own server, which nobody dials here.
    const stop = replicaset.onRotated(() => {});
    replicaset.look();
    scheduler.look();
    stop();
  };
  return { server, down, replicaset, scheduler, look };
}

describe('certificates in a folder that changes', () => {
  it('of another authority: an open link goes on, the next one is made with them', async () => {
    await issue();
    const { server, down, replicaset, look } = await pairOf();
    const before = started.dial(server.address, { tls: replicaset });
    await before.up.until('opened');
    const old = replicaset.current;
    await issue();
    look();
    expect(told).toEqual([['rotated'], ['rotated']]);
    before.upstream.send(terminate(1));
    await down.until('message');
    expect(before.up.log).toEqual(['opened']);

    const after = started.dial(server.address, { tls: replicaset });
    await after.up.until('opened');
    const stale = started.dial(server.address, { tls: old });
    await stale.up.until('broken');
    expect(stale.up.code).toBe('LINK_UNREACHABLE');
  });

  it('run out: the link that is open goes on, a new one is LINK_UNREACHABLE until they are replaced', async () => {
    await issue({ now: Date.now() - 3 * DAY_MS }, 1);
    const { server, replicaset, look } = await pairOf();
    const late = started.dial(server.address, { tls: replicaset });
    await late.up.until('broken');
    expect(late.up.code).toBe('LINK_UNREACHABLE');
    await issue();
    look();
    const renewed = started.dial(server.address, { tls: replicaset });
    await renewed.up.until('opened');
  });

  it('half replaced: the last ones stay in force, and it is told', async () => {
    await issue();
    const { server, replicaset, look } = await pairOf();
    const other = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-rotation-'));
    started.add(() => fs.rmSync(other, { recursive: true, force: true }));
    await writeCertificates(other, await createAuthority(), IDENTITIES, 1);
    for (const name of IDENTITIES)
      fs.copyFileSync(path.join(other, `${name}.pem`), path.join(folder, `${name}.pem`));
    look();
    expect(told.map(([what]) => what)).toEqual(['unreadable', 'unreadable']);
    fs.rmSync(path.join(folder, 'ca.pem'));
    look();
    expect(told.at(-1)?.[1]).toMatchObject({ code: 'CERTIFICATES_UNREADABLE' });
    await started.dial(server.address, { tls: replicaset }).up.until('opened');
  });

  it('unchanged: nobody is told', async () => {
    await issue();
    const { look } = await pairOf();
    look();
    expect(told).toEqual([]);
  });
});

describe('a folder is looked at', () => {
  it('while a server listens, and by itself', async () => {
    await issue();
    const certificates = new WatchedCertificates(folder, 'scheduler', () => {}, 20);
    const { server } = await started.serve({ tls: certificates });
    const old = certificates.current;
    await issue();
    while (certificates.current === old) await new Promise((resolve) => setTimeout(resolve, 10));
    await started.dial(server.address, { tls: watched('replicaset') }).up.until('opened');
  });

  it.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['no PEM', 'x'],
    ['a key', (key: string) => key],
    ['a certificate that is cut off', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'],
  ])('whose authorities are %s, which Node would take for all public ones: not taken', async (_, text) => {
    await issue();
    const one = watched('scheduler');
    const before = one.current;
    const ca = path.join(folder, 'ca.pem');
    fs.writeFileSync(ca, typeof text === 'string' ? text : text(before.key));
    const stop = one.onRotated(() => {});
    one.look();
    stop();
    expect(told).toEqual([['unreadable', expect.objectContaining({ code: 'CERTIFICATES_UNREADABLE' })]]);
    expect(one.current).toBe(before);
    expect(() => watched('scheduler')).toThrow(expect.objectContaining({ code: 'CERTIFICATES_UNREADABLE' }));
  });
});
