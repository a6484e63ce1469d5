/**
 * Who may do what through the small HTTP servers of a process: whoever may do the like at the API Server, which is asked with the
 * caller's own token (TokenReview, then SubjectAccessReview). Its answers are kept for a while, so that a scale request asks nothing; and what it is asked
 * about callers that nobody knows is bounded (`reviewBudget.ts`).
 */
import { createHash } from 'node:crypto';
import type { ErrorCode } from '../../../spec/errors.ts';
import { createKubernetesClient, type KubernetesClient } from '../kubernetes/client.ts';
import { ReviewBudget } from './reviewBudget.ts';

/** Whether a caller may do it. @public */
export type Verdict =
  | { readonly allowed: true; readonly user: string }
  | {
      readonly allowed: false;
      readonly status: 401 | 403 | 429 | 503;
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
  /**
   * @param token - of the `Authorization: Bearer` header; null without one
   * @param from - the address of who calls: strangers of one address are held back together
   */
  judge(token: string | null, right: Right, from?: string): Promise<Verdict>;
}

/** Judges users too who are known by something else than a token: a certificate. @public */
export interface UserCallers extends Callers {
  judgeUser(user: User, right: Right, from?: string): Promise<Verdict>;
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

/** Too much is asked about callers that nobody knows. */
class Throttled extends Error {}

/**
 * Answers to questions, each asked once at a time. The oldest go when there are too many; no number of denials drives out what was allowed, and what was
 * allowed is asked anew without a limit.
 */
class Answers<T> {
  readonly #now: () => number;
  readonly #isYes: (answer: T) => boolean;
  readonly #yes = new Map<string, { readonly answer: Promise<T>; until: number }>();
  readonly #others = new Map<string, { readonly answer: Promise<T>; until: number }>();

  constructor(now: () => number, isYes: (answer: T) => boolean) {
    this.#now = now;
    this.#isYes = isYes;
  }

  /** @param mayAsk - whether another question may be asked */
  get(key: string, ask: () => Promise<T>, mayAsk: () => boolean): Promise<T> {
    const yes = this.#yes.get(key);
    const known = this.#others.get(key) ?? yes;
    if (known !== undefined && this.#now() < known.until) return known.answer;
    if (yes === undefined && !mayAsk()) return Promise.reject(new Throttled());
    const entry = { answer: ask(), until: Number.POSITIVE_INFINITY };
    keep(this.#others, key, entry);
    entry.answer.then(
      (answer) => {
        const isYes = this.#isYes(answer);
        entry.until = this.#now() + (isYes ? YES_MS : NO_MS);
        if (isYes) {
          this.#others.delete(key);
          keep(this.#yes, key, entry);
        } else this.#yes.delete(key);
      },
      () => this.#others.delete(key), // no answer is not kept
    );
    return entry.answer;
  }
}

function keep<E>(kept: Map<string, E>, key: string, entry: E): void {
  kept.delete(key);
  kept.set(key, entry);
  if (kept.size > MOST_ANSWERS) kept.delete(kept.keys().next().value as string);
}

const digest = (token: string) => createHash('sha256').update(token).digest('base64url');

/** For questions about callers alone: however many they are, they do not stand in the way of what else is asked, the Node's Lease above all. */
export const reviewsClient = (kubeconfig: string | undefined): KubernetesClient =>
  createKubernetesClient({
    ...{ userAgent: 'kubedirect/reviews', connections: 4 },
    ...(kubeconfig !== undefined && { kubeconfig }),
  });

/** Asks the API Server. @param now - the clock, ms */
export function callersOf(client: KubernetesClient, now: () => number = Date.now): UserCallers {
  const budget = new ReviewBudget(now);
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
  const judgeUser = async (user: User, right: Right, from: string): Promise<Verdict> => {
    const key = `${digest(JSON.stringify(user))} ${right.what}`;
    const mayAsk = () => budget.take(from);
    if (await rights.get(key, () => may(user, right), mayAsk)) return { allowed: true, user: user.username };
    const message = `expected a user who may ${right.what}, got ${user.username}`;
    return { allowed: false, status: 403, code: 'CALLER_FORBIDDEN', message };
  };
  const judged = (judge: () => Promise<Verdict>): Promise<Verdict> =>
    judge().catch((error: Error) => {
      if (error instanceof Throttled)
        return {
          ...({ allowed: false, status: 429, code: 'CALLER_THROTTLED' } as const),
          message:
            'more callers that are not known yet ask than the API Server is asked about: try again in a moment',
        };
      const message = `the API Server could not be asked who is calling: ${error.message}`;
      return { allowed: false, status: 503, code: 'API_SERVER_UNREACHABLE', message };
    });
  return {
    judge(token, right, from = '') {
      return judged(async () => {
        if (token === null)
          return unauthenticated('expected the header "Authorization: Bearer <token>", got none');
        const user = await users.get(
          digest(token),
          () => userOf(token),
          () => budget.take(from),
        );
        if (user !== null) return judgeUser(user, right, from);
        return unauthenticated('expected a token that the API Server knows, got another (or an expired one)');
      });
    },
    judgeUser: (user, right, from = '') => judged(() => judgeUser(user, right, from)),
  };
}

function unauthenticated(message: string): Verdict {
  return { allowed: false, status: 401, code: 'CALLER_UNAUTHENTICATED', message };
}
