/** The kustomize base: every object with its default values, and the optional ones as components. */
import { stringify } from 'yaml';
import { LED_STAGES } from '../../../spec/vocabulary.ts';
import { SYSTEM_NAMESPACE } from '../../controller/names.ts';
import { ACCOUNTS } from '../identities.ts';
import { namespaceManifest, toYaml } from '../manifests.ts';
import type { Manifest } from '../policies.ts';
import { stagePod } from '../workloads/pods.ts';
import { defaultValues, type SWITCHES } from '../workloads/values.ts';
import { packagedParts } from './parts.ts';

const objects = (manifests: readonly Manifest[]) => toYaml(manifests);
const kustomization = (kind: 'Kustomization' | 'Component', more: object = {}) =>
  stringify({
    apiVersion: `kustomize.config.k8s.io/${kind === 'Component' ? 'v1alpha1' : 'v1beta1'}`,
    kind,
    resources: ['objects.yaml'],
    ...more,
  });

/** Where agents run the containers the stages are told so: whatever stands in their argument. */
function stagesRunBy(runtime: string): object {
  const patchOf = (stage: (typeof LED_STAGES)[number]) => {
    const { containers } = stagePod(stage, defaultValues()).spec as unknown as {
      readonly containers: readonly { readonly args: readonly string[] }[];
    };
    const [main] = containers;
    const at = (main?.args.indexOf('--runtime') ?? -1) + 1;
    const path = `/spec/template/spec/containers/0/args/${at}`;
    return {
      target: { kind: 'Deployment', name: ACCOUNTS[stage] },
      patch: stringify([{ op: 'replace', path, value: runtime }]),
    };
  };
  return { patches: LED_STAGES.map(patchOf) };
}

/** The namespace that the base for one alone manages. @public */
export const ONE_NAMESPACE = 'kubedirect-workloads';

/** Left out of the base: each wants what not every cluster has. */
const COMPONENTS: Partial<Record<keyof typeof SWITCHES, string>> = {
  cri: 'cri',
  serviceMonitor: 'service-monitor',
  rules: 'prometheus-rules',
  dashboard: 'dashboard',
};
const componentOf = (when: keyof typeof SWITCHES | undefined) =>
  when === undefined ? undefined : COMPONENTS[when];

/**
 * Its files, by path. In a namespace of another name the policies would speak of the wrong accounts: for that, the chart.
 * @public
 */
export function kustomizeFiles(): ReadonlyMap<string, string> {
  const parts = packagedParts(defaultValues(SYSTEM_NAMESPACE));
  const baseOf = (all: typeof parts) =>
    all.filter(({ when }) => componentOf(when) === undefined).map(({ manifest }) => manifest);
  const one = packagedParts(defaultValues(SYSTEM_NAMESPACE, ONE_NAMESPACE));
  const namespaces = [SYSTEM_NAMESPACE, ONE_NAMESPACE].map(namespaceManifest);
  const files = new Map([
    ['base/kustomization.yaml', kustomization('Kustomization')],
    ['base/objects.yaml', objects([...namespaces.slice(0, 1), ...baseOf(parts)])],
    ['one-namespace/kustomization.yaml', kustomization('Kustomization')],
    ['one-namespace/objects.yaml', objects([...namespaces, ...baseOf(one)])],
  ]);
  for (const { manifest, when } of parts) {
    const component = componentOf(when);
    if (component === undefined) continue;
    files.set(
      `components/${component}/kustomization.yaml`,
      kustomization('Component', when === 'cri' ? stagesRunBy('cri') : {}),
    );
    files.set(`components/${component}/objects.yaml`, objects([manifest]));
  }
  return files;
}
