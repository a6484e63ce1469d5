/** Discovery: which groups, versions and resources there are; the little of OpenAPI that kubectl asks for; the version. */
import { apiVersionOf, type ResourceDefinition } from '../../machines/environment/apiserver/definition.ts';
import { RESOURCES } from '../../machines/environment/apiserver/registry.ts';

/** The release whose behaviour is modelled. @internal */
export const VERSION = 'v1.36.3';

interface ApiResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly [more: string]: unknown;
}

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

const SUBRESOURCE_KINDS: Readonly<
  Record<string, { kind: string; group?: string; version?: string; verbs: string[] }>
> = {
  scale: { kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] },
  binding: { kind: 'Binding', verbs: ['create'] },
  eviction: { kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
  token: { kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
  finalize: { kind: 'Namespace', verbs: ['update'] },
};

function resourcesOf(definition: ResourceDefinition): ApiResource[] {
  const { plural, singular, namespaced, kind, shortNames, categories } = definition;
  const own: ApiResource = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: VERBS,
    ...(shortNames === undefined ? {} : { shortNames }),
    ...(categories === undefined ? {} : { categories }),
  };
  const subs = (definition.subresources ?? []).map((sub): ApiResource => {
    const { verbs = ['get', 'patch', 'update'], kind: subKind = kind, ...gv } = SUBRESOURCE_KINDS[sub] ?? {};
    return { name: `${plural}/${sub}`, singularName: '', namespaced, kind: subKind, verbs, ...gv };
  });
  return [own, ...subs];
}

/** Kinds that are answered and not stored. */
const REVIEWS: Readonly<Record<string, ApiResource[]>> = {
  'authentication.k8s.io/v1': [
    {
      name: 'selfsubjectreviews',
      singularName: 'selfsubjectreview',
      namespaced: false,
      kind: 'SelfSubjectReview',
      verbs: ['create'],
    },
    {
      name: 'tokenreviews',
      singularName: 'tokenreview',
      namespaced: false,
      kind: 'TokenReview',
      verbs: ['create'],
    },
  ],
  'authorization.k8s.io/v1': [
    {
      name: 'selfsubjectaccessreviews',
      singularName: 'selfsubjectaccessreview',
      namespaced: false,
      kind: 'SelfSubjectAccessReview',
      verbs: ['create'],
    },
    {
      name: 'subjectaccessreviews',
      singularName: 'subjectaccessreview',
      namespaced: false,
      kind: 'SubjectAccessReview',
      verbs: ['create'],
    },
  ],
};

const LISTS = new Map<string, ApiResource[]>(Object.entries(REVIEWS));
for (const definition of RESOURCES) {
  for (const version of definition.versions) {
    const groupVersion = apiVersionOf(definition, version);
    LISTS.set(groupVersion, [...(LISTS.get(groupVersion) ?? []), ...resourcesOf(definition)]);
  }
}

function groupOf(groupVersion: string): { group: string; version: string } {
  const [group = '', version = ''] = groupVersion.includes('/')
    ? groupVersion.split('/')
    : ['', groupVersion];
  return { group, version };
}

function groupDocument(name: string): object {
  const versions = [...LISTS.keys()]
    .filter((groupVersion) => groupOf(groupVersion).group === name)
    .map((groupVersion) => ({ groupVersion, version: groupOf(groupVersion).version }));
  return { name, versions, preferredVersion: versions[0] };
}

const GROUPS = [...new Set([...LISTS.keys()].map((groupVersion) => groupOf(groupVersion).group))].filter(
  (name) => name !== '',
);

const pathOf = (groupVersion: string): string =>
  groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;

/** Enough of OpenAPI v3 for kubectl to see that the server validates fields and takes strategic merge patches. */
function openApiOf(groupVersion: string): object {
  const { group, version } = groupOf(groupVersion);
  const paths: Record<string, object> = {};
  for (const definition of RESOURCES) {
    if (definition.group !== group || !definition.versions.includes(version)) continue;
    const scope = definition.namespaced ? '/namespaces/{namespace}' : '';
    const query = (name: string) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } });
    const operation = {
      'x-kubernetes-group-version-kind': { group, version, kind: definition.kind },
      parameters: ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map(query),
      responses: { '200': { description: 'OK' } },
    };
    const types = [
      'application/apply-patch+yaml',
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/strategic-merge-patch+json',
    ];
    const content = Object.fromEntries(types.map((type) => [type, { schema: { type: 'object' } }]));
    paths[`/${pathOf(groupVersion)}${scope}/${definition.plural}/{name}`] = {
      patch: { ...operation, 'x-kubernetes-action': 'patch', requestBody: { content } },
    };
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: VERSION },
    paths,
    components: { schemas: {} },
  };
}

const OPENAPI_INDEX = {
  paths: Object.fromEntries(
    [...LISTS.keys()].map((groupVersion) => {
      const path = pathOf(groupVersion);
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${VERSION}` }];
    }),
  ),
};

/** The document at a discovery path, or undefined. */
export function discoveryAt(pathname: string, host: string): object | undefined {
  const path = pathname.replace(/^\/|\/$/g, '');
  if (path === 'api') {
    const addresses = [{ clientCIDR: '0.0.0.0/0', serverAddress: host }];
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: addresses };
  }
  if (path === 'apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: GROUPS.map(groupDocument) };
  if (path === 'version') {
    const [, major = '1', minor = '36'] = /^v(\d+)\.(\d+)/.exec(VERSION) ?? [];
    return {
      major,
      minor,
      gitVersion: `${VERSION}+kubedirect-embedded`,
      gitCommit: '',
      gitTreeState: 'clean',
      buildDate: '1970-01-01T00:00:00Z',
      goVersion: '',
      compiler: '',
      platform: 'embedded',
    };
  }
  if (path === 'openapi/v3') return OPENAPI_INDEX;
  const openApi = /^openapi\/v3\/apis?\/(.+)$/.exec(path)?.[1];
  if (openApi !== undefined && LISTS.has(openApi)) return openApiOf(openApi);
  const groupVersion = /^apis?\/(.+)$/.exec(path)?.[1];
  if (groupVersion === undefined) return undefined;
  const resources = LISTS.get(groupVersion);
  if (resources !== undefined) return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
  if (path.startsWith('apis/') && GROUPS.includes(groupVersion))
    return { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(groupVersion) };
  return undefined;
}
