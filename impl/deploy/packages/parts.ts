/** The one source of the chart and of the kustomize base: every object of an installation in a cluster. */
import { LED_STAGES } from '../../../spec/vocabulary.ts';
import { allManifests, isSwitch } from '../manifests.ts';
import { isKeeper, type Manifest } from '../policies.ts';
import { type Part, workloadParts } from '../workloads/index.ts';
import type { Values } from '../workloads/values.ts';

/** Helm leaves it behind, as `kubedirect uninstall` does: see `keeperPolicies`. */
const keep = (manifest: Manifest): Manifest =>
  !isKeeper(manifest)
    ? manifest
    : { ...manifest, metadata: { ...manifest.metadata, annotations: { 'helm.sh/resource-policy': 'keep' } } };

/**
 * Policies, accounts and rights, then the workloads. Without the owner switch, which is no configuration but the state of the cluster: a
 * package that held it would set it back to `stock` at each upgrade. `kubedirect install --existing` makes it, once the fence is proved.
 * @public
 */
export function packagedParts(values: Values): readonly Part[] {
  const { namespace, watchNamespace } = values;
  const scope = watchNamespace === '' ? undefined : watchNamespace;
  // The publisher: by it `install` probes, and one agent of many nodes may run instead of the DaemonSet.
  const accounts = [...LED_STAGES, 'agent', 'cri', 'publisher', 'watchdog', 'signer'] as const;
  const base = allManifests({ namespace, scope, accounts }).filter(
    (one) => one.kind !== 'Namespace' && !isSwitch(one),
  );
  return [...base.map((manifest) => ({ manifest: keep(manifest) })), ...workloadParts(values)];
}
