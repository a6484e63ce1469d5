/**
 * The flags of each component. Everything listens on loopback; authorization is Node and RBAC, admission plugins are the
 * defaults: what a user of an ordinary cluster meets.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { MODULE_DIR } from './cache.ts';
import { KUBERNETES_SERVICE_IP, type Pki } from './certificates.ts';
import { LOOPBACK } from './ports.ts';

/** Client limits, and what the apiserver lets in. `stock` are Kubernetes' own defaults, so no flag is given for them. */
const LIFTED = {
  qps: 10_000,
  burst: 20_000,
  syncs: 50,
  readsInFlight: 4_000,
  writesInFlight: 2_000,
} as const;

/** Label on a Node that makes kwok let go of it. @internal */
export const FAILED_LABEL = 'kubedirect.dev/kwok-failed';
/** Annotation of the nodes that kwok plays. @internal */
export const KWOK_ANNOTATION = 'kwok.x-k8s.io/node';

/** What the flags depend on. @internal */
export interface ComponentContext {
  readonly dataDir: string;
  readonly pki: Pki;
  readonly limits: 'stock' | 'lifted';
  readonly auditLog: boolean;
  readonly kwokDelayMs: number;
  readonly ports: {
    readonly etcd: number;
    readonly etcdPeer: number;
    readonly apiserver: number;
    readonly controllerManager: number;
    readonly scheduler: number;
  };
  /** Kubeconfig files by component. */
  readonly kubeconfigs: {
    readonly controllerManager: string;
    readonly scheduler: string;
    readonly kwok: string;
  };
}

/** @internal */
export const etcdArgs = ({ dataDir, ports }: ComponentContext): string[] => [
  '--name=kubedirect',
  `--data-dir=${join(dataDir, 'etcd')}`,
  `--listen-client-urls=http://${LOOPBACK}:${ports.etcd}`,
  `--advertise-client-urls=http://${LOOPBACK}:${ports.etcd}`,
  `--listen-peer-urls=http://${LOOPBACK}:${ports.etcdPeer}`,
  `--initial-advertise-peer-urls=http://${LOOPBACK}:${ports.etcdPeer}`,
  `--initial-cluster=kubedirect=http://${LOOPBACK}:${ports.etcdPeer}`,
  // The data goes with the control plane: nothing to keep over a power cut.
  '--unsafe-no-fsync',
  `--quota-backend-bytes=${8 * 1024 ** 3}`,
  '--log-level=warn',
];

