/**
 * Named outcomes of bad input. A code is stable: users and tests match on it, never on the text.
 */

/** Every code there is, with what it means. Add a row before you throw a new one. @public */
export const ERROR_CODES = {
  MESSAGE_MALFORMED: 'a frame or message could not be decoded',
  MESSAGE_UNKNOWN: 'a message of a kind that this version does not know',
  MESSAGE_TOO_LARGE: 'a frame larger than the limit',
  MESSAGE_TOO_NEW: 'a message that the schema of an older peer has no words for',
  MESSAGE_WRONG_DIRECTION: 'a message that does not flow this way on a link',
  PEER_WRONG_ROLE: 'a peer of another stage than this link expects',
  PEER_WRONG_IDENTITY: 'the certificate of a peer names another stage or node than the one dialled, or none',
  PEER_NAME_INVALID: 'a name that is neither a stage nor kubelet/<node>',
  LINK_UNREACHABLE: 'a peer could not be connected, or its certificate is not trusted',
  LINK_BROKEN: 'a connected link was lost: the peer died, or gave no sign of life in time',
  LINK_SATURATED: 'a peer did not take what was sent to it: the link was broken, and its queue with it',
  LINK_CLOSED: 'a link was closed on purpose by one of its ends',
  INCARNATION_OLD:
    'a peer of an incarnation or session that has been fenced, or that does not hold its Lease',
  DEPLOYMENT_NOT_ELIGIBLE: 'a managed Deployment needs what the Scheduler stage does not honour',
  DEPLOYMENT_UNKNOWN: 'there is no managed Deployment of this name',
  DEPLOYMENT_AUTOSCALED: 'a request for replicas of a Deployment that the built-in autoscaler scales',
  DEPLOYMENT_NOT_AUTOSCALED: 'a report on a Deployment that names no target for the built-in autoscaler',
  POLICY_INVALID: 'an annotation for the built-in autoscaler has a value out of its range',
  CALLER_UNAUTHENTICATED: 'a caller shows no token or certificate that the API Server knows',
  CALLER_FORBIDDEN: 'a caller may not do this, or the like of it at the API Server',
  CALLER_THROTTLED: 'more callers that are not known yet ask than the API Server is asked about',
  CONTAINER_UNKNOWN: 'a node has no Pod, container or log of this name',
  STAGE_NOT_RUNNING: 'a stage that is asked has no life at this moment',
  PATH_UNKNOWN: 'a path that is not served',
  METHOD_NOT_ALLOWED: 'a method that is not taken, or an upgrade that is not asked for',
  BODY_TOO_LARGE: 'a request to the scale API above its limit',
  FLAG_INVALID: 'a command-line flag or option has a value out of its range',
  TOPOLOGY_IMPOSSIBLE: 'a simulated world names what it does not have, or has no room for what it must run',
  API_SERVER_UNREACHABLE: 'the API Server did not answer',
  STATUS_UNREACHABLE: 'a process of stages does not say what it holds',
  API_REQUEST_FAILED: 'the API Server answered a request with an error',
  KUBECONFIG_INVALID: 'the kubeconfig cannot be read, or names no usable cluster',
  CLUSTER_UNSUPPORTED: 'the cluster lacks something that the installation needs',
  SCOPE_DIFFERS: 'a process or command acts on another namespace than the owner switch says is managed',
  INSTALL_REFUSED: 'the installation was not carried out: something in the cluster stands against it',
  POLICY_INEFFECTIVE: 'the owner switch does not deny what it must deny',
  RELEASE_INCOMPLETE: 'managed Pods did not come to match their ReplicaSets in time',
  DRAIN_REFUSED: 'there is no such Node, or the API Server forbids what a drain needs',
  DRAIN_INCOMPLETE: 'managed Pods are still on a Node after the time given',
  TAKE_BACK_UNACKNOWLEDGED: 'a stage has not acknowledged that stock owns the managed Pods',
  AGENT_SUPERSEDED: 'another agent has registered itself on the Node',
  JOURNAL_FULL: 'the journal could not be written: no space left',
  JOURNAL_LOCKED: 'another agent writes this journal',
  JOURNAL_CORRUPT: 'the journal holds a line that is not a journal entry, or can not be read or written',
  GO_MISSING: 'no Go toolchain new enough to build the control plane, and none to be had',
  BINARY_BUILD_FAILED: 'a program of the control plane could not be built',
  BINARY_INVALID: 'a program of the control plane is there but cannot be used',
  CERTIFICATES_UNREADABLE: 'a certificate or key of the links is not there, or can not be read',
  CERTIFICATES_EXIST: 'the folder for new certificates holds some already',
  PORT_TAKEN: 'a port asked for is in use',
  INSPECTOR_UNREACHABLE: "Stately's inspector is not installed, or does not answer there",
  DATA_DIR_UNUSABLE: 'a data folder cannot be made, is not empty, or belongs to someone else',
  COMPONENT_FAILED: 'a program of the control plane exited or did not become healthy',
  NODE_NOT_READY: 'a node did not become Ready',
  RUNTIME_FAILED: 'the container runtime did not do what was asked of it',
  REAL_NODE_UNSUPPORTED: 'this machine cannot run a kubelet with containers',
  SECRETS_ON_DISK: 'the folder for Secrets and tokens is not in memory',
  NODE_TAKEN: 'the Node that an agent would keep is the one of a kubelet, or of another machine',
  JAVA_MISSING: 'no Java runtime to run TLC with, and none to be had',
  TLC_MISSING: 'TLC is not in the cache and could not be fetched, or the file named as TLC is none',
  DOWNLOAD_CORRUPT: 'a file that was fetched does not have the checksum that is pinned',
  SPEC_INVALID: 'TLC can not read a TLA+ module or its configuration, or evaluating it fails',
  TLC_OUT_OF_MEMORY: 'TLC ran out of memory',
  TLC_FAILED: 'TLC ended without a result',
  EXPLORER_OUT_OF_MEMORY: 'the explorer ran out of memory',
  CHECK_FAILED: 'a process that checked a world ended without a result',
  INTERRUPTED: 'a check was interrupted',
  ENGINES_DIFFER: 'TLC and the explorer do not reach the same states by the same steps',
  TRACE_INVALID: 'a line of a trace is not a step, or a file is no trace',
  TRACE_VERSION: 'a trace of another version',
  TRACE_TOO_LARGE: 'a trace with more lines than may be judged at once',
  SHARD_INVALID: 'the result of a shard is damaged, or a Job is none of ours',
  SHARD_MISSING: 'an index of a Job has left no result',
  SHARD_MIXED: 'results of shards are not of one campaign',
  REPLAY_INVALID: 'a replay file is damaged, or of another version',
  INVARIANT_BROKEN: 'a state that the protocol excludes was reached',
} as const;
/** One of {@link ERROR_CODES}. @public */
export type ErrorCode = keyof typeof ERROR_CODES;

/** An error with a stable code. The message states the fact, what was expected, and what came. @public */
export class KubedirectError extends Error {
  readonly code: ErrorCode;
  /**
   * @param code - stable code
   * @param message - fact, expectation, got; and what to do next
   */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KubedirectError';
    this.code = code;
  }
}
