/** spec/podTemplate.ts: every field of Kubernetes' schema has its treatment, and every refusal its rule. */
import {
  V1Affinity,
  V1Container,
  V1ContainerPort,
  V1NodeAffinity,
  V1NodeSelector,
  V1NodeSelectorRequirement,
  V1NodeSelectorTerm,
  V1PodOS,
  V1PodSpec,
  V1ResourceRequirements,
  V1Toleration,
  V1Volume,
} from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { ELIGIBILITY } from '../../spec/eligibility.ts';
import { POD_TEMPLATE_FIELDS } from '../../spec/podTemplate.ts';

interface Model {
  getAttributeTypeMap(): { baseName: string; type: string }[];
}
const MODELS: Readonly<Record<string, Model>> = {
  PodSpec: V1PodSpec,
  Affinity: V1Affinity,
  NodeAffinity: V1NodeAffinity,
  NodeSelector: V1NodeSelector,
  NodeSelectorTerm: V1NodeSelectorTerm,
  NodeSelectorRequirement: V1NodeSelectorRequirement,
  Toleration: V1Toleration,
  PodOS: V1PodOS,
  Container: V1Container,
  ContainerPort: V1ContainerPort,
  ResourceRequirements: V1ResourceRequirements,
  Volume: V1Volume,
};
/** Of versions of Kubernetes other than that of the client library. */
const ELSEWHERE = new Set(['PodSpec.workloadRef']);

const named = (type: string) => /(?:Array<)?V1(\w+)>?/.exec(type)?.[1];
const fields = Object.entries(POD_TEMPLATE_FIELDS).flatMap(([type, of]) =>
  Object.entries(of).map(([field, treatment]) => ({ type, field, treatment })),
);

/** Where a type is within a Pod's spec, as the paths of the rules say it. */
const PLACES: Readonly<Record<string, string>> = {
  PodSpec: 'spec',
  Affinity: 'spec.affinity',
  NodeSelectorTerm:
    'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms',
  Toleration: 'spec.tolerations',
  PodOS: 'spec.os',
  ContainerPort: 'spec.containers.ports',
  ResourceRequirements: 'spec.containers.resources',
  Volume: 'spec.volumes',
};

describe('the fields of a Pod template', () => {
  it.each(Object.keys(MODELS))('%s: all of the schema, and nothing else', (type) => {
    const schema = MODELS[type]?.getAttributeTypeMap().map(({ baseName }) => baseName) ?? [];
    const ours = Object.keys(POD_TEMPLATE_FIELDS[type] ?? {}).filter(
      (field) => !ELSEWHERE.has(`${type}.${field}`),
    );
    expect(ours.sort()).toEqual([...schema].sort());
  });

  it('looks into each field that it does not judge as a whole', () => {
    for (const { type, field, treatment } of fields) {
      const attribute = MODELS[type]?.getAttributeTypeMap().find(({ baseName }) => baseName === field);
      if (treatment === 'within')
        expect(Object.keys(MODELS), `${type}.${field}`).toContain(named(attribute?.type ?? ''));
    }
    expect(Object.keys(POD_TEMPLATE_FIELDS).sort()).toEqual(Object.keys(MODELS).sort());
  });

  it('has a rule for each field that it says is refused, and says so of each that has a rule', () => {
    const refused = fields
      .filter(({ treatment }) => treatment === 'refused')
      .map(({ type, field }) => `${PLACES[type]}.${field}`);
    for (const place of refused) {
      const rule = ELIGIBILITY.find(({ path }) => path === place || place.startsWith(`${path}.`));
      expect(rule, place).toBeDefined();
    }
    for (const { path } of ELIGIBILITY)
      expect(
        refused.some((place) => place === path || place.startsWith(`${path}.`)),
        path,
      ).toBe(true);
  });

  it('has a rule that bites for each kind of volume that it says is refused', () => {
    for (const { type, field, treatment } of fields) {
      if (type !== 'Volume') continue;
      const isAsked = ELIGIBILITY.some(({ asked }) => asked({ volumes: [{ name: 'v', [field]: {} }] }));
      expect(isAsked, field).toBe(treatment === 'refused');
    }
  });
});
