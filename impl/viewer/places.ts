/** Where the things that a step shows stand in the sources: read off the sources when a page is made. */
import fs from 'node:fs';
import path from 'node:path';
import { MUTANTS } from '../../spec/mutants.ts';
import { STAGES } from '../../spec/vocabulary.ts';
import type { Places } from './steps.ts';

const ROOT = path.join(import.meta.dirname, '../..');
/** A key of an object, wherever it stands in its line. */
const KEY = /(?<=^|[\s{])'?([\w./]+)'?: /g;

const linesOf = (file: string) => fs.readFileSync(path.join(ROOT, file), 'utf8').split('\n');

/** Files of a folder, by their paths from the root. */
function filesOf(folder: string, end: string): readonly string[] {
  return fs
    .readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(end))
    .map((file) => path.posix.join(folder, file))
    .sort();
}

/** Where each rule is asked for. */
function rulePlaces(): Record<string, string> {
  const places: Record<string, string> = {};
  const names = new Set(MUTANTS.map(({ name }) => name));
  for (const file of filesOf('machines', '.ts'))
    for (const [at, line] of linesOf(file).entries())
      for (const [, name] of line.matchAll(/'([\w/-]+)'/g))
        if (names.has(name as string)) places[name as string] ??= `${file}:${at + 1}`;
  return places;
}

/**
 * Handlers of a machine: `serving received` is that of a state, ` received` that of any. The sources are formatted, so that what a line
 * stands within follows from how far it is indented.
 */
function handlersOf(file: string): Record<string, string> {
  const places: Record<string, string> = {};
  let within: { readonly indent: number; readonly key: string }[] = [];
  for (const [at, line] of linesOf(file).entries())
    for (const { index: indent, 1: key = '' } of line.matchAll(KEY)) {
      within = [...within.filter((outer) => outer.indent < indent), { indent, key }];
      const keys = within.map((one) => one.key);
      const states = keys.flatMap((one, depth) => (keys[depth - 1] === 'states' ? [one] : []));
      const place = `${file}:${at + 1}`;
      places[`${states.join('.')} ${key}`] ??= place;
      places[` ${key}`] ??= place;
    }
  return places;
}

/** Where each action of TLA+ is defined, by module: `Chain HearR`. */
function actionPlaces(): Record<string, string> {
  const places: Record<string, string> = {};
  for (const file of filesOf('proofs-tla', '.tla'))
    for (const [at, line] of linesOf(file).entries()) {
      const name = /^(\w+)(\(.*?\))? ==/.exec(line)?.[1];
      if (name !== undefined) places[`${path.basename(file, '.tla')} ${name}`] ??= `${file}:${at + 1}`;
    }
  return places;
}

/** All of them. */
export function placesOf(): Places {
  const handlers = STAGES.map((stage) => [stage, handlersOf(`machines/${stage}/machine.ts`)] as const);
  return { rules: rulePlaces(), handlers: Object.fromEntries(handlers), actions: actionPlaces() };
}
