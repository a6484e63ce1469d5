/** Events: said at once, then gathered; bounded, whatever happens; and on the object that people look at. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  EventRecorder,
  type ObjectReference,
  ownerReference,
  type Told,
} from '../../impl/controller/kubernetes/events.ts';

const about = (uid: string): ObjectReference => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  name: uid,
  uid,
});
const quota = (text: string): Told => ({ reason: 'ExceededQuota', text, by: 'kubedirect-kubelet' });

let written: [string, string, number][];
const recorder = () =>
  new EventRecorder(
    async ({ uid }, { text }, count) => void written.push([uid, text, count]),
    () => {},
    60_000,
  );
beforeEach(() => {
  written = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe('an Event', () => {
  it('is written at once; what repeats it is counted, and told once a minute by the newest', () => {
    const events = recorder();
    for (let at = 0; at < 500; at += 1) events.tell(about('web'), quota(`Pod ${at}`));
    expect(written).toEqual([['web', 'Pod 0', 1]]);
    vi.advanceTimersByTime(60_000);
    expect(written.slice(1)).toEqual([['web', 'Pod 499', 499]]);
    vi.advanceTimersByTime(60_000);
    events.tell(about('web'), quota('later'));
    expect(written.slice(2)).toEqual([['web', 'later', 1]]);
  });

  it('of another object, reason or stage is another', () => {
    const events = recorder();
    events.tell(about('web'), quota('a'));
    events.tell(about('api'), quota('b'));
    events.tell(about('web'), { ...quota('c'), reason: 'FailedCreate' });
    events.tell(about('web'), { ...quota('d'), by: 'kubedirect-scheduler' });
    expect(written.map(([, text]) => text)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is not told where a thousand things are told already, nor after the end', () => {
    const events = recorder();
    for (let at = 0; at < 1_500; at += 1) events.tell(about(`u${at}`), quota('x'));
    events.tell(about('u0'), quota('y'));
    events.close();
    vi.advanceTimersByTime(120_000);
    expect(written).toHaveLength(1_000);
  });
});

describe('what a ReplicaSet is told of', () => {
  const metadata = { name: 'web-1', namespace: 'shop', uid: 'rs', resourceVersion: '1' };
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'd', controller: true };
  it('stands on its Deployment; on itself if it has none', () => {
    const of = (ownerReferences: readonly (typeof owner)[]) =>
      ownerReference({
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { ...metadata, ownerReferences },
      });
    expect(of([owner])).toMatchObject({ kind: 'Deployment', name: 'web', namespace: 'shop', uid: 'd' });
    expect(of([])).toMatchObject({ kind: 'ReplicaSet', name: 'web-1', namespace: 'shop', uid: 'rs' });
  });
});
