/** The link (protocol 3): both sides over a network that breaks, lingers and repeats; every (state, event) pair; teeth. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DownstreamSide,
  type DownstreamSideEvent,
  downstreamSession,
  isDownstreamOpen,
  isUpstreamOpen,
  type LinkOutput,
  startDownstreamSide,
  startUpstreamSide,
  stepDownstreamSide,
  stepUpstreamSide,
  type UpstreamSide,
  type UpstreamSideEvent,
  upstreamSession,
  viewOfDownstreamSide,
  viewOfUpstreamSide,
} from '../../machines/ownership/link/index.ts';
import type { Message, Offer } from '../../spec/messages.ts';
import { type SessionId, sameSession } from '../../spec/vocabulary.ts';

const offerOf = (session: SessionId): Offer => ({
  kind: 'Offer',
  session,
  incarnation: session.downstream,
  held: [],
  wants: [],
  drained: null,
});

/** R above, S below, their Leases, and a network that keeps what it was given until it is told what becomes of it. */
class Pair {
  readonly mutants: ReadonlySet<string>;
  up: UpstreamSide;
  down: DownstreamSide;
  readonly lease = { replicaset: 5, scheduler: 7 };
  toDown: Message[] = [];
  toUp: Message[] = [];
  /** Reads begun and not answered, as they would be answered now. */
  readonly reads: {
    readonly by: 'up' | 'down';
    readonly subject: 'replicaset' | 'scheduler';
    readonly token: string;
  }[] = [];
  dialled: number | null = null;
  readonly delivered: {
    readonly to: 'up' | 'down';
    readonly session: SessionId;
    readonly current: SessionId | null;
  }[] = [];
  readonly ended: string[] = [];

  constructor(mutants: readonly string[] = [], barrier = true) {
    this.mutants = new Set(mutants);
    const [up, outputs] = startUpstreamSide({
      self: 'replicaset',
      peer: 'scheduler',
      link: 'downstream',
      incarnation: 5,
      mutants: this.mutants,
    });
    [this.down] = startDownstreamSide({
      self: 'scheduler',
      upstreamStage: 'replicaset',
      link: 'upstream',
      incarnation: 7,
      mutants: this.mutants,
    });
    this.up = up;
    this.carry('up', outputs);
    if (barrier) this.giveDown({ type: 'barrierPassed' });
  }

  giveUp(event: UpstreamSideEvent): void {
    const [side, outputs] = stepUpstreamSide(this.up, event);
    this.up = side;
    this.carry('up', outputs);
  }

  giveDown(event: DownstreamSideEvent): void {
    const [side, outputs] = stepDownstreamSide(this.down, event);
    this.down = side;
    this.carry('down', outputs);
  }

  carry(by: 'up' | 'down', outputs: readonly LinkOutput[]): void {
    const send = (message: Message) => (by === 'up' ? this.toDown : this.toUp).push(message);
    for (const output of outputs) {
      switch (output.type) {
        case 'greet':
          send({ kind: 'Hello', session: output.session, role: 'replicaset', peer: 'scheduler', wants: [] });
          break;
        case 'offered':
          send({ kind: 'Fetch', session: output.offer.session, uids: [], tombstones: [] });
          break;
        case 'verify':
          this.reads.push({ by: 'down', subject: 'replicaset', token: output.token });
          break;
        case 'offer':
          send(offerOf(output.session));
          break;
        case 'state':
          send({ kind: 'State', session: output.session, records: [], wants: [], counts: [] });
          break;
        case 'delivered': {
          const current = by === 'up' ? upstreamSession(this.up) : downstreamSession(this.down);
          this.delivered.push({ to: by, session: output.message.session, current });
          break;
        }
        case 'effect':
          if (output.effect.type === 'connect') this.dialled = output.effect.n;
          if (output.effect.type === 'send') send(output.effect.message);
          if (output.effect.type === 'readLease')
            this.reads.push({
              by,
              subject: output.effect.subject as 'scheduler',
              token: output.effect.token,
            });
          if (output.effect.type === 'restart' || output.effect.type === 'stop')
            this.ended.push(output.effect.type);
          break;
        default:
      }
    }
  }

