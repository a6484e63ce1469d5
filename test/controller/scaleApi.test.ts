/** The direct scale API: what it takes, and a stable code for each thing that it does not. */
import https from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../impl/controller/links/certificates.ts';
import { type Callers, toScale, type Verdict } from '../../impl/controller/process/callers.ts';
import type { Listening } from '../../impl/controller/process/listen.ts';
import {
  type ScaleSubject,
  type ScaleTarget,
  serveScaleApi,
} from '../../impl/controller/process/scaleApi.ts';
import { ERROR_CODES } from '../../spec/errors.ts';

const KNOWN: Readonly<Record<string, ScaleSubject>> = {
  'default/web': { uid: 'u-web', ineligible: [], autoscaled: false },
  'default/gang': {
    ...{ uid: 'u-gang', autoscaled: false },
    ineligible: ['spec.workloadRef: gang scheduling is not honoured'],
  },
  'default/fn': { uid: 'u-fn', ineligible: [], autoscaled: true },
  'default/odd': { uid: 'u-odd', ineligible: [], autoscaled: { wrong: ['target: expected a number'] } },
};
const scaled: [string, number][] = [];
const reported: [string, string, number][] = [];
let isRunning = true;
const TARGET: ScaleTarget = {
  find: (namespace, name) => KNOWN[`${namespace}/${name}`],
  scale: (deployment, replicas) => {
    if (isRunning) scaled.push([deployment, replicas]);
    return isRunning;
  },
  report: (deployment, reporter, concurrency) => {
    if (isRunning) reported.push([deployment, reporter, concurrency]);
    return isRunning;
  },
};
const concurrencyOf = (name: string) => `/v1/namespaces/default/deployments/${name}/concurrency`;
let api: Listening;

beforeAll(async () => {
  api = await serveScaleApi({ listen: '127.0.0.1:0', callers: null }, TARGET);
});
afterAll(() => api.close());

async function ask(
  name: string,
  body: string,
  method = 'PUT',
  path = `/v1/namespaces/default/deployments/${name}/scale`,
) {
  const answer = await fetch(`http://${api.address}${path}`, { method, ...(method !== 'GET' && { body }) });
  return { status: answer.status, ...((await answer.json()) as { code?: string; message?: string }) };
}

describe('the direct scale API', () => {
  it.each([0, 200, 2 ** 31 - 1])('takes %i', async (replicas) => {
    expect(await ask('web', JSON.stringify({ replicas }))).toMatchObject({
      status: 202,
      deployment: 'u-web',
    });
    expect(scaled.at(-1)).toEqual(['u-web', replicas]);
  });

  it.each([
    ['text that is no JSON', 400, 'FLAG_INVALID', ['web', '{"replicas":']],
    ['no replicas', 400, 'FLAG_INVALID', ['web', '{}']],
    ['null', 400, 'FLAG_INVALID', ['web', 'null']],
    ['replicas below 0', 400, 'FLAG_INVALID', ['web', '{"replicas": -1}']],
    ['a fraction', 400, 'FLAG_INVALID', ['web', '{"replicas": 1.5}']],
    ['replicas as text', 400, 'FLAG_INVALID', ['web', '{"replicas": "1"}']],
    ['replicas above 32 bits', 400, 'FLAG_INVALID', ['web', '{"replicas": 2147483648}']],
    ['a Deployment that is not there', 404, 'DEPLOYMENT_UNKNOWN', ['other', '{"replicas": 1}']],
    ['a Deployment that is not eligible', 422, 'DEPLOYMENT_NOT_ELIGIBLE', ['gang', '{"replicas": 1}']],
    ['another path', 404, 'PATH_UNKNOWN', ['', '{}', 'PUT', '/v2/scale']],
    ['another method', 405, 'METHOD_NOT_ALLOWED', ['web', '', 'GET']],
    ['a body that is too large', 413, 'BODY_TOO_LARGE', ['web', `{"replicas": 1${' '.repeat(5_000)}}`]],
  ] as const)('%s is %i %s, and scales nothing', async (_, status, code, request) => {
    const before = scaled.length;
    expect(await ask(...(request as unknown as Parameters<typeof ask>))).toMatchObject({ status, code });
    expect(scaled).toHaveLength(before);
    expect(Object.keys(ERROR_CODES)).toContain(code);
  });

  it.each([
    ['a report', 202, undefined, ['fn', '{"reporter": "g", "concurrency": 2.5}', 'PUT', concurrencyOf('fn')]],
    ['one without a reporter', 400, 'FLAG_INVALID', ['fn', '{"concurrency": 2}', 'PUT', concurrencyOf('fn')]],
    [
      'one below 0',
      400,
      'FLAG_INVALID',
      ['fn', '{"reporter": "g", "concurrency": -1}', 'PUT', concurrencyOf('fn')],
    ],
    [
      'one of what nobody autoscales',
      409,
      'DEPLOYMENT_NOT_AUTOSCALED',
      ['web', '{"reporter": "g", "concurrency": 1}', 'PUT', concurrencyOf('web')],
    ],
    [
      'one of a policy that is wrong',
      422,
      'POLICY_INVALID',
      ['odd', '{"reporter": "g", "concurrency": 1}', 'PUT', concurrencyOf('odd')],
    ],
    ['replicas of what is autoscaled', 409, 'DEPLOYMENT_AUTOSCALED', ['fn', '{"replicas": 1}']],
    ['replicas of a policy that is wrong', 422, 'POLICY_INVALID', ['odd', '{"replicas": 1}']],
  ] as const)(
    '%s is %i %s: exactly one autoscaler decides per Deployment',
    async (_, status, code, request) => {
      const before = [scaled.length, reported.length];
      expect(await ask(...(request as unknown as Parameters<typeof ask>))).toMatchObject({
        status,
        ...(code !== undefined && { code }),
      });
      expect([scaled.length, reported.length]).toEqual([
        before[0],
        (before[1] as number) + (status === 202 ? 1 : 0),
      ]);
      if (status === 202) expect(reported.at(-1)).toEqual(['u-fn', 'g', 2.5]);
    },
  );

  it('says what is not eligible, and STAGE_NOT_RUNNING while A has no life', async () => {
    expect((await ask('gang', '{"replicas": 1}')).message).toContain('gang scheduling is not honoured');
    isRunning = false;
    expect(await ask('web', '{"replicas": 1}')).toMatchObject({ status: 503, code: 'STAGE_NOT_RUNNING' });
  });
});

