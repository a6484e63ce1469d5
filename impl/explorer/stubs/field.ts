/**
 * D cut down to the `replicas` field of one Deployment: the field's machine and the judgement of who wrote last
 * (`machines/ownership/wants/`), in D's composition (`machines/deployment/wants.ts`, `reconcile.ts`). A is in the same
 * life, and mints wants when it is prompted; R is one bit: the victims are marked.
 */
import {
  type Base,
  baseOf,
  isFresher,
  judge,
  type Verdict,
  writtenOf,
} from '../../../machines/ownership/wants/base.ts';
import {
  type Field,
  type FieldEvent,
  startField,
  stepField,
  viewOfField,
  type Wanted,
} from '../../../machines/ownership/wants/field.ts';
import type { Effect } from '../../../spec/effects.ts';
import type { Refusal, StageEvent } from '../../../spec/events.ts';
import type { DeploymentFact } from '../../../spec/facts.ts';
import type { Stage, Step } from '../../../spec/stage.ts';
import { compareWantVersions } from '../../../spec/vocabulary.ts';
import type { Observation, StageUnderTest } from '../world.ts';

/** Uid of the Deployment. */
const UID = 'd';
/** Values that may be asked for. */
const VALUES = [1, 3];

/** One life. */
export interface FieldState {
  readonly incarnation: number;
  readonly mutants: ReadonlySet<string>;
  readonly fact: DeploymentFact | null;
  readonly base: Base | null;
  readonly want: Wanted | null;
  readonly minted: number;
  readonly marked: boolean;
  readonly hurry: boolean;
  readonly field: Field;
}
type Turn = readonly [FieldState, readonly Effect[]];

function tell([state, effects]: Turn, event: FieldEvent): Turn {
  const [field, more] = stepField(state.field, event);
  return [{ ...state, field }, [...effects, ...more]];
}

function updated([state, effects]: Turn): Turn {
  const { fact, want, hurry, marked } = state;
  if (fact === null || want === null) return [state, effects];
  return tell([state, effects], { type: 'updated', inputs: { fact, want, hurry, marked } });
}

/** Whatever it wants now, its victims are not marked yet. */
function adopt(state: FieldState, { version, value }: Wanted): FieldState {
  if (state.want !== null && compareWantVersions(version, state.want.version) <= 0) return state;
  return { ...state, want: { version, value }, marked: false };
}

function observe([state, effects]: Turn, fact: DeploymentFact, known?: Verdict): Turn {
  if (state.fact !== null && !isFresher(fact, state.fact)) return [state, effects];
  const verdict = known ?? judge(state.base, fact, state.mutants);
  const seen = { ...state, fact, base: baseOf(fact) };
  const external = {
    version: { generation: fact.generation, incarnation: 0, counter: 0 },
    value: fact.replicas,
  };
  const want = verdict === 'external' ? external : writtenOf(fact, state.mutants);
  return updated([want === null ? seen : adopt(seen, want), effects]);
}

function hear(turn: Turn, after: DeploymentFact | null, refusal: Refusal | null): Turn {
  const seen = after === null ? turn : observe(turn, after, 'own');
  return tell(seen, { type: 'written', refusal: after === null ? (refusal ?? 'ambiguous') : null });
}

/** A decides: above all that it knows, on the same base. */
function mint(state: FieldState, value: number): FieldState {
  const minted = state.minted + 1;
  const generation = state.want?.version.generation ?? 0;
  const version = { generation, incarnation: state.incarnation, counter: minted };
  return adopt({ ...state, minted }, { version, value });
}

function prompted(state: FieldState, [what, value]: readonly string[]): FieldState {
  if (what === 'ask') return mint(state, Number(value));
  return what === 'mark' ? { ...state, marked: true } : { ...state, hurry: !state.hurry };
}

function fired(state: FieldState, timer: string): Turn {
  const [kind, ...rest] = timer.split('/');
  if (kind === 'prompt') return updated([prompted(state, rest), []]);
  return tell([state, []], { type: 'timerFired', kind: kind as 'writeBack' | 'lower' | 'retry' });
}

function step(state: FieldState, event: StageEvent): Step<FieldState> {
  switch (event.type) {
    case 'deploymentObserved':
      return observe([state, []], event.deployment);
    case 'replicasWritten':
      return hear([state, []], event.after, event.refusal);
    case 'timerFired':
      return fired(state, event.timer);
    default:
      return [state, []];
  }
}

const stage: Stage<FieldState> = {
  name: 'deployment',
  start: ({ incarnation, mutants = new Set() }) => {
    const fresh = { fact: null, base: null, want: null, minted: 0, marked: false, hurry: false };
    return [{ ...fresh, incarnation, mutants, field: startField(UID, mutants) }, []];
  },
  step,
};

const asWant = ({ version, value }: Wanted) =>
  ({
    deployment: UID,
    version,
    value,
    replicaSet: null,
    revision: '',
    mode: 'direct',
    confirmed: true,
  }) as const;

/** The stub, with what the explorer needs. */
export const stubField: StageUnderTest = {
  stage,
  view: ({ incarnation, fact, base, want, minted, marked, hurry, field }: FieldState) => ({
    ...{ incarnation, fact, base, want, minted, marked, hurry },
    field: viewOfField(field),
  }),
  observe: ({ want, incarnation }: FieldState): Observation => {
    const wants = want === null ? [] : [asWant(want)];
    const minted = wants.filter(({ version }) => version.incarnation === incarnation);
    return { records: [], wants, minted, preemptions: new Map(), links: [] };
  },
  prompts: ({ want, marked }: FieldState) =>
    want === null
      ? []
      : [
          ...VALUES.filter((value) => value !== want.value).map((value) => `ask/${value}`),
          ...(marked ? [] : ['mark']),
          'hurry',
        ],
};
