/** `kubedirect status`: what the API Server's objects say of an installation. */
import { describe, expect, it } from 'vitest';
import type { KubernetesObject, Lease } from '../../impl/controller/kubernetes/types.ts';
import { MANAGED_LABEL } from '../../impl/controller/names.ts';
import type { LedStage } from '../../impl/deploy/leases.ts';
import { type StatusInputs, statusOf } from '../../impl/deploy/status.ts';
import { LED_STAGES } from '../../spec/vocabulary.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const of = (kind: string, name: string, annotations: Record<string, string> = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'kubedirect-system', uid: `uid-${name}`, resourceVersion: '1', annotations },
});
const lease = (stage: LedStage, spec: Lease['spec'] = {}): readonly [LedStage, Lease] => [
  stage,
  {
    ...of('Lease', `kubedirect-${stage}`, {
      'kubedirect.dev/incarnation': '1700000000001',
      'kubedirect.dev/address': '10.0.0.1:7001',
    }),
    spec: {
      holderIdentity: `${stage}-0`,
      leaseDurationSeconds: 15,
      renewTime: '2026-11-28T11:59:58.000000Z',
      ...spec,
    },
  },
];
const node = (name: string, annotations: Record<string, string> = {}) =>
  of('Node', name, { 'kubedirect.dev/agent-incarnation': '1700000000005', ...annotations });
const deployment = (
  name: string,
  labels: Record<string, string>,
  annotations: Record<string, string> = {},
) => ({
  ...of('Deployment', name, annotations),
  spec: { replicas: 3, template: { metadata: { labels } } },
  status: { readyReplicas: 2 },
});

const WELL: StatusInputs = {
  namespace: 'kubedirect-system',
  owner: 'direct',
  scope: null,
  leases: new Map(LED_STAGES.map((stage) => lease(stage))),
  nodes: [node('node-0', { 'kubedirect.dev/acknowledged-owner': 'direct@17' }), of('Node', 'without-agent')],
  deployments: [
    deployment('ours', { [MANAGED_LABEL]: 'true' }, { 'kubedirect.dev/written': '{"value":3}' }),
    deployment('theirs', {}),
  ],
  nowMs: NOW,
};

describe('the status of an installation', () => {
  it('says what the leader of a stage waits for, as it has noted it on its Lease; not of one that is gone', () => {
    const waits = { 'kubedirect.dev/waits-for': JSON.stringify(['the link to scheduler is not open']) };
    const [, noted] = lease('replicaset');
    const metadata = { ...noted.metadata, annotations: { ...noted.metadata.annotations, ...waits } };
    const of = (one: Lease) =>
      statusOf({ ...WELL, leases: new Map([...WELL.leases, ['replicaset' as const, one]]) }).attention;
    expect(of({ ...noted, metadata })).toEqual(['replicaset: waits: the link to scheduler is not open']);
    expect(of({ ...noted, metadata, spec: { ...noted.spec, holderIdentity: '' } })).toEqual([
      expect.stringMatching(/^replicaset: nobody holds its Lease/),
    ]);
    const damaged = {
      ...metadata,
      annotations: { ...metadata.annotations, 'kubedirect.dev/waits-for': '{' },
    };
    expect(of({ ...noted, metadata: damaged })).toEqual([]);
  });

  it('names leaders, agents and managed Deployments, and nothing else', () => {
    const status = statusOf(WELL);
    expect(status.attention).toEqual([]);
    expect(status.stages[3]).toEqual({
      stage: 'scheduler',
      holder: 'scheduler-0',
      incarnation: 1700000000001,
      address: '10.0.0.1:7001',
      renewedSecondsAgo: 2,
      waitsFor: [],
    });
    expect(status.agents).toEqual([
      { node: 'node-0', incarnation: 1700000000005, address: null, cancelled: false, acknowledged: 'direct' },
    ]);
    expect(status.deployments).toEqual([
      { name: 'ours', namespace: 'kubedirect-system', replicas: 3, ready: 2, written: 3 },
    ]);
  });

  it.each([
    { title: 'nothing installed', change: { owner: null }, says: /nothing is installed/ },
    { title: 'stock as the owner', change: { owner: 'stock' as const }, says: /--take-back/ },
    {
      title: 'a stage that has never run',
      change: { leases: new Map([...WELL.leases].slice(1)) },
      says: /autoscaler: has never run/,
    },
    {
      title: 'a Lease that was released',
      change: { leases: new Map([...WELL.leases, lease('scheduler', { holderIdentity: '' })]) },
      says: /scheduler: nobody holds/,
    },
    {
      title: 'a leader that does not renew',
      change: {
        leases: new Map([...WELL.leases, lease('replicaset', { renewTime: '2026-11-28T11:59:00Z' })]),
      },
      says: /replicaset-0 has not renewed its Lease for 60 s/,
    },
    { title: 'no agent', change: { nodes: [of('Node', 'n')] }, says: /no Node has an agent/ },
    {
      title: 'a Node that was cancelled',
      change: {
        nodes: [
          node('node-0', { 'kubedirect.dev/cancelled-by': '9.2', 'kubedirect.dev/drained-for': '9.1' }),
        ],
      },
      says: /node-0: cancelled/,
    },
  ])('asks for attention: $title', ({ change, says }) => {
    const { attention } = statusOf({ ...WELL, ...change });
    expect(attention).toHaveLength(1);
    expect(attention[0]).toMatch(says);
  });

  it('does not fail over an annotation that somebody has edited', () => {
    const broken = { 'kubedirect.dev/cancelled-by': 'x', 'kubedirect.dev/acknowledged-owner': 'nobody' };
    const { agents, deployments } = statusOf({
      ...WELL,
      nodes: [node('node-0', broken), of('Node', 'node-1', { 'kubedirect.dev/agent-incarnation': 'x' })],
      deployments: [deployment('ours', { [MANAGED_LABEL]: 'true' }, { 'kubedirect.dev/written': '{' })],
    });
    expect(agents).toEqual([
      { node: 'node-0', incarnation: 1700000000005, address: null, cancelled: false, acknowledged: null },
    ]);
    expect(deployments[0]?.written).toBeNull();
  });
});
