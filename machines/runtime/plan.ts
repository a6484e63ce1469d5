/** What the machines of a Pod's containers are told, ask for and hear. Time is in milliseconds throughout. */

/** How a container is asked how it is. @public */
export const PROBES = ['startup', 'readiness', 'liveness'] as const;
/** One of {@link PROBES}. @public */
export type ProbeKind = (typeof PROBES)[number];

/** When a container is asked, and how many answers in a row count. @public */
export interface ProbePlan {
  readonly initialDelay: number;
  readonly period: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

/** One container of a Pod. @public */
export interface ContainerPlan {
  readonly name: string;
  /**
   * `init`: runs to its end before the next one begins. `sidecar`: an init container that runs on; the next one begins once it has come up, and it
   * ends after all that came after it. `main`: the others, which begin and end together.
   */
  readonly kind: 'init' | 'sidecar' | 'main';
  readonly probes: Readonly<Partial<Record<ProbeKind, ProbePlan>>>;
}

/** What a Pod is made of: its init containers, sidecars among them, in their order, then the others. @public */
export interface PodPlan {
  readonly containers: readonly ContainerPlan[];
}

/** A container that was there already. @public */
export interface FoundContainer {
  readonly name: string;
  /** How many were started before it. */
  readonly attempt: number;
  readonly running: boolean;
  /** Null while it runs. */
  readonly exitCode: number | null;
}

/** What is asked of the container runtime and of the clock. @public */
export type RuntimeEffect =
  | { readonly type: 'runSandbox' }
  /** Stops what is left in it, and removes it. */
  | { readonly type: 'removeSandbox' }
  | { readonly type: 'startContainer'; readonly name: string; readonly attempt: number }
  /** Its `preStop`, SIGTERM, and after the Pod's grace period SIGKILL. */
  | { readonly type: 'stopContainer'; readonly name: string; readonly attempt: number }
  | {
      readonly type: 'probe';
      readonly name: string;
      readonly attempt: number;
      readonly kind: ProbeKind;
    }
  | { readonly type: 'setTimer'; readonly timer: string; readonly milliseconds: number }
  | { readonly type: 'cancelTimer'; readonly timer: string }
  /** To K: all containers have come up, once; then each change of readiness; and at last that nothing runs. */
  | { readonly type: 'tellStarted' }
  | { readonly type: 'tellReadiness'; readonly ready: boolean }
  | { readonly type: 'tellStopped'; readonly failed: boolean };

/** What is heard of a container. @public */
export type ContainerNews =
  | { readonly type: 'containerStarted'; readonly name: string; readonly attempt: number }
  | { readonly type: 'containerFailed'; readonly name: string; readonly attempt: number }
  | {
      readonly type: 'containerExited';
      readonly name: string;
      readonly attempt: number;
      readonly exitCode: number;
      /** For how long it ran. */
      readonly ran: number;
    }
  | {
      readonly type: 'probed';
      readonly name: string;
      readonly attempt: number;
      readonly kind: ProbeKind;
      readonly ok: boolean;
    };

/** What is heard of a Pod's containers. @public */
export type RuntimeEvent =
  | ContainerNews
  | { readonly type: 'sandboxRan' }
  | { readonly type: 'sandboxFailed' }
  /** It is gone, and we did not ask for it. */
  | { readonly type: 'sandboxExited' }
  | { readonly type: 'sandboxRemoved' }
  | { readonly type: 'removeFailed' }
  | { readonly type: 'timerFired'; readonly timer: string }
  /** K: stop. */
  | { readonly type: 'stop' };

/** Waits between two tries, as the kubelet's: none before the second start, then from `first` on twice as long each time. @public */
export const BACKOFF = { first: 10_000, longest: 300_000, forgottenAfter: 600_000, sandbox: 1_000 } as const;
