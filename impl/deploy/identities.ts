/** Who acts: the service accounts of the stages, and the stock controller that they contend with. */
import type { StageName } from '../../spec/vocabulary.ts';

/**
 * Service accounts, one per stage; `control` for one process with the four stages above the tail. The kubelet stage has four: `agent` runs on its node, and is limited to it; `publisher` serves many
 * nodes (runtime `publish`); `cri` runs on a machine too, and is limited to the Node of its own that it has there (runtime `cri`); `simulator` plays many nodes (runtime `simulated`), for demos and benchmarks. `watchdog` and `signer` are no stages: the one releases, the other issues certificates.
 * @public
 */
export const ACCOUNTS = {
  autoscaler: 'kubedirect-autoscaler',
  deployment: 'kubedirect-deployment',
  replicaset: 'kubedirect-replicaset',
  scheduler: 'kubedirect-scheduler',
  control: 'kubedirect-control',
  agent: 'kubedirect-agent',
  cri: 'kubedirect-cri',
  publisher: 'kubedirect-publisher',
  simulator: 'kubedirect-simulator',
  watchdog: 'kubedirect-watchdog',
  signer: 'kubedirect-signer',
} as const;
/** One of {@link ACCOUNTS}. @public */
export type Account = keyof typeof ACCOUNTS;

/** Those of ours that create or delete Pods, and so stand on our side of the owner switch. */
const ACTING: readonly Account[] = [
  'replicaset',
  'scheduler',
  'control',
  'agent',
  'cri',
  'publisher',
  'simulator',
];

/** A `cri` agent's Node is named after that of the stock kubelet on its machine. @public */
export const CRI_NODE_SUFFIX = '-cri';

/** User name of a service account. @public */
export function serviceAccountUser(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** The stock ReplicaSet controller, if the controller-manager runs with `--use-service-account-credentials`. @public */
export const STOCK_REPLICASET_CONTROLLER = serviceAccountUser('kube-system', 'replicaset-controller');

/** User names on our side of the owner switch. @public */
export function ourUsers(namespace: string): string[] {
  return ACTING.map((account) => serviceAccountUser(namespace, ACCOUNTS[account]));
}

/** Account of each stage's process; of the Kubelet stage, that of one process for many nodes. @public */
export const STAGE_ACCOUNTS: Readonly<Record<StageName, string>> = {
  autoscaler: ACCOUNTS.autoscaler,
  deployment: ACCOUNTS.deployment,
  replicaset: ACCOUNTS.replicaset,
  scheduler: ACCOUNTS.scheduler,
  kubelet: ACCOUNTS.publisher,
};
