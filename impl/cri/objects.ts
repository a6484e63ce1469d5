/** What a Pod's containers are given of other objects: ConfigMaps, Secrets, tokens; read under the identity of the Node, as a kubelet does. */
import { KubedirectError } from '../../spec/errors.ts';
import { pause } from '../controller/kubernetes/backoff.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { KubernetesError } from '../controller/kubernetes/errors.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../controller/kubernetes/types.ts';
import type { KeptPod, PodSpec } from './podSpec.ts';

/** Keys with their values. */
export type Data = ReadonlyMap<string, Buffer>;
/** Of both kinds. */
export type DataKind = 'configmaps' | 'secrets';

/** A Pod as it stands at the API Server. */
export interface StandingPod extends KubernetesObject {
  readonly spec: PodSpec;
}

/** A token for a service account, bound to a Pod. */
export interface Token {
  readonly text: string;
  /** Unix ms. */
  readonly expires: number;
}

/** Where they are read. */
export interface Objects {
  /** Null if there is no such object. */
  data(kind: DataKind, namespace: string, name: string): Promise<Data | null>;
  token(pod: KeptPod, audience: string | undefined, seconds: number): Promise<Token>;
  /** @throws KubernetesError if it does not stand */
  pod(namespace: string, name: string): Promise<StandingPod>;
  /** A Pod of this node by its `metadata.uid`: one that somebody else has made. Null: nobody can say. @throws KubernetesError; KubedirectError if it does not stand */
  made(namespace: string, metadataUid: string): Promise<StandingPod | null>;
}

/** The API Server's authorizer learns of a new Pod by a watch of its own, a little later than we: until then it refuses. */
const REFUSED_WAITS_MS = [50, 100, 200, 400, 800];

async function insisting<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const wait of REFUSED_WAITS_MS)
    try {
      return await ask();
    } catch (error) {
      const isLate = error instanceof KubernetesError && (error.status === 403 || error.status === 404);
      if (!isLate || signal.aborted) throw error;
      await pause(wait, signal);
    }
  return ask();
}

interface DataObject extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

function dataOf(kind: DataKind, { data = {}, binaryData = {} }: DataObject): Data {
  const encoded = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const);
  if (kind === 'secrets') return new Map(encoded(data));
  return new Map([
    ...Object.entries(data).map(([key, text]) => [key, Buffer.from(text)] as const),
    ...encoded(binaryData),
  ]);
}

interface TokenRequest {
  readonly status: { readonly token: string; readonly expirationTimestamp: string };
}

/** Reads them with the identity of a node. */
export function objectsOf(client: KubernetesClient, node: string, signal: AbortSignal): Objects {
  return {
    async data(kind, namespace, name) {
      const path = pathOf({ resource: kind, namespace, name });
      const object = await insisting(() => client.get<DataObject>(path), signal);
      return object === undefined ? null : dataOf(kind, object);
    },
    async token({ namespace, name, objectUid, spec }, audience, expirationSeconds) {
      if (objectUid === undefined)
        throw new KubedirectError(
          'INVARIANT_BROKEN',
          `a token for ${namespace}/${name}, which does not stand`,
        );
      const request = {
        audiences: audience === undefined ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid: objectUid },
      };
      const account = spec.serviceAccountName ?? 'default';
      const { status } = await insisting(
        () =>
          client.request<TokenRequest>({
            method: 'POST',
            path: pathOf({ resource: 'serviceaccounts', namespace, name: account, subresource: 'token' }),
            body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: request },
          }),
        signal,
      );
      return { text: status.token, expires: Date.parse(status.expirationTimestamp) };
    },
    pod: (namespace, name) =>
      insisting(
        () =>
          client.request<StandingPod>({ method: 'GET', path: pathOf({ resource: 'pods', namespace, name }) }),
        signal,
      ),
    async made(namespace, metadataUid) {
      const { items } = await client.list<StandingPod>(pathOf({ resource: 'pods', namespace }), {
        fieldSelector: `spec.nodeName=${node}`,
      });
      const found = items.find(({ metadata }) => metadata.uid === metadataUid);
      if (found !== undefined) return found;
      throw new KubedirectError(
        'RUNTIME_FAILED',
        `Pod ${metadataUid}: expected it on ${node}, it is not there`,
      );
    },
  };
}

/** For an agent without an identity of its Node. */
export const NO_OBJECTS: Objects = (() => {
  const refuse = () =>
    Promise.reject(
      new KubedirectError(
        'FLAG_INVALID',
        'ConfigMaps, Secrets and tokens: expected --node-kubeconfig, got none',
      ),
    );
  return { data: refuse, token: refuse, pod: refuse, made: async () => null };
})();
