/** The signer: certifies nobody as what it is not; and its authorities follow each other so that nobody meets one it has not heard of. */
import { describe, expect, it } from 'vitest';
import { ACCOUNTS, type Account, serviceAccountUser } from '../../impl/deploy/identities.ts';
import {
  AHEAD_MS,
  type Authority,
  isDue,
  KNOWN_MS,
  kept,
  signing,
  trusted,
} from '../../impl/deploy/signer/authorities.ts';
import { judge, type Requested, USAGES } from '../../impl/deploy/signer/judge.ts';
import { LED_STAGES } from '../../spec/vocabulary.ts';

const NAMESPACE = 'kubedirect-system';
const NODE = 'authentication.kubernetes.io/node-name';
const URI = 'spiffe://kubedirect/';
const requested = (account: Account, identity: string, more: Partial<Requested> = {}): Requested => ({
  username: serviceAccountUser(NAMESPACE, ACCOUNTS[account]),
  extra: {},
  usages: USAGES,
  uris: [`${URI}${identity}`],
  ...more,
});
const isCertified = (request: Requested) => 'identity' in judge(NAMESPACE, request);

describe('an account', () => {
  const all = Object.keys(ACCOUNTS) as Account[];
  it.each(LED_STAGES)('is certified as the %s if it is its own, or the one of all four', (stage) => {
    expect(all.filter((account) => isCertified(requested(account, stage)))).toEqual([stage, 'control']);
  });
  it('is certified as the agent of a node if its token is bound to it, or if it serves many', () => {
    const extra = { [NODE]: ['node-1'] };
    const may = (identity: string) =>
      all.filter((account) => isCertified(requested(account, identity, { extra })));
    expect(may('kubelet/node-1')).toEqual(['agent', 'publisher', 'simulator']);
    expect(may('kubelet/node-2')).toEqual(['publisher', 'simulator']);
    expect(isCertified(requested('agent', 'kubelet/node-1'))).toBe(false);
    expect(isCertified(requested('agent', 'kubelet/undefined'))).toBe(false);
    // Its Node is one of its own on that machine.
    expect(may('kubelet/node-1-cri')).toEqual(['cri', 'publisher', 'simulator']);
    expect(isCertified(requested('cri', 'kubelet/-cri'))).toBe(false);
    // On a machine of that very name the other kind of agent is nobody.
    const onThat = (account: Account, identity: string) =>
      isCertified(requested(account, identity, { extra: { [NODE]: ['node-1-cri'] } }));
    expect([onThat('agent', 'kubelet/node-1-cri'), onThat('cri', 'kubelet/node-1-cri')]).toEqual([
      false,
      false,
    ]);
    expect(onThat('cri', 'kubelet/node-1-cri-cri')).toBe(true);
  });
  it('of another namespace, or a person, is nobody', () => {
    const username = serviceAccountUser('elsewhere', ACCOUNTS.scheduler);
    expect(isCertified(requested('scheduler', 'scheduler', { username }))).toBe(false);
    expect(isCertified(requested('scheduler', 'scheduler', { username: 'kubernetes-admin' }))).toBe(false);
  });
});

describe('a request is denied', () => {
  it.each([
    ['that is not signed by its own key', { uris: null }],
    ['without a name', { uris: [] }],
    ['with two names', { uris: [`${URI}scheduler`, `${URI}replicaset`] }],
    ['with another name beside', { uris: [`${URI}scheduler`, 'DNS:kubernetes.default.svc'] }],
    ['of another trust domain', { uris: ['spiffe://other/scheduler'] }],
    ['that names no stage', { uris: [`${URI}kubelet`] }],
    ['for the use of an authority', { usages: [...USAGES, 'cert sign'] }],
  ])('%s', (_, more) => {
    expect(judge(NAMESPACE, requested('scheduler', 'scheduler', more))).toMatchObject({
      denied: expect.any(String),
    });
  });
});

describe('authorities', () => {
  const DAY = 86_400_000;
  /** Looks every six hours for a year; of each look who is trusted, who signs. */
  async function year() {
    let all: readonly Authority[] = [];
    const looks = [];
    for (let now = DAY; now < 366 * DAY; now += DAY / 4) {
      all = await kept(all, now);
      looks.push({ now, trusted: trusted(all, now), signs: signing(all, now) as Authority });
    }
    return looks;
  }

  it('follow each other: who signs is valid for all that it signs, and was trusted for a day, or is the first', async () => {
    const looks = await year();
    const first = looks[0]?.signs;
    for (const [at, { now, signs, trusted: those }] of looks.entries()) {
      expect(those).toContain(signs);
      expect(signs.to - now, 'a leaf of a day').toBeGreaterThan(DAY);
      const dayBefore = looks[at - 4];
      if (signs !== first && dayBefore !== undefined) expect(dayBefore.trusted).toContain(signs);
      // What was signed yesterday is trusted today.
      if (dayBefore !== undefined) expect(those).toContain(dayBefore.signs);
    }
    expect(new Set(looks.map(({ signs }) => signs.cert)).size).toBeGreaterThan(3);
    expect(Math.max(...looks.map(({ trusted: those }) => those.length))).toBe(2);
  });

  it('are made ahead of time, and one that is made is not made again', async () => {
    const [first] = await kept([], 0);
    expect(isDue([first as Authority], (first as Authority).to - AHEAD_MS - 1)).toBe(false);
    expect(isDue([first as Authority], (first as Authority).to - AHEAD_MS + 1)).toBe(true);
    const both = await kept([first as Authority], (first as Authority).to - AHEAD_MS + 1);
    expect(await kept(both, (first as Authority).to - AHEAD_MS + 2)).toEqual(both);
    expect(signing(both, (both[1] as Authority).from + KNOWN_MS - 1)).toBe(both[0]);
    expect(signing(both, (both[1] as Authority).from + KNOWN_MS)).toBe(both[1]);
  });
});
