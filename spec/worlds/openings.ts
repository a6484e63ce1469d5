/** Beginnings that several worlds share, as scripts of moves. */

/** A second S opens its link to node `n1`: both rounds of the handshake. @internal */
export const SECOND_SCHEDULER_OPENS = [
  'connect scheduler~2',
  'deliver scheduler~2:node/n1#1 down',
  'answer kubelet/n1~1',
  'deliver scheduler~2:node/n1#1 up',
  'answer scheduler~2',
  'deliver scheduler~2:node/n1#1 down',
  'deliver scheduler~2:node/n1#1 up',
] as const;
