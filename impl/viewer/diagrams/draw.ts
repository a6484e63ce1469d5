/** Draws the pictures of machines that have changed anew: `npm run diagrams`. */
import fs from 'node:fs';
import path from 'node:path';
import { pictureOf, ROOMS } from './page.ts';
import { isOf, svgOf } from './svg.ts';

const DOCS = path.join(import.meta.dirname, '../../../docs');

for (const machine of ROOMS.flatMap(({ machines }) => machines)) {
  const file = path.join(DOCS, pictureOf(machine));
  if (fs.existsSync(file) && isOf(fs.readFileSync(file, 'utf8'), machine)) continue;
  fs.writeFileSync(file, await svgOf(machine));
  process.stdout.write(`${pictureOf(machine)}\n`);
}
