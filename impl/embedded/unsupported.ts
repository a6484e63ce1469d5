/**
 * What the embedded server can not do, in words that a user gets to read: in the answer to a request for it, in
 * `kubedirect embedded --limits`, and in the docs. A real cluster does all of it: `kubedirect up`.
 */

/** One limit. @public */
export interface Limit {
  /** What one would ask for: a resource (`group/plural`), a path, or a behaviour. */
  readonly what: string;
  readonly why: string;
}

const NO_CONTROLLER = 'has no controller behind it here';

/** The table of limits. @public */
export const UNSUPPORTED: readonly Limit[] = [
  { what: 'apps/statefulsets', why: NO_CONTROLLER },
  { what: 'apps/daemonsets', why: NO_CONTROLLER },
  { what: 'batch/jobs', why: NO_CONTROLLER },
  { what: 'batch/cronjobs', why: NO_CONTROLLER },
  {
    what: 'autoscaling/horizontalpodautoscalers',
    why: `${NO_CONTROLLER}, and there are no metrics to scale by`,
  },
  { what: 'policy/poddisruptionbudgets', why: 'is not evaluated: an eviction is a delete' },
  { what: '/endpoints', why: 'Services are stored and lead nowhere: there is no network' },
  {
    what: 'discovery.k8s.io/endpointslices',
    why: 'Services are stored and lead nowhere: there is no network',
  },
  { what: '/persistentvolumes', why: 'there is no storage' },
  { what: '/persistentvolumeclaims', why: 'there is no storage' },
  { what: '/replicationcontrollers', why: NO_CONTROLLER },
  { what: '/resourcequotas', why: 'is not evaluated' },
  { what: '/limitranges', why: 'is not evaluated' },
  { what: '/podtemplates', why: NO_CONTROLLER },
  { what: 'networking.k8s.io/ingresses', why: 'there is no network' },
  { what: 'networking.k8s.io/networkpolicies', why: 'there is no network' },
  { what: 'storage.k8s.io/storageclasses', why: 'there is no storage' },
  { what: 'apiextensions.k8s.io/customresourcedefinitions', why: 'the set of kinds is fixed' },
  { what: 'apiregistration.k8s.io/apiservices', why: 'there is no aggregation' },
  { what: 'admissionregistration.k8s.io/validatingwebhookconfigurations', why: 'there are no webhooks' },
  { what: 'admissionregistration.k8s.io/mutatingwebhookconfigurations', why: 'there are no webhooks' },
  {
    what: 'admissionregistration.k8s.io/mutatingadmissionpolicies',
    why: 'only validating policies are evaluated',
  },
  {
    what: 'certificates.k8s.io/certificatesigningrequests',
    why: 'there are no certificates: plain HTTP on loopback',
  },
  { what: 'metrics.k8s.io/pods', why: 'nothing runs, so nothing is measured' },
  { what: 'pods/log', why: 'no container runs: Nodes are simulated' },
  { what: 'pods/exec', why: 'no container runs: Nodes are simulated' },
  { what: 'pods/attach', why: 'no container runs: Nodes are simulated' },
  { what: 'pods/portforward', why: 'no container runs: Nodes are simulated' },
  { what: 'pods/proxy', why: 'no container runs: Nodes are simulated' },
  { what: 'pods/ephemeralcontainers', why: 'no container runs: Nodes are simulated' },
  { what: 'pods/resize', why: 'resizing in place is not simulated' },
  { what: 'nodes/proxy', why: 'no kubelet listens: Nodes are simulated' },
  { what: 'services/proxy', why: 'there is no network' },
  { what: '/openapi/v2', why: 'only the paths of /openapi/v3 are described, and they name no fields' },
  {
    what: 'protobuf, CBOR',
    why: 'JSON (and YAML in requests) only: so kubectl create KIND NAME (deployment, namespace, serviceaccount, …) is refused; kubectl apply -f and create -f work',
  },
  {
    what: 'taint-based eviction',
    why: 'a Node that falls silent becomes Unknown and its Pods not ready after 50 s; they are not evicted after 300 s',
  },
  {
    what: 'images, probes, restarts',
    why: 'a simulated Pod is Running and Ready after its delay; no container ever fails',
  },
  {
    what: 'RBAC',
    why: 'Roles and bindings are stored; every identity may do everything that the admission policies admit',
  },
  { what: 'field validation', why: 'unknown fields are kept as they come, neither pruned nor refused' },
  { what: 'pod security, quota, limit ranges', why: 'are not evaluated' },
  {
    what: 'service account tokens in Pods',
    why: 'no token volume is added to a Pod, no container would read it',
  },
  { what: 'persistence', why: 'everything is in memory and ends with the process' },
  { what: 'TLS', why: 'plain HTTP on loopback; Go clients then send no token: let them impersonate' },
  {
    what: 'scheduler',
    why: 'filters by unschedulable, taints, node selector, required node affinity and requests; takes the least used node; no preemption, no inter-Pod affinity, no spreading',
  },
  {
    what: 'CEL',
    why: 'the functions of admission policies that are served are listed in cel/functions.ts; another one is an evaluation error',
  },
];

const BY_NAME = new Map(UNSUPPORTED.map((limit) => [limit.what, limit]));

/** The limit that a path runs into, or undefined if nothing is known of it. */
export function limitOf(group: string, resource: string, subresource?: string): Limit | undefined {
  return BY_NAME.get(subresource === undefined ? `${group}/${resource}` : `${resource}/${subresource}`);
}

/** The text of a 404 for something that a real API Server may serve and this one does not. */
export function limitMessage(group: string, resource: string, subresource?: string): string {
  const what = `${resource}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : ` (${group})`}`;
  const known = limitOf(group, resource, subresource);
  const why =
    known === undefined ? 'it is no resource that the embedded server knows' : `${known.what} ${known.why}`;
  return `the server could not find the requested resource: ${what} is not served by the embedded API server (${why}); what it serves: /apis; a real control plane: kubedirect up`;
}
