/** The name of a property that TLC tells by where it stands. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { definitionAt } from '../../impl/tlc/named.ts';
import { PROOFS } from '../../impl/tlc/run.ts';

it('is that of the definition around it', () => {
  const lines = readFileSync(join(PROOFS, 'Chain.tla'), 'utf8').split('\n');
  const line = lines.findIndex((text) => text.startsWith('Refines ==')) + 1;
  const place = `line ${line}, col 29 to line ${line}, col 64 of module Chain`;
  expect(definitionAt(place, PROOFS)).toBe('Refines');
  expect(definitionAt('PhaseMonotonic', PROOFS)).toBe('PhaseMonotonic');
});
