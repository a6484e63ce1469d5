/** Whether the Pods of a template may start before their objects stand: explored to the end; and what counts as a Pod that came back as it went. */
import { describe, expect, it } from 'vitest';
import {
  isAsGiven,
  TEMPLATE_MUTANTS,
  TEMPLATE_PROPERTIES,
  type TemplateMutantName,
} from '../../spec/containers/admission.ts';
import { exploreTemplate } from './template.world.ts';

describe('a template', () => {
  it('keeps every property, whatever the API Server answers', () => {
    const { states, broken } = exploreTemplate();
    expect([...broken]).toEqual([]);
    expect(states).toBeGreaterThan(500);
  });

  it.each(Object.entries(TEMPLATE_MUTANTS))('%s is caught', (name, { breaks }) => {
    expect(exploreTemplate(new Set([name as TemplateMutantName])).broken).toContain(breaks);
  });

  it('every property is broken by a mutant', () => {
    const all = new Set(Object.values(TEMPLATE_MUTANTS).map(({ breaks }) => breaks));
    expect([...all].sort()).toEqual(Object.keys(TEMPLATE_PROPERTIES).sort());
  });
});

describe('a Pod that comes back from a dry run', () => {
  const sent = {
    metadata: { labels: { app: 'a' }, annotations: { note: 'n' } },
    spec: { containers: [{ name: 'main', image: 'i', env: [] }], nodeName: 'n' },
  };
  const withSpec = (more: object) => ({ ...sent, spec: { ...sent.spec, ...more } });

  it.each<[string, object]>([
    [
      'with what every API Server adds',
      withSpec({ tolerations: [{}], priority: 0, preemptionPolicy: 'Never' }),
    ],
    [
      'with the account that it has anyway',
      withSpec({ serviceAccountName: 'default', serviceAccount: 'default' }),
    ],
    [
      'with its fields in another order',
      { spec: { nodeName: 'n', containers: [{ image: 'i', name: 'main' }] }, metadata: sent.metadata },
    ],
  ])('%s: as it went', (_what, back) => expect(isAsGiven(sent, back)).toBe(true));

  it.each<[string, object]>([
    ['with another container', withSpec({ containers: [...sent.spec.containers, { name: 'proxy' }] })],
    ['with another image', withSpec({ containers: [{ name: 'main', image: 'by-digest' }] })],
    [
      'with bounds',
      withSpec({ containers: [{ ...sent.spec.containers[0], resources: { limits: { cpu: '1' } } }] }),
    ],
    [
      'with another annotation',
      { ...sent, metadata: { ...sent.metadata, annotations: { note: 'n', more: 'm' } } },
    ],
    ['with a secret for images', withSpec({ imagePullSecrets: [{ name: 's' }] })],
  ])('%s: changed', (_what, back) => expect(isAsGiven(sent, back)).toBe(false));
});
