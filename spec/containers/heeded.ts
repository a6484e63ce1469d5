/**
 * What of a Pod's spec our agent heeds where it runs the containers itself. A field that is not named here is not heeded, and a Pod that has it
 * is not started: it says which. (`spec/eligibility.ts` has refused before what the Scheduler stage does not heed.)
 */

const fields = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const POD = fields(
  'affinity automountServiceAccountToken containers dnsPolicy enableServiceLinks hostname initContainers nodeName nodeSelector os priority priorityClassName preemptionPolicy restartPolicy schedulerName securityContext serviceAccount serviceAccountName terminationGracePeriodSeconds tolerations volumes',
);
const POD_SECURITY = fields('runAsUser runAsGroup runAsNonRoot supplementalGroups seccompProfile');
const CONTAINER = fields(
  'args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports readinessProbe resources securityContext startupProbe stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeMounts workingDir',
);
const SECURITY = fields(
  'allowPrivilegeEscalation capabilities readOnlyRootFilesystem runAsGroup runAsNonRoot runAsUser seccompProfile',
);
const PROBE = fields(
  'exec failureThreshold httpGet initialDelaySeconds periodSeconds successThreshold tcpSocket timeoutSeconds',
);
const HOOK = fields('exec httpGet sleep');
const MOUNT = fields('mountPath name readOnly');
/** Of a volume that is filled from objects: nobody but the agent writes there, so that a path leads where it says. */
const FILLED_MOUNT = fields('mountPath name readOnly subPath');
const FILLED = ['configMap', 'downwardAPI', 'projected', 'secret'];
const FIELD_REFS =
  /^(metadata\.(name|namespace|uid|labels\['[^']+'\]|annotations\['[^']+'\])|spec\.(nodeName|serviceAccountName)|status\.(hostIP|podIP))$/;
const FILE_REFS =
  /^metadata\.(name|namespace|uid|labels|annotations|labels\['[^']+'\]|annotations\['[^']+'\])$/;

type Any = Readonly<Record<string, unknown>>;
const all = (list: unknown): readonly Any[] => (list ?? []) as readonly Any[];

/** Fields whose `false` asks for something: a user namespace. */
const MEANT = fields('hostUsers');

/** Fields of an object that are set and not among these, by their paths. What is `false` or empty is not asked for. */
function others(object: unknown, known: ReadonlySet<string>, path: string): readonly string[] {
  return Object.entries((object ?? {}) as Any)
    .filter(([name, value]) => !known.has(name) && (MEANT.has(name) || ![false, ''].includes(value as never)))
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name]) => `${path}.${name}`);
}

function ofEnvironment(env: unknown, path: string): readonly string[] {
  return all(env).flatMap(({ name, valueFrom }) => {
    const from = `${path}.env[${String(name)}].valueFrom`;
    const { fieldRef } = (valueFrom ?? {}) as { fieldRef?: { fieldPath?: string } };
    return [
      ...others(valueFrom, fields('configMapKeyRef fieldRef secretKeyRef'), from),
      ...(fieldRef === undefined || FIELD_REFS.test(fieldRef.fieldPath ?? '') ? [] : [`${from}.fieldRef`]),
    ];
  });
}

/** Who must not be root is heeded if the spec says who it is; the image is not asked. */
function mayBeRoot(container: Any, ofPod: Any): boolean {
  const own = (container.securityContext ?? {}) as Any;
  const user = own.runAsUser ?? ofPod.runAsUser;
  return (own.runAsNonRoot ?? ofPod.runAsNonRoot) === true && (user === undefined || user === 0);
}

/** What of its Pod says what a container may ask for. */
interface OfPod {
  /** Its security context. */
  readonly ofPod: Any;
  /** Names of the volumes that are filled from objects. */
  readonly filled: ReadonlySet<unknown>;
}

/** An init container that runs on. */
const isSidecar = ({ restartPolicy }: Any, list: string) =>
  list === 'initContainers' && restartPolicy === 'Always';

