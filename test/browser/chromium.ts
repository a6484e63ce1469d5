/** The browser that the viewer is tried in. */
import fs from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where it is; undefined: there is none. Debian's `chromium`, or what `KUBEDIRECT_CHROMIUM` says. */
export const CHROMIUM = [
  process.env.KUBEDIRECT_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
].find((file) => file !== undefined && fs.existsSync(file));

/** Starts it, without a window. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM as string, args: ['--no-sandbox'] });
