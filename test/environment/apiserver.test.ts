import { describe, expect, it } from 'vitest';
import type { WatchEvent } from '../../machines/environment/apiserver/types.ts';
import { openWatch, project } from '../../machines/environment/apiserver/watch.ts';
import { isObject } from '../../machines/environment/json.ts';
import { Bench, template } from './support/world.ts';

const still = () => new Bench({ without: ['deployments', 'replicaSets', 'scheduler', 'kubelet'] });
const reason = (body: unknown) => (isObject(body) ? body.reason : undefined);

describe('resourceVersion and optimistic concurrency', () => {
  it('counts every write of every resource in one counter', () => {
    const bench = still();
    const first = bench.must({ verb: 'create', resource: 'configmaps', body: { metadata: { name: 'a' } } });
    const second = bench.deploy('d', 1);
    expect(Number(second.metadata.resourceVersion)).toBe(Number(first.metadata.resourceVersion) + 1);
    expect(bench.world.api.revision).toBe(Number(second.metadata.resourceVersion));
  });

  it('refuses an update written against an older version with 409, and changes nothing', () => {
    const bench = still();
    const old = bench.must({
      verb: 'create',
      resource: 'configmaps',
      body: { metadata: { name: 'a' }, data: { k: '1' } },
    });
    bench.must({
      verb: 'update',
      resource: 'configmaps',
      name: 'a',
      body: { metadata: { name: 'a' }, data: { k: '2' } },
    });
    const before = bench.world;
    const answer = bench.ask({
      verb: 'update',
      resource: 'configmaps',
      name: 'a',
      body: { ...old, data: { k: '3' } },
    });
    expect([answer.code, reason(answer.body)]).toEqual([409, 'Conflict']);
    expect(bench.world).toBe(before);
  });

  it('writes nothing, and tells no watcher, when an update changes nothing', () => {
    const bench = still();
    bench.must({
      verb: 'create',
      resource: 'configmaps',
      body: { metadata: { name: 'a' }, data: { k: '1' } },
    });
    const { revision } = bench.world.api;
    bench.events.length = 0;
    bench.must({
      verb: 'patch',
      resource: 'configmaps',
      name: 'a',
      patchType: 'merge',
      body: { data: { k: '1' } },
    });
    expect(bench.world.api.revision).toBe(revision);
    expect(bench.events).toEqual([]);
  });

  it('changes nothing in a dry run, and answers as if it had', () => {
    const bench = still();
    const before = bench.world;
    const body = { metadata: { name: 'a' }, data: { k: '1' } };
    const answer = bench.ask({ verb: 'create', resource: 'configmaps', body, options: { dryRun: true } });
    expect(answer.code).toBe(201);
    expect(answer.object?.metadata.uid).toBeTruthy();
    expect(bench.world).toBe(before);
  });

  it('gives the same state for the same seed and inputs, and other uids for another seed', () => {
    const act = (seed: number) => {
      const bench = new Bench({}, seed);
      bench.node('n');
      bench.deploy('d', 3);
      bench.settle();
      return bench.pods().map((pod) => pod.metadata.uid);
    };
    expect(act(7)).toEqual(act(7));
    expect(act(7)).not.toEqual(act(8));
    expect(new Set(act(7)).size).toBe(3);
  });
});

