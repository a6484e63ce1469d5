/** From a URL path to what it names, by the rules of the Kubernetes API. */

/** A path that names a resource. @internal */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** Subresources of Namespaces: what follows a Namespace's name and is no resource in it. */
const OF_NAMESPACE = new Set(['status', 'finalize']);

/**
 * Parses `/api/v1/…` or `/apis/<group>/<version>/…`.
 * @returns undefined for what is no resource path; throws URIError for a malformed escape
 */
export function parsePath(pathname: string): ResourcePath | undefined {
  const parts = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  let group = '';
  let version: string | undefined;
  if (parts[0] === 'api') version = parts[1];
  else if (parts[0] === 'apis') [group, version] = [parts[1] ?? '', parts[2]];
  else return undefined;
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  if (version === undefined || rest.length === 0) return undefined;
  const base = { group, version };
  const inNamespace =
    rest[0] === 'namespaces' && rest.length >= 3 && !(OF_NAMESPACE.has(rest[2] ?? '') && rest.length === 3);
  const [resource = '', name, subresource, ...more] = inNamespace ? rest.slice(2) : rest;
  const path = { ...base, resource, ...(inNamespace ? { namespace: rest[1] ?? '' } : {}) };
  if (name === undefined) return path;
  if (subresource === undefined) return { ...path, name };
  return { ...path, name, subresource: [subresource, ...more].join('/') };
}

/** Query parameters of the API, parsed; what is malformed is named. @internal */
export interface Query {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly force?: boolean;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly watch: boolean;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
}

/** A query parameter that can not be understood. @internal */
export class BadQuery extends Error {}

function whole(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d{1,15}$/.test(text))
    throw new BadQuery(`${name}: a whole number is expected, got ${JSON.stringify(text)}`);
  return Number(text);
}

function flag(params: URLSearchParams, name: string): boolean | undefined {
  const text = params.get(name);
  if (text === null) return undefined;
  return !['0', 'false', 'False', 'f', 'F', 'FALSE'].includes(text);
}

const POLICIES = ['Background', 'Foreground', 'Orphan'] as const;

/** One of the three, or undefined; throws what is another. @internal */
export function propagation(value: unknown): (typeof POLICIES)[number] | undefined {
  if (value === null || value === undefined || value === '') return undefined;
  const known = POLICIES.find((policy) => policy === value);
  if (known === undefined)
    throw new BadQuery(`propagationPolicy: ${POLICIES.join(', ')} is expected, got ${JSON.stringify(value)}`);
  return known;
}

/** `dryRun`: only `All` is known. @internal */
export function dryRunOf(values: readonly unknown[]): boolean {
  const other = values.find((value) => value !== 'All');
  if (other !== undefined && other !== '')
    throw new BadQuery(`dryRun: Unsupported value: ${JSON.stringify(other)}: supported values: "All"`);
  return values.includes('All');
}

/** Drops what is undefined, for `exactOptionalPropertyTypes`. */
function present<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Reads a URL's query. */
export function parseQuery(params: URLSearchParams): Query {
  const text = (name: string) => params.get(name) ?? undefined;
  return {
    watch: flag(params, 'watch') ?? false,
    allowWatchBookmarks: flag(params, 'allowWatchBookmarks') ?? false,
    ...present<Omit<Query, 'watch' | 'allowWatchBookmarks'>>({
      labelSelector: text('labelSelector'),
      fieldSelector: text('fieldSelector'),
      limit: whole(params, 'limit'),
      continue: text('continue'),
      resourceVersion: text('resourceVersion'),
      resourceVersionMatch: text('resourceVersionMatch'),
      dryRun: params.has('dryRun') ? dryRunOf(params.getAll('dryRun')) : undefined,
      fieldManager: text('fieldManager'),
      force: flag(params, 'force'),
      gracePeriodSeconds: whole(params, 'gracePeriodSeconds'),
      propagationPolicy: propagation(params.get('propagationPolicy')),
      sendInitialEvents: flag(params, 'sendInitialEvents'),
      timeoutSeconds: whole(params, 'timeoutSeconds'),
    }),
  };
}
