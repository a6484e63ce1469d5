/** Kubeconfigs of the embedded cluster. JSON is YAML: every client reads it. */

/** Who the kubeconfig speaks for; none: the administrator. @internal */
export interface KubeconfigUser {
  readonly username: string;
  readonly groups: readonly string[];
  readonly token: string;
}

/** The text of a kubeconfig. */
export function kubeconfigText(url: string, user?: KubeconfigUser): string {
  const name = 'kubedirect-embedded';
  // Go clients drop a token that would go over plain HTTP, but do impersonate; others send the token.
  const who =
    user === undefined
      ? {}
      : {
          token: user.token,
          as: user.username,
          ...(user.groups.length === 0 ? {} : { 'as-groups': user.groups }),
        };
  // client-node refuses plain HTTP unless told that nothing is verified; there is nothing to verify on loopback.
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: user?.username ?? 'admin', user: who }],
    contexts: [{ name, context: { cluster: name, user: user?.username ?? 'admin', namespace: 'default' } }],
    'current-context': name,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