describe('generation and ownership of replicas (protocol 8)', () => {
  const owner = (bench: Bench) =>
    (bench.deployment('d').metadata.managedFields ?? [])
      .filter((entry) => isObject(entry.fieldsV1['f:spec']) && 'f:replicas' in entry.fieldsV1['f:spec'])
      .map(({ manager, operation, subresource, time }) => [
        manager,
        operation,
        subresource,
        time !== undefined,
      ]);
  const patch = (bench: Bench, manager: string, body: object) =>
    bench.must({
      verb: 'patch',
      resource: 'deployments',
      name: 'd',
      patchType: 'merge',
      body,
      options: { fieldManager: manager },
    });

  it('raises the generation by one for a patch of the annotation alone, which takes no ownership', () => {
    const bench = still();
    bench.deploy('d', 3);
    patch(bench, 'kubedirect-d', { metadata: { annotations: { written: 'x' } }, spec: { replicas: 3 } });
    expect(bench.deployment('d').metadata.generation).toBe(2);
    expect(owner(bench)).toEqual([['test', 'Update', undefined, true]]);
  });

  it('gives ownership to who changes the value', () => {
    const bench = still();
    bench.deploy('d', 3);
    patch(bench, 'kubedirect-d', { spec: { replicas: 4 } });
    expect(owner(bench)).toEqual([['kubedirect-d', 'Update', undefined, true]]);
    expect(bench.deployment('d').metadata.generation).toBe(2);
  });

  it('notes a write through the scale subresource in an entry without a time, there and back too', () => {
    const bench = still();
    bench.deploy('d', 3);
    for (const replicas of [5, 3]) {
      const asked = { resource: 'deployments', name: 'd', subresource: 'scale', patchType: 'merge' } as const;
      bench.must({
        verb: 'patch',
        ...asked,
        body: { spec: { replicas } },
        options: { fieldManager: 'kubectl' },
      });
    }
    expect(owner(bench)).toEqual([['kubectl', 'Update', 'scale', false]]);
    expect(bench.deployment('d').metadata.generation).toBe(3);
  });

  it('leaves replicas without an owner when they are scaled to zero, and then tracks no scale', () => {
    const bench = still();
    bench.deploy('d', 3);
    bench.scale('d', 0);
    expect(owner(bench)).toEqual([]);
    bench.scale('d', 2);
    expect(owner(bench)).toEqual([]);
    expect(bench.deployment('d').metadata.generation).toBe(3);
  });

  it('shares ownership between appliers of the same value, and refuses another value unless forced', () => {
    const bench = still();
    bench.deploy('d', 3);
    const apply = (manager: string, replicas: number, force = false) =>
      bench.ask({
        verb: 'patch',
        resource: 'deployments',
        name: 'd',
        patchType: 'apply',
        body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { replicas } },
        options: { fieldManager: manager, force },
      });
    expect(apply('a', 3).code).toBe(200);
    expect(owner(bench)).toContainEqual(['a', 'Apply', undefined, true]);
    const refused = apply('b', 4);
    expect([refused.code, reason(refused.body)]).toEqual([409, 'Conflict']);
    expect(apply('b', 4, true).code).toBe(200);
    expect(owner(bench)).toEqual([['b', 'Apply', undefined, true]]);
  });

  it('keeps the status from a write to the spec, and the spec from a write to the status', () => {
    const bench = still();
    const made = bench.deploy('d', 3);
    const asked = { resource: 'deployments', name: 'd', patchType: 'merge' } as const;
    bench.must({
      verb: 'patch',
      ...asked,
      subresource: 'status',
      body: { spec: { replicas: 9 }, status: { replicas: 1 } },
    });
    bench.must({ verb: 'patch', ...asked, body: { status: { replicas: 7 } } });
    const { spec, status, metadata } = bench.deployment('d');
    expect([spec.replicas, status?.replicas, metadata.generation]).toEqual([3, 1, made.metadata.generation]);
  });
});

