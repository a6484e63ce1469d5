/** Pinned sizes of the worlds that are searched: states, each counted once. */
export const SIZES: Readonly<Record<string, number>> = {
  link: 139,
  'link-late': 923,
  'link-duplicate': 1402,
  'link-crash': 1154,
  'link-leaders': 2392,
  chain: 206,
  'chain-publish': 153,
  'chain-crash-replicaset': 38,
  'chain-crash-scheduler': 143,
  'chain-crash-kubelet': 149,
  'chain-break': 5869,
  'chain-leaders': 213,
  'chain-crash-two': 9991,
  'tail-deleted': 1_095,
};
