/** What people ask for in a chaos run is asked for, or said to have failed. */
import { afterEach, describe, expect, it } from 'vitest';
import { actOf, type People } from '../../impl/chaos/people.ts';
import type { Callers } from '../../impl/controller/process/callers.ts';
import type { Listening } from '../../impl/controller/process/listen.ts';
import { serveScaleApi } from '../../impl/controller/process/scaleApi.ts';

let api: Listening | null = null;
afterEach(() => api?.close());

const NOBODY: Callers = {
  judge: async () => ({ allowed: false, status: 401, code: 'CALLER_UNAUTHENTICATED', message: 'no token' }),
};

/** People in front of a direct scale API, and what it was asked for. */
async function people(callers: Callers | null) {
  const scaled: [string, number][] = [];
  api = await serveScaleApi(
    { listen: '127.0.0.1:0', callers },
    {
      find: (_, name) => ({ uid: name, ineligible: [], autoscaled: false }),
      scale: (uid, replicas) => scaled.push([uid, replicas]) > 0,
      report: () => false,
    },
  );
  const members = new Map([['autoscaler', { process: { scaleApi: api.address } }]]);
  const who = { world: { members }, deployments: (planned: string) => `chaos-1-${planned}` };
  return { scaled, who: who as unknown as People };
}
const ACT = { act: 'request', deployment: 'd', replicas: 3, at: 0 } as const;

describe('a direct scale request of a chaos run', () => {
  it('reaches the API', async () => {
    const { scaled, who } = await people(null);
    expect(await actOf(who, ACT)).toBe('direct scale chaos-1-d 3');
    expect(scaled).toEqual([['chaos-1-d', 3]]);
  });

  it('that is refused counts as failed', async () => {
    const { scaled, who } = await people(NOBODY);
    await expect(actOf(who, ACT)).rejects.toThrow('the direct scale API answered 401');
    expect(scaled).toEqual([]);
  });
});
