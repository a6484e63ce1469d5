/** fast-check arbitraries of everything that flows on a link; one for each kind of message. */
import fc from 'fast-check';
import type { Held, HeldWant, Message, MessageKind, PodReason } from '../../spec/messages.ts';
import {
  type Fence,
  type PeerName,
  PHASES,
  type PodRecord,
  type PodStatus,
  type ReplicaCount,
  type Resources,
  type SessionId,
  type Uid,
  type Version,
  type Want,
  type WantVersion,
} from '../../spec/vocabulary.ts';

const anInteger = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 300 }) },
  { weight: 3, arbitrary: fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }) },
  { weight: 1, arbitrary: fc.maxSafeNat() },
);
const aText = fc.oneof(
  { weight: 3, arbitrary: fc.uuid() },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 90 }) },
  { weight: 1, arbitrary: fc.constantFrom('', 'node-1', 'OutOfcpu', 'x'.repeat(300), 'é'.repeat(63)) },
);

/** Mostly from few incarnations, as in life; also such that are not minted by R at all. */
const aUid: fc.Arbitrary<Uid> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(0, 1, 1_795_474_800_000, 1_795_474_900_123, Number.MAX_SAFE_INTEGER), anInteger)
      .map(([incarnation, counter]) => `r${incarnation.toString(36)}-${counter.toString(36)}`),
  },
  { weight: 1, arbitrary: fc.uuid().map((uid) => `a-${uid}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      'r',
      'r-',
      'r1-',
      'r01-1',
      'r1-01',
      'rA-1',
      'r1-1-1',
      'r-1',
      'rzzzzzzzzzzzz-1',
      'p1',
    ),
  },
);
const aPeer: fc.Arbitrary<PeerName> = fc.constantFrom<PeerName>(
  'autoscaler',
  'deployment',
  'replicaset',
  'scheduler',
  'kubelet/node-1',
  'kubelet/node-2.example.com',
);
const aSession = fc.record<SessionId>({ upstream: anInteger, downstream: anInteger, n: anInteger });
const aFence = fc.record<Fence>({ incarnation: anInteger, n: anInteger });
const aVersion = fc.record<Version>({ stage: aPeer, incarnation: anInteger, counter: anInteger });
const aWantVersion = fc.record<WantVersion>({
  generation: anInteger,
  incarnation: anInteger,
  counter: anInteger,
});
const aResources = fc.record<Resources>({ cpu: anInteger, memory: anInteger, pods: anInteger });
const aHeld = fc.record<Held>({ uid: aUid, version: aVersion });
const aHeldWant = fc.record<HeldWant>({ deployment: aText, version: aWantVersion });
const aReason = fc.record<PodReason>({ uid: aUid, reason: aText });
const statusFields = {
  uid: aUid,
  node: fc.option(fc.oneof(fc.constantFrom('node-1', 'node-2'), aText), { nil: null }),
  phase: fc.constantFrom(...PHASES),
  ready: fc.boolean(),
  version: aVersion,
};
const aStatus = fc.record<PodStatus>(statusFields);
const aRecord = fc.record<PodRecord>({
  ...statusFields,
  replicaSet: fc.oneof(fc.constantFrom('rs-1', 'rs-2'), aText),
  revision: aText,
  requests: fc.oneof(fc.constant({ cpu: 100, memory: 134_217_728, pods: 1 }), aResources),
  priority: fc.integer(),
});
const aWant = fc.record<Want>({
  deployment: aText,
  version: aWantVersion,
  value: anInteger,
  replicaSet: fc.option(aText, { nil: null }),
  revision: aText,
  mode: fc.constantFrom('direct', 'follow'),
  confirmed: fc.boolean(),
});
const aCount = fc.record<ReplicaCount>({
  deployment: aText,
  replicaSet: aText,
  live: anInteger,
  ready: anInteger,
  terminating: anInteger,
});
const listOf = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { maxLength: 12 });

type Bodies = {
  readonly [K in MessageKind]: {
    readonly [F in keyof Omit<Extract<Message, { kind: K }>, 'kind' | 'session'>]: fc.Arbitrary<
      Extract<Message, { kind: K }>[F]
    >;
  };
};
/** A kind that is added to the protocol does not compile until it has a row here. */
const BODIES: Bodies = {
  Hello: { role: aPeer, peer: aPeer, wants: listOf(aHeldWant) },
  Rejected: { fence: aFence, reason: fc.constantFrom('old', 'notTheLeader', 'wrongPeer') },
  Offer: {
    incarnation: anInteger,
    held: listOf(aHeld),
    wants: listOf(aHeldWant),
    drained: fc.option(aFence, { nil: null }),
    doubtful: fc.constantFrom(true, undefined),
  },
  Fetch: { uids: listOf(aUid), tombstones: listOf(aUid) },
  State: { records: listOf(aRecord), wants: listOf(aWant), counts: listOf(aCount) },
  Assign: { records: listOf(aRecord) },
  Assigned: { pods: listOf(aStatus) },
  Refused: { pods: listOf(aReason) },
  Terminate: { uids: listOf(aUid) },
  Terminated: { uids: listOf(aUid) },
  Invalidate: {
    changed: listOf(aStatus),
    adopted: listOf(aRecord),
    lost: listOf(aReason),
    wants: listOf(aWant),
    counts: listOf(aCount),
  },
  Invalidated: {},
  Scale: { wants: listOf(aWant) },
  Scaled: { wants: listOf(aHeldWant) },
  Gone: { deployments: listOf(aText) },
  GoneAcknowledged: { deployments: listOf(aText) },
};

/** All kinds of message. */
export const KINDS = Object.keys(BODIES) as MessageKind[];

/** Any message of one kind. */
export function messageOf(kind: MessageKind): fc.Arbitrary<Message> {
  const traced = fc.option(fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'), {
    nil: undefined,
  });
  const message = { kind: fc.constant(kind), session: aSession, ...BODIES[kind] };
  return fc.record({ ...message, trace: traced }) as fc.Arbitrary<Message>;
}

/** Any message. */
export const anyMessage: fc.Arbitrary<Message> = fc.oneof(...KINDS.map(messageOf));
