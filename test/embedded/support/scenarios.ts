/** Scripts that a real API server and the model answer alike. */
import type { Step } from './differential.ts';

const D = '/apis/apps/v1/namespaces/diff/deployments',
  P = '/api/v1/namespaces/diff/pods',
  CM = '/api/v1/namespaces/diff/configmaps',
  R = '/apis/apps/v1/namespaces/diff/replicasets',
  L = '/apis/coordination.k8s.io/v1/namespaces/diff/leases';
const MERGE = 'application/merge-patch+json',
  STRAT = 'application/strategic-merge-patch+json',
  JP = 'application/json-patch+json',
  SSA = 'application/apply-patch+yaml';
const tmpl = {
  metadata: { labels: { app: 'a' } },
  spec: {
    containers: [
      {
        name: 'c',
        image: 'i:1',
        resources: { requests: { cpu: '100m' } },
        env: [{ name: 'A', value: '1' }],
        ports: [{ containerPort: 80 }],
      },
    ],
  },
};
const dep = (name: string, more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { replicas: 3, selector: { matchLabels: { app: 'a' } }, template: tmpl, ...more },
});
const pod = (name: string, more: object = {}, meta: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...meta },
  spec: { containers: [{ name: 'c', image: 'i:1' }], ...more },
});
/** By subject. All act in the Namespace `diff`, whose service account is there. */
export const SCENARIOS: Record<string, Step[]> = {
  deployment: [
    { method: 'POST', path: D, body: dep('a'), save: 'a' },
    { method: 'POST', path: D, body: dep('a') },
    { method: 'GET', path: `${D}/a` },
    { method: 'GET', path: `${D}/a/scale` },
    { method: 'GET', path: `${D}/nope` },
    { method: 'PATCH', path: `${D}/a`, type: MERGE, body: { spec: { replicas: 5 } } },
    { method: 'PATCH', path: `${D}/a`, type: MERGE, body: { spec: { replicas: 5 } } },
    {
      method: 'PATCH',
      path: `${D}/a?fieldManager=kubedirect-d`,
      type: MERGE,
      body: { metadata: { annotations: { 'kubedirect.dev/written': 'x' } }, spec: { replicas: 5 } },
      save: 'b',
    },
    {
      method: 'PATCH',
      path: `${D}/a?fieldManager=kubedirect-d`,
      type: MERGE,
      body: {
        metadata: {
          resourceVersion: '{{b.metadata.resourceVersion}}',
          annotations: { 'kubedirect.dev/written': 'y' },
        },
        spec: { replicas: 6 },
      },
    },
    {
      method: 'PATCH',
      path: `${D}/a?fieldManager=kubedirect-d`,
      type: MERGE,
      body: {
        metadata: {
          resourceVersion: '{{b.metadata.resourceVersion}}',
          annotations: { 'kubedirect.dev/written': 'z' },
        },
        spec: { replicas: 7 },
      },
    },
    { method: 'PATCH', path: `${D}/a/scale`, type: MERGE, body: { spec: { replicas: 6 } } },
    {
      method: 'PATCH',
      path: `${D}/a/scale?fieldManager=kubectl`,
      type: MERGE,
      body: { spec: { replicas: 9 } },
    },
    { method: 'GET', path: `${D}/a` },
    {
      method: 'PUT',
      path: `${D}/a/scale`,
      body: {
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name: 'a', namespace: 'diff' },
        spec: { replicas: 2 },
      },
    },
    {
      method: 'PUT',
      path: `${D}/a/scale`,
      body: {
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name: 'a', namespace: 'diff', resourceVersion: '{{a.metadata.resourceVersion}}' },
        spec: { replicas: 3 },
      },
    },
    {
      method: 'PATCH',
      path: `${D}/a`,
      type: STRAT,
      body: {
        spec: {
          template: {
            spec: {
              containers: [
                { name: 'c', image: 'i:2', env: [{ name: 'B', value: '2' }] },
                { name: 'd', image: 'j' },
              ],
            },
          },
        },
      },
    },
    {
      method: 'PATCH',
      path: `${D}/a`,
      type: STRAT,
      body: {
        spec: {
          template: {
            spec: {
              containers: [{ name: 'd', $patch: 'delete' }],
              '$setElementOrder/containers': [{ name: 'c' }],
            },
          },
        },
      },
    },
    { method: 'PATCH', path: `${D}/a`, type: JP, body: [{ op: 'test', path: '/spec/replicas', value: 1 }] },
    {
      method: 'PATCH',
      path: `${D}/a`,
      type: JP,
      body: [
        { op: 'replace', path: '/spec/replicas', value: 4 },
        { op: 'add', path: '/metadata/labels', value: { x: 'y' } },
      ],
    },
    {
      method: 'PATCH',
      path: `${D}/a`,
      type: MERGE,
      body: { spec: { selector: { matchLabels: { app: 'b' } } } },
    },
    { method: 'PATCH', path: `${D}/a`, type: MERGE, body: { spec: { replicas: -1 } } },
    {
      method: 'PATCH',
      path: `${D}/a/status`,
      type: MERGE,
      body: { status: { replicas: 4, observedGeneration: 1 }, spec: { replicas: 50 } },
    },
    { method: 'GET', path: `${D}/a`, save: 'c' },
    {
      method: 'PUT',
      path: `${D}/a`,
      body: { ...dep('a'), metadata: { name: 'a', resourceVersion: '{{b.metadata.resourceVersion}}' } },
    },
    { method: 'PUT', path: `${D}/a`, body: dep('a') },
    { method: 'PUT', path: `${D}/a`, body: dep('b') },
    { method: 'PUT', path: `${D}/zz`, body: dep('zz') },
    { method: 'POST', path: `${D}?dryRun=All`, body: dep('dry') },
    { method: 'GET', path: `${D}/dry` },
    {
      method: 'POST',
      path: D,
      body: { ...dep('bad'), spec: { selector: { matchLabels: { app: 'q' } }, template: tmpl } },
    },
    {
      method: 'POST',
      path: D,
      body: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'Bad_Name' },
        spec: dep('x').spec,
      },
    },
    { method: 'POST', path: D, body: dep('r', { strategy: { type: 'Recreate' }, minReadySeconds: 5 }) },
    { method: 'PATCH', path: `${D}/r`, type: MERGE, body: { spec: { paused: true } } },
    { method: 'POST', path: D, body: { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'x' } } },
    { method: 'DELETE', path: `${D}/a`, body: { preconditions: { uid: 'wrong' } } },
    { method: 'DELETE', path: `${D}/a`, body: { propagationPolicy: 'Foreground' } },
    { method: 'GET', path: `${D}/a` },
    { method: 'PATCH', path: `${D}/a`, type: MERGE, body: { metadata: { finalizers: null } } },
    { method: 'GET', path: `${D}/a` },
    { method: 'DELETE', path: `${D}/r` },
    { method: 'DELETE', path: `${D}/r` },
  ],
  ownership: [
    { method: 'POST', path: D, body: dep('o') },
    {
      method: 'PATCH',
      path: `${D}/o?fieldManager=kd`,
      type: MERGE,
      body: { metadata: { annotations: { w: '1' } }, spec: { replicas: 6 } },
    },
    {
      method: 'PATCH',
      path: `${D}/o/scale?fieldManager=kubectl`,
      type: MERGE,
      body: { spec: { replicas: 8 } },
    },
    { method: 'GET', path: `${D}/o` },
    {
      method: 'PATCH',
      path: `${D}/o/scale?fieldManager=kubectl`,
      type: MERGE,
      body: { spec: { replicas: 6 } },
    },
    { method: 'GET', path: `${D}/o` },
    {
      method: 'PATCH',
      path: `${D}/o?fieldManager=kd`,
      type: MERGE,
      body: { metadata: { annotations: { w: '2' } }, spec: { replicas: 7 } },
    },
    {
      method: 'PATCH',
      path: `${D}/o/scale?fieldManager=kubectl`,
      type: MERGE,
      body: { spec: { replicas: 7 } },
    },
    { method: 'GET', path: `${D}/o` },
    {
      method: 'PATCH',
      path: `${D}/o/scale?fieldManager=kubectl`,
      type: MERGE,
      body: { spec: { replicas: 9 } },
    },
    { method: 'GET', path: `${D}/o` },
    {
      method: 'PATCH',
      path: `${D}/o?fieldManager=kd`,
      type: MERGE,
      body: { metadata: { annotations: { w: '3' } }, spec: { replicas: 5 } },
    },
    {
      method: 'PATCH',
      path: `${D}/o/scale?fieldManager=kubectl`,
      type: MERGE,
      body: { spec: { replicas: 0 } },
    },
    { method: 'GET', path: `${D}/o` },
    {
      method: 'PATCH',
      path: `${D}/o/scale?fieldManager=kubectl`,
      type: MERGE,
      body: { spec: { replicas: 2 } },
    },
    { method: 'GET', path: `${D}/o` },
    { method: 'DELETE', path: `${D}/o` },
  ],
  pods: [
    { method: 'POST', path: P, body: pod('p'), save: 'p' },
    {
      method: 'POST',
      path: P,
      body: pod('q', { nodeName: 'node-x', terminationGracePeriodSeconds: 7 }),
      save: 'q',
    },
    { method: 'POST', path: P, body: pod('', {}, { generateName: '' }) },
    { method: 'POST', path: P, body: pod('s', { containers: [] }) },
    {
      method: 'POST',
      path: P,
      body: pod('s', {
        containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }],
      }),
    },
    {
      method: 'POST',
      path: P,
      body: pod('s', {
        containers: [
          {
            name: 'c',
            image: 'i',
            resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } },
          },
        ],
      }),
    },
    { method: 'POST', path: P, body: pod('t', { serviceAccountName: 'none' }) },
    { method: 'POST', path: P, body: pod('t', { priorityClassName: 'none' }) },
    {
      method: 'PATCH',
      path: `${P}/p`,
      type: MERGE,
      body: { spec: { containers: [{ name: 'c', image: 'i:2' }] } },
    },
    {
      method: 'PATCH',
      path: `${P}/p`,
      type: STRAT,
      body: { spec: { containers: [{ name: 'c', image: 'i:2' }] } },
    },
    {
      method: 'PATCH',
      path: `${P}/p`,
      type: STRAT,
      body: { metadata: { labels: { a: 'b' }, annotations: { k: 'v' } } },
    },
    { method: 'PATCH', path: `${P}/p`, type: STRAT, body: { spec: { nodeName: 'n' } } },
    {
      method: 'POST',
      path: `${P}/p/binding`,
      body: {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'p' },
        target: { kind: 'Node', name: 'node-y' },
      },
    },
    { method: 'GET', path: `${P}/p` },
    {
      method: 'POST',
      path: `${P}/p/binding`,
      body: {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'p' },
        target: { kind: 'Node', name: 'node-z' },
      },
    },
    {
      method: 'PATCH',
      path: `${P}/q/status`,
      type: STRAT,
      body: {
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'True' }],
          podIP: '1.2.3.4',
          podIPs: [{ ip: '1.2.3.4' }],
        },
      },
    },
    {
      method: 'PATCH',
      path: `${P}/q/status`,
      type: STRAT,
      body: {
        status: {
          conditions: [
            { type: 'Ready', status: 'False', reason: 'x' },
            { type: 'Initialized', status: 'True' },
          ],
        },
      },
    },
    { method: 'GET', path: `${P}?fieldSelector=spec.nodeName=node-x` },
    { method: 'GET', path: `${P}?fieldSelector=status.phase%3DPending&labelSelector=a%20in%20(b,c)` },
    { method: 'GET', path: `${P}?fieldSelector=spec.bogus=1` },
    { method: 'GET', path: `${P}?limit=1`, save: 'page' },
    { method: 'GET', path: `${P}?limit=5&continue={{page.metadata.continue}}` },
    {
      method: 'DELETE',
      path: `${P}/q`,
      body: { gracePeriodSeconds: 30, preconditions: { uid: '{{p.metadata.uid}}' } },
    },
    { method: 'DELETE', path: `${P}/q` },
    { method: 'DELETE', path: `${P}/q` },
    { method: 'DELETE', path: `${P}/q`, body: { gracePeriodSeconds: 3 } },
    { method: 'DELETE', path: `${P}/q?dryRun=All`, body: { gracePeriodSeconds: 0 } },
    { method: 'DELETE', path: `${P}/q`, body: { gracePeriodSeconds: 0 } },
    { method: 'GET', path: `${P}/q` },
    { method: 'DELETE', path: `${P}/s` },
    { method: 'POST', path: P, body: pod('f', { nodeName: 'n' }, { finalizers: ['example.com/x'] }) },
    { method: 'DELETE', path: `${P}/f`, body: { gracePeriodSeconds: 0 } },
    { method: 'PATCH', path: `${P}/f`, type: MERGE, body: { metadata: { finalizers: null } } },
    { method: 'GET', path: `${P}/f` },
    {
      method: 'POST',
      path: `${P}/p/eviction`,
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } },
    },
    { method: 'DELETE', path: P },
  ],
  apply: [
    { method: 'PATCH', path: `${D}/s?fieldManager=m1`, type: SSA, body: dep('s') },
    {
      method: 'PATCH',
      path: `${D}/s?fieldManager=m2`,
      type: SSA,
      body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 's' }, spec: { replicas: 4 } },
    },
    {
      method: 'PATCH',
      path: `${D}/s?fieldManager=m2&force=true`,
      type: SSA,
      body: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 's', labels: { l: '1' } },
        spec: { replicas: 4 },
      },
    },
    {
      method: 'PATCH',
      path: `${D}/s?fieldManager=m2`,
      type: SSA,
      body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 's' } },
    },
    { method: 'PATCH', path: `${D}/s?fieldManager=m1`, type: SSA, body: dep('s') },
    { method: 'PATCH', path: `${D}/s`, type: SSA, body: dep('s') },
    {
      method: 'PATCH',
      path: `${D}/s?fieldManager=m1`,
      type: SSA,
      body: { ...dep('s'), spec: { selector: { matchLabels: { app: 'a' } }, template: tmpl } },
    },
    { method: 'GET', path: `${D}/s` },
    { method: 'DELETE', path: `${D}/s` },
  ],
  others: [
    {
      method: 'POST',
      path: CM,
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: '1' } },
      save: 'cm',
    },
    { method: 'PATCH', path: `${CM}/c`, type: MERGE, body: { data: { a: null, b: '2' } } },
    {
      method: 'PUT',
      path: `${CM}/c`,
      body: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'c' },
        data: { z: '1' },
        immutable: true,
      },
    },
    { method: 'PATCH', path: `${CM}/c`, type: MERGE, body: { data: { b: '2' } } },
    { method: 'DELETE', path: `${CM}/c` },
    {
      method: 'POST',
      path: L,
      body: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'l' },
        spec: { holderIdentity: 'me', leaseDurationSeconds: 15 },
      },
      save: 'l',
    },
    {
      method: 'PUT',
      path: `${L}/l`,
      body: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'l' },
        spec: { holderIdentity: 'you' },
      },
    },
    {
      method: 'PUT',
      path: `${L}/l`,
      body: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'l', resourceVersion: '{{l.metadata.resourceVersion}}', uid: '{{l.metadata.uid}}' },
        spec: { holderIdentity: 'you', leaseTransitions: 1 },
      },
    },
    {
      method: 'PUT',
      path: `${L}/l`,
      body: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'l', resourceVersion: '{{l.metadata.resourceVersion}}' },
        spec: { holderIdentity: 'x' },
      },
    },
    {
      method: 'POST',
      path: L,
      body: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'm' },
        spec: { leaseDurationSeconds: 0 },
      },
    },
    {
      method: 'PUT',
      path: `${L}/n`,
      body: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'n' },
        spec: { holderIdentity: 'x' },
      },
    },
    { method: 'DELETE', path: L },
    {
      method: 'POST',
      path: '/api/v1/namespaces/nope/configmaps',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } },
    },
    {
      method: 'POST',
      path: '/api/v1/nodes',
      body: {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'n1' },
        status: { capacity: { cpu: '4', memory: '1Gi' } },
      },
    },
    {
      method: 'PATCH',
      path: '/api/v1/nodes/n1/status',
      type: STRAT,
      body: {
        status: {
          conditions: [{ type: 'Ready', status: 'True', reason: 'r' }],
          addresses: [{ type: 'InternalIP', address: '10.0.0.9' }],
        },
      },
    },
    {
      method: 'PATCH',
      path: '/api/v1/nodes/n1',
      type: MERGE,
      body: {
        spec: { unschedulable: true, taints: [{ key: 'a', effect: 'NoSchedule' }] },
        metadata: { annotations: { m: '1' } },
      },
    },
    { method: 'DELETE', path: '/api/v1/nodes/n1' },
    {
      method: 'POST',
      path: R,
      body: {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: 'r' },
        spec: { replicas: 2, selector: { matchLabels: { app: 'a' } }, template: tmpl },
      },
    },
    { method: 'PATCH', path: `${R}/r`, type: MERGE, body: { metadata: { annotations: { a: 'b' } } } },
    { method: 'PATCH', path: `${R}/r/scale`, type: MERGE, body: { spec: { replicas: 0 } } },
    {
      method: 'PATCH',
      path: `${R}/r/status`,
      type: MERGE,
      body: { status: { replicas: 1, readyReplicas: 1 } },
    },
    { method: 'GET', path: `${R}/r` },
    { method: 'DELETE', path: `${R}/r` },
    { method: 'GET', path: '/apis/apps/v1/namespaces/diff/bogus' },
    { method: 'POST', path: `${D}/x/restart`, body: {} },
    { method: 'PATCH', path: `${D}/x`, type: 'text/plain', body: {} },
  ],
};
