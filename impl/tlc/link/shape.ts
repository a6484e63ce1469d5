/** The configuration of `MCLinkInductive.tla` for a shape. */
import type { Shape } from '../../../spec/worlds/shapes.ts';

/** Every fault may happen in the one step that is taken. */
const BUDGETS = [
  'Breaks',
  'Lingers',
  'Duplicates',
  'Misdials',
  'UpCrashes',
  'DownCrashes',
  'UpUsurps',
  'DownUsurps',
  'Mints',
  'Terminations',
  'Changes',
  'Deaths',
  'Refusals',
  'Findings',
];

const setOf = (names: readonly string[]) => `{${names.map((one) => `"${one}"`).join(', ')}}`;
const upTo = (most: number) => `{${Array.from({ length: most }, (_, at) => at + 1).join(', ')}}`;

/** What `-config` is given. */
export function shapeConfig(shape: Shape, mutants: Iterable<string> = []): string {
  const { name, title, leases, alive, states, sessions, versions, readiness, found, messages, copies } =
    shape;
  const values = {
    Mutants: setOf([...mutants]),
    ...Object.fromEntries(BUDGETS.map((budget) => [budget, 1])),
    UpLease: leases[0],
    DownLease: leases[1],
    UpAlive: upTo(leases[0]),
    DownAlive: upTo(leases[1]),
    UpMost: alive[0],
    DownMost: alive[1],
    UpStates: setOf(states[0]),
    DownStates: setOf(states[1]),
    Top: sessions,
    Minters: found ? '{}' : upTo(leases[0]),
    Finders: found ? upTo(leases[1]) : '{}',
    Counters: versions,
    Readies: readiness ? '{TRUE, FALSE}' : '{FALSE}',
    Longest: messages[0],
    UnderWayMost: messages[1],
    Strays: copies ? 1 : 0,
  };
  return [
    `\\* ${name}: ${title}. Generated from spec/worlds/shapes.ts.`,
    'SPECIFICATION Inductive',
    'CONSTANTS',
    ...Object.entries(values).map(([key, value]) => `  ${key} = ${value}`),
    'INVARIANT Kept',
    'PROPERTY StepFenced',
    'PROPERTY StepMonotonic',
    '',
  ].join('\n');
}