function ofContainer(container: Any, { ofPod, filled }: OfPod, path: string): readonly string[] {
  const { env, envFrom, lifecycle, volumeMounts, securityContext } = container;
  const probes = (['startupProbe', 'readinessProbe', 'livenessProbe'] as const).flatMap((probe) =>
    others(container[probe], PROBE, `${path}.${probe}`),
  );
  const { postStart, preStop, ...hooks } = (lifecycle ?? {}) as Any;
  const seccomp = (securityContext as { seccompProfile?: { type?: string } } | undefined)?.seccompProfile;
  return [
    ...others(container, CONTAINER, path),
    ...ofEnvironment(env, path),
    ...all(envFrom).flatMap((each) =>
      others(each, fields('configMapRef prefix secretRef'), `${path}.envFrom`),
    ),
    ...probes,
    ...others(hooks, new Set(), `${path}.lifecycle`),
    ...others(postStart, HOOK, `${path}.lifecycle.postStart`),
    ...others(preStop, HOOK, `${path}.lifecycle.preStop`),
    ...others(securityContext, SECURITY, `${path}.securityContext`),
    ...(mayBeRoot(container, ofPod) ? [`${path}.securityContext.runAsNonRoot`] : []),
    ...(seccomp?.type === 'Localhost' ? [`${path}.securityContext.seccompProfile`] : []),
    ...all(volumeMounts).flatMap((mount) =>
      others(mount, filled.has(mount.name) ? FILLED_MOUNT : MOUNT, `${path}.volumeMounts`),
    ),
  ];
}

function ofFiles(items: unknown, path: string): readonly string[] {
  return all(items).flatMap((item) => {
    const { fieldPath = '' } = (item.fieldRef ?? {}) as { fieldPath?: string };
    return FILE_REFS.test(fieldPath) ? [] : [`${path}.items[${String(item.path)}]`];
  });
}

/** Of a volume, or of a source of a projected one. */
function ofSource(source: Any, known: string, path: string): readonly string[] {
  return [
    ...others(source, fields(known), path),
    ...ofFiles((source.downwardAPI as Any | undefined)?.items, `${path}.downwardAPI`),
  ];
}

function ofVolume(volume: Any): readonly string[] {
  const path = `spec.volumes[${String(volume.name)}]`;
  const { sources } = (volume.projected ?? {}) as Any;
  const { medium, ...emptyDir } = (volume.emptyDir ?? {}) as Any;
  return [
    ...ofSource(volume, 'configMap downwardAPI emptyDir name projected secret', path),
    ...(['', 'Memory', undefined, null].includes(medium as never) ? [] : [`${path}.emptyDir.medium`]),
    // Of a size: nobody would see to it.
    ...others(emptyDir, new Set(), `${path}.emptyDir`),
    ...all(sources).flatMap((source, i) =>
      ofSource(source, 'configMap downwardAPI secret serviceAccountToken', `${path}.projected.sources[${i}]`),
    ),
  ];
}

/** The paths of what a Pod's spec asks for and our agent does not heed; none: it can be started. @public */
export function unheeded(spec: Any): readonly string[] {
  const filled = all(spec.volumes).filter((volume) => FILLED.some((kind) => volume[kind] !== undefined));
  const pod = {
    ofPod: (spec.securityContext ?? {}) as Any,
    filled: new Set(filled.map(({ name }) => name)),
  };
  const containers = (name: 'containers' | 'initContainers') =>
    all(spec[name]).flatMap((each, i) =>
      ofContainer(isSidecar(each, name) ? { ...each, restartPolicy: null } : each, pod, `spec.${name}[${i}]`),
    );
  return [
    ...others(spec, POD, 'spec'),
    ...others(spec.securityContext, POD_SECURITY, 'spec.securityContext'),
    ...all(spec.volumes).flatMap(ofVolume),
    // On unless it is turned off.
    ...(spec.enableServiceLinks === false ? [] : ['spec.enableServiceLinks']),
    ...containers('containers'),
    ...containers('initContainers'),
  ];
}
