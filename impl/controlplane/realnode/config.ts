/** Configuration of containerd, the network plugins and the kubelet: as stock as a machine without privileges over its own cgroups, registry or resolver allows. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Layout, PAUSE_IMAGE } from './layout.ts';

/** Files of a node's configuration. @internal */
export interface NodeConfig {
  readonly containerd: string;
  readonly kubelet: string;
}

const containerdToml = ({ dir, socket }: Layout, cniBinDir: string): string => `version = 2
root = "${dir}/containerd-root"
state = "${dir}/containerd-state"
# Of no use here, and some need kernel modules.
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt"]

[grpc]
  address = "${socket}"

[ttrpc]
  address = "${socket}.ttrpc"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  # A negative oom_score_adj may not be permitted, and runc then dies without a word.
  restrict_oom_score_adj = true
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniBinDir}"
    conf_dir = "${dir}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = "${dir}/runc"
`;

/** A bridge that the host has an address on; the Pods reach the host and each other, and nothing else. */
const network = ({ dir, bridge, prefix }: Layout): object => ({
  cniVersion: '0.4.0',
  name: 'kubedirect',
  plugins: [
    {
      type: 'bridge',
      bridge,
      isGateway: false,
      ipMasq: false,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        dataDir: join(dir, 'ipam'),
        ranges: [[{ subnet: `${prefix}.0/24`, rangeStart: `${prefix}.10`, gateway: `${prefix}.1` }]],
      },
    },
  ],
});

const kubelet = (layout: Layout, options: KubeletOptions): object => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  // Where the apiserver looks for it, for logs and exec: the Node's address.
  address: `${layout.prefix}.1`,
  port: options.port,
  healthzPort: 0,
  readOnlyPort: 0,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: options.caFile },
  },
  authorization: { mode: 'Webhook' },
  containerRuntimeEndpoint: `unix://${layout.socket}`,
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${layout.cgroup}`,
  cgroupsPerQOS: false,
  enforceNodeAllocatable: [],
  failCgroupV1: false,
  failSwapOn: false,
  oomScoreAdj: 0,
  resolvConf: '',
  // Nobody answers; without one the kubelet writes an Event for every Pod.
  clusterDNS: [`${layout.prefix}.1`],
  clusterDomain: 'cluster.local',
  maxPods: options.maxPods,
  podLogsDir: join(layout.dir, 'pods'),
  volumePluginDir: join(layout.dir, 'volume-plugins'),
  staticPodPath: '',
  // Chains in the host's iptables are not ours to make.
  makeIPTablesUtilChains: false,
  // The machine's disk is not the node's: no eviction for want of room on it.
  evictionHard: { 'memory.available': '100Mi' },
  imageGCHighThresholdPercent: 100,
  registerNode: true,
  nodeStatusUpdateFrequency: '5s',
});

/** What the kubelet's configuration depends on. @internal */
export interface KubeletOptions {
  readonly port: number;
  readonly caFile: string;
  readonly maxPods: number;
}

/** Writes all of it into the node's folder. @internal */
export async function writeNodeConfig(
  layout: Layout,
  cniBinDir: string,
  options: KubeletOptions,
): Promise<NodeConfig> {
  const { dir } = layout;
  for (const folder of ['cni', 'kubelet', 'pods', 'volume-plugins', 'settings', ...coverNames(layout)]) {
    await mkdir(join(dir, folder), { recursive: true });
  }
  const files = { containerd: join(dir, 'containerd.toml'), kubelet: join(dir, 'kubelet.yaml') };
  await writeFile(files.containerd, containerdToml(layout, cniBinDir));
  await writeFile(files.kubelet, stringify(kubelet(layout, options)));
  await writeFile(join(dir, 'cni', '10-kubedirect.conflist'), JSON.stringify(network(layout), null, 2));
  return files;
}

const coverNames = ({ dir, covered }: Layout): string[] =>
  Object.values(covered).map((path) => path.slice(dir.length + 1));
