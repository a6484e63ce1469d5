/**
 * Shapes of states of the link, from each of which one step is looked at (`proofs-tla/MCLinkInductive.tla`): plain data.
 * A state of a shape need not be reachable; what is left out is only more of the same, as `proofs-tla/BOUNDS.md` says.
 */

/** How large a state may be. @public */
export interface Shape {
  readonly name: string;
  /** One line: what is in it. */
  readonly title: string;
  /** Takes minutes. */
  readonly deep?: boolean;
  /** Incarnations given out so far, upstream and downstream. */
  readonly leases: readonly [number, number];
  /** Lives that may be there at once, of those. */
  readonly alive: readonly [number, number];
  /** States of their links, upstream and downstream. */
  readonly states: readonly [readonly string[], readonly string[]];
  /** Sessions of one life. */
  readonly sessions: number;
  /** Versions of a record. */
  readonly versions: number;
  /** Whether Pods are ready or not. */
  readonly readiness: boolean;
  /** Pods found below too, not only minted ones. */
  readonly found: boolean;
  /** Messages on one connection in one direction, and on all. */
  readonly messages: readonly [number, number];
  /** A copy of a `Hello` on its own. */
  readonly copies: boolean;
}

const UP = ['dialling', 'greeting', 'verifying', 'fetching', 'open', 'reviewing'];
const DOWN = ['closed', 'verifying', 'offered', 'open', 'reviewing'];

const least: Omit<Shape, 'name' | 'title'> = {
  leases: [1, 1],
  alive: [1, 1],
  states: [UP, DOWN],
  sessions: 1,
  versions: 1,
  readiness: false,
  found: false,
  messages: [1, 1],
  copies: false,
};

/** All shapes. @public */
export const SHAPES: readonly Shape[] = [
  {
    ...least,
    name: 'link-step-open',
    title: 'both ends open, a message each way',
    states: [['open'], ['open']],
    messages: [1, 2],
  },
  {
    ...least,
    name: 'link-step-open-changes',
    title: 'the same with a Pod of two versions, ready or not',
    deep: true,
    states: [['open'], ['open']],
    versions: 2,
    readiness: true,
    messages: [1, 2],
  },
  { ...least, name: 'link-step', title: 'one life of each end, one session, one message' },
  {
    ...least,
    name: 'link-step-both-ways',
    title: 'the same with a message each way',
    deep: true,
    messages: [1, 2],
  },
  {
    ...least,
    name: 'link-step-found',
    title: 'a Pod that was found below, of two versions, ready or not',
    deep: true,
    found: true,
    versions: 2,
    readiness: true,
  },
  {
    ...least,
    name: 'link-step-again',
    title: 'a second session of the same lives, and a copy of a Hello',
    deep: true,
    sessions: 2,
    copies: true,
  },
  {
    ...least,
    name: 'link-step-above',
    title: 'two incarnations of the upper end, one of which is there',
    deep: true,
    leases: [2, 1],
  },
  {
    ...least,
    name: 'link-step-below',
    title: 'two lives of the lower end at once',
    deep: true,
    leases: [1, 2],
    alive: [1, 2],
  },
];
