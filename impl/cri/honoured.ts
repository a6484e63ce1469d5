/**
 * What of a Pod's spec this runtime heeds. A field that is not named here is not heeded, and a Pod that has it is not started: it says
 * which. (`spec/eligibility.ts` has refused before what the Scheduler stage does not heed.)
 */

const fields = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const POD = fields(
  'affinity automountServiceAccountToken containers dnsPolicy enableServiceLinks hostname initContainers nodeName nodeSelector os priority priorityClassName preemptionPolicy restartPolicy schedulerName securityContext serviceAccount serviceAccountName terminationGracePeriodSeconds tolerations volumes',
);
const POD_SECURITY = fields('runAsUser runAsGroup runAsNonRoot supplementalGroups seccompProfile');
const CONTAINER = fields(
  'args command env image imagePullPolicy lifecycle livenessProbe name ports readinessProbe resources securityContext startupProbe stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeMounts workingDir',
);
const SECURITY = fields(
  'allowPrivilegeEscalation capabilities readOnlyRootFilesystem runAsGroup runAsNonRoot runAsUser seccompProfile',
);
const PROBE = fields(
  'exec failureThreshold httpGet initialDelaySeconds periodSeconds successThreshold tcpSocket timeoutSeconds',
);
const MOUNT = fields('mountPath name readOnly');
const FIELD_REFS =
  /^(metadata\.(name|namespace|labels\['[^']+'\]|annotations\['[^']+'\])|spec\.(nodeName|serviceAccountName)|status\.(hostIP|podIP))$/;

type Any = Readonly<Record<string, unknown>>;

/** Fields of an object that are set and not among these, by their paths. What is `false` is not asked for. */
function others(object: unknown, known: ReadonlySet<string>, path: string): readonly string[] {
  return Object.entries((object ?? {}) as Any)
    .filter(([name, value]) => !known.has(name) && ![null, undefined, false].includes(value as null))
    .map(([name]) => `${path}.${name}`);
}

function ofEnvironment(env: unknown, path: string): readonly string[] {
  return ((env ?? []) as readonly Any[]).flatMap(({ name, valueFrom }) => {
    if (valueFrom === undefined || valueFrom === null) return [];
    const { fieldRef, ...rest } = valueFrom as Any;
    const fieldPath = (fieldRef as { fieldPath?: string } | undefined)?.fieldPath ?? '';
    const isKnown = FIELD_REFS.test(fieldPath) && Object.keys(rest).length === 0;
    return isKnown ? [] : [`${path}.env[${String(name)}].valueFrom`];
  });
}

/** Who must not be root is heeded if the spec says who it is; the image is not asked. */
function mayBeRoot(container: Any, ofPod: Any): boolean {
  const own = (container.securityContext ?? {}) as Any;
  const user = own.runAsUser ?? ofPod.runAsUser;
  return (own.runAsNonRoot ?? ofPod.runAsNonRoot) === true && (user === undefined || user === 0);
}

function ofContainer(container: Any, ofPod: Any, path: string): readonly string[] {
  const { env, lifecycle, volumeMounts, securityContext } = container;
  const probes = (['startupProbe', 'readinessProbe', 'livenessProbe'] as const).flatMap((probe) =>
    others(container[probe], PROBE, `${path}.${probe}`),
  );
  const { preStop, ...hooks } = (lifecycle ?? {}) as Any;
  const seccomp = (securityContext as { seccompProfile?: { type?: string } } | undefined)?.seccompProfile;
  return [
    ...others(container, CONTAINER, path),
    ...ofEnvironment(env, path),
    ...probes,
    ...others(hooks, new Set(), `${path}.lifecycle`),
    ...others(preStop, fields('exec httpGet sleep'), `${path}.lifecycle.preStop`),
    ...others(securityContext, SECURITY, `${path}.securityContext`),
    ...(mayBeRoot(container, ofPod) ? [`${path}.securityContext.runAsNonRoot`] : []),
    ...(seccomp?.type === 'Localhost' ? [`${path}.securityContext.seccompProfile`] : []),
    ...((volumeMounts ?? []) as readonly Any[]).flatMap((mount) =>
      others(mount, MOUNT, `${path}.volumeMounts`),
    ),
  ];
}

/** The paths of what a Pod's spec asks for and this runtime does not heed; none: it can be started. */
export function unheeded(spec: Any): readonly string[] {
  const containers = (name: 'containers' | 'initContainers') =>
    ((spec[name] ?? []) as readonly Any[]).flatMap((each, i) =>
      ofContainer(each, (spec.securityContext ?? {}) as Any, `spec.${name}[${i}]`),
    );
  const volumes = (spec.volumes ?? []) as readonly Any[];
  return [
    ...others(spec, POD, 'spec'),
    ...others(spec.securityContext, POD_SECURITY, 'spec.securityContext'),
    ...volumes.flatMap((volume) => others(volume, fields('name emptyDir'), `spec.volumes[${volume.name}]`)),
    // Both are on unless they are turned off.
    ...(spec.automountServiceAccountToken === false ? [] : ['spec.automountServiceAccountToken']),
    ...(spec.enableServiceLinks === false ? [] : ['spec.enableServiceLinks']),
    ...containers('containers'),
    ...containers('initContainers'),
  ];
}
