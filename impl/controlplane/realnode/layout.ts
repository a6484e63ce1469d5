/** Where the parts of one real node are, and what it calls itself on the host. */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';

/** Image of the test server (see `echo/main.go`); `imagePullPolicy: Never`. @public */
export const ECHO_IMAGE = 'localhost/kubedirect-echo:1';
/** Image that holds a Pod's namespaces. @internal */
export const PAUSE_IMAGE = 'localhost/kubedirect-pause:1';

/** Bridges of real nodes begin so. @internal */
export const BRIDGE_PREFIX = 'kd';

/** Paths and names of one real node. Plain data: it also goes to the cleaner, as JSON. @internal */
export interface Layout {
  /** Its folder. Occurs in the command line of each process of it, and of no other. */
  readonly dir: string;
  readonly socket: string;
  /** cgroup that holds its containers, under the root of each hierarchy. */
  readonly cgroup: string;
  readonly bridge: string;
  /** First three bytes of its Pods' addresses, as `10.88.7`. */
  readonly prefix: string;
  /** Folders of the host that are covered by ones of ours, in a mount namespace of the node's own. */
  readonly covered: Readonly<Record<string, string>>;
  /** Those of the covered folders that were not there before. */
  readonly made: readonly string[];
  /** Kernel settings that the kubelet would change for the whole machine: it gets copies to change. */
  readonly settings: readonly string[];
}

/** Addresses that nothing on this machine uses. */
function freePrefix(): string {
  const used = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address),
  );
  for (;;) {
    const prefix = `10.${randomInt(80, 96)}.${randomInt(0, 256)}`;
    if (!used.some((address) => address.startsWith(`${prefix}.`))) return prefix;
  }
}

/** @param dir - folder of the node @internal */
export function layoutOf(dir: string): Layout {
  // Interface names have at most 15 characters.
  const id = createHash('sha256').update(dir).update(randomBytes(8)).digest('hex').slice(0, 10);
  const covered = {
    '/var/log': join(dir, 'var-log'), // the kubelet links each container's log there
    '/var/lib/cni': join(dir, 'var-lib-cni'), // results of the network plugins
    '/run/containerd': join(dir, 'run-containerd'), // sockets of the shims
  };
  return {
    dir,
    socket: join(dir, 'containerd.sock'),
    cgroup: `kubedirect-${id}`,
    bridge: `${BRIDGE_PREFIX}${id}`,
    prefix: freePrefix(),
    covered,
    made: Object.keys(covered).filter((path) => !existsSync(path)),
    settings: [
      '/proc/sys/vm/overcommit_memory',
      '/proc/sys/vm/panic_on_oom',
      '/proc/sys/kernel/panic',
      '/proc/sys/kernel/panic_on_oops',
      '/proc/sys/kernel/keys/root_maxkeys',
      '/proc/sys/kernel/keys/root_maxbytes',
    ],
  };
}