/** Writes the audit policy if asked for. @internal */
export async function apiserverArgs(context: ComponentContext): Promise<string[]> {
  const { dataDir, pki, ports } = context;
  const args = [
    `--etcd-servers=http://${LOOPBACK}:${ports.etcd}`,
    `--bind-address=${LOOPBACK}`,
    `--secure-port=${ports.apiserver}`,
    `--tls-cert-file=${pki.servingCertFile}`,
    `--tls-private-key-file=${pki.servingKeyFile}`,
    `--client-ca-file=${pki.caFile}`,
    `--kubelet-client-certificate=${pki.kubeletClientCertFile}`,
    `--kubelet-client-key=${pki.kubeletClientKeyFile}`,
    '--kubelet-preferred-address-types=InternalIP,Hostname',
    '--authorization-mode=Node,RBAC',
    '--allow-privileged=true',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${pki.serviceAccountPublicKeyFile}`,
    `--service-account-signing-key-file=${pki.serviceAccountKeyFile}`,
    `--service-cluster-ip-range=${KUBERNETES_SERVICE_IP.replace(/\.\d+$/, '.0')}/16`,
    // A loopback address is not one that the `kubernetes` Service may have as an endpoint.
    '--endpoint-reconciler-type=none',
  ];
  if (context.limits === 'lifted') {
    args.push(
      `--max-requests-inflight=${LIFTED.readsInFlight}`,
      `--max-mutating-requests-inflight=${LIFTED.writesInFlight}`,
    );
  }
  if (context.auditLog) {
    const policy = join(dataDir, 'audit-policy.yaml');
    await writeFile(
      policy,
      stringify({
        apiVersion: 'audit.k8s.io/v1',
        kind: 'Policy',
        omitStages: ['RequestReceived'],
        rules: [{ level: 'Metadata' }],
      }),
    );
    args.push(`--audit-policy-file=${policy}`, `--audit-log-path=${join(dataDir, 'audit.log')}`);
  }
  return args;
}

/** @internal */
export function controllerManagerArgs({
  dataDir,
  pki,
  limits,
  ports,
  kubeconfigs,
}: ComponentContext): string[] {
  const kubeconfig = kubeconfigs.controllerManager;
  const args = [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--bind-address=${LOOPBACK}`,
    `--secure-port=${ports.controllerManager}`,
    `--cert-dir=${join(dataDir, 'pki', 'controller-manager')}`,
    // Each controller under its own identity: what the owner switch tells the ReplicaSet controller by.
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${pki.serviceAccountKeyFile}`,
    `--root-ca-file=${pki.caFile}`,
    `--cluster-signing-cert-file=${pki.caFile}`,
    `--cluster-signing-key-file=${pki.caKeyFile}`,
    // There is only one of it.
    '--leader-elect=false',
  ];
  if (limits === 'lifted') {
    args.push(`--kube-api-qps=${LIFTED.qps}`, `--kube-api-burst=${LIFTED.burst}`);
    for (const controller of ['deployment', 'replicaset', 'endpoint', 'service-endpoint', 'gc']) {
      args.push(`--concurrent-${controller}-syncs=${LIFTED.syncs}`);
    }
  }
  return args;
}

/** Writes the scheduler's configuration. @internal */
export async function schedulerArgs(context: ComponentContext): Promise<string[]> {
  const { dataDir, limits, ports, kubeconfigs } = context;
  const config = join(dataDir, 'scheduler.yaml');
  await writeFile(
    config,
    stringify({
      apiVersion: 'kubescheduler.config.k8s.io/v1',
      kind: 'KubeSchedulerConfiguration',
      leaderElection: { leaderElect: false },
      clientConnection: {
        kubeconfig: kubeconfigs.scheduler,
        ...(limits === 'lifted' ? { qps: LIFTED.qps, burst: LIFTED.burst } : {}),
      },
    }),
  );
  return [
    `--config=${config}`,
    `--authentication-kubeconfig=${kubeconfigs.scheduler}`,
    `--authorization-kubeconfig=${kubeconfigs.scheduler}`,
    `--bind-address=${LOOPBACK}`,
    `--secure-port=${ports.scheduler}`,
    `--cert-dir=${join(dataDir, 'pki', 'scheduler')}`,
  ];
}

/** Writes kwok's stages, with the delay. @internal */
export async function kwokArgs({ dataDir, kwokDelayMs, kubeconfigs }: ComponentContext): Promise<string[]> {
  const stages = parseAllDocuments(await readFile(join(MODULE_DIR, 'kwok-stages.yaml'), 'utf8'));
  const config = join(dataDir, 'kwok.yaml');
  const documents = stages.map((document) => {
    if (kwokDelayMs > 0 && document.getIn(['metadata', 'name']) === 'pod-ready') {
      document.setIn(['spec', 'delay'], document.createNode({ durationMilliseconds: kwokDelayMs }));
    }
    return document.toString();
  });
  await writeFile(config, documents.join('---\n'));
  return [
    `--kubeconfig=${kubeconfigs.kwok}`,
    `--config=${config}`,
    `--manage-nodes-with-annotation-selector=${KWOK_ANNOTATION}=fake`,
    // Selected at the apiserver: a node that gains the label is, to kwok, deleted.
    `--manage-nodes-with-label-selector=${FAILED_LABEL}!=true`,
    '--node-lease-duration-seconds=40',
    '--cidr=10.64.0.1/10',
    // An address for documentation (RFC 5737): nobody answers there.
    '--node-ip=203.0.113.1',
  ];
}
