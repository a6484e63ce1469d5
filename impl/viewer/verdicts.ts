/** What every property says at a frame. Worked out when somebody looks: the run is made again up to there. */
import { PROPERTIES, type Property, type PropertyName } from '../../spec/properties/index.ts';
import type { PeerName } from '../../spec/vocabulary.ts';
import { snapshot } from '../explorer/snapshot.ts';
import { firstWorld, retrace, worldChecks } from '../explorer/system.ts';
import { momentOf } from '../simulator/run.ts';
import { worldView } from '../simulator/view.ts';
import { judgeTrace } from '../trace/checks.ts';
import { movesUpTo } from './byHand.ts';
import { type Film, isStep, type StepFrame, type WorldRun } from './film.ts';
import { settingOfRun } from './ofMoves.ts';

/** What one says. */
export interface Said {
  readonly property: string;
  /** What must be so. */
  readonly statement: string;
  /** `not yet`: it must hold once all is at rest, and does not now. `untested`: nothing could have broken it so far. */
  readonly verdict: 'holds' | 'broken' | 'not yet' | 'untested';
  /** What is wrong, or missing. */
  readonly text: string | null;
}

const statementOf = (property: string) =>
  (PROPERTIES as Readonly<Record<string, Property>>)[property]?.statement ?? '';

function said(property: string, text: string | null, isOfRest: boolean): Said {
  const verdict = text === null ? 'holds' : isOfRest ? 'not yet' : 'broken';
  return { property, statement: statementOf(property), verdict, text };
}

/** In a bounded world: all that it names, in the state after the frame's move. */
function ofWorld(film: Film, run: WorldRun, at: number): readonly Said[] {
  const setting = settingOfRun(run);
  const last = [...retrace(setting, movesUpTo(run, film, at))].at(-1);
  const world = last?.[2] ?? firstWorld(setting);
  const { states, steps } = worldChecks(setting);
  const view = snapshot(setting, world);
  const textOf = (name: PropertyName): string | null => {
    if (PROPERTIES[name].kind === 'rest') return PROPERTIES[name].check(view as never);
    return states[name]?.(world) ?? (last === undefined ? null : (steps[name]?.(...last) ?? null));
  };
  const { always, eventually } = setting.description;
  return [...always, ...eventually].map((name) => said(name, textOf(name), PROPERTIES[name].kind === 'rest'));
}

/** Judged in every step of a simulated run, by what the step touched: all of them held if the run went on. */
const ALONG: readonly PropertyName[] = [
  'UniquePlacement',
  'TerminationIrreversible',
  'PhaseMonotonic',
  'SessionFenced',
  'IncarnationsGrow',
  'TailPublishes',
  'PreemptionOrdered',
  'CancelledStaysOut',
  'ScaleNotLost',
  'NoStaleDirect',
];
const WHOLE: readonly PropertyName[] = ['CacheCoherent', 'SingleOwner', 'NoFalseConfirm', 'NodeCapacity'];
const AT_REST: readonly PropertyName[] = ['Converges', 'TombstonesCollected', 'NoLeak', 'PreemptorRuns'];

function ofPlan(film: Film, at: number): readonly Said[] {
  const { plan } = film;
  if (plan === undefined) return [];
  return momentOf(plan, at + 1, (sim) => {
    const view = worldView(sim);
    const { finding } = sim.judge;
    const along = ALONG.map((name) => said(name, finding?.property === name ? finding.text : null, false));
    const seen = (name: PropertyName, isOfRest: boolean) =>
      said(name, (PROPERTIES[name] as { check(v: unknown): string | null }).check(view), isOfRest);
    const all = [
      ...along,
      ...WHOLE.map((name) => seen(name, false)),
      ...AT_REST.map((name) => seen(name, true)),
    ];
    if (finding === null) return all;
    // What broke first is what the run says: the view may tell it otherwise, or not at all.
    return [
      said(finding.property, finding.text, false),
      ...all.filter(({ property }) => property !== finding.property),
    ];
  });
}

function ofTrace(film: Film, at: number): readonly Said[] {
  const stages = new Map<PeerName, StepFrame[]>();
  for (const frame of film.frames.slice(0, at + 1)) {
    if (!isStep(frame)) continue;
    const steps = stages.get(frame.stage) ?? [];
    steps.push(frame);
    stages.set(frame.stage, steps);
  }
  return judgeTrace(stages).map(({ property, tested, broken }): Said => {
    const one = said(property, broken[0] ?? null, property === 'TombstonesCollected');
    return tested === 0 ? { ...one, verdict: 'untested' } : one;
  });
}

/** All verdicts at a frame. */
export function verdictsAt(film: Film, at: number): readonly Said[] {
  if (film.world !== undefined) return ofWorld(film, film.world, at);
  return film.plan === undefined ? ofTrace(film, at) : ofPlan(film, at);
}
