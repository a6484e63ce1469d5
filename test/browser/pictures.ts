/** Takes the pictures of the viewer in the docs anew: `node test/browser/pictures.ts`. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pageOf } from '../../impl/viewer/page.ts';
import { filmOfFile } from '../../impl/viewer/source.ts';
import { startBrowser } from './chromium.ts';

const DOCS = path.join(import.meta.dirname, '../../docs');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-pictures-'));
const file = path.join(folder, 'page.html');
fs.writeFileSync(file, await pageOf(filmOfFile(path.join(DOCS, 'replay/terminated-before-stop.json'))));
const browser = await startBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 800 } });
  await page.goto(`file://${file}`);
  await page.locator('.row[aria-selected=true]').waitFor();
  await page.screenshot({ path: path.join(DOCS, 'viewer.png') });
} finally {
  await browser.close();
  fs.rmSync(folder, { recursive: true });
}
