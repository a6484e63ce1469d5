/**
 * Worlds that begin where a script leads, by TLC: a module made for the run extends that of the world, and says in place of `Init` the state
 * in which the machines are then. That TLC comes there too, by the same steps, is another run's to show (`follow`).
 */
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstWorld } from '../explorer/system.ts';
import type { Setting } from '../explorer/world.ts';
import { configOf } from './config.ts';
import { stateExpression } from './expression.ts';
import { translationOf } from './modules.ts';

/** What TLC is given. */
export interface Posed {
  readonly module: string;
  readonly config: string;
  readonly folder: string;
}

const NAME = 'Begun';

function begunModule(setting: Setting): string {
  const { spec = '' } = setting.description;
  const first = translationOf(setting.description).state(setting, firstWorld(setting));
  return [
    `---- MODULE ${NAME} ----`,
    `EXTENDS ${spec}, TLC`,
    `${NAME}Init ==`,
    stateExpression(first),
    '====',
    '',
  ].join('\n');
}

/** The modules of a folder, in one of their own that is gone afterwards. */
export async function withModules<T>(modules: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'kubedirect-modules-'));
  try {
    for (const file of await readdir(modules))
      if (file.endsWith('.tla')) await copyFile(join(modules, file), join(folder, file));
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs `work` with the module and the configuration of a world, wherever it begins. */
export async function posed<T>(
  setting: Setting,
  modules: string,
  work: (posed: Posed) => Promise<T>,
): Promise<T> {
  const { description, mutants } = setting;
  const { spec: module = '', begins } = description;
  const config = configOf(description, mutants);
  if (begins === undefined) return work({ module, config, folder: modules });
  return withModules(modules, async (folder) => {
    await writeFile(join(folder, `${NAME}.tla`), begunModule(setting));
    const begun = config.replace('CONSTANTS\n', `CONSTANTS\n  Init <- ${NAME}Init\n`);
    return work({ module: NAME, config: begun, folder });
  });
}
