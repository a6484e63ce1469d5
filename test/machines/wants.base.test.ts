/** Who wrote `spec.replicas` last (protocol 8). */
import { describe, expect, test } from 'vitest';
import { type Base, baseOf, isFresher, judge, writtenOf } from '../../machines/ownership/wants/base.ts';
import type { DeploymentFact, Written } from '../../spec/facts.ts';
import { deploymentFact } from './support/wantsApi.ts';

const OWN = 'kubedirect-d/Update/';
const written = (over: Partial<Written> = {}): Written => ({
  deployment: deploymentFact().uid,
  value: 10,
  version: { generation: 1, incarnation: 7, counter: 1 },
  generation: 2,
  owner: null,
  rest: 'rest-0',
  ...over,
});
/** The object after D wrote 10 at generation 2. */
const ours = (over: Partial<DeploymentFact> = {}): DeploymentFact =>
  deploymentFact({ generation: 2, replicas: 10, replicasOwner: OWN, written: written(), ...over });
const base: Base = baseOf(ours());

describe('an external write is told from others by its base', () => {
  test('an object whose generation is the annotated one was last written by D, even if the reply was lost', () => {
    expect(judge(baseOf(deploymentFact()), ours())).toBe('own');
    expect(judge(null, ours())).toBe('own');
  });

  test('another value is an external write', () => {
    const scaled = ours({ generation: 3, replicas: 4, replicasOwner: 'kubectl/Update/scale' });
    expect(judge(base, scaled)).toBe('external');
  });

  test('the same value under another owner is an external write: there and back in one watch gap', () => {
    expect(judge(base, ours({ generation: 4, replicasOwner: 'kubectl/Update/scale' }))).toBe('external');
  });

  test('a generation that nothing else explains is an external write: there and back by the same manager', () => {
    const before = { ...base, owner: 'kubectl/Update/scale' };
    expect(judge(before, ours({ generation: 4, replicasOwner: 'kubectl/Update/scale' }))).toBe('external');
  });

  test('a template edit alone is no external write', () => {
    expect(judge(base, ours({ generation: 3, rest: 'rest-1', template: 'template-1' }))).toBe('unchanged');
  });

  test('a template edit together with another value is an external write', () => {
    const both = ours({ generation: 3, replicas: 4, rest: 'rest-1', replicasOwner: 'kubectl/Update/' });
    expect(judge(base, both)).toBe('external');
  });

  test('a resourceVersion that moved without the generation is no write of the spec', () => {
    expect(judge(base, ours({ resourceVersion: '99', written: null }))).toBe('unchanged');
  });

  test('our annotation removed or put back by others is no external write', () => {
    expect(judge(base, ours({ generation: 3, written: null }))).toBe('unchanged');
    const later = baseOf(ours({ generation: 5, written: written({ generation: 5 }) }));
    const undone = ours({ generation: 6, rest: 'rest-1' });
    expect(judge(later, undone)).toBe('unchanged');
  });

  test('a fresh D compares with the base that the annotation carries', () => {
    expect(judge(null, ours({ generation: 3, rest: 'rest-1' }))).toBe('unchanged');
    expect(judge(null, ours({ generation: 4 }))).toBe('external');
    expect(judge(null, ours({ generation: 4, rest: 'rest-1', replicasOwner: 'hpa/Update/scale' }))).toBe(
      'external',
    );
    const adopted = written({ owner: 'kubectl/Update/scale' });
    const edited = ours({ generation: 3, rest: 'rest-1', replicasOwner: 'kubectl/Update/scale' });
    expect(judge(null, { ...edited, written: adopted })).toBe('unchanged');
  });

  test('a write of D that it never saw answered, and was reverted by others with an edit in the same gap, is known', () => {
    const reverted = ours({ generation: 4, replicas: 0, rest: 'rest-1', replicasOwner: 'kubectl/Update/' });
    expect(judge(baseOf(deploymentFact()), reverted)).toBe('external');
  });

  test('an object never written by D is an external value', () => {
    expect(judge(null, deploymentFact({ replicas: 3 }))).toBe('external');
  });

  test('an annotation that names another object was copied from it, and says nothing', () => {
    const copied = ours({ written: written({ deployment: 'copied' }) });
    expect(writtenOf(copied)).toBeNull();
    expect(judge(base, ours({ generation: 3, replicas: 4, written: written({ generation: 3 }) }))).toBe(
      'own',
    );
    const scaled = ours({
      generation: 3,
      replicas: 4,
      written: written({ deployment: 'copied', generation: 3 }),
    });
    expect(judge(base, scaled)).toBe('external');
  });

  test("an annotation from the object's future was copied from another object, and says nothing", () => {
    const copied = ours({ generation: 1, written: written({ generation: 9 }) });
    expect(writtenOf(copied)).toBeNull();
    expect(judge(null, copied)).toBe('external');
  });
});

describe('a stale observation is told by generation, then resourceVersion', () => {
  test('resourceVersions are compared as numbers of any length', () => {
    const at = (generation: number, resourceVersion: string) => ours({ generation, resourceVersion });
    expect(isFresher(at(2, '10'), at(2, '9'))).toBe(true);
    expect(isFresher(at(2, '9'), at(2, '10'))).toBe(false);
    expect(isFresher(at(2, '9'), at(2, '9'))).toBe(true);
    expect(isFresher(at(1, '11'), at(2, '10'))).toBe(false);
    expect(isFresher(at(3, '9'), at(2, '10'))).toBe(true);
    expect(isFresher(at(2, 'opaque'), at(2, '10'))).toBe(true);
  });
});
