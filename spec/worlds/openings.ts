/** Beginnings that several worlds share, as scripts of moves. */

/** The second S opens its link to a node: both rounds of the handshake. */
const secondSchedulerOpens = (node: string): readonly string[] =>
  [
    'connect scheduler~2 node/NODE',
    'deliver scheduler~2:node/NODE#1 down',
    'answer kubelet/NODE~1',
    'deliver scheduler~2:node/NODE#1 up',
    'answer scheduler~2',
    'deliver scheduler~2:node/NODE#1 down',
    'deliver scheduler~2:node/NODE#1 up',
  ].map((command) => command.replace('NODE', node));

/** The second S opens its link to node `n1`. @internal */
export const SECOND_SCHEDULER_OPENS = secondSchedulerOpens('n1');

/** A second S begins while the first still runs, and opens its links to both nodes. @internal */
export const SECOND_SCHEDULER: readonly string[] = [
  'usurp scheduler',
  'answer scheduler~2',
  ...secondSchedulerOpens('n1'),
  ...secondSchedulerOpens('n2'),
];

/** A second R begins while the first still runs, and opens its link to the first S. @internal */
export const SECOND_REPLICASET: readonly string[] = [
  'usurp replicaset',
  'connect replicaset~2',
  'deliver replicaset~2:downstream#1 down',
  'answer scheduler~1',
  'deliver replicaset~2:downstream#1 up',
  'answer replicaset~2',
  'deliver replicaset~2:downstream#1 down',
  'deliver replicaset~2:downstream#1 up',
];