describe('deletion', () => {
  const pod = (bench: Bench, name: string, more: object = {}, metadata: object = {}) =>
    bench.must({
      verb: 'create',
      resource: 'pods',
      body: { metadata: { name, ...metadata }, spec: { containers: [{ name: 'c', image: 'i' }], ...more } },
    });

  it('lets an unbound Pod go at once, and gives a bound one its grace period', () => {
    const bench = still();
    pod(bench, 'unbound');
    pod(bench, 'bound', { nodeName: 'elsewhere' });
    bench.must({ verb: 'delete', resource: 'pods', name: 'unbound' });
    const going = bench.must({ verb: 'delete', resource: 'pods', name: 'bound' });
    expect(going.metadata.deletionGracePeriodSeconds).toBe(30);
    expect(bench.pods().map((one) => one.metadata.name)).toEqual(['bound']);
    bench.must({ verb: 'delete', resource: 'pods', name: 'bound', options: { gracePeriodSeconds: 0 } });
    expect(bench.pods()).toEqual([]);
  });

  it('only ever shortens a grace period that runs', () => {
    const bench = still();
    pod(bench, 'p', { nodeName: 'elsewhere' });
    const remove = (grace: number) =>
      bench.must({ verb: 'delete', resource: 'pods', name: 'p', options: { gracePeriodSeconds: grace } })
        .metadata;
    expect(remove(20).deletionGracePeriodSeconds).toBe(20);
    expect(remove(60).deletionGracePeriodSeconds).toBe(20);
    expect(remove(5).deletionGracePeriodSeconds).toBe(5);
  });

  it('honours preconditions on uid and resourceVersion', () => {
    const bench = still();
    const { metadata } = pod(bench, 'p');
    for (const preconditions of [{ uid: 'other' }, { resourceVersion: '1' }]) {
      const answer = bench.ask({ verb: 'delete', resource: 'pods', name: 'p', options: { preconditions } });
      expect([answer.code, reason(answer.body)]).toEqual([409, 'Conflict']);
    }
    const preconditions = { uid: metadata.uid, resourceVersion: metadata.resourceVersion };
    expect(bench.ask({ verb: 'delete', resource: 'pods', name: 'p', options: { preconditions } }).code).toBe(
      200,
    );
  });

  it('keeps an object until its last finalizer has gone', () => {
    const bench = still();
    pod(bench, 'p', {}, { finalizers: ['example.com/hold'] });
    bench.must({ verb: 'delete', resource: 'pods', name: 'p' });
    expect(bench.pods()).toHaveLength(1);
    bench.must({
      verb: 'patch',
      resource: 'pods',
      name: 'p',
      patchType: 'merge',
      body: { metadata: { finalizers: null } },
    });
    expect(bench.pods()).toEqual([]);
  });

  it('never gives a uid to a second object of the same name', () => {
    const bench = still();
    const first = pod(bench, 'p');
    bench.must({ verb: 'delete', resource: 'pods', name: 'p' });
    expect(pod(bench, 'p').metadata.uid).not.toBe(first.metadata.uid);
  });
});

