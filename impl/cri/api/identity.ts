/** Who calls the kubelet's API of a Node, and what he must be allowed to: as a kubelet asks it. */
import type { TLSSocket } from 'node:tls';
import { type Right, toUseNode, type User } from '../../controller/process/callers.ts';

/** What a client's certificate says, if an authority that is trusted here has signed it. */
export function certifiedUser(socket: TLSSocket): User | null {
  if (!socket.authorized) return null;
  const { subject } = socket.getPeerCertificate();
  const { CN: username, O: groups = [] } = (subject ?? {}) as { CN?: unknown; O?: string | string[] };
  if (typeof username !== 'string' || username === '') return null;
  return { username, groups: [...[groups].flat(), 'system:authenticated'] };
}

const VERBS: Readonly<Record<string, string>> = { GET: 'get', HEAD: 'get', POST: 'create' };

/**
 * `nodes/proxy`, as a kubelet, and by the verb of the method. Who runs something in a container must be allowed to *create* whatever the
 * method: a WebSocket begins with a GET.
 */
export function rightOf(node: string, method: string, runs: boolean): Right {
  return toUseNode(node, runs ? 'create' : (VERBS[method] ?? method.toLowerCase()), 'proxy');
}
