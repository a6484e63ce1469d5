/** S shares the Nodes: of an installation for one namespace it is told of what is bound elsewhere, whatever its label, as somebody else's. */
import { expect, it } from 'vitest';
import { observe } from '../../impl/controller/host/observe.ts';
import type { WatchHub } from '../../impl/controller/host/watchHub.ts';
import type { KubernetesObject } from '../../impl/controller/kubernetes/types.ts';
import { MANAGED_LABEL } from '../../impl/controller/names.ts';
import type { StageEvent } from '../../spec/events.ts';

const pod = (namespace: string, name: string, isLabelled: boolean) => ({
  ...{ apiVersion: 'v1', kind: 'Pod' },
  metadata: {
    namespace,
    name,
    uid: name,
    resourceVersion: '1',
    labels: isLabelled ? { [MANAGED_LABEL]: 'true' } : {},
  },
  spec: { nodeName: 'n', containers: [{ name: 'main', resources: { requests: { cpu: '1' } } }] },
});
const PODS = [
  pod('shop', 'ours', true),
  pod('shop', 'other-here', false),
  pod('default', 'labelled-elsewhere', true),
  pod('default', 'other', false),
];

/** What S hears of Pods, by a hub that shows these to who asks for all that are bound. */
function heard(scope: string | undefined) {
  const events: StageEvent[] = [];
  const asked: string[] = [];
  const hub = {
    scope,
    subscribe: (
      path: string,
      { labelSelector = '' }: { readonly labelSelector?: string },
      subscriber: { observed(object: unknown): void },
      project: (object: KubernetesObject) => unknown = (object) => object,
    ) => {
      if (!path.endsWith('/pods')) return () => {};
      asked.push(`${path} ${labelSelector}`);
      const isTold = (one: (typeof PODS)[number]) =>
        labelSelector === '' || (labelSelector.includes('!=') && !(MANAGED_LABEL in one.metadata.labels));
      for (const each of PODS.filter(isTold)) subscriber.observed(project(each));
      return () => {};
    },
  } as unknown as WatchHub;
  observe({
    ...{ stage: 'scheduler', node: null, namespace: 'kubedirect-system', hub, manyNodes: false },
    ...{ handsOver: false, events: {} as never, log: () => {}, refused: () => {} },
    give: (event) => void events.push(event),
  });
  const pods = events.flatMap((event) => (event.type === 'podObserved' ? [event.pod] : []));
  return { asked, pods: pods.map(({ name, managed }) => [name, managed]) };
}

it('for one namespace: all but its own', () => {
  expect(heard('shop')).toEqual({
    asked: ['/api/v1/pods '],
    pods: [
      ['other-here', false],
      ['labelled-elsewhere', false],
      ['other', false],
    ],
  });
});

it('for all: what bears no label', () => {
  expect(heard(undefined)).toEqual({
    asked: [`/api/v1/pods ${MANAGED_LABEL}!=true`],
    pods: [
      ['other-here', false],
      ['other', false],
    ],
  });
});

it('for one namespace: the room of a Pod whose label is put on, or taken off, is counted once, and given back', () => {
  const events: StageEvent[] = [];
  let shows: { observed(object: unknown): void; vanished(object: unknown): void } | null = null;
  let read: (object: KubernetesObject) => unknown = (object) => object;
  const hub = {
    scope: 'shop',
    subscribe: (path: string, _: object, subscriber: typeof shows, project: typeof read) => {
      if (path.endsWith('/pods')) [shows, read] = [subscriber, project];
      return () => {};
    },
  } as unknown as WatchHub;
  observe({
    ...{ stage: 'scheduler', node: null, namespace: 'kubedirect-system', hub, manyNodes: false },
    ...{ handsOver: false, events: {} as never, log: () => {}, refused: () => {} },
    give: (event) => void (event.type.startsWith('pod') && events.push(event)),
  });
  const show = (how: 'observed' | 'vanished', isLabelled: boolean) => {
    events.length = 0;
    shows?.[how](read(pod('shop', 'flipped', isLabelled) as unknown as KubernetesObject));
    return events.map(({ type }) => type);
  };
  expect(show('observed', false)).toEqual(['podObserved']);
  expect(show('observed', true)).toEqual(['podVanished']);
  expect(show('vanished', true)).toEqual([]);
  expect(show('observed', true)).toEqual([]);
  expect(show('observed', false)).toEqual(['podObserved']);
  expect(show('vanished', false)).toEqual(['podVanished']);
});
