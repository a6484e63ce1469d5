/** Whichever Pod of the Autoscaler stage a Service chooses, the one that leads answers; and a token goes to nobody else. */
import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../impl/controller/links/certificates.ts';
import type { TlsOptions } from '../../impl/controller/links/index.ts';
import type { Rotating } from '../../impl/controller/links/rotation.ts';
import type { Callers } from '../../impl/controller/process/callers.ts';
import { type Forward, forwardTo } from '../../impl/controller/process/forward.ts';
import type { Listening } from '../../impl/controller/process/listen.ts';
import { type KeyPair, type ScaleTarget, serveScaleApi } from '../../impl/controller/process/scaleApi.ts';

const PATH = '/v1/namespaces/default/deployments/web/scale';
const tokens: (string | null)[] = [];
const callers: Callers = {
  async judge(token) {
    tokens.push(token);
    return { allowed: true, user: 'gateway' };
  },
};
const target = (isRunning: boolean, scaled: number[] = []): ScaleTarget => ({
  find: () => ({ uid: 'u-web', ineligible: [], autoscaled: false }),
  scale: (_, replicas) => {
    if (isRunning) scaled.push(replicas);
    return isRunning;
  },
  report: () => false,
});

let pair: TlsOptions;
let other: TlsOptions;
let third: TlsOptions;
const open: Listening[] = [];

beforeAll(async () => {
  const authority = await createAuthority();
  const issue = () => authority.issue('autoscaler');
  [pair, other, third] = await Promise.all([issue(), issue(), issue()]);
  // Node's own fetch trusts what this process is told to; the API's certificate is not what is tested here.
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
});
afterAll(() => {
  delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  tokens.length = 0;
});

/** Certificates as they lie in a folder: what is put there is found by a look. */
class Folder implements Rotating<KeyPair> {
  current: KeyPair;
  files: KeyPair;
  readonly #listeners = new Set<(now: KeyPair) => void>();
  constructor(pair: KeyPair) {
    this.current = pair;
    this.files = pair;
  }
  onRotated(listener: (now: KeyPair) => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  look() {
    if (this.files === this.current) return;
    this.current = this.files;
    for (const listener of this.#listeners) listener(this.current);
  }
}

async function serve(
  isLeading: boolean,
  leader: string | null,
  files?: Folder | TlsOptions,
  scaled?: number[],
) {
  const tls = files === undefined || files instanceof Folder ? files : new Folder(files);
  const forward: Forward = forwardTo({
    ...{ isLeading: () => isLeading, tls },
    leader: async () => leader,
  });
  const api = await serveScaleApi(
    { listen: '127.0.0.1:0', callers, tls, forward },
    target(isLeading, scaled),
  );
  open.push(api);
  return api.address;
}
async function ask(address: string, isSafe: boolean) {
  const answer = await fetch(`${isSafe ? 'https' : 'http'}://${address}${PATH}`, {
    ...{ method: 'PUT', body: '{"replicas": 7}', headers: { authorization: 'Bearer t' } },
  });
  return { status: answer.status, ...((await answer.json()) as object) };
}

describe.each([
  ['TLS', true],
  ['plain text', false],
])('over %s, a process that stands by', (_, isSafe) => {
  const tls = () => (isSafe ? pair : undefined);

  it('has the leader answer, who judges the caller by its own token', async () => {
    const scaled: number[] = [];
    const leader = await serve(true, null, tls(), scaled);
    const standby = await serve(false, leader, tls());
    for (const _again of [1, 2])
      expect(await ask(standby, isSafe)).toEqual({ status: 202, deployment: 'u-web', replicas: 7 });
    expect([scaled, tokens]).toEqual([
      [7, 7],
      ['t', 't'],
    ]);
  });

  it('says 503 while nobody is known to lead, and when two take each other for the leader', async () => {
    expect(await ask(await serve(false, null, tls()), isSafe)).toMatchObject({ status: 503 });
    const first = await serve(false, null, tls());
    expect(await ask(await serve(false, first, tls()), isSafe)).toMatchObject({
      ...{ status: 503, code: 'STAGE_NOT_RUNNING' },
    });
  });

  it('says 503 when the leader is gone', async () => {
    const leader = await serve(true, null, tls());
    await open.pop()?.close();
    expect(await ask(await serve(false, leader, tls()), isSafe)).toMatchObject({
      ...{ status: 503, code: 'STAGE_NOT_RUNNING' },
    });
  });
});

describe('a token', () => {
  it('goes to nobody who shows another certificate, be it of the same authority', async () => {
    const scaled: number[] = [];
    const impostor = await serve(true, null, other, scaled);
    expect(await ask(await serve(false, impostor, pair), true)).toMatchObject({
      ...{ status: 503, code: 'STAGE_NOT_RUNNING' },
      message: expect.stringContaining('another certificate'),
    });
    expect([tokens, scaled]).toEqual([[], []]);
  });
});

describe('while the certificate of the API is replaced', () => {
  it.each([
    ['first by the one that leads, and the other finds it when it is shown it', 'leader'],
    ['first by the one that stands by, which takes the one before for a while', 'standby'],
  ] as const)('%s, each request is answered', async (_, first) => {
    const [leading, standing] = [new Folder(pair), new Folder(pair)];
    const leader = await serve(true, null, leading);
    const standby = await serve(false, leader, standing);
    expect(await ask(standby, true)).toMatchObject({ status: 202 });
    [leading.files, standing.files] = [other, other];
    (first === 'leader' ? leading : standing).look();
    expect(await ask(standby, true)).toMatchObject({ status: 202 });
    leading.look();
    standing.look();
    expect(await ask(standby, true)).toMatchObject({ status: 202 });
    expect(await shownBy(leader)).toEqual(new X509Certificate(other.cert).raw);
  });

  it('one that was replaced twice, or that is in no folder, is not trusted', async () => {
    const standing = new Folder(pair);
    const old = await serve(true, null, new Folder(pair));
    const standby = await serve(false, old, standing);
    for (const next of [other, third]) {
      standing.files = next;
      standing.look();
    }
    expect(await ask(standby, true)).toMatchObject({ status: 503 });
  });
});

/** The certificate that a new connection is shown, DER. */
const shownBy = (address: string) =>
  new Promise<Buffer>((resolve) => {
    const [host, port] = address.split(':') as [string, string];
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().raw);
      socket.destroy();
    });
  });
