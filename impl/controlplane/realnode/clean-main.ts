/**
 * Removes all that a real node has on the host: its processes, containers, cgroups, bridge, folder. Its mounts are in a
 * mount namespace of its own and go with its processes.
 *
 * Run as a program, with the node's layout as JSON in its argument: by `stop`, and by the reaper if we die.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupHierarchies } from './cgroups.ts';
import { BRIDGE_PREFIX, type Layout } from './layout.ts';
import { nodePath } from './support.ts';

const TRIES = 100;
const PAUSE_MS = 50;

const layout = JSON.parse(process.argv[2] ?? '') as Layout;

/** containerd's folder of running containers: without a cgroup parent from the kubelet their cgroups are `/k8s.io/<id>`. */
const CONTAINER_CGROUP = 'k8s.io';
const TASKS = join(layout.dir, 'containerd-state', 'io.containerd.runtime.v2.task', CONTAINER_CGROUP);
const containers = new Set<string>();

function findContainers(): void {
  if (!existsSync(TASKS)) return;
  for (const id of readdirSync(TASKS)) containers.add(id);
}

const pause = (): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
};

/** Names as `comm` in /proc states them (15 characters): a pager or an editor on one of the node's logs is not ours to end. */
const OURS = new Set(['containerd', 'containerd-shim', 'kubelet', 'runc', 'ctr', 'sh', 'unshare', 'nsenter']);

/** containerd, its shims, the kubelet: all name the folder in their command line. */
function ourProcesses(): number[] {
  const mine = [process.pid, process.ppid];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && !mine.includes(Number(name)))
    .filter((name) => {
      try {
        const comm = readFileSync(`/proc/${name}/comm`, 'utf8').trim();
        return OURS.has(comm) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(layout.dir);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Our cgroup in each hierarchy (v1 has many, v2 one). */
function ourCgroups(): string[] {
  const names = [layout.cgroup, ...[...containers].map((id) => join(CONTAINER_CGROUP, id))];
  const paths = cgroupHierarchies().flatMap((root) => names.map((name) => join(root, name)));
  return paths.filter((path) => existsSync(path));
}

const withChildren = (cgroup: string): string[] => [
  ...readdirSync(cgroup, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => withChildren(join(cgroup, entry.name))),
  cgroup,
];

const processesIn = (cgroup: string): number[] => {
  try {
    return readFileSync(join(cgroup, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
};

function endProcesses(): boolean {
  for (let tries = 0; tries < TRIES; tries++) {
    findContainers();
    // Managers first: they would start anew what is killed under them.
    const pids = [...ourProcesses(), ...ourCgroups().flatMap(withChildren).flatMap(processesIn)];
    if (pids.length === 0) return true;
    pids.forEach(kill);
    pause();
  }
  return false;
}

function removeCgroups(): boolean {
  for (let tries = 0; tries < TRIES; tries++) {
    const left = ourCgroups().flatMap(withChildren);
    if (left.length === 0) {
      removeEmptyParents();
      return true;
    }
    for (const path of left) {
      try {
        rmdirSync(path);
      } catch {
        // Its processes are still on their way out.
      }
    }
    pause();
  }
  return false;
}

/** The cgroup above the containers': another containerd of the host may use it too, and then it is not empty. */
function removeEmptyParents(): void {
  for (const root of cgroupHierarchies()) {
    try {
      rmdirSync(join(root, CONTAINER_CGROUP));
    } catch {
      // In use, or not there.
    }
  }
}

/** Mount points that we made on the host; not while another real node may use them, as it would lose its mounts there. */
function removeMountPoints(): void {
  if (readdirSync('/sys/class/net').some((name) => name.startsWith(BRIDGE_PREFIX))) return;
  for (const path of layout.made) {
    try {
      rmdirSync(path);
    } catch {
      // Someone else has put something there since.
    }
  }
}

function removeFolders(): boolean {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      rmSync(layout.dir, { recursive: true, force: true });
      return true;
    } catch {
      pause(); // The mount namespace goes a moment after its last process.
    }
  }
  return false;
}

const done = {
  processes: endProcesses(),
  cgroups: removeCgroups(),
  bridge: (() => {
    const env = { PATH: nodePath() };
    spawnSync('ip', ['link', 'delete', layout.bridge], { stdio: 'ignore', env });
    return !existsSync(`/sys/class/net/${layout.bridge}`);
  })(),
  folders: removeFolders(),
};
removeMountPoints();
const left = Object.entries(done).flatMap(([what, removed]) => (removed ? [] : [what]));
if (left.length > 0) {
  process.stderr.write(`left behind by the node in ${layout.dir}: ${left.join(', ')}\n`);
  process.exitCode = 1;
}