  connect(): void {
    if (this.dialled === null) return;
    const n = this.dialled;
    this.dialled = null;
    this.giveUp({ type: 'connected', link: 'downstream', n });
  }

  break(): void {
    const { n } = this.up.context;
    this.giveUp({ type: 'broken', link: 'downstream', upstream: 5, n });
    this.giveDown({ type: 'broken', link: 'upstream', upstream: 5, n });
  }

  answerRead(index = 0): void {
    const [read] = this.reads.splice(index % Math.max(1, this.reads.length), 1);
    if (read === undefined) return;
    const incarnation = this.lease[read.subject];
    const { subject, token } = read;
    if (read.by === 'up') this.giveUp({ type: 'leaseRead', subject, token, incarnation });
    else if (token.startsWith('verify')) {
      const accept = incarnation === this.down.context.hello?.session.upstream;
      this.giveDown({ type: 'verified', token, accept });
    } else this.giveDown({ type: 'leaseRead', subject, token, incarnation });
  }

  deliver(to: 'up' | 'down', index = 0, keep = false): void {
    const queue = to === 'up' ? this.toUp : this.toDown;
    if (queue.length === 0) return;
    const at = index % queue.length;
    const message = queue[at] as Message;
    if (!keep) queue.splice(at, 1);
    if (to === 'up') this.giveUp({ type: 'received', link: 'downstream', message });
    else this.giveDown({ type: 'received', link: 'upstream', message });
  }

  /** All that is under way, in order, until nothing is. */
  settle(): void {
    for (let i = 0; i < 200; i++) {
      if (this.dialled !== null) this.connect();
      else if (this.reads.length > 0) this.answerRead();
      else if (this.toDown.length > 0) this.deliver('down');
      else if (this.toUp.length > 0) this.deliver('up');
      else return;
    }
    throw new Error('it never settles');
  }

  say(from: 'up' | 'down'): void {
    const session = from === 'up' ? upstreamSession(this.up) : downstreamSession(this.down);
    if (session === null) return;
    if (from === 'up' && isUpstreamOpen(this.up))
      this.toDown.push({ kind: 'Terminate', session, uids: ['x'] });
    if (from === 'down' && isDownstreamOpen(this.down))
      this.toUp.push({ kind: 'Terminated', session, uids: ['x'] });
  }
}

describe('the link', () => {
  it('opens in two rounds, each end under the same session', () => {
    const pair = new Pair();
    pair.settle();
    expect([isUpstreamOpen(pair.up), isDownstreamOpen(pair.down)]).toEqual([true, true]);
    expect(upstreamSession(pair.up)).toEqual({ upstream: 5, downstream: 7, n: 1 });
    expect(downstreamSession(pair.down)).toEqual({ upstream: 5, downstream: 7, n: 1 });
  });

  it('answers no Hello before the barrier is passed (the barrier)', () => {
    const pair = new Pair([], false);
    pair.settle();
    expect(viewOfDownstreamSide(pair.down).state).toBe('waiting');
    pair.giveDown({ type: 'barrierPassed' });
    pair.settle();
    expect(isUpstreamOpen(pair.up)).toBe(true);
  });

  it('opens the next session under the next number after a break', () => {
    const pair = new Pair();
    pair.settle();
    pair.break();
    pair.settle();
    expect(upstreamSession(pair.up)).toEqual({ upstream: 5, downstream: 7, n: 2 });
  });

  it('rejects a duplicate Hello once its session has been accepted, and both ends keep that session (†)', () => {
    const pair = new Pair();
    pair.connect();
    pair.deliver('down', 0, true);
    pair.answerRead();
    pair.deliver('down', 0);
    pair.settle();
    expect(isUpstreamOpen(pair.up) && isDownstreamOpen(pair.down)).toBe(true);
  });

  it('a Hello of an incarnation that does not hold its Lease is rejected; that stage stops (†)', () => {
    const pair = new Pair();
    pair.lease.replicaset = 6;
    pair.settle();
    expect(pair.ended).toEqual(['stop']);
    expect(viewOfDownstreamSide(pair.down).state).toBe('closed');
  });

  it('an Offer of a stage that does not hold its Lease is refused; that stage stops (†)', () => {
    const pair = new Pair();
    pair.lease.scheduler = 8;
    pair.connect();
    pair.deliver('down');
    pair.answerRead();
    pair.deliver('up');
    pair.answerRead();
    expect(viewOfUpstreamSide(pair.up)).toMatchObject({ state: 'dialling', n: 2 });
    pair.deliver('down');
    pair.answerRead();
    expect(pair.ended).toEqual(['stop']);
  });

  it('a stage that is fenced by a higher number but still holds its Lease starts again above it', () => {
    const pair = new Pair();
    pair.giveDown({ type: 'fenced', fence: { incarnation: 9, n: 3 } });
    pair.settle();
    expect(pair.ended).toEqual(['restart']);
  });

  it('a raised fence closes a session that is not above it', () => {
    const pair = new Pair();
    pair.settle();
    pair.giveDown({ type: 'fenced', fence: { incarnation: 5, n: 1 } });
    expect(viewOfDownstreamSide(pair.down)).toMatchObject({
      state: 'closed',
      fence: { incarnation: 5, n: 1 },
    });
  });
});

