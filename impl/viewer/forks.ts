/** What was changed in a film, in short, so that an address can hold it: `12.3`, the third other way at frame 12; `rule-NAME`, switched. Runs in the page. */
import type { Plan } from '../simulator/plan.ts';
import { choicesAt, filmByHand, movesUpTo } from './byHand.ts';
import type { Film } from './film.ts';
import { filmOfPlan } from './ofPlan.ts';
import { otherwiseAt, switched } from './whatIf.ts';

/** A film that came of another by a change. */
export interface Forked {
  readonly film: Film;
  /** What was changed: says it after "what if". */
  readonly what: string;
  /** Where it was changed. */
  readonly at: number;
}

const RULE = 'rule-';
/** A changed run has this name, and that of the first. */
const NAME = 'what if: ';

function byPlan(film: Film, plan: Plan): Film {
  const name = film.title.replace(NAME, '').split(',')[0] as string;
  return { ...filmOfPlan(`${NAME}${name}`, plan), commit: film.commit ?? '' };
}

/** What a change makes of a film. Null: there is no such change, as in an address that is of another film. */
export function forked(film: Film, change: string): Forked | null {
  const { plan, world } = film;
  if (change.startsWith(RULE)) {
    const rule = change.slice(RULE.length);
    if (plan === undefined) return null;
    const isOff = plan.mutants.includes(rule);
    const what = `the rule ${rule} were ${isOff ? 'on' : 'off'}?`;
    return { film: byPlan(film, switched(plan, rule)), what, at: film.frames.length - 1 };
  }
  const [frame = 0, choice = 0] = change.split('.').map(Number);
  const at = frame - 1;
  if (world !== undefined) {
    const chosen = choicesAt(film, at)[choice];
    if (chosen === undefined) return null;
    const moves = [...movesUpTo(world, film, at), chosen.move];
    return { film: filmByHand({ ...world, moves }), what: `${chosen.text}?`, at };
  }
  const chosen = otherwiseAt(film, at)[choice];
  return chosen === undefined ? null : { film: byPlan(film, chosen.plan), what: chosen.text, at };
}

/** The change that switches a rule. */
export const ruleChange = (rule: string) => `${RULE}${rule}`;
/** The change that takes another way at a frame. */
export const otherWay = (frame: number, choice: number) => `${frame + 1}.${choice}`;
