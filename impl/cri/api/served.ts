/** What the kubelet's API looks at: the Pods that run here, their containers and logs. */
import fs from 'node:fs/promises';
import { KubedirectError } from '../../../spec/errors.ts';
import type { CriClient } from '../client.ts';

/** A container of a Pod that is here. */
export interface ServedContainer {
  /** Null of one that was not made yet. */
  readonly id: string | null;
  isRunning(): boolean;
  /** Its log; `before`: that of the one before it. Whether there is such a file is not known. */
  logFile(before: boolean): string;
}

/** A Pod that is here. */
export interface ServedPod {
  /** Null while it has none. */
  readonly sandbox: string | null;
  container(name: string): ServedContainer | null;
}

/** All of a Node. */
export interface Served {
  pod(namespace: string, name: string): ServedPod | null;
  readonly streams: Pick<CriClient, 'exec' | 'attach' | 'portForward'>;
}

/** Of which container. */
export interface Which {
  readonly namespace: string;
  readonly pod: string;
  readonly name: string;
}

const unknown = (text: string) => new KubedirectError('CONTAINER_UNKNOWN', text);

/** @throws KubedirectError `CONTAINER_UNKNOWN` */
export function podOf(served: Served, { namespace, pod }: Omit<Which, 'name'>): ServedPod {
  const found = served.pod(namespace, pod);
  if (found === null) throw unknown(`expected a Pod of this node, got ${namespace}/${pod}`);
  return found;
}

/** @throws KubedirectError `CONTAINER_UNKNOWN` */
export function containerOf(served: Served, which: Which): ServedContainer {
  const container = podOf(served, which).container(which.name);
  if (container !== null) return container;
  throw unknown(`expected a container of ${which.namespace}/${which.pod}, got ${which.name}`);
}

/** Its file. @throws KubedirectError `CONTAINER_UNKNOWN` */
export async function logOf(container: ServedContainer, before: boolean): Promise<string> {
  const file = container.logFile(before);
  if (
    await fs.access(file).then(
      () => true,
      () => false,
    )
  )
    return file;
  throw unknown(
    before
      ? 'no container ran before this one, or its log is gone'
      : 'the container has not been started yet',
  );
}
