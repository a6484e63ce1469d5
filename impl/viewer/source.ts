/** Files that can be looked at, as films. */
import fs from 'node:fs';
import path from 'node:path';
import { KubedirectError } from '../../spec/errors.ts';
import { WORLDS } from '../../spec/worlds/index.ts';
import { playScenario } from '../explorer/scenario.ts';
import { readReplay } from '../simulator/replayFile.ts';
import type { Place } from '../trace/parse.ts';
import { readTraceFiles } from '../trace/read.ts';
import { filmByHand } from './byHand.ts';
import type { Film } from './film.ts';
import { filmOfLines } from './ofLines.ts';
import { filmOfPlan } from './ofPlan.ts';

/** The run of a replay file, done again. @throws KubedirectError `REPLAY_INVALID`, `TOPOLOGY_IMPOSSIBLE` */
export function filmOfReplay(file: string): Film {
  const { plan, property, commit } = readReplay(file);
  const film = filmOfPlan(path.basename(file), plan);
  const found = property === 'none' ? 'all held' : `${property} broke`;
  return {
    ...film,
    commit,
    title: `${film.title} (recorded at commit ${commit.slice(0, 12) || 'unknown'}: ${found})`,
  };
}

/** A line that a kill, or a copy, left without its end. */
const cutOff = ({ file, number }: Place) =>
  `${path.basename(file)} ends within line ${number}: that step is not here, and has changed nothing.`;

/** What `demo --keep` keeps has its traces in a folder of their own. */
function folderOf(name: string): string {
  const inner = path.join(name, 'traces');
  return fs.existsSync(inner) && fs.statSync(inner).isDirectory() ? inner : name;
}

/** Recorded traces: a folder of `.ndjson` files, or one. @throws KubedirectError `TRACE_INVALID`, `TRACE_VERSION`, `TRACE_TOO_LARGE` */
export function filmOfTrace(name: string, title?: string): Film {
  const files = readTraceFiles(folderOf(name));
  const lines = files.flatMap((file) => file.lines.map(({ line }) => line));
  if (lines.length === 0)
    throw new KubedirectError('TRACE_INVALID', `${name}: expected steps of a trace, there are none`);
  const film = filmOfLines(
    title ?? `the trace in ${path.resolve(name).split(path.sep).slice(-2).join('/')}`,
    lines,
    files.flatMap(({ world }) => world),
  );
  const notes = files.flatMap(({ unfinished }) => unfinished).map(cutOff);
  return notes.length === 0 ? film : { ...film, notes };
}

/** The run of a scenario. @throws KubedirectError `REPLAY_INVALID` */
function filmOfScenario(name: string): Film {
  try {
    const { setting, moves } = playScenario(fs.readFileSync(name, 'utf8'), WORLDS);
    const film = filmByHand({ description: setting.description, mutants: [...setting.mutants], moves });
    return { ...film, title: `${path.basename(name)}: ${film.title.replace(', by hand', '')}` };
  } catch (error) {
    throw new KubedirectError('REPLAY_INVALID', `${name}: ${(error as Error).message}`);
  }
}

/** Any file that can be looked at. @throws KubedirectError as {@link filmOfReplay} and {@link filmOfTrace} */
export function filmOfFile(name: string): Film {
  const isFile = fs.existsSync(name) && fs.statSync(name).isFile();
  if (isFile && name.endsWith('.html'))
    throw new KubedirectError(
      'TRACE_INVALID',
      `${name}: expected what a page is made of, got a page: open it in a browser`,
    );
  if (isFile && name.endsWith('.json')) return filmOfReplay(name);
  return isFile && name.endsWith('.txt') ? filmOfScenario(name) : filmOfTrace(name);
}
