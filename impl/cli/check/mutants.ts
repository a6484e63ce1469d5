/** `check --mutants`: every rule switched off in the world that is named for it, as a table and as a page of the docs. */
import { MUTANTS } from '../../../spec/mutants.ts';
import { TEETH_OF_MACHINES, TOOTHLESS } from '../../../spec/worlds/teeth.ts';
import type { Bite } from '../../explorer/bite.ts';
import { bites } from '../../explorer/bites.ts';
import { CHECK_EXIT } from '../exit.ts';

const HEAD = `${'mutant'.padEnd(28)} ${'world'.padEnd(26)} ${'property'.padEnd(24)} steps     states  seconds`;

function lineOf({ mutant, behind, world, property, isNamed, steps, states, milliseconds }: Bite): string {
  const verdict = property === null ? 'NOT CAUGHT' : isNamed ? property : `${property} (not named)`;
  const size = `${String(steps).padStart(5)} ${states.toLocaleString('en').padStart(10)}`;
  const names = behind === undefined ? mutant : `${mutant} + ${behind}`;
  return `${names.padEnd(28)} ${world.padEnd(26)} ${verdict.padEnd(24)} ${size} ${(milliseconds / 1000).toFixed(1).padStart(8)}`;
}

/** Checks all, printing each; 0 if each broke a property that it is said to break. */
export async function runMutants(json: boolean): Promise<number> {
  const say = (text: string) => process.stdout.write(`${text}\n`);
  if (!json) say(HEAD);
  const found = await bites(TEETH_OF_MACHINES, (bite) => say(json ? JSON.stringify(bite) : lineOf(bite)));
  if (!json)
    for (const { mutant, reason } of TOOTHLESS) say(`${mutant.padEnd(28)} in no world yet: ${reason}`);
  return found.every(({ isNamed }) => isNamed) ? CHECK_EXIT.held : CHECK_EXIT.unseen;
}

/** The page `docs/mutants.md`. */
export function pageOf(found: readonly Bite[]): string {
  const rows = found.map(
    ({ mutant, rule, world, behind, property, steps }) =>
      `| \`${mutant}\`${behind === undefined ? '' : ` and \`${behind}\``} | ${rule} | \`${world}\` | \`${property}\` | ${steps} |`,
  );
  const rest = TOOTHLESS.map(({ mutant, reason }) => {
    const { rule } = MUTANTS.find(({ name }) => name === mutant) as (typeof MUTANTS)[number];
    return `| \`${mutant}\` | ${rule} | ${reason} |`;
  });
  return `# Mutants

Each rule of the protocol switched off, one at a time, in the machines: the explorer must find a property broken. Written by
\`test/explorer/mutants.test.ts\` (\`vitest run test/explorer/mutants.test.ts -u\`); \`kubedirect check --mutants\` prints the same with times, and
\`kubedirect check --mutant NAME --world WORLD\` the counterexample. Those that TLC catches too: \`proofs-tla/MUTANTS.md\`.
\`a and b\`: b stands behind a, so that a alone breaks nothing; with b switched off as well, it does.

| mutant | the rule that it removes | world | property broken | steps of the shortest counterexample |
|---|---|---|---|---|
${rows.join('\n')}

## In no world yet

| mutant | the rule that it removes | why |
|---|---|---|
${rest.join('\n')}
`;
}