describe('the direct scale API, where callers are judged', () => {
  const VERDICTS: Readonly<Record<string, Verdict>> = {
    good: { allowed: true, user: 'gateway' },
    other: { allowed: false, status: 403, code: 'CALLER_FORBIDDEN', message: 'expected another user' },
    none: { allowed: false, status: 401, code: 'CALLER_UNAUTHENTICATED', message: 'expected a token' },
  };
  const seen: unknown[] = [];
  const callers: Callers = {
    async judge(...asked) {
      seen.push(asked);
      return VERDICTS[asked[0] ?? 'none'] as Verdict;
    },
  };
  const PATH = '/v1/namespaces/default/deployments/web/scale';
  let judged: Listening;
  beforeAll(async () => {
    isRunning = true;
    judged = await serveScaleApi({ listen: '127.0.0.1:0', callers }, TARGET);
  });
  afterAll(() => judged.close());

  it.each([
    ['Bearer good', 202, undefined],
    ['bearer good', 202, undefined],
    ['Bearer other', 403, 'CALLER_FORBIDDEN'],
    ['Basic Z29vZA==', 401, 'CALLER_UNAUTHENTICATED'],
    ['Bearer good good', 401, 'CALLER_UNAUTHENTICATED'],
    [undefined, 401, 'CALLER_UNAUTHENTICATED'],
  ])(
    '%s is answered %i; who is refused scales nothing, and learns nothing',
    async (authorization, status, code) => {
      const before = scaled.length;
      const answer = await fetch(`http://${judged.address}${PATH}`, {
        method: 'PUT',
        body: '{"replicas": 4}',
        headers: authorization === undefined ? {} : { authorization },
      });
      expect({ status: answer.status, ...((await answer.json()) as object) }).toMatchObject({
        status,
        ...(code !== undefined && { code }),
      });
      expect(scaled).toHaveLength(before + (status === 202 ? 1 : 0));
      expect(seen.at(-1)).toEqual([
        status === 401 ? null : (authorization?.split(' ')[1] ?? null),
        toScale('default', 'web'),
        '127.0.0.1',
      ]);
    },
  );

  it('is served by TLS, to who trusts its certificate', async () => {
    const pair = await (await createAuthority()).issue('autoscaler');
    const tls = { current: pair, onRotated: () => () => {} };
    const safe = await serveScaleApi({ listen: '127.0.0.1:0', callers, tls }, TARGET);
    const ask = (options: https.RequestOptions) =>
      new Promise<number | undefined>((resolve, reject) => {
        https
          .request(`https://${safe.address}${PATH}`, {
            ...{ method: 'PUT', headers: { authorization: 'Bearer good' }, agent: false },
            ...options,
          })
          .on('response', (answer) => resolve(answer.resume().statusCode))
          .on('error', reject)
          .end('{"replicas": 5}');
      });
    expect(await ask({ ca: pair.ca, checkServerIdentity: () => undefined })).toBe(202);
    await expect(ask({})).rejects.toThrow();
    await safe.close();
  });
});
