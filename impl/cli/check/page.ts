/** The page `docs/checks.md`: what the checks of all worlds found, when, and on which machine. */
import { WORLDS } from '../../../spec/worlds/index.ts';
import { SHAPES } from '../../../spec/worlds/shapes.ts';
import { type Part, partKey } from './parts.ts';
import type { Record } from './records.ts';
import { engineText, perSecond } from './table.ts';

const PARTS: readonly Part[] = ['graph', 'liveness'];
const HEAD = ['world', 'engine', 'states', 'edges', 'depth', 'seconds', 'states/s', 'MB', 'verdict', 'when'];

function linesOf({ rows, part, date }: Record, mark: string): readonly string[] {
  return rows.map((row) => {
    const numbers = [row.states, row.edges, row.depth].map((value) => value.toLocaleString('en'));
    const took = [
      (row.milliseconds / 1000).toFixed(1),
      perSecond(row).toLocaleString('en'),
      (row.megabytes ?? 0).toLocaleString('en'),
    ];
    const engine = engineText({ ...row, ...(part !== undefined && { part }) });
    return `| ${[`\`${row.world}\``, engine, ...numbers, ...took, row.verdict, `${date}${mark}`].join(' | ')} |`;
  });
}

/**
 * The page.
 *
 * @param digest - of a world now: a row that was made of something else is marked
 */
export function checksPage(records: ReadonlyMap<string, Record>, digest: (world: string) => string): string {
  const all = [...WORLDS, ...SHAPES];
  const known = all.flatMap(({ name }) => PARTS.flatMap((part) => records.get(partKey(name, part)) ?? []));
  const machines = [...new Set(known.map(({ machine }) => machine))];
  const missing = all.filter(({ name }) => !records.has(name)).map(({ name }) => `\`${name}\``);
  return `# Checks

Written by \`npm run check:deep\`, which may be ended and begun again at any time: what it has done is kept in \`checks.ndjson\`, and done again
only if the world changed, or a module that says it, or a machine or a stub of its stages, or what plays the environment. First the states and steps of all
worlds, the cheap ones first; then what is said of all that is to come (\`liveness\`), in rows of its own. \`explorer\`: the machines; \`tlc\`: the TLA+ spec; \`equal\`: the two have the same states and the same edges;
\`walks\`: random walks, where a world is too wide to search; \`along\`: TLC has gone
along with random runs of the machines, through the same states, where one is too wide to be compared whole. Times are those of a machine that may have had other work.
*Earlier* says that something of the world has changed since, and that it was not checked again.

Machine: ${machines.join('; ')}.

| ${HEAD.join(' | ')} |
|${HEAD.map(() => '---').join('|')}|
${known.flatMap((each) => linesOf(each, each.digest === digest(each.world) ? '' : ' (earlier)')).join('\n')}

${missing.length === 0 ? 'All worlds were checked.' : `Not checked yet: ${missing.join(', ')}.`}
`;
}
