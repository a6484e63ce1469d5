/** The `cri` runtime of an agent in this process, on a real containerd, without a K and without a control plane. */
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Templates } from '../../../impl/controller/host/templates.ts';
import { ECHO_IMAGE, type RealContainerd } from '../../../impl/controlplane/realnode.ts';
import { CriClient } from '../../../impl/cri/client.ts';
import { type Folders, LABELS } from '../../../impl/cri/config.ts';
import { NO_OBJECTS } from '../../../impl/cri/objects.ts';
import { CriRuntime, type CriRuntimeOptions } from '../../../impl/cri/runtime.ts';
import { LOG_BOUNDS, type LogBounds } from '../../../spec/containers/logRotation.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { PodRecord } from '../../../spec/vocabulary.ts';

const NODE = 'alone';

/** A container of a Pod as containerd has it. */
export interface Seen {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  readonly state: string;
}

/** The runtime, what it told, and what it asked. */
export interface LoneRuntime {
  readonly runtime: CriRuntime;
  readonly folders: Folders;
  readonly told: readonly StageEvent[];
  /** How often each call of containerd was answered. */
  readonly calls: ReadonlyMap<string, number>;
  /** Starts a Pod; its uid. */
  start(name: string, spec: object, uid?: string): string;
  /** Its containers, by containerd. */
  containers(uid: string): Promise<readonly Seen[]>;
  close(): void;
}

/** A container of the test's image; nothing is pulled. */
export const echo = (name: string, port: number, more: object = {}) => ({
  ...{ name, image: ECHO_IMAGE, imagePullPolicy: 'Never' },
  env: [{ name: 'PORT', value: String(port) }],
  ...more,
});

/** Opens it. */
export async function openLone(
  containerd: RealContainerd,
  logs: LogBounds = LOG_BOUNDS,
  more: Partial<Pick<CriRuntimeOptions, 'objects' | 'dryRun'>> = {},
): Promise<LoneRuntime> {
  const folder = path.join(containerd.folder, 'lone');
  // Where a machine keeps what is to be in memory.
  const secrets = mkdtempSync('/dev/shm/kubedirect-test-');
  const folders: Folders = {
    ...{ logs: path.join(folder, 'logs'), volumes: path.join(folder, 'volumes'), secrets },
    cgroupParent: containerd.cgroup,
  };
  const templates = new Templates();
  const told: StageEvent[] = [];
  const calls = new Map<string, number>();
  const client = new CriClient(containerd.containerdSocket);
  const runtime = await CriRuntime.open({
    ...{
      socket: containerd.containerdSocket,
      node: NODE,
      hostAddress: containerd.address,
      folders,
      templates,
    },
    // Nobody admits, or refuses.
    dryRun: async (pod) => pod,
    ...{ objects: NO_OBJECTS, logs, closing: new AbortController() },
    observe: (method) => void calls.set(method, (calls.get(method) ?? 0) + 1),
    log: (text, fields) => console.log(text, JSON.stringify(fields)),
    ...more,
  });
  runtime.attach((event) => void told.push(event));
  return {
    ...{ runtime, folders, told, calls },
    start(name, spec, uid = `r1-${name}`) {
      const replicaSet = `rs-${name}`;
      templates.observed({
        metadata: { name, namespace: 'default', uid: replicaSet },
        spec: {
          template: {
            metadata: { labels: { app: name } },
            spec: { automountServiceAccountToken: false, enableServiceLinks: false, ...spec },
          },
        },
      } as never);
      runtime.start({ uid, replicaSet, node: NODE } as unknown as PodRecord);
      return uid;
    },
    async containers(uid) {
      const all = await client.containers({ [LABELS.uid]: uid });
      return all.map(({ id, state, metadata }) => ({
        ...{ id, state },
        ...{ name: metadata?.name ?? '', attempt: metadata?.attempt ?? 0 },
      }));
    },
    close() {
      runtime.close();
      client.close();
      rmSync(secrets, { recursive: true, force: true });
    },
  };
}
