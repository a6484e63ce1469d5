/** The scope of the installation as the owner switch says it, and the refusal of another (protocol 9, *Scope*). */
import { isForeignScope, scopeWritten } from '../../../machines/ownership/scope.ts';
import { KubedirectError } from '../../../spec/errors.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { pathOf } from '../kubernetes/paths.ts';
import type { ConfigMap } from '../kubernetes/types.ts';
import { OWNER_SWITCH } from '../names.ts';

const inWords = (scope: string | undefined) =>
  scope === undefined ? 'all namespaces' : `namespace ${scope}`;

/** Why somebody who acts on `own` is refused where the switch says this; null if he is not. */
export function foreignScope(own: string | undefined, written: string | undefined): KubedirectError | null {
  if (!isForeignScope(own, written)) return null;
  return new KubedirectError(
    'SCOPE_DIFFERS',
    `the owner switch says that ${inWords(scopeWritten(written))} is managed: expected the same of --watch-namespace, got ${inWords(own)}. Start this with ${written === '*' ? 'no --watch-namespace' : `--watch-namespace ${written}`}; or, under stock, change it by kubedirect install.`,
  );
}

/** A consistent read of the switch, as a list: the one way of reading it that the stages' accounts have. */
export async function readSwitch(
  client: KubernetesClient,
  namespace: string,
): Promise<ConfigMap | undefined> {
  const query = { fieldSelector: `metadata.name=${OWNER_SWITCH}` };
  const { items } = await client.list<ConfigMap>(pathOf({ resource: 'configmaps', namespace }), query);
  return items[0];
}

/** @throws KubedirectError `SCOPE_DIFFERS` if the client acts on another scope than the switch says; KubernetesError */
export async function refuseForeignScope(client: KubernetesClient, namespace: string): Promise<void> {
  const refused = foreignScope(client.scope, (await readSwitch(client, namespace))?.data?.scope);
  if (refused !== null) throw refused;
}
