/**
 * Defaults and validation of a Pod's spec, alone and as a template (`pkg/apis/core/v1/defaults.go`,
 * `pkg/apis/core/validation`): what our controllers, kubectl and the stock controllers can tell the difference of.
 */
import { equal, isObject, type JsonObject } from '../../json.ts';
import type { Container, PodSpec, PodTemplate, Resources } from '../kube.ts';
import { parseQuantity } from '../quantity.ts';
import { type Cause, forbiddenField, invalidValue, required, unsupportedValue } from '../status.ts';
import { isDnsLabel, isLabelKey, labelCauses } from './names.ts';

function setDefault(target: JsonObject, field: string, value: unknown): void {
  if (target[field] === undefined || target[field] === null) target[field] = value;
}

function imagePullPolicy(image: string | undefined): string {
  const last = (image ?? '').split('/').at(-1) ?? '';
  const latest = !image?.includes('@') && (!last.includes(':') || last.endsWith(':latest'));
  return latest ? 'Always' : 'IfNotPresent';
}

function defaultProbe(probe: unknown): void {
  if (!isObject(probe)) return;
  setDefault(probe, 'timeoutSeconds', 1);
  setDefault(probe, 'periodSeconds', 10);
  setDefault(probe, 'successThreshold', 1);
  setDefault(probe, 'failureThreshold', 3);
  if (isObject(probe.httpGet)) {
    setDefault(probe.httpGet, 'path', '/');
    setDefault(probe.httpGet, 'scheme', 'HTTP');
  }
}

/** Limits are requests where these are not given. */
function defaultRequests(resources: Resources): void {
  for (const [name, amount] of Object.entries(resources.limits ?? {})) {
    resources.requests = { ...resources.requests, [name]: resources.requests?.[name] ?? amount };
  }
}

function defaultContainer(container: Container): void {
  setDefault(container, 'imagePullPolicy', imagePullPolicy(container.image));
  setDefault(container, 'resources', {});
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  for (const port of container.ports ?? []) setDefault(port, 'protocol', 'TCP');
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) defaultProbe(container[probe]);
  if (container.resources !== undefined) defaultRequests(container.resources);
}

function defaultVolume(volume: JsonObject): void {
  const sources = ['configMap', 'secret', 'downwardAPI', 'projected'];
  for (const source of sources) if (isObject(volume[source])) setDefault(volume[source], 'defaultMode', 420);
  if (isObject(volume.hostPath)) setDefault(volume.hostPath, 'type', '');
  const known = Object.keys(volume).some((field) => field !== 'name' && volume[field] !== undefined);
  if (!known) volume.emptyDir = {};
}

/** `SetDefaults_PodSpec`. @internal */
export function defaultPodSpec(spec: PodSpec): void {
  setDefault(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'terminationGracePeriodSeconds', 30);
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'securityContext', {});
  setDefault(spec, 'schedulerName', 'default-scheduler');
  if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName;
  if (Array.isArray(spec.containers)) spec.containers.filter(isObject).forEach(defaultContainer);
  if (Array.isArray(spec.initContainers)) spec.initContainers.filter(isObject).forEach(defaultContainer);
  if (Array.isArray(spec.volumes)) spec.volumes.filter(isObject).forEach(defaultVolume);
}

function resourceCauses(resources: Resources | undefined, path: string): Cause[] {
  const causes: Cause[] = [];
  for (const kind of ['requests', 'limits'] as const) {
    for (const [name, amount] of Object.entries(resources?.[kind] ?? {})) {
      const parsed = parseQuantity(amount);
      const field = `${path}.${kind}[${name}]`;
      if (parsed === undefined) causes.push(invalidValue(field, amount, 'must be a quantity'));
      else if (parsed < 0) causes.push(invalidValue(field, amount, 'must be greater than or equal to 0'));
      const limit = parseQuantity(resources?.limits?.[name]);
      if (kind === 'requests' && parsed !== undefined && limit !== undefined && parsed > limit) {
        const why = `must be less than or equal to ${name} limit of ${resources?.limits?.[name]}`;
        causes.push(invalidValue(`${path}.requests`, amount, why));
      }
    }
  }
  return causes;
}

