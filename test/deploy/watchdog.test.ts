/** The watchdog fails open: by its own clock, never over what it could not see, and never back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acquireIncarnation } from '../../impl/controller/incarnation.ts';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import { leaseName, OWNER_SWITCH, SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import { readOwner, writeOwner } from '../../impl/deploy/owner.ts';
import { look, type Reading, UNWATCHED, type Watch, watchdog } from '../../impl/deploy/watchdog.ts';
import { type Embedded, startEmbedded } from '../../impl/embedded/index.ts';
import { until } from '../controller/support/kubedirect.ts';

const NEEDED = ['deployment', 'replicaset', 'scheduler'] as const;
const patience = { afterMs: 60, intervalMs: 10 };
const reading = (renewTime: string, change: Partial<Reading> = {}): Reading => ({
  owner: 'direct',
  leases: new Map(
    NEEDED.map((stage) => [stage, { spec: { holderIdentity: 'p', renewTime } }]),
  ) as Reading['leases'],
  ...change,
});
/** Looks every 10 ms. */
function looks(readings: readonly Reading[], start: Watch = UNWATCHED, every = 10) {
  let watch = start;
  const acts: string[] = [];
  for (const [at, one] of readings.entries()) {
    const [next, act] = look(watch, one, at * every, patience);
    watch = next;
    acts.push(act.act);
  }
  return acts;
}

describe('a look', () => {
  it('leaves stages alone that renew', () => {
    expect(new Set(looks(Array.from({ length: 30 }, (_, at) => reading(String(at)))))).toEqual(
      new Set(['nothing']),
    );
  });
  it('releases once one of them has stood still for the time, not before', () => {
    expect(looks(Array.from({ length: 7 }, () => reading('0')))).toEqual([
      ...Array(6).fill('nothing'),
      'release',
    ]);
  });
  it('does so where nobody holds a Lease', () => {
    const none = reading('0', { leases: new Map() });
    expect(looks(Array.from({ length: 7 }, () => none)).at(-1)).toBe('release');
  });
  it('watches anew after a pause of its own', () => {
    expect(
      new Set(
        looks(
          Array.from({ length: 9 }, () => reading('0')),
          UNWATCHED,
          100,
        ),
      ),
    ).toEqual(new Set(['nothing']));
  });
  it('does nothing under stock', () => {
    const stock = Array.from({ length: 9 }, () => reading('0', { owner: 'stock' }));
    expect(new Set(looks(stock))).toEqual(new Set(['nothing']));
  });
  it('writes a deleted or damaged switch again, as it was read last; stock if it never was', () => {
    const [, act] = look({ ...UNWATCHED, owner: 'direct' }, reading('0', { owner: null }), 0, patience);
    expect(act).toEqual({ act: 'mend', owner: 'direct' });
    expect(look(UNWATCHED, reading('0', { owner: 'damaged' }), 0, patience)[1]).toEqual({
      act: 'mend',
      owner: 'stock',
    });
  });
  it('writes what is managed again with it, also where that alone is gone, and after a look that failed', () => {
    const knows = { ...UNWATCHED, owner: 'direct' as const, scope: 'shop' };
    expect(look(knows, reading('0', { owner: null }), 0, patience)[1]).toEqual({
      ...{ act: 'mend', owner: 'direct', scope: 'shop' },
    });
    const [watch, act] = look(knows, reading('0'), 0, patience);
    expect([watch.scope, act]).toEqual(['shop', { act: 'mend', owner: 'direct', scope: 'shop' }]);
    expect(look(watch, reading('0', { scope: 'shop' }), 0, patience)[1]).toEqual({ act: 'nothing' });
  });
  it('makes no switch where it has never seen one: stages may run before `install` makes it', () => {
    expect(look(UNWATCHED, { owner: null, leases: new Map() }, 0, patience)[1]).toEqual({ act: 'nothing' });
    expect(look(UNWATCHED, reading('0', { owner: null }), 0, patience)[1]).toEqual({ act: 'nothing' });
  });
});

describe('the watchdog', () => {
  let embedded: Embedded;
  let client: KubernetesClient;
  const ending = new AbortController();
  let hasLooked = false;
  const owner = async () => (await readOwner(client, SYSTEM_NAMESPACE).catch(() => undefined))?.owner;
  const path = pathOf({ resource: 'configmaps', namespace: SYSTEM_NAMESPACE, name: OWNER_SWITCH });

  beforeAll(async () => {
    embedded = await startEmbedded({ nodes: 1 });
    client = createKubernetesClient({ kubeconfig: embedded.kubeconfig });
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE } };
    await client.request({ method: 'POST', path: pathOf({ resource: 'namespaces' }), body });
    await writeOwner(client, SYSTEM_NAMESPACE, 'direct');
    for (const stage of NEEDED)
      await acquireIncarnation(client, {
        ...{ namespace: SYSTEM_NAMESPACE, name: leaseName(stage), holder: 'the test', nowMs: 1 },
      });
    void watchdog({
      ...{ client, namespace: SYSTEM_NAMESPACE, signal: ending.signal, afterMs: 1_500, intervalMs: 100 },
      onLook: (watch) => {
        hasLooked ||= watch?.owner === 'direct';
      },
      log: () => {},
    });
  }, 60_000);
  afterAll(async () => {
    ending.abort();
    await client?.close();
    await embedded?.stop();
  });

  it('mends the switch, and switches to stock when nobody has renewed for the time', async () => {
    await until('the watchdog has seen the switch', () => hasLooked);
    await client.request({ method: 'PATCH', path, patchType: 'merge', body: { data: { owner: 'nobody' } } });
    await until('the switch is mended', async () => (await owner()) !== undefined);
    await until('it says stock', async () => (await owner()) === 'stock');
  });
});
