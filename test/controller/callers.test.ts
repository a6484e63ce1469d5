/** Who may scale directly: the API Server is asked once, and its answers are kept for a while. */
import { describe, expect, it } from 'vitest';
import type { KubernetesClient, KubernetesRequest } from '../../impl/controller/kubernetes/client.ts';
import { callersOf, toScale } from '../../impl/controller/process/callers.ts';

const USER = { username: 'gateway', uid: 'u-1', groups: ['g'], extra: { scopes: ['a'] } };

/** An API Server that knows one token, and lets its user scale `default/web` alone. */
function world() {
  const asked: unknown[] = [];
  const state = { now: 0, isDown: false, isTokenGood: true };
  const client = {
    async request({ path, body }: KubernetesRequest) {
      asked.push((body as { spec: unknown }).spec);
      if (state.isDown) throw new Error('no answer');
      const { spec } = body as { spec: { token?: string; resourceAttributes?: { name: string } } };
      if (path.endsWith('/tokenreviews'))
        return {
          status:
            spec.token === 'good' && state.isTokenGood
              ? { authenticated: true, user: USER }
              : { error: 'no' },
        };
      return { status: { allowed: spec.resourceAttributes?.name === 'web' } };
    },
  } as unknown as KubernetesClient;
  return { asked, state, callers: callersOf(client, () => state.now) };
}

describe('callers of the direct scale API', () => {
  it('a user who may update the scale may scale; the API Server is told all it needs', async () => {
    const { asked, callers } = world();
    expect(await callers.judge('good', toScale('default', 'web'))).toEqual({
      allowed: true,
      user: 'gateway',
    });
    const { username, ...rest } = USER;
    const resourceAttributes = {
      ...{ group: 'apps', resource: 'deployments', subresource: 'scale' },
      ...{ verb: 'update', namespace: 'default', name: 'web' },
    };
    expect(asked).toEqual([{ token: 'good' }, { user: username, ...rest, resourceAttributes }]);
  });

  it('asks once for many requests, also for those at the same moment, and again after a minute', async () => {
    const { asked, state, callers } = world();
    await Promise.all([1, 2, 3].map(() => callers.judge('good', toScale('default', 'web'))));
    state.now = 59_000;
    await callers.judge('good', toScale('default', 'web'));
    expect(asked).toHaveLength(2);
    state.now = 61_000;
    state.isTokenGood = false;
    expect(await callers.judge('good', toScale('default', 'web'))).toMatchObject({
      allowed: false,
      status: 401,
    });
    expect(asked).toHaveLength(3);
  });

  it.each([
    [null, 'web', 401, 'CALLER_UNAUTHENTICATED'],
    ['bad', 'web', 401, 'CALLER_UNAUTHENTICATED'],
    ['good', 'other', 403, 'CALLER_FORBIDDEN'],
  ] as const)('token %j for %s: %i %s; kept for five seconds', async (token, name, status, code) => {
    const { asked, state, callers } = world();
    expect(await callers.judge(token, toScale('default', name))).toMatchObject({
      allowed: false,
      status,
      code,
    });
    const first = asked.length;
    await callers.judge(token, toScale('default', name));
    expect(asked).toHaveLength(first);
    state.now = 6_000;
    await callers.judge(token, toScale('default', name));
    expect(asked.length).toBe(token === null ? 0 : first + 1);
  });

  it('a right to one Deployment is none to another', async () => {
    const { callers } = world();
    await callers.judge('good', toScale('default', 'web'));
    expect(await callers.judge('good', toScale('other', 'not-web'))).toMatchObject({ status: 403 });
  });

  it('no answer is 503, and is not kept', async () => {
    const { state, callers } = world();
    state.isDown = true;
    expect(await callers.judge('good', toScale('default', 'web'))).toMatchObject({
      ...{ status: 503, code: 'API_SERVER_UNREACHABLE' },
      message: expect.stringContaining('no answer'),
    });
    state.isDown = false;
    expect(await callers.judge('good', toScale('default', 'web'))).toMatchObject({ allowed: true });
  });

  describe('of strangers', () => {
    const web = toScale('default', 'web');
    const flood = async (callers: ReturnType<typeof world>['callers'], from: string, count: number) => {
      const judged = Array.from({ length: count }, (_, i) => callers.judge(`${from}-${i}`, web, from));
      const statuses = (await Promise.all(judged)).map((verdict) => (verdict.allowed ? 200 : verdict.status));
      return [401, 429].map((status) => statuses.filter((one) => one === status).length);
    };

    it('asks about so many of one address, and of all, and no more; others and those it knows are let in', async () => {
      const { asked, state, callers } = world();
      expect(await callers.judge('good', web, 'friend')).toMatchObject({ allowed: true });
      expect(await flood(callers, 'a', 1_000)).toEqual([20, 980]);
      expect(asked).toHaveLength(22);
      // Another address, with a token that was not seen before.
      expect(await callers.judge('other', web, 'b')).toMatchObject({ status: 401 });
      for (const from of 'cdefgh') await flood(callers, from, 1_000);
      expect(asked.length).toBeLessThanOrEqual(102);
      expect(await callers.judge('new', web, 'z')).toMatchObject({
        ...{ status: 429, code: 'CALLER_THROTTLED' },
      });
      // A minute later it is asked anew about whom it knew; the flood goes on.
      state.now = 61_000;
      await flood(callers, 'a', 1_000);
      for (const from of 'cdefghij') await flood(callers, from, 1_000);
      expect(await callers.judge('good', web, 'a')).toMatchObject({ allowed: true });
    });

    it('no number of denials drives out what was allowed', async () => {
      const { asked, state, callers } = world();
      await callers.judge('good', web, 'friend');
      for (let round = 0; round < 600; round += 1) {
        state.now += 10;
        await callers.judge(`bad-${round}`, web, `${round}`);
      }
      const before = asked.length;
      await callers.judge('good', web, 'friend');
      expect(asked).toHaveLength(before);
    });

    it('about one user and many Deployments: the same bound', async () => {
      const { callers } = world();
      const of = (i: number) => callers.judge('good', toScale('default', `name-${i}`), 'a');
      const statuses = (await Promise.all(Array.from({ length: 100 }, (_, i) => of(i)))).map((verdict) =>
        verdict.allowed ? 200 : verdict.status,
      );
      expect(statuses.filter((status) => status === 403)).toHaveLength(19);
      expect(statuses.filter((status) => status === 429)).toHaveLength(81);
    });
  });
});
