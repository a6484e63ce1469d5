/**
 * The lives of a trace, stepped again by the machines that wrote it: what each line asked for must be what they ask for, and the
 * states in between come back (`spec/trace.ts`).
 */
import { isDeepStrictEqual } from 'node:util';
import { configOf } from '../../spec/trace.ts';
import { type PeerName, stageOf } from '../../spec/vocabulary.ts';
import { STAGES_UNDER_TEST } from '../explorer/stages.ts';
import type { PlacedLine } from '../trace/parse.ts';
import { unaskedIn } from './answers.ts';

/** What is wrong with a line. */
export interface Fault {
  readonly place: PlacedLine;
  /** Who found it: the order of lines or of answers, the machines, or a TLA+ module. */
  readonly by: string;
  readonly why: string;
}

/** A step, with the state before and after it. */
export interface LifeStep {
  readonly place: PlacedLine;
  /** Undefined before the start. */
  readonly before: unknown;
  readonly after: unknown;
}

/** One life of a stage. */
export interface LifeTrace {
  readonly stage: PeerName;
  readonly incarnation: number;
  readonly steps: readonly LifeStep[];
}

/** Lines of each life, in the order of the file. */
function livesOf(lines: readonly PlacedLine[]): ReadonlyMap<string, readonly PlacedLine[]> {
  return Map.groupBy(lines, ({ line }) => `${line.stage} ${line.incarnation}`);
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

/** The first effect in which two lists differ, in words. */
function difference(got: readonly unknown[], expected: readonly unknown[]): string | null {
  if (isDeepStrictEqual(got, expected)) return null;
  const at = Array.from({ length: Math.max(got.length, expected.length) }, (_, i) => i).find(
    (i) => !isDeepStrictEqual(got[i], expected[i]),
  ) as number;
  const say = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value).slice(0, 200));
  return `effect ${at + 1}: the machine asks for ${say(expected[at])}, the line has ${say(got[at])}`;
}

function stepAgain(lines: readonly PlacedLine[], faults: Fault[]): readonly LifeStep[] {
  const steps: LifeStep[] = [];
  let state: unknown;
  let differs = false;
  const fault = (place: PlacedLine, by: string, why: string) => faults.push({ place, by, why });
  for (const [i, place] of lines.entries()) {
    const { line } = place;
    if (line.step !== i + 1) {
      fault(place, 'order', `expected step ${i + 1} of this life, got step ${line.step}`);
      break;
    }
    const { stage } = STAGES_UNDER_TEST[stageOf(line.stage)] ?? {};
    const isStart = line.event.type === 'started';
    if (stage === undefined || isStart !== (i === 0)) {
      fault(place, 'order', stage === undefined ? `${line.stage} is no stage` : 'a life begins with started');
      break;
    }
    try {
      const [after, effects] =
        line.event.type === 'started'
          ? stage.start(configOf(line.event.config))
          : stage.step(state as never, line.event);
      steps.push({ place, before: state, after });
      state = after;
      const why: string | null = differs ? null : difference(line.effects, plain(effects) as unknown[]);
      if (why !== null) fault(place, 'machines', why);
      differs ||= why !== null;
    } catch (error) {
      fault(place, 'machines', `the machine does not bear the event: ${(error as Error).message}`);
      break;
    }
  }
  return steps;
}

/** Every life of the trace, and what is wrong with its lines already. Of each life the first difference is told. */
export function replayLives(lines: readonly PlacedLine[]): {
  readonly lives: readonly LifeTrace[];
  readonly faults: readonly Fault[];
} {
  const faults: Fault[] = [];
  const lives = [...livesOf(lines).values()].map((own): LifeTrace => {
    const { stage, incarnation } = (own[0] as PlacedLine).line;
    const steps = stepAgain(own, faults);
    const unasked = unaskedIn(own);
    if (unasked !== null)
      faults.push({
        place: unasked.place,
        by: 'answers',
        why: `nothing in this life has asked yet: ${unasked.asked}`,
      });
    return { stage, incarnation, steps };
  });
  return { lives, faults };
}
