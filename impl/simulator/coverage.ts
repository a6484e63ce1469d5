/**
 * What runs have reached: transitions of each stage's machine, rules that were asked for, and each kind of fault in each phase of the protocol.
 * It is read off steps from outside; nothing in a run depends on it.
 */
import { HEARS } from '../../spec/events.ts';
import { MUTANTS } from '../../spec/mutants.ts';
import { isUndrained, type StageName, stageOf } from '../../spec/vocabulary.ts';
import { Asked } from './asked.ts';
import type { Life } from './life.ts';
import type { Simulation } from './simulation.ts';
import { preemptionsOf, recordOf, uidsIn } from './touched.ts';

/** What the protocol may be doing when a fault comes. Several may hold at once. */
export const PHASES = [
  'at rest',
  'starting',
  'handshake',
  'placing',
  'ending',
  'rollout',
  'preemption',
  'cancelled node',
  'two leaders',
] as const;
/** One of them. */
export type Phase = (typeof PHASES)[number];

function* phases(sim: Simulation): Generator<Phase> {
  const lives = [...sim.lives.values()].flat();
  if ([...sim.starting.values()].some((many) => many > 0)) yield 'starting';
  const links = lives.flatMap((life) => life.under.observe(life.state as never).links);
  if (links.some(({ state }) => state !== 'open')) yield 'handshake';
  const records = lives.flatMap(({ peer, state }) =>
    [...uidsIn(peer, state)].map((uid) => recordOf(peer, state, uid)?.phase),
  );
  if (records.some((phase) => phase === 'created' || phase === 'bound' || phase === 'accepted'))
    yield 'placing';
  if (records.includes('terminating')) yield 'ending';
  const filled = [...sim.api.replicaSets.values()].filter(({ replicas }) => replicas > 0);
  if (new Set(filled.map(({ deployment }) => deployment)).size < filled.length) yield 'rollout';
  const schedulers = lives.filter(({ peer }) => peer === 'scheduler');
  if (schedulers.some(({ state }) => preemptionsOf(state).size > 0)) yield 'preemption';
  if ([...sim.api.nodes.values()].some(({ mark, drained }) => isUndrained(mark, drained)))
    yield 'cancelled node';
  if (new Set(lives.map(({ peer }) => peer)).size < lives.length) yield 'two leaders';
}

/** What was reached, over many runs. */
export class Coverage {
  /** `stage: state, event → state`. */
  readonly transitions = new Set<string>();
  /** `stage event`. */
  readonly heard = new Set<string>();
  readonly rules = new Set<string>();
  /** `fault × phase`. */
  readonly pairs = new Set<string>();

  /** How much there is: it grows when something new is reached. */
  get size(): number {
    return this.transitions.size + this.rules.size + this.pairs.size;
  }

  /** The rules of a run that are switched off, and a note of each that is asked for. */
  watch(mutants: readonly string[]): ReadonlySet<string> {
    return new Asked(mutants, (name) => this.rules.add(name));
  }

  stepped({ peer, state }: Life, event: string, before: unknown): void {
    const stage = stageOf(peer);
    this.heard.add(`${stage} ${event}`);
    const textOf = (one: unknown) => JSON.stringify((one as { readonly value: unknown }).value);
    this.transitions.add(`${stage}: ${textOf(before)}, ${event} → ${textOf(state)}`);
  }

  suffered(sim: Simulation, fault: string): void {
    const now = [...phases(sim)];
    for (const phase of now.length === 0 ? (['at rest'] as const) : now)
      this.pairs.add(`${fault} × ${phase}`);
  }
}

/** Events that a stage never heard. */
function unheard({ heard }: Coverage): readonly string[] {
  return (Object.keys(HEARS) as StageName[]).flatMap((stage) =>
    HEARS[stage].map((event) => `${stage} ${event}`).filter((each) => !heard.has(each)),
  );
}

/** What is known of one way to choose plans. */
export interface Reached {
  readonly how: string;
  readonly runs: number;
  readonly coverage: Coverage;
}

const code = (items: readonly string[]) =>
  items.length === 0 ? 'nothing' : items.map((item) => `\`${item}\``).join(', ');

/** The table in `docs/fuzz.md`; what was never reached is of the last one. */
export function coveragePage(all: readonly Reached[], faults: readonly string[]): string {
  const rows = all.map(
    ({ how, runs, coverage: { transitions, rules, pairs } }) =>
      `| ${how} | ${runs} | ${transitions.size} | ${rules.size} of ${MUTANTS.length} | ${pairs.size} of ${faults.length * PHASES.length} |`,
  );
  const { coverage } = all.at(-1) as Reached;
  const pairs = faults.map((fault) => {
    const cells = PHASES.map((phase) => (coverage.pairs.has(`${fault} × ${phase}`) ? '✓' : '–'));
    return `| ${fault} | ${cells.join(' | ')} |`;
  });
  const unasked = MUTANTS.map(({ name }) => name).filter((name) => !coverage.rules.has(name));
  return `## What the fuzzer reaches

Written by \`kubedirect fuzz --coverage --out docs/fuzz.md\`. *Transitions*: state, event and next state of the stages' machines; *rules*: those that a stage came to (each
can be switched off by name, and is asked for by it); *pairs*: a kind of fault in a phase of the protocol. *Each theme in turn*: also those that no seed draws, and of each every other
time all that happens within a few moments (\`--theme\`, \`--close\`). Steering (every other plan one that had reached something new, its faults moved) was tried and left out. Of 600 plans, a drawn and
a changed one in turn, the first 50 of each reached 394 and 55 new items, the next 50: 23 and 17, then 19 and 9, 2 and 5, 2 and 2, 6 and 6: a changed plan reaches no more than a fresh one
does. What is left asks for other acts and other worlds, not for the same faults at another time.

| plans | runs | transitions | rules | fault × phase |
|---|---:|---:|---:|---:|
${rows.join('\n')}

Never heard: ${code(unheard(coverage))}. Rules never come to: ${code(unasked)}.

| fault | ${PHASES.join(' | ')} |
|---|${PHASES.map(() => ':-:|').join('')}
${pairs.join('\n')}
`;
}
