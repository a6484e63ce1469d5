/** Measures the page of a large run in the browser: `node test/browser/measure.ts [Pods]`; 3,400 Pods are some 100,000 frames. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { everythingOnce } from '../../impl/simulator/points.ts';
import { filmOfPlan } from '../../impl/viewer/ofPlan.ts';
import { pageOf } from '../../impl/viewer/page.ts';
import { startBrowser } from './chromium.ts';

const SECONDS = 3;
/** Scrolls down by some rows a frame; gives frames a second. */
const SCROLL = `new Promise((resolve) => {
  const scroller = document.querySelector('kd-viewer').shadowRoot.querySelector('.scroller');
  const begin = performance.now();
  let frames = 0;
  scroller.scrollTop = 0;
  const step = () => {
    frames += 1;
    scroller.scrollTop += 137;
    const passed = performance.now() - begin;
    if (passed < ${SECONDS * 1000}) requestAnimationFrame(step);
    else resolve(frames / (passed / 1000));
  };
  requestAnimationFrame(step);
})`;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-measure-'));
const browser = await startBrowser();
try {
  const file = path.join(folder, 'page.html');
  const film = filmOfPlan('large', everythingOnce(Number(process.argv[2] ?? 3400), 'runs'));
  fs.writeFileSync(file, await pageOf(film));
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await page.goto(`file://${file}`);
  await page.locator('.row').first().waitFor({ timeout: 120_000 });
  const loaded = Math.round(await page.evaluate<number>('performance.now()'));
  console.log(`${film.frames.length} frames, ${fs.statSync(file).size} bytes: shown after ${loaded} ms`);
  for (const zoom of ['as it opens', 'smaller rows', 'smaller still']) {
    const rate = await page.evaluate<number>(SCROLL);
    console.log(`${zoom}: ${rate.toFixed(1)} frames/s`);
    await page.locator('.scroller').press('-');
  }
} finally {
  await browser.close();
  fs.rmSync(folder, { recursive: true });
}
