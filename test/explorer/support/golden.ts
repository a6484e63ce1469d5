/** The golden scenarios. */
import fs from 'node:fs';
import path from 'node:path';
import { playScenario, type Scenario } from '../../../impl/explorer/scenario.ts';
import { WORLDS } from '../../../spec/worlds/index.ts';

export const FOLDER = path.join(import.meta.dirname, '../golden');

export const scenarios = fs.readdirSync(FOLDER).filter((file) => file.endsWith('.txt'));

/** Plays one. */
export const playFile = (file: string): Scenario =>
  playScenario(fs.readFileSync(path.join(FOLDER, file), 'utf8'), WORLDS);
