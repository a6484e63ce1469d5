/**
 * Who asks: a bearer token issued here, headers of impersonation, or nobody in particular, who is the administrator.
 * No identity is refused anything but by the admission policies: the embedded server listens on loopback, for its own user.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { UserInfo } from '../../machines/environment/apiserver/types.ts';

/** The default identity. @internal */
export const ADMINISTRATOR: UserInfo = {
  username: 'system:admin',
  groups: ['system:masters', 'system:authenticated'],
};

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** The groups that Kubernetes itself gives a user. @internal */
export function groupsOf(username: string, given: readonly string[] = []): readonly string[] {
  const account = SERVICE_ACCOUNT.exec(username);
  const own = account === null ? [] : ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`];
  return [...new Set([...given, ...own, 'system:authenticated'])];
}

interface Claims {
  readonly sub: string;
  /** Seconds since 1970. */
  readonly exp: number;
  readonly groups?: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Issues and checks tokens in the form of a JWT, signed with a key of this process. @internal */
export class Tokens {
  readonly #key = randomBytes(32);

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }

  /** A token for a user. */
  issue(claims: Claims): string {
    const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ iss: 'kubedirect-embedded', ...claims })}`;
    return `${text}.${this.#sign(text).toString('base64url')}`;
  }

  /** The user of a token; undefined if it is not one of ours, or has expired. */
  verify(token: string, now: number): UserInfo | undefined {
    const [header, payload, signature, ...more] = token.split('.');
    if (header === undefined || payload === undefined || signature === undefined || more.length > 0)
      return undefined;
    const expected = this.#sign(`${header}.${payload}`);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
    if (claims.exp * 1000 < now) return undefined;
    return {
      username: claims.sub,
      groups: groupsOf(claims.sub, claims.groups),
      ...(claims.uid === undefined ? {} : { uid: claims.uid }),
      ...(claims.extra === undefined ? {} : { extra: claims.extra }),
    };
  }
}

function impersonated(headers: IncomingHttpHeaders): UserInfo | undefined {
  const username = headers['impersonate-user'];
  if (typeof username !== 'string' || username === '') return undefined;
  const given = headers['impersonate-group'];
  const groups =
    given === undefined ? [] : [given].flat().flatMap((one) => one.split(',').map((group) => group.trim()));
  const extra: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('impersonate-extra-') || value === undefined) continue;
    extra[decodeURIComponent(name.slice('impersonate-extra-'.length))] = [value].flat();
  }
  return { username, groups: groupsOf(username, groups), extra };
}

/** The user of a request; undefined if it brings a token that is not good. @internal */
export function identify(headers: IncomingHttpHeaders, tokens: Tokens, now: number): UserInfo | undefined {
  const { authorization } = headers;
  let user: UserInfo | undefined = ADMINISTRATOR;
  if (authorization !== undefined) {
    const token = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1];
    user = token === undefined ? undefined : tokens.verify(token, now);
  }
  return user === undefined ? undefined : (impersonated(headers) ?? user);
}
