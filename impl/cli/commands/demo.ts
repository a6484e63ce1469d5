/** `kubedirect demo`, which is `npm start`: the narrow waist at work, in seconds. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { embeddedCluster, realCluster, removeFolder } from '../../demo/cluster.ts';
import { render, reportOf } from '../../demo/report.ts';
import { runScenario } from '../../demo/scenario.ts';
import { judgeTrace } from '../../trace/checks.ts';
import { readTrace } from '../../trace/read.ts';
import { pageOf } from '../../viewer/page.ts';
import { filmOfTrace } from '../../viewer/source.ts';
import { fileToWrite, integer } from '../arguments.ts';

interface DemoFlags {
  readonly cluster?: boolean;
  readonly json?: boolean;
  readonly keep?: string;
  readonly page?: string;
  readonly pods: number;
}

const EXIT = { held: 0, notHeld: 1 } as const;
const PODS = 100;
/** Of ten, one stays. */
const restOf = (pods: number) => Math.ceil(pods / 10);
/** What the page is called. */
const titleOf = (pods: number) =>
  `npm start: 0 → ${pods} → ${restOf(pods)} Pods, the Scheduler killed on the way`;
/** Where the run can be looked at. */
const PAGE = path.join(import.meta.dirname, '../../../results/demo.html');

/** Progress on stderr: a live counter on a terminal, whole lines elsewhere. */
function progress() {
  const isLive = process.stderr.isTTY;
  const start = performance.now();
  let counter = '';
  const clear = () => {
    if (counter !== '') process.stderr.write('\r\x1b[K');
  };
  return {
    line(text: string) {
      clear();
      counter = '';
      process.stderr.write(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
    },
    ready(ready: number, of: number) {
      if (!isLive) return;
      clear();
      const filled = Math.round((40 * ready) / of);
      counter = `          [${'#'.repeat(filled)}${'.'.repeat(40 - filled)}] ${ready} of ${of} Ready`;
      process.stderr.write(counter);
    },
  };
}

/** The run as a page for the browser; returns its address. */
async function writePage(traces: string, { page: file = PAGE, pods }: DemoFlags): Promise<string> {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, await pageOf(filmOfTrace(traces, titleOf(pods))));
  return pathToFileURL(path.resolve(file)).href;
}

async function demo(flags: DemoFlags): Promise<void> {
  const show = progress();
  const folder = flags.keep ?? fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-demo-'));
  const cluster = flags.cluster === true ? await realCluster(show.line) : await embeddedCluster(show.line);
  const stopEarly = () => void cluster.stop().finally(() => process.exit(130));
  process.once('SIGINT', stopEarly);
  let isOver = false;
  const traces = path.join(folder, 'traces');
  try {
    const { line: onProgress, ready: onReady } = show;
    const atRest = () => judgeTrace(readTrace(traces)).every(({ broken }) => broken.length === 0);
    const outcome = await runScenario({
      cluster,
      folder,
      pods: flags.pods,
      rest: restOf(flags.pods),
      atRest,
      onProgress,
      onReady,
    });
    const trace = readTrace(traces);
    const report = reportOf(cluster.what, outcome, trace, judgeTrace(trace));
    const page = await writePage(traces, flags);
    show.line('done');
    process.stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : render(report));
    process.stderr.write(`see it in a browser: ${page}\n`);
    process.exitCode = report.held ? EXIT.held : EXIT.notHeld;
    isOver = report.held;
  } finally {
    process.removeListener('SIGINT', stopEarly);
    await cluster.stop();
    if (isOver && flags.keep === undefined) removeFolder(folder);
    else
      process.stderr.write(
        `logs, journals and traces: ${folder}\nto have the traces judged by the spec: npm run kubedirect -- validate ${traces}\n`,
      );
  }
}

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('demo')
    .description(
      `Scale a Deployment 0 → ${PODS} → ${restOf(PODS)} through the five stages, and kill the Scheduler on the way`,
    )
    .option(
      '--cluster',
      'on the real control plane (built on first use; needs Go) instead of the embedded one',
    )
    .option('--keep <folder>', 'keep logs, journals and traces there')
    .option(
      '--page <file.html>',
      'where the run is written as a page for the browser (default: results/demo.html)',
      fileToWrite,
    )
    .option('--pods <n>', 'scale out to so many', integer(10, 1000), PODS)
    .option('--json', 'print the report as one JSON object')
    .addHelpText('after', '\nExit codes: 0 everything held, 1 something did not, 2 usage.')
    .action(demo);
}
