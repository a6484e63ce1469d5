/** Takes the pictures in the docs anew, of the viewer and of the terminal: `node test/browser/pictures.ts`. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Film } from '../../impl/viewer/film.ts';
import { pageOf } from '../../impl/viewer/page.ts';
import { filmOfFile } from '../../impl/viewer/source.ts';
import { startBrowser } from './chromium.ts';

const TESTS = path.join(import.meta.dirname, '..');
const DOCS = path.join(import.meta.dirname, '../../docs');

/** A picture, of which film, and what is chosen in it. */
interface Picture {
  readonly name: string;
  readonly film: Film;
  readonly hash: string;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-pictures-'));
const broken = filmOfFile(path.join(DOCS, 'replay/terminated-before-stop.json'));
const PICTURES: readonly Picture[] = [
  { name: 'viewer', film: broken, hash: '' },
  { name: 'guide/statecharts', film: broken, hash: '#panel=states' },
];
/** The page that `npm start` ends with. */
const demo = path.join(folder, 'demo.html');
/** A picture of a terminal, and what was typed in it: `npm run kubedirect -- …`, or with no more words `npm start`. */
interface Terminal {
  readonly name: string;
  readonly typed: string;
  readonly does: readonly string[];
}
const TERMINALS: readonly Terminal[] = [
  { name: 'guide/start', typed: 'npm start', does: ['demo', '--page', demo] },
  {
    name: 'guide/counterexample',
    typed: 'npm run kubedirect -- check --world exact --mutant terminated-before-stop',
    does: ['check', '--world', 'exact', '--mutant', 'terminated-before-stop'],
  },
];
const MAIN = path.join(TESTS, '../impl/cli/main.ts');

/** What a terminal shows, as a page. */
function terminalPage({ typed, does }: Terminal): string {
  const both = ['-c', 'exec "$@" 2>&1', 'sh', process.execPath, MAIN, ...does];
  const { stdout } = spawnSync('sh', both, { encoding: 'utf8' });
  const text = `$ ${typed}\n${stdout}`.replaceAll(folder, 'results').trimEnd();
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<body style="margin:0"><pre style="display:inline-block;margin:0;padding:16px 20px;background:#14181f;color:#d8dee9;font:14px/1.35 'DejaVu Sans Mono',monospace">${escaped}</pre>`;
}

const browser = await startBrowser();
try {
  const take = async (name: string, address: string, click?: string) => {
    const page = await browser.newPage({ viewport: { width: 1400, height: 800 } });
    await page.goto(address);
    await page.locator('.row[aria-selected=true]').waitFor();
    if (click !== undefined) await page.getByRole('button', { name: click }).first().click();
    await page.waitForTimeout(300);
    await page.screenshot({ path: path.join(DOCS, `${name}.png`) });
    await page.close();
  };
  for (const { name, film, hash } of PICTURES) {
    const file = path.join(folder, 'page.html');
    fs.writeFileSync(file, await pageOf(film));
    await take(name, `file://${file}${hash}`);
  }
  for (const terminal of TERMINALS) {
    const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
    await page.setContent(terminalPage(terminal));
    await page.locator('pre').screenshot({ path: path.join(DOCS, `${terminal.name}.png`) });
    await page.close();
  }
  await take('guide/recovery', `file://${demo}`, 'scheduler starts again');
} finally {
  await browser.close();
  fs.rmSync(folder, { recursive: true });
}
