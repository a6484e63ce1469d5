/** Requests that are answered and stored nowhere: who am I, may I, whose token is this, a token for a service account. */
import type { UserInfo } from '../../machines/environment/apiserver/types.ts';
import { at, isObject, type JsonObject } from '../../machines/environment/json.ts';
import { timestamp } from '../../machines/environment/mint.ts';
import type { Tokens } from './identity.ts';

function userDocument(user: UserInfo): JsonObject {
  return { ...user };
}

/** The answer to a review, or undefined if the path is none. */
export function review(
  group: string,
  resource: string,
  body: unknown,
  context: { user: UserInfo; tokens: Tokens; now: number },
): JsonObject | undefined {
  const spec = isObject(body) && isObject(body.spec) ? body.spec : {};
  const make = (kind: string, status: JsonObject): JsonObject => ({
    kind,
    apiVersion: `${group}/v1`,
    metadata: { creationTimestamp: timestamp(context.now) },
    ...(isObject(body) && body.spec !== undefined ? { spec } : {}),
    status,
  });
  switch (`${group}/${resource}`) {
    case 'authentication.k8s.io/selfsubjectreviews':
      return make('SelfSubjectReview', { userInfo: userDocument(context.user) });
    case 'authentication.k8s.io/tokenreviews': {
      const user = context.tokens.verify(String(spec.token ?? ''), context.now);
      return make(
        'TokenReview',
        user === undefined
          ? { authenticated: false, error: 'not a token of this server' }
          : { authenticated: true, user: userDocument(user) },
      );
    }
    case 'authorization.k8s.io/selfsubjectaccessreviews':
      return make('SelfSubjectAccessReview', {
        allowed: true,
        reason: 'the embedded server evaluates no RBAC',
      });
    case 'authorization.k8s.io/subjectaccessreviews':
      return make('SubjectAccessReview', { allowed: true, reason: 'the embedded server evaluates no RBAC' });
    default:
      return undefined;
  }
}

const DEFAULT_LIFE_S = 3600;
const SHORTEST_LIFE_S = 600;

/** `TokenRequest` for a service account. */
export function tokenRequest(
  account: { namespace: string; name: string; uid: string },
  body: unknown,
  context: { tokens: Tokens; now: number; nodeOfPod: (name: string) => string | undefined },
): JsonObject {
  const wanted = at(body, 'spec', 'expirationSeconds');
  const seconds = Math.max(typeof wanted === 'number' ? wanted : DEFAULT_LIFE_S, SHORTEST_LIFE_S);
  const exp = Math.floor(context.now / 1000) + seconds;
  const bound = at(body, 'spec', 'boundObjectRef');
  const extra: Record<string, string[]> = {};
  if (isObject(bound) && bound.kind === 'Node')
    extra['authentication.kubernetes.io/node-name'] = [String(bound.name)];
  if (isObject(bound) && bound.kind === 'Pod') {
    extra['authentication.kubernetes.io/pod-name'] = [String(bound.name)];
    const node = context.nodeOfPod(String(bound.name));
    if (node !== undefined) extra['authentication.kubernetes.io/node-name'] = [node];
  }
  const sub = `system:serviceaccount:${account.namespace}:${account.name}`;
  const token = context.tokens.issue({ sub, exp, uid: account.uid, extra });
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: account.name, namespace: account.namespace, creationTimestamp: timestamp(context.now) },
    spec: { ...(isObject(body) && isObject(body.spec) ? body.spec : {}), expirationSeconds: seconds },
    status: { token, expirationTimestamp: timestamp(exp * 1000) },
  };
}
