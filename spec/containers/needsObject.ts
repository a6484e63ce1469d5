/**
 * Which Pods are published before their containers are started, though our agent runs the containers (protocol 5).
 *
 * A token is bound to the Pod's object, so there must be one. And a node may read a ConfigMap or a Secret only if a Pod that stands at the
 * API Server, bound to it, names that (the Node authorizer): to read them before, the agent would have to be allowed to read all of them.
 *
 * And what asks for more than PodSecurity's level *baseline* allows is for admission to judge, before anything of it runs.
 */

type Any = Readonly<Record<string, unknown>>;
const all = (list: unknown): readonly Any[] => (list ?? []) as readonly Any[];
const has = (object: unknown, ...names: readonly string[]) =>
  names.some((name) => ((object ?? {}) as Any)[name] !== undefined);

const isUid = (of: Any | undefined) =>
  (of?.fieldRef as { fieldPath?: string } | undefined)?.fieldPath === 'metadata.uid';

/** Whether somebody's object, or its own, is needed for a container's variables. */
const readsObjects = ({ env, envFrom }: Any) =>
  all(envFrom).length > 0 ||
  all(env).some(
    ({ valueFrom }) =>
      has(valueFrom, 'configMapKeyRef', 'secretKeyRef') || isUid(valueFrom as Any | undefined),
  );

/** The same of a volume, or of a source of a projected one. */
const holdsObjects = (source: Any): boolean =>
  has(source, 'configMap', 'secret', 'serviceAccountToken') ||
  all((source.downwardAPI as Any | undefined)?.items).some(isUid) ||
  all((source.projected as Any | undefined)?.sources).some(holdsObjects);

/** Capabilities that the level *baseline* lets a container add. */
const BASELINE: ReadonlySet<string> = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);

/** Whether a security context asks for more. */
const isBeyondBaseline = (context: unknown) => {
  const { capabilities, seccompProfile } = (context ?? {}) as {
    readonly capabilities?: { readonly add?: readonly string[] };
    readonly seccompProfile?: { readonly type?: string };
  };
  const adds = capabilities?.add ?? [];
  return adds.some((one) => !BASELINE.has(one)) || seccompProfile?.type === 'Unconfined';
};

/** @param spec - of a Pod, or of its template @public */
export function needsObject(spec: Any): boolean {
  return (
    // Admission adds a volume with a token, unless it is told not to.
    spec.automountServiceAccountToken !== false ||
    all(spec.volumes).some(holdsObjects) ||
    isBeyondBaseline(spec.securityContext) ||
    [...all(spec.containers), ...all(spec.initContainers)].some(
      (one) => readsObjects(one) || isBeyondBaseline(one.securityContext),
    )
  );
}
