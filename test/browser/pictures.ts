/** Takes the pictures of the viewer in the docs anew: `node test/browser/pictures.ts`. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
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
  readonly click?: string;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-pictures-'));
const cluster = path.join(folder, 'cluster.ndjson');
fs.writeFileSync(
  cluster,
  gunzipSync(fs.readFileSync(path.join(TESTS, 'validate/fixtures/cluster.ndjson.gz'))),
);
const broken = filmOfFile(path.join(DOCS, 'replay/terminated-before-stop.json'));
const PICTURES: readonly Picture[] = [
  { name: 'viewer', film: broken, hash: '' },
  { name: 'guide/statecharts', film: broken, hash: '#panel=states' },
  { name: 'guide/recovery', film: filmOfFile(cluster), hash: '', click: 'scheduler starts again' },
];
const browser = await startBrowser();
try {
  for (const { name, film, hash, click } of PICTURES) {
    const file = path.join(folder, 'page.html');
    fs.writeFileSync(file, await pageOf(film));
    const page = await browser.newPage({ viewport: { width: 1400, height: 800 } });
    await page.goto(`file://${file}${hash}`);
    await page.locator('.row[aria-selected=true]').waitFor();
    if (click !== undefined) await page.getByRole('button', { name: click }).first().click();
    await page.waitForTimeout(300);
    await page.screenshot({ path: path.join(DOCS, `${name}.png`) });
    await page.close();
  }
} finally {
  await browser.close();
  fs.rmSync(folder, { recursive: true });
}
