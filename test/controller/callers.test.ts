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
});
