/** What a step is called elsewhere: the line of the machine that takes it, and the action of TLA+. */
import type { StageName } from '../../spec/vocabulary.ts';
import { stageOf } from '../../spec/vocabulary.ts';
import type { StepFrame } from './film.ts';

/** Where things stand in the sources, as `file:line`. */
export interface Places {
  /** By rule: where the machines ask for it. */
  readonly rules: Readonly<Record<string, string>>;
  /** By stage, then by state and event: `serving received`; ` received`: in any state. */
  readonly handlers: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** By module and action: `Chain HearR`. */
  readonly actions: Readonly<Record<string, string>>;
}

/** Where the machine takes an event in a state. Null: nowhere, as one that ends takes nothing. */
export function handlerOf(
  { handlers }: Places,
  stage: StageName,
  active: readonly string[],
  event: string,
): string | null {
  const here = handlers[stage] ?? {};
  const named = active.toReversed().map((state) => here[`${state} ${event}`]);
  return named.find((place) => place !== undefined) ?? here[` ${event}`] ?? null;
}

const LETTER: Readonly<Partial<Record<StageName, string>>> = {
  replicaset: 'R',
  scheduler: 'S',
  kubelet: 'K',
};
const SIDE: Readonly<Partial<Record<StageName, string>>> = { autoscaler: 'Up', deployment: 'Down' };
const ANSWERS = /^(leaseRead|nodesListed|podsListed|registered|nodeRead|marked|published|publishFailed)$/;
const ANSWERED = /^(deleteAnswered|podRead|replicasWritten)$/;

/** What an event is to TLA+. */
function kindOf({ event, crashedAfter }: StepFrame): string {
  const { type } = event;
  if (crashedAfter !== undefined) return 'Crash';
  if (type === 'started') return 'Start';
  if (type === 'received') return 'Hear';
  if (type === 'connected') return 'Connect';
  if (type === 'broken') return 'Told';
  if (type === 'timerFired') return 'TimeOut';
  if (type === 'podStarted' || type === 'podReadiness') return 'Runs';
  if (type === 'podStopped') return 'Stops';
  if (type === 'scaleRequested') return 'Act';
  return ANSWERS.test(type) || ANSWERED.test(type) ? 'Answer' : 'Watch';
}

/** The module and the action of TLA+ that a step of a whole stage is: `Chain HearR`, `Wants AnswerUp`. */
export function actionOf(frame: StepFrame): string {
  const stage = stageOf(frame.stage);
  const kind = kindOf(frame);
  const letter = LETTER[stage];
  if (letter !== undefined)
    return ['TimeOut', 'Runs', 'Stops', 'Act'].includes(kind) ? `Chain ${kind}` : `Chain ${kind}${letter}`;
  const names: Readonly<Record<string, string>> = {
    Hear: `Deliver${frame.event.type === 'received' && frame.event.link === 'upstream' ? 'Down' : 'Up'}`,
    TimeOut: 'Timer',
    Connect: 'Connect',
    Watch: 'Watch',
    Act: 'Act',
  };
  return `Wants ${names[kind] ?? `${kind}${SIDE[stage]}`}`;
}