const anyAct = fc.oneof(
  fc.record({
    do: fc.constantFrom('connect', 'break', 'sayUp', 'sayDown', 'loseDown', 'loseUp'),
    at: fc.constant(0),
  }),
  fc.record({ do: fc.constantFrom('down', 'up', 'downAgain', 'upAgain', 'read'), at: fc.nat(5) }),
);
type Act = { readonly do: string; readonly at: number };

/** The steps that open a link. */
const OPEN: readonly Act[] = ['connect', 'down', 'read', 'up', 'read', 'down', 'up'].map((each) => ({
  do: each,
  at: 0,
}));

function run(acts: readonly Act[], mutants: readonly string[] = []): Pair {
  const pair = new Pair(mutants);
  const doing: Record<string, (at: number) => void> = {
    connect: () => pair.connect(),
    break: () => pair.break(),
    sayUp: () => pair.say('up'),
    sayDown: () => pair.say('down'),
    loseDown: () => pair.toDown.splice(0),
    loseUp: () => pair.toUp.splice(0),
    down: (at) => pair.deliver('down', at),
    up: (at) => pair.deliver('up', at),
    downAgain: (at) => pair.deliver('down', at, true),
    upAgain: (at) => pair.deliver('up', at, true),
    read: (at) => pair.answerRead(at),
  };
  for (const act of acts) doing[act.do]?.(act.at);
  return pair;
}
const fenced = (pair: Pair) =>
  pair.delivered.every(({ session, current }) => current !== null && sameSession(session, current));

