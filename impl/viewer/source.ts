/** Files that can be looked at, as films. */
import fs from 'node:fs';
import path from 'node:path';
import { KubedirectError } from '../../spec/errors.ts';
import { WORLDS } from '../../spec/worlds/index.ts';
import { playScenario } from '../explorer/scenario.ts';
import { readReplay } from '../simulator/replayFile.ts';
import type { Place, TraceLine, WorldLine } from '../trace/parse.ts';
import { readTraceFiles } from '../trace/read.ts';
import { arrowsOf, withCauses } from './arrows.ts';
import { filmByHand } from './byHand.ts';
import { type Film, type Frame, filmOf, isStep } from './film.ts';
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

/** What must stand before each frame: the step before it of its life, and what sent what it received. */
function neededBy(frames: readonly Frame[]): readonly (readonly number[])[] {
  const needs: number[][] = frames.map(() => []);
  const last = new Map<string, number>();
  for (const [at, frame] of frames.entries()) {
    if (!isStep(frame)) continue;
    const life = `${frame.stage} ${frame.incarnation}`;
    const before = last.get(life);
    if (before !== undefined) needs[at]?.push(before);
    last.set(life, at);
  }
  for (const { from, to } of arrowsOf(frames)) if (from !== null && to !== null) needs[to]?.push(from);
  return needs;
}

/** Steps in an order that all clocks allow: by time, but none before what it needs. */
function inOrder(lines: readonly (TraceLine | WorldLine)[]): readonly Frame[] {
  const byTime = lines.map((line): Frame => ({ ...line, cause: null })).sort((a, b) => a.at - b.at);
  const needs = neededBy(byTime);
  const order: Frame[] = [];
  const placed = new Set<number>();
  const waiting = new Set<number>();
  for (const first of byTime.keys()) {
    const stack = [first];
    for (let at = stack.at(-1); at !== undefined; at = stack.at(-1)) {
      const missing = placed.has(at)
        ? undefined
        : needs[at]?.find((one) => !placed.has(one) && !waiting.has(one));
      waiting.add(at);
      if (missing !== undefined) stack.push(missing);
      else {
        if (!placed.has(at)) order.push(byTime[at] as Frame);
        placed.add(at);
        stack.pop();
      }
    }
  }
  return order;
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
  const isReal = lines.every(({ at }) => at > 1e12);
  const film = filmOf({
    title: title ?? `the trace in ${path.resolve(name).split(path.sep).slice(-2).join('/')}`,
    clock: isReal ? 'unix' : 'virtual',
    frames: withCauses(inOrder([...lines, ...files.flatMap(({ world }) => world)])),
    verdict: null,
  });
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
  if (isFile && name.endsWith('.json')) return filmOfReplay(name);
  return isFile && name.endsWith('.txt') ? filmOfScenario(name) : filmOfTrace(name);
}
