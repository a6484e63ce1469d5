/**
 * The workloads of an installation in a cluster: each stage above the tail as a Deployment of which one Pod leads, the agent as a
 * DaemonSet, and what goes with them. Helm chart and kustomize base are made of these same objects (`packages/`).
 */
import { LED_STAGES } from '../../../spec/vocabulary.ts';
import { ACCOUNTS } from '../identities.ts';
import { INSTALLED_LABELS, type Manifest } from '../policies.ts';
import { criPod } from './cri.ts';
import { dashboard, prometheusRule, serviceMonitor } from './monitoring.ts';
import { agentPod, labelsOf, SCALE_PORT, STATUS_PORT, signerPod, stagePod, watchdogPod } from './pods.ts';
import type { SWITCHES, Values } from './values.ts';

/** An object, and the switch that it depends on. @public */
export interface Part {
  readonly manifest: Manifest;
  readonly when?: keyof typeof SWITCHES;
}

const meta = (name: string, namespace: string) => ({ name, namespace, labels: INSTALLED_LABELS });

function stageDeployment(stage: (typeof LED_STAGES)[number], values: Values): Manifest {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta(ACCOUNTS[stage], values.namespace),
    spec: {
      replicas: values.replicas,
      revisionHistoryLimit: 3,
      // A Pod that stands by is ready: so the one that leads ends only when another can take over.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: labelsOf(stage) },
      template: stagePod(stage, values),
    },
  };
}

function disruptionBudget(stage: (typeof LED_STAGES)[number], values: Values): Manifest {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: meta(ACCOUNTS[stage], values.namespace),
    spec: { maxUnavailable: 1, selector: { matchLabels: labelsOf(stage) } },
  };
}

function agentDaemonSet(account: 'agent' | 'cri', template: object, values: Values): Manifest {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: meta(ACCOUNTS[account], values.namespace),
    spec: {
      revisionHistoryLimit: 3,
      // One agent serves a node: never two of them for the sake of a rollout.
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: '10%' } },
      selector: { matchLabels: labelsOf(account) },
      template,
    },
  };
}

/** A helper, not a stage: none of its Pods leads. */
function helperDeployment(
  account: 'watchdog' | 'signer',
  replicas: Values['replicas'],
  template: object,
  { namespace }: Values,
): Manifest {
  const selector = { matchLabels: labelsOf(account) };
  const spec = { replicas, revisionHistoryLimit: 3, selector, template };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: meta(ACCOUNTS[account], namespace), spec };
}

function service(name: string, values: Values, spec: object): Manifest {
  return { apiVersion: 'v1', kind: 'Service', metadata: meta(name, values.namespace), spec };
}

/** Links come from Pods of ours alone; the direct scale API and the status are open to the cluster. */
function networkPolicy(values: Values): Manifest {
  const open = [SCALE_PORT, STATUS_PORT].map((port) => ({ port, protocol: 'TCP' }));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: meta('kubedirect', values.namespace),
    spec: {
      podSelector: { matchLabels: INSTALLED_LABELS },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: { matchLabels: INSTALLED_LABELS } }] }, { ports: open }],
    },
  };
}

/** All of them, in order. @public */
export function workloadParts(values: Values): readonly Part[] {
  const { namespace } = values;
  return [
    ...LED_STAGES.flatMap((stage) => [
      { manifest: stageDeployment(stage, values) },
      { manifest: disruptionBudget(stage, values) },
    ]),
    { manifest: agentDaemonSet('agent', agentPod(values), values), when: 'agent' as const },
    { manifest: agentDaemonSet('cri', criPod(values), values), when: 'cri' as const },
    // One is enough: what it does when the stages are gone a second one could only do again.
    { manifest: helperDeployment('watchdog', 1, watchdogPod(values), values), when: 'watchdog' as const },
    // Each answers what the other has not.
    { manifest: helperDeployment('signer', values.replicas, signerPod(values), values) },
    {
      manifest: service('kubedirect-scale', values, {
        selector: labelsOf('autoscaler'),
        ports: [{ name: 'scale', port: 443, targetPort: 'scale', protocol: 'TCP' }],
      }),
    },
    {
      manifest: service('kubedirect-status', values, {
        clusterIP: 'None',
        publishNotReadyAddresses: true,
        selector: INSTALLED_LABELS,
        ports: [{ name: 'status', port: STATUS_PORT, targetPort: 'status', protocol: 'TCP' }],
      }),
    },
    { manifest: networkPolicy(values) },
    { manifest: serviceMonitor(namespace), when: 'serviceMonitor' as const },
    { manifest: prometheusRule(namespace), when: 'rules' as const },
    { manifest: dashboard(namespace), when: 'dashboard' as const },
  ];
}
