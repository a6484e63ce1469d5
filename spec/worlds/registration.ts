/**
 * Worlds of S and of the K of one Node, the machines themselves, and nothing above them: who registers, under which number, who is told of
 * which Node, and who may be served (`spec/protocol.md` 1, 3, 6). Nobody asks for a Pod. They begin before anything has started, with a
 * Node on which no agent was ever registered. Where the Node stays, each is also a TLA+ world (`proofs-tla/Registration.tla`),
 * state for state and step for step.
 */
import type { StageChoice, UserAct, WorldDescription } from './description.ts';
import { ONE } from './objects.ts';

const NODE = 'n1';
const K = 'kubelet/n1';

const stages: readonly StageChoice[] = [
  {
    peer: 'scheduler',
    use: 'scheduler',
    deaf: ['podObserved', 'switchObserved', 'replicaSetObserved', 'synced'],
  },
  { peer: K, use: 'kubelet', deaf: ['podObserved', 'switchObserved', 'synced'] },
];

const base = {
  stages,
  nodes: [{ name: NODE, capacity: ONE }],
  runtime: 'runs',
  reduce: false,
  renews: true,
  always: ['IncarnationsGrow', 'SupersededUnserved', 'SessionFenced'],
  eventually: ['HoldersMeet'],
  sometimes: ['linkOpens'],
} as const satisfies Omit<WorldDescription, 'name' | 'title' | 'faults'>;

const MAKE: UserAct = { act: 'makeNode', node: NODE, uid: `uid-${NODE}-2`, capacity: ONE };

/** S has listed the Nodes: one without an agent. */
const TOLD = ['start scheduler', 'answer scheduler~1 0 0'];

/** Worlds of registration and Leases. @public */
export const REGISTRATION_WORLDS: readonly WorldDescription[] = [
  {
    ...base,
    name: 'register',
    spec: 'MCRegistration',
    title: 'S and K start in any order; the reply to a registration is lost',
    faults: { misdial: 0, lostReply: 1 },
  },
  {
    ...base,
    name: 'register-between',
    title: 'another Node takes the place of the one on which K has just been registered',
    begins: [...TOLD, 'start kubelet/n1', 'land 0', 'user'],
    script: [MAKE],
    faults: { misdial: 0 },
  },
  {
    ...base,
    name: 'register-gap',
    title: 'the same, and the watch of K, which lists anew, does not tell that the first Node is gone',
    stages: stages.map((one) => (one.peer === K ? { ...one, gaps: true } : one)),
    begins: [...TOLD, 'start kubelet/n1', 'land 0', 'user'],
    script: [MAKE],
    faults: { misdial: 0 },
  },
  {
    ...base,
    name: 'register-listed',
    title:
      'S begins; another Node takes the place of the one in its list, its watch tells so, K is registered on it; then the list comes',
    begins: [
      'start kubelet/n1',
      'land 0',
      'start scheduler',
      'user',
      'watch kubelet/n1~1',
      'answer kubelet/n1~1 0 0',
      'land 0',
      'watch scheduler~1',
      'answer kubelet/n1~1',
      'watch kubelet/n1~1',
      'watch scheduler~1',
      'answer kubelet/n1~1',
      'answer kubelet/n1~1',
    ],
    script: [MAKE],
    faults: { misdial: 0 },
  },
  {
    ...base,
    name: 'register-during',
    title: 'another Node takes the place of its own at any moment while K registers itself and is found',
    begins: [...TOLD, 'start kubelet/n1'],
    deep: true,
    script: [MAKE],
    faults: { misdial: 0 },
  },
  {
    ...base,
    name: 'register-leaders',
    spec: 'MCRegistration',
    begins: TOLD,
    title: 'a second S begins while the first still runs, at any moment of the registration',
    faults: { misdial: 0, usurp: { scheduler: 1 } },
    sometimes: ['linkOpens', 'twoLeaders', 'leaderStopped'],
  },
  {
    ...base,
    name: 'register-lease',
    spec: 'MCRegistration',
    deep: true,
    title: 'two S run, the Lease of S is deleted, and K registers itself',
    begins: [...TOLD, 'usurp scheduler', 'answer scheduler~2 0 0'],
    script: [{ act: 'deleteLease', peer: 'scheduler' }],
    faults: { misdial: 0, usurp: { scheduler: 1 } },
    sometimes: ['linkOpens', 'twoLeaders', 'leaderStopped'],
  },
  {
    ...base,
    name: 'register-clock',
    spec: 'MCRegistration',
    title: 'S crashes, and the clock goes back',
    faults: { misdial: 0, crash: { scheduler: 1 }, clockBack: 1 },
    sometimes: ['linkOpens', 'secondIncarnation'],
  },
  {
    ...base,
    name: 'register-crash',
    spec: 'MCRegistration',
    deep: true,
    title: 'K crashes between any two effects, and its registration may still arrive',
    faults: { misdial: 0, crash: { [K]: 1 }, lostReply: 1 },
    sometimes: ['linkOpens', 'secondIncarnation'],
  },
  {
    ...base,
    name: 'register-agents',
    spec: 'MCRegistration',
    title: 'a second agent registers itself on the Node, from another machine with another journal',
    deep: true,
    faults: { misdial: 0, usurp: { [K]: 1 } },
    eventually: ['HoldersMeet', 'SupersededStops'],
    sometimes: ['linkOpens', 'twoLeaders', 'leaderStopped'],
  },
  {
    ...base,
    name: 'register-superseded',
    spec: 'MCRegistration',
    title: 'a second agent registers itself on the Node while the first waits for a leader; then S begins',
    begins: ['start kubelet/n1', 'land 0', 'answer kubelet/n1~1', 'answer kubelet/n1~1', 'usurp kubelet/n1'],
    faults: { misdial: 0, usurp: { [K]: 1 } },
    eventually: ['HoldersMeet', 'SupersededStops'],
    sometimes: ['linkOpens', 'twoLeaders', 'leaderStopped'],
  },
];
