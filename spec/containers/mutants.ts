/**
 * Rules of the machines of a Pod's containers (`machines/runtime`) that can be switched off, to show that their exploration can fail
 * (`test/machines/runtimePod.test.ts`). Each is read at one place there.
 */

/** What must hold of a Pod's containers in every order of a runtime's answers, in words. @public */
export const RUNTIME_PROPERTIES = {
  OneAtATime: 'of each name one container at a time is started or runs, and only in a sandbox',
  InitsFirst:
    'a container is started only once each init container before it has ended with 0, or, a sidecar, has come up',
  SidecarsLast: 'a Pod that ends stops a sidecar only once nothing of what came after it runs',
  EndIsAsked:
    'while a Pod is stopped and something of it runs, something is being stopped, or its start waited for',
  KeptUp: 'what has ended is started again, unless it is an init container that has ended with 0',
  StartedIsUp:
    'K hears once that they have come up, and all containers run then but init containers and sidecars',
  ReadyIsTrue:
    'K holds a Pod for ready only while all containers and sidecars run, and each has said so itself',
  StartupFirst: 'a container is asked how it is only once its startup probe has succeeded',
  SickIsStopped: 'a container that answers too often that it is not alive is stopped',
  BacksOff: 'a container is started again after a while that grows with its failures',
  AsksWhatRuns: 'only what runs is asked how it is',
  LostIsEnded: 'nothing is started once the sandbox has ended by itself',
  RemovedQuiet: 'the sandbox is removed only once nothing runs in it, and no start is in flight',
  StoppedIsQuiet: 'K hears that nothing runs only once the sandbox is gone',
  CanEnd: 'from every state the Pod can come to its end',
} as const;
/** One of {@link RUNTIME_PROPERTIES}. @public */
export type RuntimeProperty = keyof typeof RUNTIME_PROPERTIES;

/** One mutant: the rule that it removes, and the property it must break. @public */
export interface RuntimeMutant {
  readonly rule: string;
  readonly breaks: RuntimeProperty;
}

/** All of them. @public */
export const RUNTIME_MUTANTS = {
  'late-news-heeded': {
    rule: 'news of an earlier container of the name change nothing',
    breaks: 'OneAtATime',
  },
  'inits-together': {
    rule: 'init containers run one after the other, before the others',
    breaks: 'InitsFirst',
  },
  'init-failed-through': {
    rule: 'an init container is through only if it ended with 0',
    breaks: 'InitsFirst',
  },
  'sidecar-unawaited': {
    rule: 'what comes after a sidecar waits for its startup probe',
    breaks: 'InitsFirst',
  },
  'sidecar-through': { rule: 'a sidecar that ends with 0 is started again', breaks: 'KeptUp' },
  'sidecar-unready-ready': { rule: 'a Pod is ready only if its sidecars are', breaks: 'ReadyIsTrue' },
  'sidecars-with-the-others': {
    rule: 'sidecars end after the others, from the last to the first',
    breaks: 'SidecarsLast',
  },
  'sidecars-looked-at-first': {
    rule: 'a sidecar has its turn also where what came after it had nothing to end',
    breaks: 'EndIsAsked',
  },
  'started-early': {
    rule: 'K hears that a Pod has come up once all its containers have',
    breaks: 'StartedIsUp',
  },
  'unasked-ready': { rule: 'a container that has not answered yet is not ready', breaks: 'ReadyIsTrue' },
  'unready-untold': { rule: 'K hears that a Pod is not ready any more', breaks: 'ReadyIsTrue' },
  'startup-ignored': { rule: 'liveness and readiness wait for the startup probe', breaks: 'StartupFirst' },
  'sick-kept': {
    rule: 'a container that is not alive is stopped, and started again',
    breaks: 'SickIsStopped',
  },
  'no-backoff': { rule: 'the next start waits as long as a kubelet waits', breaks: 'BacksOff' },
  'asked-on': { rule: 'a container that does not run any more is not asked', breaks: 'AsksWhatRuns' },
  'lost-sandbox-kept': { rule: 'a sandbox that ends by itself ends the Pod', breaks: 'LostIsEnded' },
  'start-in-flight-left': {
    rule: 'a start in flight is waited for before the sandbox goes',
    breaks: 'RemovedQuiet',
  },
  'stopped-early': { rule: 'K hears of the end once the sandbox is removed', breaks: 'StoppedIsQuiet' },
  'removal-tried-once': { rule: 'a removal that failed is tried again', breaks: 'CanEnd' },
} as const satisfies Readonly<Record<string, RuntimeMutant>>;
/** One of {@link RUNTIME_MUTANTS}. @public */
export type RuntimeMutantName = keyof typeof RUNTIME_MUTANTS;

/** No rule is switched off. */
export const NO_RUNTIME_MUTANTS: ReadonlySet<RuntimeMutantName> = new Set();
