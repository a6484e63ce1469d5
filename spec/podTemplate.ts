/**
 * What becomes of each field of a managed Pod template. Nothing slips through: a field of Kubernetes' schema that is not in this table fails
 * a test, until somebody has said who heeds it.
 *
 * - `scheduler`: the Scheduler stage heeds it, as the stock scheduler would;
 * - `node`: published unchanged; the node's kubelet and what runs on the node heed it;
 * - `refused`: in some or all of its values there is a rule of `eligibility.ts` against it;
 * - `excluded`: the API Server itself does not let a Deployment's template have it;
 * - `within`: what it holds is in the table under its own type.
 */

/** Who heeds a field. @public */
export type Treatment = 'scheduler' | 'node' | 'refused' | 'excluded' | 'within';

const all = <T extends Treatment>(treatment: T, fields: string): Readonly<Record<string, T>> =>
  Object.fromEntries(fields.split(' ').map((field) => [field, treatment]));

/** By type of the schema (`v1` without its prefix), and by field. @public */
export const POD_TEMPLATE_FIELDS: Readonly<Record<string, Readonly<Record<string, Treatment>>>> = {
  PodSpec: {
    ...all('scheduler', 'nodeSelector priority priorityClassName'),
    ...all('within', 'affinity containers initContainers tolerations volumes os'),
    ...all(
      'refused',
      'hostNetwork nodeName overhead preemptionPolicy resourceClaims resources runtimeClassName schedulerName schedulingGates schedulingGroup topologySpreadConstraints workloadRef',
    ),
    ...all('excluded', 'activeDeadlineSeconds ephemeralContainers restartPolicy'),
    ...all('node', 'automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases'),
    ...all('node', 'hostIPC hostPID hostUsers hostname hostnameOverride imagePullSecrets readinessGates'),
    ...all('node', 'securityContext serviceAccount serviceAccountName setHostnameAsFQDN'),
    ...all('node', 'shareProcessNamespace subdomain terminationGracePeriodSeconds'),
  },
  Affinity: { ...all('within', 'nodeAffinity'), ...all('refused', 'podAffinity podAntiAffinity') },
  NodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: 'within',
    preferredDuringSchedulingIgnoredDuringExecution: 'scheduler', // accepted, and not ranked by
  },
  NodeSelector: { nodeSelectorTerms: 'within' },
  NodeSelectorTerm: { matchExpressions: 'within', matchFields: 'refused' },
  NodeSelectorRequirement: all('scheduler', 'key operator values'),
  Toleration: { ...all('scheduler', 'key value effect'), operator: 'refused', tolerationSeconds: 'node' },
  PodOS: { name: 'refused' },
  Container: {
    ...all('within', 'ports resources'),
    restartPolicy: 'scheduler', // of an init container: it is a sidecar, and counts beside the others
    ...all('node', 'args command env envFrom image imagePullPolicy lifecycle livenessProbe name'),
    ...all('node', 'readinessProbe resizePolicy restartPolicyRules securityContext startupProbe'),
    ...all('node', 'stdin stdinOnce terminationMessagePath terminationMessagePolicy tty'),
    ...all('node', 'volumeDevices volumeMounts workingDir'),
  },
  ContainerPort: { hostPort: 'refused', ...all('node', 'containerPort hostIP name protocol') },
  ResourceRequirements: { ...all('refused', 'requests limits'), claims: 'excluded' },
  Volume: {
    ...all('refused', 'awsElasticBlockStore azureDisk cinder ephemeral gcePersistentDisk iscsi'),
    ...all('refused', 'persistentVolumeClaim portworxVolume rbd vsphereVolume'),
    ...all('node', 'azureFile cephfs configMap csi downwardAPI emptyDir fc flexVolume flocker gitRepo'),
    ...all('node', 'glusterfs hostPath image name nfs photonPersistentDisk projected quobyte scaleIO'),
    ...all('node', 'secret storageos'),
  },
};
