/** The published schema of the direct scale API says what the API takes and answers. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Listening } from '../../impl/controller/process/listen.ts';
import { serveScaleApi } from '../../impl/controller/process/scaleApi.ts';
import { ERROR_CODES } from '../../spec/errors.ts';

interface Bounds {
  readonly type: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
}
const schema = JSON.parse(
  fs.readFileSync(path.join(import.meta.dirname, '../../docs/scale-api.openapi.json'), 'utf8'),
) as {
  readonly paths: Record<string, { put: { responses: Record<string, { description: string }> } }>;
  readonly components: { schemas: Record<string, { properties: Record<string, Bounds> }> };
};
const { Scale, Concurrency } = schema.components.schemas;
const bodies = {
  scale: { of: Scale, good: { replicas: 1 } },
  concurrency: { of: Concurrency, good: { reporter: 'g', concurrency: 1 } },
} as const;

let api: Listening;
beforeAll(async () => {
  api = await serveScaleApi(
    { listen: '127.0.0.1:0', callers: null },
    {
      find: (_, name) => ({ uid: 'u', ineligible: [], autoscaled: name === 'concurrency' }),
      scale: () => true,
      report: () => true,
    },
  );
});
afterAll(() => api.close());

const pathOf = (what: string) => `/v1/namespaces/{namespace}/deployments/{name}/${what}`;
const ask = async (what: string, body: unknown, name = what) => {
  const url = `http://${api.address}${pathOf(what).replace('{namespace}', 'default').replace('{name}', name)}`;
  const answer = await fetch(url, { method: 'PUT', body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as { code?: string } };
};

describe.each(Object.entries(bodies))('%s, as its schema says', (what, { of, good }) => {
  const { responses } = (schema.paths[pathOf(what)] as (typeof schema.paths)[string]).put;

  it('takes each field at its bounds, and nothing beyond them, nor without it', async () => {
    for (const [field, { minimum, maximum, maxLength }] of Object.entries(of?.properties ?? {})) {
      const inside = maxLength === undefined ? [minimum, maximum] : ['x', 'x'.repeat(maxLength)];
      const outside =
        maxLength === undefined
          ? [(minimum as number) - 1, (maximum as number) + 1, 'text', undefined]
          : ['', 'x'.repeat(maxLength + 1), 1, undefined];
      for (const value of inside) {
        const { status, body } = await ask(what, { ...good, [field]: value });
        expect([field, value, status]).toEqual([field, value, 202]);
        expect(body).toEqual({ deployment: 'u', ...good, [field]: value });
      }
      for (const value of outside) expect((await ask(what, { ...good, [field]: value })).status).toBe(400);
    }
  });

  it('answers what it says, with codes that it names and that exist', async () => {
    const { status, body } = await ask(what, good, what === 'scale' ? 'concurrency' : 'scale');
    expect(responses[status]?.description).toContain(body.code);
    for (const [code, { description }] of Object.entries(responses))
      if (code !== '202')
        for (const name of description.match(/\b[A-Z]+(_[A-Z]+)+\b/g) ?? [])
          expect(ERROR_CODES).toHaveProperty(name);
  });
});
