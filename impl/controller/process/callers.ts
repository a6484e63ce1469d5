/**
 * Who may do what through the small HTTP servers of a process: whoever may do the like at the API Server, which is asked with the
 * caller's own token (TokenReview, then SubjectAccessReview). Its answers are kept for a while, so that a scale request asks nothing.
 */
import { createHash } from 'node:crypto';
import type { ErrorCode } from '../../../spec/errors.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';

/** Whether a caller may do it. @public */
export type Verdict =
  | { readonly allowed: true; readonly user: string }
  | {
      readonly allowed: false;
      readonly status: 401 | 403 | 503;
      readonly code: ErrorCode;
      readonly message: string;
    };

/** What a caller must be allowed at the API Server. @public */
export interface Right {
  /** In words: `update deployments/scale of default/web`. */
  readonly what: string;
  /** Of a SubjectAccessReview. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** To scale a Deployment. @public */
export const toScale = (namespace: string, name: string): Right => ({
  what: `update deployments/scale of ${namespace}/${name}`,
  attributes: {
    group: 'apps',
    resource: 'deployments',
    subresource: 'scale',
    verb: 'update',
    namespace,
    name,
  },
});

/** To do something by a Node's kubelet. @public */
export const toUseNode = (node: string, verb: string, subresource: string): Right => ({
  what: `${verb} nodes/${subresource} of ${node}`,
  attributes: { group: '', resource: 'nodes', subresource, verb, name: node },
});

/** To read which stage holds which Pod. @public */
export const TO_LIST_PODS: Right = {
  what: 'list pods of all namespaces',
  attributes: { group: '', resource: 'pods', verb: 'list' },
};

/** Judges callers. @public */
export interface Callers {
  /** @param token - of the `Authorization: Bearer` header; null without one */
  judge(token: string | null, right: Right): Promise<Verdict>;
}

/** Judges users too who are known by something else than a token: a certificate. @public */
export interface UserCallers extends Callers {
  judgeUser(user: User, right: Right): Promise<Verdict>;
}

/** The token of an `Authorization` header; null if it bears none. @public */
export const tokenOf = (header: string | undefined): string | null =>
  /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? null;

/** Somebody as the API Server knows him. @public */
export interface User {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

interface TokenReview {
  readonly status?: { readonly authenticated?: boolean; readonly user?: User };
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean; readonly reason?: string };
}

/** How long an answer is kept: a right that was taken away may be used so long, one that was given may be refused so long. */
const YES_MS = 60_000;
const NO_MS = 5_000;
const MOST_ANSWERS = 10_000;

/** Answers to questions, each asked once at a time. The oldest go when there are too many. */
class Answers<T> {
  readonly #now: () => number;
  readonly #isYes: (answer: T) => boolean;
  readonly #kept = new Map<string, { readonly answer: Promise<T>; until: number }>();

  constructor(now: () => number, isYes: (answer: T) => boolean) {
    this.#now = now;
    this.#isYes = isYes;
  }

  get(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(key);
    if (known !== undefined && this.#now() < known.until) return known.answer;
    const entry = { answer: ask(), until: Number.POSITIVE_INFINITY };
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    if (this.#kept.size > MOST_ANSWERS) this.#kept.delete(this.#kept.keys().next().value as string);
    entry.answer.then(
      (answer) => {
        entry.until = this.#now() + (this.#isYes(answer) ? YES_MS : NO_MS);
      },
      () => this.#kept.delete(key), // no answer is not kept
    );
    return entry.answer;
  }
}

const digest = (token: string) => createHash('sha256').update(token).digest('base64url');

/** Asks the API Server. @param now - the clock, ms */
export function callersOf(client: KubernetesClient, now: () => number = Date.now): UserCallers {
  const users = new Answers<User | null>(now, (user) => user !== null);
  const rights = new Answers<boolean>(now, (isAllowed) => isAllowed);

  const userOf = async (token: string): Promise<User | null> => {
    const { status } = await client.request<TokenReview>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } },
    });
    return status?.authenticated === true && status.user !== undefined ? status.user : null;
  };
  const may = async (user: User, { attributes: resourceAttributes }: Right): Promise<boolean> => {
    const { username, uid, groups, extra } = user;
    const { status } = await client.request<SubjectAccessReview>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { resourceAttributes, user: username, ...{ uid, groups, extra } },
      },
    });
    return status?.allowed === true;
  };
  const judgeUser = async (user: User, right: Right): Promise<Verdict> => {
    const key = `${digest(JSON.stringify(user))} ${right.what}`;
    if (await rights.get(key, () => may(user, right))) return { allowed: true, user: user.username };
    const message = `expected a user who may ${right.what}, got ${user.username}`;
    return { allowed: false, status: 403, code: 'CALLER_FORBIDDEN', message };
  };
  const judged = (judge: () => Promise<Verdict>): Promise<Verdict> =>
    judge().catch((error: Error) => {
      const message = `the API Server could not be asked who is calling: ${error.message}`;
      return { allowed: false, status: 503, code: 'API_SERVER_UNREACHABLE', message };
    });
  return {
    judge(token, right) {
      return judged(async () => {
        if (token === null)
          return unauthenticated('expected the header "Authorization: Bearer <token>", got none');
        const user = await users.get(digest(token), () => userOf(token));
        if (user !== null) return judgeUser(user, right);
        return unauthenticated('expected a token that the API Server knows, got another (or an expired one)');
      });
    },
    judgeUser: (user, right) => judged(() => judgeUser(user, right)),
  };
}

function unauthenticated(message: string): Verdict {
  return { allowed: false, status: 401, code: 'CALLER_UNAUTHENTICATED', message };
}
