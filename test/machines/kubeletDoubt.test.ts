/** A lost journal (protocol 5): K serves at once, and takes no absence for an end until nothing of before can land any more. */
import { describe, expect, it } from 'vitest';
import { TIMERS } from '../../spec/timers.ts';
import {
  bound,
  entries,
  markOf,
  nodeFact,
  only,
  podFact,
  sent,
  serving,
  Tail,
  types,
} from './kubelet.support.ts';

const lost = () => serving({ found: 90 });
const offers = (tail: Tail) => {
  tail.hello();
  return sent(tail.nodeRead()).find(({ kind }) => kind === 'Offer');
};
const passes = (tail: Tail) => tail.hear({ type: 'timerFired', timer: 'doubt' });
const confirmed = (tail: Tail) =>
  sent(tail.effects).flatMap((one) => (one.kind === 'Terminated' ? one.uids : []));

describe('a K that finds an empty journal where an agent has served before', () => {
  it('says so in its Offer, journals it, and waits as long as a request may take', () => {
    const tail = new Tail({ found: 90 });
    tail.serve();
    expect(entries(tail.effects)).toContainEqual({ kind: 'doubt', over: false });
    expect(only(tail.effects, 'setTimer')).toContainEqual({
      type: 'setTimer',
      timer: 'doubt',
      milliseconds: TIMERS.ambiguous,
    });
    expect(offers(tail)).toMatchObject({ doubtful: true });
  });

  it('is sure on a Node that had no agent, or with its journal', () => {
    expect(offers(serving({ found: null }))).not.toHaveProperty('doubtful');
    const tail = serving();
    tail.crash({ found: 100 });
    tail.serve();
    expect(offers(tail)).not.toHaveProperty('doubtful');
  });

  it('takes new Pods meanwhile', () => {
    expect(sent(lost().assign(bound('r1')))).toMatchObject([{ kind: 'Assigned' }]);
  });

  it('confirms what it does not hold once the time has passed and a list shows no object', () => {
    const tail = lost();
    tail.terminate('r9');
    expect(confirmed(tail)).toEqual([]);
    expect(types(passes(tail))).toContain('listPods');
    expect(confirmed(tail)).toEqual([]);
    tail.hear({ type: 'podsListed', pods: [] });
    expect(entries(tail.effects)).toContainEqual({ kind: 'doubt', over: true });
    expect(confirmed(tail)).toEqual(['r9']);
  });

  it('deletes a create that lands meanwhile, and confirms when its object is gone', () => {
    const tail = lost();
    tail.terminate('r9');
    expect(only(tail.hear({ type: 'podObserved', pod: podFact('r9') }), 'deletePod')).toHaveLength(1);
    passes(tail);
    tail.hear({ type: 'podsListed', pods: [podFact('r9', { deleting: true })] });
    expect(confirmed(tail)).toEqual([]);
    tail.hear({ type: 'podVanished', pod: podFact('r9', { deleting: true }) });
    expect(confirmed(tail)).toEqual(['r9']);
  });

  it('completes no drain meanwhile', () => {
    const tail = lost();
    tail.hear({ type: 'nodeObserved', node: nodeFact({ mark: markOf(50, 7) }) });
    expect(only(tail.effects, 'reportDrain')).toEqual([]);
    passes(tail);
    expect(only(tail.hear({ type: 'podsListed', pods: [] }), 'reportDrain')).toHaveLength(1);
  });

  it('is in doubt again after a crash, until it was sure once', () => {
    const tail = lost();
    tail.crash({ found: 100 });
    tail.serve();
    expect(offers(tail)).toMatchObject({ doubtful: true });
    passes(tail);
    tail.hear({ type: 'podsListed', pods: [] });
    tail.crash({ found: 101 });
    tail.serve();
    expect(offers(tail)).not.toHaveProperty('doubtful');
  });

  it('breaks a session that waits for it to be sure', () => {
    const tail = new Tail({ found: 90 });
    tail.serve();
    offers(tail);
    passes(tail);
    expect(types(tail.hear({ type: 'podsListed', pods: [] }))).toContain('disconnect');
    expect(offers(tail)).not.toHaveProperty('doubtful');
  });
});