function containerCauses(containers: readonly Container[], path: string): Cause[] {
  const causes: Cause[] = [];
  const seen = new Set<string>();
  containers.forEach((container, i) => {
    const here = `${path}[${i}]`;
    if (typeof container.name !== 'string' || container.name === '') causes.push(required(`${here}.name`));
    else if (!isDnsLabel(container.name)) {
      causes.push(invalidValue(`${here}.name`, container.name, 'a lowercase RFC 1123 label is expected'));
    } else if (seen.has(container.name)) {
      causes.push({
        reason: 'FieldValueDuplicate',
        field: `${here}.name`,
        message: `Duplicate value: "${container.name}"`,
      });
    }
    seen.add(container.name);
    causes.push(...resourceCauses(container.resources, `${here}.resources`));
  });
  return causes;
}

/** `ValidatePodSpec`, in part: containers, names, resources, policies. @internal */
export function podSpecCauses(spec: PodSpec | undefined, path: string, isTemplate: boolean): Cause[] {
  const causes: Cause[] = [];
  const containers = spec?.containers;
  if (!Array.isArray(containers) || containers.length === 0) causes.push(required(`${path}.containers`));
  else {
    causes.push(...containerCauses(containers, `${path}.containers`));
    containers.forEach((container, i) => {
      if (typeof container.image !== 'string' || container.image.trim() === '') {
        causes.push(required(`${path}.containers[${i}].image`));
      }
    });
  }
  causes.push(...containerCauses(spec?.initContainers ?? [], `${path}.initContainers`));
  const policies = isTemplate ? ['Always'] : ['Always', 'OnFailure', 'Never'];
  if (spec?.restartPolicy !== undefined && !policies.includes(spec.restartPolicy)) {
    causes.push(unsupportedValue(`${path}.restartPolicy`, spec.restartPolicy, policies));
  }
  const grace = spec?.terminationGracePeriodSeconds;
  if (typeof grace === 'number' && grace < 0) {
    causes.push(
      invalidValue(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0'),
    );
  }
  for (const key of Object.keys(spec?.nodeSelector ?? {})) {
    if (!isLabelKey(key))
      causes.push(invalidValue(`${path}.nodeSelector`, key, 'name part must be a qualified name'));
  }
  return causes;
}

/** A Pod template in a Deployment or ReplicaSet. @internal */
export function templateCauses(template: PodTemplate | undefined, path: string): Cause[] {
  return [
    ...labelCauses(template?.metadata?.labels, `${path}.metadata.labels`),
    ...podSpecCauses(template?.spec, `${path}.spec`, true),
  ];
}

const MUTABLE =
  '`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function withoutMutable(spec: PodSpec): unknown {
  const still = (container: Container) => ({ ...container, image: '' });
  const { containers, initContainers, tolerations: _, activeDeadlineSeconds: __, ...rest } = spec;
  return { ...rest, containers: containers.map(still), initContainers: (initContainers ?? []).map(still) };
}

/** `ValidatePodUpdate`: a Pod's spec is fixed but for what the message names. @internal */
export function podSpecUpdateCauses(next: PodSpec, previous: PodSpec): Cause[] {
  const kept = (previous.tolerations ?? []).every((old) =>
    (next.tolerations ?? []).some((now) => equal(old, now)),
  );
  if (kept && equal(withoutMutable(next), withoutMutable(previous))) return [];
  return [forbiddenField('spec', `pod updates may not change fields other than ${MUTABLE}`)];
}

/** `GetPodQOS`. @internal */
export function qosClass(spec: PodSpec): string {
  let some = false;
  let guaranteed = true;
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    const { requests = {}, limits = {} } = container.resources ?? {};
    for (const name of ['cpu', 'memory']) {
      if (requests[name] !== undefined || limits[name] !== undefined) some = true;
      if (limits[name] === undefined || parseQuantity(limits[name]) !== parseQuantity(requests[name]))
        guaranteed = false;
    }
  }
  return some ? (guaranteed ? 'Guaranteed' : 'Burstable') : 'BestEffort';
}
