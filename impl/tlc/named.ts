/** The name of a property that TLC tells by where it stands. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PLACE = /^line (\d+), .* of module (\w+)$/;
const DEFINITION = /^(\w+)\s*==/;

/** `line 7, col 3 to … of module M` is the definition in M of which line 7 is a part; any other name is itself. */
export function definitionAt(name: string, folder: string): string {
  const [, line, module] = PLACE.exec(name) ?? [];
  if (line === undefined || module === undefined) return name;
  const above = readFileSync(join(folder, `${module}.tla`), 'utf8')
    .split('\n')
    .slice(0, Number(line));
  return above.map((text) => DEFINITION.exec(text)?.[1]).findLast((found) => found !== undefined) ?? name;
}