describe('validation', () => {
  it.each([
    [
      'a Deployment whose selector does not match its template',
      { selector: { matchLabels: { app: 'x' } } },
      'spec.template.metadata.labels',
    ],
    ['negative replicas', { replicas: -1 }, 'spec.replicas'],
    [
      'a rollout that could neither surge nor miss',
      { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
      'spec.strategy.rollingUpdate.maxUnavailable',
    ],
    [
      'a template without containers',
      { template: { metadata: { labels: { app: 'd' } }, spec: { containers: [] } } },
      'spec.template.spec.containers',
    ],
    [
      'a quantity that is none',
      { template: template('d', {}, 'i', '1potato') },
      'spec.template.spec.containers[0].resources.requests[cpu]',
    ],
  ])('refuses %s with 422 and the field', (_, spec, field) => {
    const bench = still();
    const whole = { replicas: 1, selector: { matchLabels: { app: 'd' } }, template: template('d'), ...spec };
    const answer = bench.ask({
      verb: 'create',
      resource: 'deployments',
      body: { metadata: { name: 'd' }, spec: whole },
    });
    expect(answer.code).toBe(422);
    expect(JSON.stringify(answer.body?.details)).toContain(`"field":"${field}"`);
  });

  it('refuses a change of a Pod spec but for its image', () => {
    const bench = still();
    bench.must({
      verb: 'create',
      resource: 'pods',
      body: { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    });
    const patch = (spec: object) =>
      bench.ask({ verb: 'patch', resource: 'pods', name: 'p', patchType: 'strategic', body: { spec } }).code;
    expect(patch({ nodeName: 'n' })).toBe(422);
    expect(patch({ containers: [{ name: 'c', image: 'other' }] })).toBe(200);
  });

  it('refuses what a namespace that is missing or going would hold', () => {
    const bench = still();
    const create = (namespace: string) =>
      bench.ask({ verb: 'create', resource: 'configmaps', namespace, body: { metadata: { name: 'c' } } });
    expect(create('nowhere').code).toBe(404);
    bench.must({ verb: 'create', resource: 'namespaces', body: { metadata: { name: 'going' } } });
    bench.must({ verb: 'delete', resource: 'namespaces', name: 'going' });
    expect([create('going').code, reason(create('going').body)]).toEqual([403, 'Forbidden']);
  });
});

describe('lists and watches', () => {
  const fill = (bench: Bench, count: number) => {
    for (let i = 0; i < count; i++) {
      const labels = { parity: i % 2 === 0 ? 'even' : 'odd' };
      bench.must({ verb: 'create', resource: 'configmaps', body: { metadata: { name: `c${i}`, labels } } });
    }
  };
  const listing = (bench: Bench, options: object) =>
    bench.ask({ verb: 'list', resource: 'configmaps', options }).list;

  it('lists pages of one snapshot, whatever is written in between', () => {
    const bench = still();
    fill(bench, 5);
    const first = listing(bench, { limit: 2 });
    expect(first?.remainingItemCount).toBe(3);
    bench.must({ verb: 'delete', resource: 'configmaps', name: 'c3' });
    bench.must({ verb: 'create', resource: 'configmaps', body: { metadata: { name: 'c2b' } } });
    const rest = listing(bench, { limit: 9, continue: first?.continue });
    const names = [...(first?.items ?? []), ...(rest?.items ?? [])].map((one) => one.metadata.name);
    expect(names).toEqual(['c0', 'c1', 'c2', 'c3', 'c4']);
    expect(rest?.resourceVersion).toBe(first?.resourceVersion);
  });

  it('selects by labels and fields, and names a field that can not be selected by', () => {
    const bench = still();
    fill(bench, 4);
    expect(listing(bench, { labelSelector: 'parity in (odd,none),parity!=even' })?.items).toHaveLength(2);
    expect(listing(bench, { fieldSelector: 'metadata.name=c2' })?.items).toHaveLength(1);
    expect(
      bench.ask({ verb: 'list', resource: 'configmaps', options: { fieldSelector: 'spec.x=1' } }).code,
    ).toBe(400);
  });

  const watch = (bench: Bench, options: object) =>
    openWatch(bench.world.api, {
      group: '',
      version: 'v1',
      resource: 'configmaps',
      namespace: 'default',
      options,
    });

  it('replays from a resourceVersion exactly what came after it', () => {
    const bench = still();
    fill(bench, 1);
    const from = String(bench.world.api.revision);
    bench.must({
      verb: 'patch',
      resource: 'configmaps',
      name: 'c0',
      patchType: 'merge',
      body: { data: { a: 'b' } },
    });
    bench.must({ verb: 'delete', resource: 'configmaps', name: 'c0' });
    const opened = watch(bench, { resourceVersion: from });
    expect('initial' in opened && opened.initial.map((line) => line.type)).toEqual(['MODIFIED', 'DELETED']);
  });

  it('answers 410 once the revision has left the history', () => {
    const bench = new Bench({}, 1, 5);
    const from = String(bench.world.api.revision);
    fill(bench, 8);
    expect(watch(bench, { resourceVersion: from })).toMatchObject({ code: 410, reason: 'Expired' });
    const old = bench.ask({
      verb: 'list',
      resource: 'configmaps',
      options: { resourceVersion: from, resourceVersionMatch: 'Exact' },
    });
    expect(old.code).toBe(410);
    expect('initial' in watch(bench, { resourceVersion: String(bench.world.api.revision) })).toBe(true);
  });

  it('shows an object that enters a selection as added, one that leaves as deleted', () => {
    const bench = still();
    fill(bench, 1);
    const opened = watch(bench, { labelSelector: 'parity=odd' });
    if (!('initial' in opened)) throw new Error('not opened');
    const relabel = (parity: string): WatchEvent => {
      bench.events.length = 0;
      bench.must({
        verb: 'patch',
        resource: 'configmaps',
        name: 'c0',
        patchType: 'merge',
        body: { metadata: { labels: { parity } } },
      });
      return bench.events[0] as WatchEvent;
    };
    expect(project(opened, relabel('odd'))?.type).toBe('ADDED');
    const left = relabel('even');
    expect(project(opened, left)).toMatchObject({
      type: 'DELETED',
      object: { metadata: { labels: { parity: 'odd' }, resourceVersion: String(left.revision) } },
    });
    expect(project(opened, relabel('none'))).toBeUndefined();
  });
});
