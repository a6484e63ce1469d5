/** What each account asks of the API Server: a proxy for each, between its stages and the server, that writes the requests down. */
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { ACCOUNTS, type Account, serviceAccountUser } from '../../../impl/deploy/identities.ts';
import type { Rule } from '../../../impl/deploy/rbac.ts';
import { rbacManifests } from '../../../impl/deploy/rbac.ts';
import { parsePath } from '../../../impl/embedded/routes.ts';

/** A request as RBAC sees it. */
export interface Asked {
  readonly verb: string;
  readonly group: string;
  /** With its subresource. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

const NODE_CLAIM = `impersonate-extra-${encodeURIComponent('authentication.kubernetes.io/node-name')}`;

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** What a request asks for; undefined if it names no resource. */
export function askedOf(method: string, target: string): Asked | undefined {
  const url = new URL(target, 'http://x');
  const parsed = parsePath(url.pathname);
  if (parsed === undefined) return undefined;
  const { group, resource, subresource, namespace } = parsed;
  const selected = /^metadata\.name=([^,]+)$/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1];
  const read = parsed.name !== undefined ? 'get' : url.searchParams.has('watch') ? 'watch' : 'list';
  return {
    verb: VERBS[method] ?? read,
    group,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name: parsed.name ?? selected,
  };
}

/** One rule, and where it holds: in a namespace, or everywhere. */
export interface Grant {
  readonly namespace: string | undefined;
  readonly rule: Rule;
}

/** What the installation grants to an account. */
export function grantsTo(account: Account, home: string, scope?: string): Grant[] {
  return rbacManifests(home, [account], scope)
    .filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role')
    .flatMap(({ metadata, rules }) =>
      (rules as readonly Rule[]).map((rule) => ({ namespace: metadata.namespace, rule })),
    );
}

/** Whether a rule of an installation allows a request: as RBAC does, where `create` knows no name. */
export function allows({ namespace, rule }: Grant, asked: Asked): boolean {
  const { resourceNames } = rule;
  return (
    rule.apiGroups.includes(asked.group) &&
    rule.resources.includes(asked.resource) &&
    rule.verbs.includes(asked.verb) &&
    (namespace === undefined || namespace === asked.namespace) &&
    (resourceNames === undefined || (asked.name !== undefined && resourceNames.includes(asked.name)))
  );
}

/** Each (verb, resource) of each rule, as text, with whether one of the requests needs it. */
export function usesOf(grants: readonly Grant[], asked: readonly Asked[]): ReadonlyMap<string, boolean> {
  const uses = new Map<string, boolean>();
  for (const grant of grants)
    for (const resource of grant.rule.resources)
      for (const verb of grant.rule.verbs) {
        const single = { ...grant, rule: { ...grant.rule, resources: [resource], verbs: [verb] } };
        const key = `${verb} ${resource}`;
        uses.set(key, uses.get(key) === true || asked.some((one) => allows(single, one)));
      }
  return uses;
}

/** Records all requests that go through it. */
export class Recorder {
  readonly #asked = new Map<Account, Asked[]>();
  readonly #servers: http.Server[] = [];
  readonly #folder: string;
  readonly #agent = new http.Agent({ keepAlive: true });

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The requests of an account so far. */
  of(account: Account): readonly Asked[] {
    return this.#asked.get(account) ?? [];
  }

  /**
   * A kubeconfig like the administrator's that is given, by way of the recorder, which makes of each request one of the account.
   *
   * @param node - the node that the account's token is bound to
   */
  async through(
    account: Account,
    admin: { kubeconfig: string; url: string },
    as: { home: string; node?: string },
  ) {
    const asked: Asked[] = [];
    this.#asked.set(account, asked);
    const server = http.createServer((incoming, outgoing) => {
      const one = askedOf(incoming.method ?? 'GET', incoming.url ?? '/');
      if (one !== undefined) asked.push(one);
      const { method } = incoming;
      const headers = {
        ...incoming.headers,
        'impersonate-user': serviceAccountUser(as.home, ACCOUNTS[account]),
        ...(as.node !== undefined && { [NODE_CLAIM]: as.node }),
      };
      const onward = http.request(
        new URL(incoming.url ?? '/', admin.url),
        { agent: this.#agent, ...(method !== undefined && { method }), headers },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      onward.on('error', () => outgoing.destroy());
      outgoing.on('close', () => onward.destroy());
      incoming.pipe(onward);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const file = path.join(this.#folder, `${ACCOUNTS[account]}.kubeconfig`);
    const text = fs.readFileSync(admin.kubeconfig, 'utf8').replaceAll(admin.url, `http://127.0.0.1:${port}`);
    fs.writeFileSync(file, text);
    return file;
  }

  close(): void {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
    this.#agent.destroy();
  }
}
