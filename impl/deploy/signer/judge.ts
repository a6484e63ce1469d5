/**
 * Whom the signer certifies as what: by the account that made the request, which the API Server wrote into it and nobody can forge; for an agent by
 * the Node that its token is bound to. What the request itself says is only compared. Pure.
 */

import { LED_STAGES } from '../../../spec/vocabulary.ts';
import { identityToUri } from '../../controller/links/identity.ts';
import { ACCOUNTS, CRI_NODE_SUFFIX, serviceAccountUser } from '../identities.ts';

/** Of a CertificateSigningRequest, what is looked at. @public */
export interface Requested {
  readonly username: string;
  readonly extra: Readonly<Record<string, readonly string[]>>;
  readonly usages: readonly string[];
  /** The names that the PKCS #10 request asks for; null if it is none, or not signed by its own key. */
  readonly uris: readonly string[] | null;
}

/** The identity, or why not. @public */
export type Judgement = { readonly identity: string } | { readonly denied: string };

const NODE_CLAIM = 'authentication.kubernetes.io/node-name';
/** What a link needs of a certificate, and no more. */
export const USAGES = ['digital signature', 'client auth', 'server auth'] as const;

const KUBELET = /^kubelet\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/** Whether an account may be this stage. */
function mayBe(namespace: string, { username, extra }: Requested, identity: string): boolean {
  const is = (account: keyof typeof ACCOUNTS) =>
    username === serviceAccountUser(namespace, ACCOUNTS[account]);
  if (LED_STAGES.some((stage) => stage === identity))
    return is(identity as (typeof LED_STAGES)[number]) || is('control');
  if (!KUBELET.test(identity)) return false;
  // A publisher serves many nodes, and is not limited to one. A token that names no node is of no node.
  if (is('publisher') || is('simulator')) return true;
  const node = extra[NODE_CLAIM]?.[0];
  if (node === undefined) return false;
  return (
    // Such a name is that of a `cri` agent's Node, on the machine before the suffix.
    (is('agent') && !node.endsWith(CRI_NODE_SUFFIX) && identity === `kubelet/${node}`) ||
    (is('cri') && identity === `kubelet/${node}${CRI_NODE_SUFFIX}`)
  );
}

/** Judges a request. @public */
export function judge(namespace: string, requested: Requested): Judgement {
  const { uris, usages, username } = requested;
  if (uris === null) return { denied: 'expected a PKCS #10 request that is signed by its own key' };
  const [uri, ...more] = uris;
  const identity = uri?.slice(identityToUri('scheduler').length - 'scheduler'.length) ?? '';
  if (uri === undefined || more.length > 0 || !isIdentity(identity, uri))
    return { denied: `expected one URI that names a stage, got ${JSON.stringify(uris)}` };
  const beyond = usages.filter((usage) => !(USAGES as readonly string[]).includes(usage));
  if (beyond.length > 0)
    return { denied: `expected no usage but ${USAGES.join(', ')}; got ${beyond.join(', ')}` };
  if (mayBe(namespace, requested, identity)) return { identity };
  return { denied: `${username} is not ${identity}` };
}

function isIdentity(identity: string, uri: string): boolean {
  try {
    return identityToUri(identity) === uri;
  } catch {
    return false;
  }
}
