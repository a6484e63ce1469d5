/**
 * Worlds of the `replicas` field of one Deployment: D and A in one life, the API Server, and people who write the field
 * too. Each is also a TLA+ world (`proofs-tla/Field.tla`), state for state and step for step.
 */
import type { UserAct, WorldDescription } from './description.ts';
import { deployment } from './objects.ts';
import { scale } from './scripted.ts';

const edit: UserAct = { act: 'rollout', deployment: 'd', template: 't2' };

const base = {
  stages: [
    { peer: 'deployment', use: 'stub/field', deaf: ['replicaSetObserved', 'switchObserved', 'synced'] },
  ],
  nodes: [],
  runtime: 'runs',
  reduce: false,
  spec: 'MCField',
  // What the stock controller does is not this world's subject.
  deployments: [{ ...deployment(2), paused: true }],
  always: ['ScaleNotLost'],
  eventually: ['Converges'],
  sometimes: ['wantMinted', 'wantWrittenBack'],
} as const satisfies Omit<WorldDescription, 'name' | 'title' | 'faults'>;

/** What the first write of a D left on a Deployment of one name, and a copy of it brings to another. */
const COPIED = {
  deployment: 'copied',
  value: 2,
  version: { generation: 1, incarnation: 0, counter: 0 },
  generation: 2,
  owner: '',
  rest: 't1',
};

/** Worlds of the replicas field. @public */
export const FIELD_WORLDS: readonly WorldDescription[] = [
  {
    ...base,
    name: 'field',
    title: 'a raise and a lowering are written back; the victims may be marked before their timer fires',
    faults: { prompts: { ask: 2, mark: 1 }, timers: { writeBack: 1, lower: 1 } },
  },
  {
    ...base,
    name: 'field-external',
    title: 'a person scales while wants are written back, and replies are lost',
    script: [scale(3), scale(4)],
    faults: { prompts: { ask: 2, mark: 1 }, lostReply: 1 },
    sometimes: [...base.sometimes, 'externalAdopted'],
  },
  {
    ...base,
    name: 'field-back',
    title: 'a person scales there and back, and edits the template',
    script: [scale(3), scale(2), edit],
    faults: { prompts: { ask: 2 } },
    sometimes: [...base.sometimes, 'externalAdopted'],
  },
  {
    ...base,
    name: 'field-hurry',
    title: 'no write is kept back while a rollout or a release is under way',
    script: [scale(3)],
    faults: { prompts: { ask: 2, hurry: 1 }, lostReply: 1 },
    sometimes: [...base.sometimes, 'externalAdopted'],
  },
  {
    ...base,
    name: 'field-crash',
    title: 'D crashes while it writes, and finds what became of it',
    script: [scale(3), edit],
    faults: { prompts: { ask: 2 }, crash: { deployment: 1 } },
    sometimes: [...base.sometimes, 'externalAdopted', 'secondIncarnation'],
  },
  {
    ...base,
    name: 'field-copied',
    title:
      'made from a copy of another Deployment, whose annotation says which generation it will have once a person scales',
    deployments: [{ ...deployment(2), paused: true, written: COPIED }],
    script: [scale(3)],
    faults: { prompts: { ask: 1 }, crash: { deployment: 1 } },
    sometimes: [...base.sometimes, 'externalAdopted'],
  },
  {
    ...base,
    name: 'field-leaders',
    title: 'a second leader of D writes beside the first',
    script: [scale(3)],
    faults: { prompts: { ask: 1 }, usurp: { deployment: 1 } },
    sometimes: [...base.sometimes, 'externalAdopted', 'twoLeaders'],
  },
];
