/** `Refines`: steps that a manager with one table of Pods could have taken, and steps that it could not. */
import { describe, expect, it } from 'vitest';
import { type NodeView, PROPERTIES, type StepView, type WorldView } from '../../spec/properties/index.ts';
import { node, ONE, record, sound, stage } from './support/views.ts';

type Placed = NonNullable<NodeView['placed']>;
const pod = (change: Partial<Placed extends ReadonlyMap<string, infer T> ? T : never> = {}) => ({
  replicaSet: 'rs',
  priority: 0,
  terminating: false,
  ...change,
});

/** A world in which so many were asked for: what its node has, what R holds, and what the API Server shows. */
function world(change: {
  readonly asked?: readonly number[];
  readonly placed?: Placed;
  readonly here?: Partial<NodeView>;
  readonly held?: Parameters<typeof stage>[1];
}): WorldView {
  const { asked = [1], placed = new Map([['a', pod()]]), here = {}, held = [] } = change;
  return {
    ...sound,
    stages: [stage('replicaset', held)],
    nodes: [node({ placed, ended: new Set(), running: new Map(), ...here })],
    history: { ...sound.history, asked: { rs: asked } },
  };
}
const judged = (before: WorldView, after: WorldView) =>
  PROPERTIES.Refines.check({ before, after, process: null, event: null, effects: [] } as StepView as never);

const ending = new Map([['a', pod({ terminating: true })]]);
const marked = [record('a', 'terminating')];
const waits = record('b', 'created', { node: null });

describe('Refines', () => {
  it.each<[string, WorldView, WorldView]>([
    ['nothing happens', world({}), world({})],
    ['fewer are wanted, and one leaves', world({ asked: [1, 0] }), world({ asked: [1, 0], held: marked })],
    ['one that leaves ends', world({ held: marked }), world({ placed: ending, held: marked })],
    ['another is made for one that leaves', world({ held: marked }), world({ held: [...marked, waits] })],
    ['a decision that nobody had heard of is lost', world({ held: marked }), world({})],
    [
      'one leaves for one of higher priority',
      world({ held: [record('b', 'created', { node: null, priority: 1, replicaSet: 'other' })] }),
      world({ held: [...marked, record('b', 'created', { node: null, priority: 1, replicaSet: 'other' })] }),
    ],
    [
      'its node was given up',
      world({ here: { mark: { incarnation: 1, n: 1 } } }),
      world({ here: { mark: { incarnation: 1, n: 1 } }, placed: ending }),
    ],
    [
      'an agent that began anew ends what nobody was shown',
      world({ here: { isRenewed: true } }),
      world({ placed: ending, here: { isRenewed: true } }),
    ],
  ])('%s: it could', (_, before, after) => expect(judged(before, after)).toBeNull());

  it.each<[string, WorldView, WorldView, RegExp]>([
    ['one more comes than was asked for', world({}), world({ held: [waits] }), /b comes, and 2 are to stay/],
    ['one leaves for nothing', world({}), world({ held: marked }), /a is to leave, and nobody asked/],
    ['one ends for nothing', world({}), world({ placed: ending }), /a ends, and nobody asked/],
    ['one that was placed is lost', world({}), world({ placed: new Map() }), /a was placed and is lost/],
    ['one goes back', world({ placed: ending }), world({}), /a goes back from terminating to placed/],
    [
      'one that is over comes again',
      world({ placed: new Map(), here: { ended: new Set(['a']) } }),
      world({ here: { ended: new Set() } }),
      /a is over no more/,
    ],
    [
      'one runs that is in no table',
      world({}),
      world({ here: { running: new Map([['x', ONE]]) } }),
      /x runs, and is in no table/,
    ],
  ])('%s: it could not', (_, before, after, text) => expect(judged(before, after)).toMatch(text));
});
