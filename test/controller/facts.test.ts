/** What a host makes of objects: the annotation *written* is D's only where it names the Deployment that bears it (protocol 8). */
import { describe, expect, test } from 'vitest';
import { deploymentFact, isShown, replicaSetFact } from '../../impl/controller/host/facts.ts';
import type { DeploymentObject, ReplicaSetObject } from '../../impl/controller/host/objects.ts';

const written = (deployment?: string) => ({
  ...(deployment === undefined ? {} : { deployment }),
  ...{ value: 2, version: { generation: 1, incarnation: 0, counter: 0 } },
  ...{ generation: 2, owner: null, rest: '' },
});
const annotated = (by: unknown) => ({ 'kubedirect.dev/written': JSON.stringify(by) });
const deployment = (by: unknown) =>
  ({
    metadata: { uid: 'mine', name: 'd', generation: 2, annotations: annotated(by) },
    spec: { replicas: 2, template: {} },
  }) as unknown as DeploymentObject;
const replicaSet = (by: unknown) =>
  ({
    metadata: {
      ...{ uid: 'rs', name: 'd-1', annotations: annotated(by) },
      ownerReferences: [{ kind: 'Deployment', uid: 'mine', controller: true }],
    },
    spec: { replicas: 2, template: {} },
  }) as unknown as ReplicaSetObject;

describe('the annotation *written*', () => {
  test('is read where it names the Deployment that bears it, and the one that owns the ReplicaSet', () => {
    expect(deploymentFact(deployment(written('mine'))).written).toEqual(written('mine'));
    expect(replicaSetFact(replicaSet(written('mine')), [], 0).written).toEqual(written('mine'));
    expect(isShown(deployment(written('mine')))).toBe(true);
  });

  test.each([written('other'), written(), 'text', {}])('else it says nothing: %j', (by) => {
    expect(deploymentFact(deployment(by)).written).toBeNull();
    expect(replicaSetFact(replicaSet(by), [], 0).written).toBeNull();
    expect(isShown(deployment(by)), 'without its label it is nobody of ours').toBe(false);
  });
});
