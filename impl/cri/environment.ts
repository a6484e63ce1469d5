/** The variables of a container: values, fields of its Pod, and keys of ConfigMaps and Secrets. */
import { KubedirectError } from '../../spec/errors.ts';
import type { Data, DataKind, Objects } from './objects.ts';
import type { ContainerSpec, KeptPod, KeyRef, ObjectRef } from './podSpec.ts';

/** Where a Pod runs. */
export interface Place {
  readonly node: string;
  readonly hostAddress: string;
  /** Of its sandbox. */
  readonly podAddress: string;
}

const KEYED = /^metadata\.(labels|annotations)\['([^']+)'\]$/;

/** A field of the Pod; empty if it is not set. */
export function fieldOf(pod: KeptPod, place: Place, path: string): string {
  const keyed = KEYED.exec(path);
  if (keyed !== null) return pod[keyed[1] as 'labels' | 'annotations'][keyed[2] as string] ?? '';
  const known: Readonly<Record<string, string | undefined>> = {
    'metadata.name': pod.name,
    'metadata.namespace': pod.namespace,
    'metadata.uid': pod.objectUid,
    'spec.nodeName': place.node,
    'spec.serviceAccountName': pod.spec.serviceAccountName ?? 'default',
    'status.hostIP': place.hostAddress,
    'status.podIP': place.podAddress,
  };
  return known[path] ?? '';
}

const missing = (kind: DataKind, { name }: { readonly name: string }, how: string) =>
  new KubedirectError('RUNTIME_FAILED', `${kind} ${name}: expected what a variable asks for, ${how}`);

/** What its variables need of other objects. @throws KubedirectError `RUNTIME_FAILED` if one is not there that must be; KubernetesError */
export async function readObjects(
  { namespace }: KeptPod,
  { env = [], envFrom = [] }: ContainerSpec,
  objects: Objects,
): Promise<Known> {
  const known = new Map<string, Data>();
  const read = async (kind: DataKind, ref: ObjectRef | undefined) => {
    if (ref === undefined || known.has(`${kind}/${ref.name}`)) return;
    const data = await objects.data(kind, namespace, ref.name);
    if (data !== null) known.set(`${kind}/${ref.name}`, data);
    else if (ref.optional !== true) throw missing(kind, ref, 'there is none');
  };
  for (const { configMapRef, secretRef } of envFrom) {
    await read('configmaps', configMapRef);
    await read('secrets', secretRef);
  }
  for (const { valueFrom } of env) {
    await read('configmaps', valueFrom?.configMapKeyRef);
    await read('secrets', valueFrom?.secretKeyRef);
  }
  return known;
}

/** What of other objects has been read, by `<kind>/<name>`. */
export type Known = ReadonlyMap<string, Data>;

/** A key's value; null if it may be left out, and there is none. */
function valueAt(known: Known, kind: DataKind, ref: KeyRef): string | null {
  const value = known.get(`${kind}/${ref.name}`)?.get(ref.key);
  if (value !== undefined) return value.toString();
  if (ref.optional === true) return null;
  throw missing(kind, ref, `it has no ${ref.key}`);
}

/** Names that a shell takes; others are left out, as by a kubelet. */
const NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

/** The variables, in their order: a later one may name an earlier one. @throws KubedirectError `RUNTIME_FAILED` */
export function environmentOf(
  pod: KeptPod,
  container: ContainerSpec,
  place: Place,
  known: Known,
): Map<string, string> {
  const variables = new Map<string, string>();
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? [])
    for (const [kind, ref] of [['configmaps', configMapRef] as const, ['secrets', secretRef] as const])
      for (const [key, value] of known.get(`${kind}/${ref?.name}`) ?? [])
        if (NAME.test(prefix + key)) variables.set(prefix + key, value.toString());
  for (const { name, value = '', valueFrom } of container.env ?? []) {
    const { fieldRef, configMapKeyRef, secretKeyRef } = valueFrom ?? {};
    const found = fieldRef
      ? fieldOf(pod, place, fieldRef.fieldPath)
      : configMapKeyRef
        ? valueAt(known, 'configmaps', configMapKeyRef)
        : secretKeyRef
          ? valueAt(known, 'secrets', secretKeyRef)
          : expanded(value, variables);
    if (found !== null) variables.set(name, found);
  }
  return variables;
}

/** `$(NAME)` by the variable's value, if there is one; `$$` is a dollar. */
export function expanded(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (variables.get(name) ?? whole),
  );
}