describe('under any interleaving, loss, repetition and delay', () => {
  it('SessionFenced: only messages of the current session are delivered, and some are', () => {
    let delivered = 0;
    fc.assert(
      fc.property(fc.array(anyAct, { minLength: 10, maxLength: 60 }), (acts) => {
        const pair = run([...OPEN, ...acts]);
        delivered += pair.delivered.length;
        expect(fenced(pair)).toBe(true);
      }),
      { numRuns: 400 },
    );
    expect(delivered).toBeGreaterThan(0);
  });

  it('Converges: once it is left in peace, a link that was broken opens, unless a stage ended', () => {
    fc.assert(
      fc.property(fc.array(anyAct, { maxLength: 40 }), (acts) => {
        const pair = run(acts);
        pair.toDown = [];
        pair.toUp = [];
        pair.break();
        pair.settle();
        expect(pair.ended.length > 0 || (isUpstreamOpen(pair.up) && isDownstreamOpen(pair.down))).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});

describe('each rule of the link has teeth', () => {
  const sayThenBreak: Act[] = [...OPEN, { do: 'sayUp', at: 0 }, { do: 'break', at: 0 }];
  /** The old Terminate stays in the network while the next session opens; the newer messages overtake it. */
  const reopen: Act[] = ['connect', 'down', 'read', 'up', 'read', 'down', 'up'].map((each) => ({
    do: each,
    at: each === 'down' ? 1 : 0,
  }));
  const late: Act[] = [...sayThenBreak, ...reopen, { do: 'down', at: 0 }];

  it('old-session-messages: a late Terminate is delivered into the next session', () => {
    expect(fenced(run(late))).toBe(true);
    expect(fenced(run(late, ['old-session-messages']))).toBe(false);
  });

  it('no-fence: an old Hello that comes late takes the place of the session that is open', () => {
    const [hello] = [...OPEN.slice(0, 1)];
    const acts = [
      hello as Act,
      { do: 'downAgain', at: 0 },
      ...OPEN.slice(2, 5),
      { do: 'down', at: 1 },
      { do: 'up', at: 0 },
    ];
    const before = run(acts);
    before.deliver('down', 0);
    expect(isDownstreamOpen(before.down)).toBe(true);
    const without = run(acts, ['no-fence']);
    without.deliver('down', 0);
    expect(isDownstreamOpen(without.down)).toBe(false);
  });

  it('hello-before-barrier: the link opens while what is below is unknown', () => {
    const pair = new Pair(['hello-before-barrier'], false);
    pair.settle();
    expect(isUpstreamOpen(pair.up)).toBe(true);
  });

  it('offer-unverified: a superseded stage is recovered from', () => {
    const pair = new Pair(['offer-unverified']);
    pair.lease.scheduler = 8;
    pair.settle();
    expect(isUpstreamOpen(pair.up)).toBe(true);
  });
});

describe('every (state, event) pair has an outcome', () => {
  const strange = { upstream: 1, downstream: 1, n: 9 };
  const messages: Message[] = [
    { kind: 'Hello', session: strange, role: 'replicaset', peer: 'scheduler', wants: [] },
    {
      kind: 'Hello',
      session: { upstream: 6, downstream: 0, n: 1 },
      role: 'deployment',
      peer: 'scheduler',
      wants: [],
    },
    { kind: 'Rejected', session: strange, fence: { incarnation: 1, n: 1 }, reason: 'old' },
    offerOf(strange),
    { kind: 'Fetch', session: strange, uids: [], tombstones: [] },
    { kind: 'State', session: strange, records: [], wants: [], counts: [] },
    { kind: 'Assign', session: strange, records: [] },
    { kind: 'Terminated', session: strange, uids: [] },
  ];
  const states = [
    '',
    'connect',
    'connect down',
    'connect down read',
    'connect down read up',
    'connect down read up read',
    'settle',
  ];
  const at = (path: string) => {
    const pair = new Pair();
    if (path === 'settle') pair.settle();
    for (const act of path === 'settle' || path === '' ? [] : path.split(' ')) {
      if (act === 'connect') pair.connect();
      if (act === 'down') pair.deliver('down');
      if (act === 'up') pair.deliver('up');
      if (act === 'read') pair.answerRead();
    }
    return pair;
  };

  it.each(states)('after “%s”: a strange message changes neither session', (path) => {
    for (const message of messages) {
      const pair = at(path);
      const before = [upstreamSession(pair.up), downstreamSession(pair.down)];
      pair.giveUp({ type: 'received', link: 'downstream', message });
      pair.giveDown({ type: 'received', link: 'upstream', message });
      expect([upstreamSession(pair.up), downstreamSession(pair.down)]).toEqual(before);
    }
  });

  it.each(states)('after “%s”: answers and breaks of no concern change nothing', (path) => {
    const pair = at(path);
    const before = [viewOfUpstreamSide(pair.up), viewOfDownstreamSide(pair.down)];
    pair.giveUp({ type: 'connected', link: 'downstream', n: 99 });
    pair.giveUp({ type: 'broken', link: 'downstream', upstream: 5, n: 99 });
    pair.giveUp({ type: 'leaseRead', subject: 'scheduler', token: 'nobody', incarnation: 7 });
    pair.giveDown({ type: 'broken', link: 'upstream', upstream: 5, n: 99 });
    pair.giveDown({ type: 'verified', token: 'nobody', accept: true });
    pair.giveDown({ type: 'leaseRead', subject: 'scheduler', token: 'nobody', incarnation: 7 });
    expect([viewOfUpstreamSide(pair.up), viewOfDownstreamSide(pair.down)]).toEqual(before);
  });
});
