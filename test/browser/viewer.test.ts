/** The page of a film, in a real browser. */
import { execFile, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { worldNamed } from '../../impl/cli/check/choose.ts';
import { replayOf } from '../../impl/cli/commands/replay.ts';
import { checkWorld, DEFAULT_EFFORT } from '../../impl/explorer/check.ts';
import { playScenario } from '../../impl/explorer/scenario.ts';
import { settingOf } from '../../impl/explorer/stages.ts';
import type { Plan } from '../../impl/simulator/plan.ts';
import { filmByHand } from '../../impl/viewer/byHand.ts';
import { type Film, filmOf, isStep } from '../../impl/viewer/film.ts';
import { filmOfMoves } from '../../impl/viewer/ofMoves.ts';
import { filmOfPlan } from '../../impl/viewer/ofPlan.ts';
import { livePage, pageOf } from '../../impl/viewer/page.ts';
import { serveLive, servePage } from '../../impl/viewer/serve.ts';
import { filmOfFile } from '../../impl/viewer/source.ts';
import { switched } from '../../impl/viewer/whatIf.ts';
import { TOOLCHAIN } from '../tlc/support/toolchain.ts';
import { CHROMIUM, startBrowser } from './chromium.ts';

if (CHROMIUM === undefined)
  process.stdout.write(
    'SKIPPED, the viewer in a browser: no chromium here (Debian: apt-get install chromium; or KUBEDIRECT_CHROMIUM)\n',
  );

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const MAIN = path.join(import.meta.dirname, '../../impl/cli/main.ts');
const CLUSTER = path.join(import.meta.dirname, '../validate/fixtures/cluster.ndjson.gz');
const REPLAY = path.join(import.meta.dirname, '../../docs/replay/terminated-before-stop.json');

/** As soon as it is so: the machine may be busy. */
const eventually = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 15_000 });

describe.skipIf(CHROMIUM === undefined)('the viewer', () => {
  let browser: Browser;
  let folder: string;
  let page: Page;
  let said: string[];
  let asked: string[];

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-page-'));
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    fs.rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    [said, asked] = [[], []];
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    page.on('request', (request) => asked.push(request.url()));
  });
  afterEach(async () => {
    await page.close();
    expect(said).toEqual([]);
  });

  /** Opens a film as a file; returns its address. */
  async function open(film: Film): Promise<string> {
    const file = path.join(folder, 'page.html');
    fs.writeFileSync(file, await pageOf(film));
    await page.goto(`file://${file}`);
    await page.locator('kd-viewer').waitFor();
    return `file://${file}`;
  }
  const chosen = () => page.locator('.row[aria-selected=true]').innerText();
  const inspector = () => page.locator('kd-inspector');
  /** Of an element with a shadow: what is in it. */
  const textIn = (name: string) =>
    page.evaluate<string>(
      `document.querySelector('kd-viewer').shadowRoot.querySelector('${name}').shadowRoot.textContent`,
    );
  const paper = () =>
    page.evaluate<string>(`getComputedStyle(document.querySelector('kd-viewer')).backgroundColor`);

  it('begins where it broke: the frame, what it changed, and the Pod that two stages see differently', async () => {
    const address = await open(filmOfFile(REPLAY));
    expect(await page.locator('.verdict').innerText()).toMatch(
      /NoFalseConfirm broken: rmywpiwym-1 runs on n5/,
    );
    expect(await chosen()).toMatch(/scheduler\s*Terminated uids rmywpiwym-1/);
    expect(await textIn('kd-inspector')).toMatch(/records\.rmywpiwym-1/);
    expect(await page.locator('kd-pods tr.differs').innerText()).toMatch(/rmywpiwym-1\s+terminating/);
    // Nobody below holds it any more, and its containers run on: that is what broke.
    expect(await page.locator('kd-pods tr.differs td').last().innerText()).toBe('stopping on n5');
    expect(asked.filter((url) => url !== address)).toEqual([]);
  });

  it.each(TOOLCHAIN === null ? ['explorer'] : ['explorer', 'tlc'])(
    'shows a counterexample by %s: what broke, where, the action of TLA+, what each stage holds',
    async (engine) => {
      const file = path.join(folder, `${engine}.html`);
      const asked = ['check', '--engine', engine, '--world', 'exact-nodes', '--view', file];
      const { status, stdout } = spawnSync(
        process.execPath,
        [MAIN, ...asked, '--mutant', 'terminated-before-stop'],
        { encoding: 'utf8' },
      );
      expect(status).toBe(12);
      const steps = Number(/BROKEN in (\d+) steps/.exec(stdout)?.[1]);
      await page.goto(`file://${file}`);
      expect(await page.locator('.verdict').innerText()).toMatch(/^Refines broken: /);
      expect(await chosen()).toMatch(new RegExp(`^move ${steps}`));
      expect(await inspector().locator('.places').innerText()).toMatch(/TLA\+ Chain!\w+: proofs-tla/);
      expect(await page.locator('kd-pods tbody tr').count()).toBeGreaterThan(0);
      const panel = page.locator('kd-panels');
      await panel.getByRole('tab', { name: 'Statecharts' }).click();
      await eventually(() => panel.locator('.active').count()).toBeGreaterThan(0);
      await panel.getByRole('tab', { name: 'Properties' }).click();
      await eventually(() => panel.locator('tr.broken').innerText()).toMatch(/^Refines/);
      // And from there on by hand.
      await page.locator('.scroller').press('[');
      await page.getByRole('button', { name: 'let it happen' }).click();
      expect(await page.locator('h1').innerText()).toMatch(/by hand: 1 move/);
    },
  );

  it('shows what goes on for ever: where the loop begins, and that it comes round', async () => {
    const setting = settingOf(worldNamed('exact-crash-kubelet'));
    const { moves } = playScenario('> world exact-crash-kubelet\n> user\n> rest', [setting.description]);
    const plain = filmOfMoves('a loop', setting, moves, { property: 'Converges', text: 'never' });
    const pixels = () =>
      page.evaluate<string>(
        `document.querySelector('kd-viewer').shadowRoot.querySelector('canvas').toDataURL()`,
      );
    await open(plain);
    expect(await page.getByRole('button', { name: 'show the loop' }).count()).toBe(0);
    await page.locator('.scroller').press('[');
    const without = await pixels();
    await open(filmOfMoves('a loop', setting, moves, { property: 'Converges', text: 'never' }, 8));
    await page.getByRole('button', { name: 'show the loop' }).click();
    expect(await chosen()).toMatch(/^move 9/);
    await page.locator('.scroller').press('[');
    expect(await pixels()).not.toBe(without);
  });

  it('shows the trace of a real cluster: every stage, the Pods, and no way to run it otherwise', async () => {
    const file = path.join(folder, 'cluster.ndjson');
    fs.writeFileSync(file, gunzipSync(fs.readFileSync(CLUSTER)));
    const film = filmOfFile(file);
    await open(film);
    expect(await page.locator('.lanes span').allInnerTexts()).toEqual(
      expect.arrayContaining(['world', 'autoscaler', 'deployment', 'replicaset', 'scheduler', 'API Server']),
    );
    expect(await page.locator('header').innerText()).toMatch(/not judged as a whole/);
    expect(await page.locator('kd-forks').count()).toBe(0);
    const assigned = film.frames.flatMap((frame) =>
      isStep(frame) && frame.event.type === 'received' && frame.event.message.kind === 'Assign'
        ? [frame.event.message]
        : [],
    )[0];
    const uid = assigned?.records[0]?.uid as string;
    await page.getByRole('searchbox').fill(`received assign ${uid}`);
    await eventually(() => page.locator('.row').count()).toBeGreaterThan(0);
    await page.locator('.row').last().click();
    // The machine of that stage was stepped again, in the page, and took it.
    expect(await inspector().getByRole('alert').count()).toBe(0);
    expect(await textIn('kd-inspector')).toMatch(uid);
    await page.locator('kd-panels').getByRole('tab', { name: 'Statecharts' }).click();
    await eventually(() => page.locator('kd-panels .active').count()).toBeGreaterThan(0);
  });

  it('is walked by keys: to the cause, back, to the ends; and the address keeps where', async () => {
    await open(filmOfFile(REPLAY));
    await page.locator('.scroller').press('c');
    expect(await chosen()).toMatch(/kubelet\/n5\s*Terminate uids rmywpiwym-1/);
    await page.locator('.scroller').press('c');
    expect(await chosen()).toMatch(/scheduler\s*Terminate uids/);
    const { hash } = new URL(page.url());
    await page.locator('.scroller').press('[');
    expect(await chosen()).toMatch(/started/);
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    await eventually(chosen).toMatch(/scheduler\s*Terminate uids/);
    await inspector().getByRole('button', { name: /^#/ }).click();
    expect(await chosen()).toMatch(/replicaset/);
  });

  it('searches whole frames, and shows what went wrong alone', async () => {
    await open(filmOfFile(REPLAY));
    const count = page.locator('[aria-live=polite]');
    await page.getByRole('searchbox').fill('terminate rmywpiwym-1');
    expect(Number.parseInt(await count.innerText(), 10)).toBeLessThan(20);
    await page.getByRole('searchbox').fill('no such thing');
    expect(await count.innerText()).toMatch(/^0 of/);
    await page.getByRole('searchbox').fill('');
    await page.getByRole('checkbox').check();
    expect(await count.innerText()).toMatch(/^0 of/);
  });

  it('shows statecharts, properties and sources at the frame; the address keeps which', async () => {
    await open(filmOfFile(REPLAY));
    const panel = page.locator('kd-panels');
    await panel.getByRole('tab', { name: 'Statecharts' }).click();
    const active = () =>
      panel
        .locator('figure')
        .first()
        .locator('.active')
        .evaluateAll((all) => all.map(({ dataset }) => dataset.state));
    expect(await active()).toEqual(['leading', 'leading.serving']);
    await page.locator('.scroller').press('[');
    await eventually(active).toEqual(['leading', 'leading.listing']);
    await page.locator('.scroller').press(']');
    await panel.getByRole('tab', { name: 'Statecharts' }).press('ArrowRight');
    expect(new URL(page.url()).hash).toMatch(/panel=properties/);
    await eventually(() => panel.locator('tr.broken').allInnerTexts()).toEqual([
      expect.stringMatching(/^NoFalseConfirm\s+✕ broken\s+rmywpiwym-1 runs on n5/),
    ]);
    await page.locator('.scroller').press('c');
    await eventually(() => panel.locator('tr.broken').count()).toBe(0);
    expect(await inspector().locator('.places').innerText()).toMatch(
      /machine: machines\/kubelet\/machine\.ts:\d+\s+TLA\+ Chain!HearK: proofs-tla\/Chain\.tla:\d+/,
    );
  });

  it('drives a bounded world by hand: another move, back, and a scenario that the command line plays to the same end', async () => {
    const { description } = settingOf(worldNamed('exact-crash-kubelet'));
    await open(filmByHand({ description, mutants: ['terminated-before-stop'], moves: [] }));
    const next = page.getByLabel('what can happen next');
    for (const wanted of ['user', 'watch replicaset~1', 'deliver replicaset~1']) {
      const names = await next.locator('option').allInnerTexts();
      await next.selectOption({ index: names.findIndex((name) => name.startsWith(wanted)) });
      await page.getByRole('button', { name: 'let it happen' }).click();
    }
    expect(await page.locator('h1').innerText()).toMatch(
      /without the rule terminated-before-stop, by hand: 3 moves/,
    );
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'save as a scenario' }).click(),
    ]);
    const file = path.join(folder, 'saved.txt');
    await download.saveAs(file);
    const { frames } = filmOfFile(file);
    expect(await page.evaluate(`document.querySelector('kd-viewer').film.frames`)).toEqual(
      JSON.parse(JSON.stringify(frames)),
    );
    await page.getByRole('button', { name: 'back' }).click();
    expect(await page.locator('h1').innerText()).toMatch(/by hand: 2 moves/);
  });

  it('says where it broke, also when more was done after that', async () => {
    const setting = settingOf(worldNamed('exact'), new Set(['terminated-before-stop']));
    const { violation } = checkWorld(setting, DEFAULT_EFFORT);
    const { description } = setting;
    const run = { description, mutants: ['terminated-before-stop'], moves: violation?.moves ?? [] };
    await open(filmByHand(run));
    const broke = await chosen();
    expect(broke).toMatch(/land 0: object \S+ is gone/);
    await page.getByRole('button', { name: 'let it happen' }).click();
    expect(await chosen()).not.toBe(broke);
    expect(await textIn('kd-inspector')).not.toMatch(/broken here/);
    await page.getByRole('button', { name: 'show where' }).click();
    expect(await chosen()).toBe(broke);
    expect(await page.locator('.row.broke').innerText()).toBe(broke);
    expect(await textIn('kd-inspector')).toMatch(/Refines broken here/);
  });

  it.each([
    [900, 700],
    [1400, 900],
    [700, 900],
  ])(
    'shows the chosen frame whole at %d × %d, whatever panel is open, and alone or beside another',
    async (width, height) => {
      await page.setViewportSize({ width, height });
      const film = filmOfFile(REPLAY);
      const file = path.join(folder, 'fits.html');
      for (const other of [undefined, film]) {
        fs.writeFileSync(file, await pageOf(film, other));
        await page.goto(`file://${file}`);
        for (const panel of ['Pods', 'Statecharts', 'Properties']) {
          await page.locator('kd-panels').first().getByRole('tab', { name: panel }).click();
          await eventually(() =>
            page.evaluate(`(() => {
            const root = document.querySelector('kd-viewer') ?? document.querySelector('kd-pair').shadowRoot.querySelector('kd-viewer');
            const list = root.shadowRoot.querySelector('.scroller').getBoundingClientRect();
            const row = root.shadowRoot.querySelector('.row[aria-selected=true]')?.getBoundingClientRect();
            return row !== undefined && row.top >= list.top - 1 && row.bottom <= list.bottom + 1;
          })()`),
          ).toBe(true);
        }
      }
    },
  );

  it('looks on at what runs: more steps come by themselves; who is at the end stays there', async () => {
    const steps = filmOfFile(REPLAY).frames.filter(isStep);
    let there = 40;
    const after = (first: number) => ({
      first,
      next: there,
      steps: steps.slice(first, there),
      notes: ['n: away'],
    });
    const served = await serveLive(await livePage('live: here'), after, 0);
    try {
      await page.goto(served.url);
      await eventually(() => page.locator('[aria-live=polite]').innerText()).toBe('40 of 40 frames');
      expect(await page.locator('.note').innerText()).toBe('n: away');
      there = 60;
      await eventually(() => page.locator('[aria-live=polite]').innerText()).toBe('60 of 60 frames');
      expect(await inspector().locator('.moment').first().innerText()).toBe('#60 of 60');
      await page.locator('.scroller').press('[');
      there = 61;
      await eventually(() => page.locator('[aria-live=polite]').innerText()).toBe('61 of 61 frames');
      expect(await inspector().locator('.moment').first().innerText()).toBe('#1 of 61');
      expect(asked.filter((url) => !url.startsWith(served.url))).toEqual([]);
    } finally {
      await served.close();
    }
  });

  it('shows two films side by side: they go together, and part where one says something else', async () => {
    const broken = filmOfFile(REPLAY);
    const held = filmOfPlan('with the rule', switched(broken.plan as Plan, 'terminated-before-stop'));
    const file = path.join(folder, 'pair.html');
    fs.writeFileSync(file, await pageOf(broken, held));
    await page.goto(`file://${file}`);
    const [left, right] = [page.locator('kd-viewer').first(), page.locator('kd-viewer').last()];
    await left.locator('.scroller').press('[');
    await left.locator('.scroller').press('j');
    const at = (viewer: typeof left) => viewer.locator('kd-inspector .moment').first().innerText();
    expect([await at(left), await at(right)]).toEqual(['#2 of 131', expect.stringMatching(/^#2 of/)]);
    await page.getByRole('button', { name: 'show where they part' }).click();
    expect(await left.locator('.row[aria-selected=true]').innerText()).toMatch(/Terminate uids .*Terminated/);
    const { hash } = new URL(page.url());
    await page.goto('about:blank');
    await page.goto(`file://${file}${hash}`);
    await eventually(() => left.locator('.row[aria-selected=true]').innerText()).toMatch(/Terminated/);
  });

  it.each([
    ['light', ['pods', 'states', 'properties']],
    ['dark', ['properties']],
  ] as const)('has nothing that axe complains of, %s', async (colorScheme, panels) => {
    await page.emulateMedia({ colorScheme });
    const address = await open(filmOfFile(REPLAY));
    for (const panel of panels) {
      await page.goto(`${address}#panel=${panel}`);
      await page.locator(`#tab-${panel}[aria-selected=true]`).waitFor();
      await page.evaluate(fs.readFileSync(AXE, 'utf8'));
      const { violations } = await page.evaluate<{
        violations: readonly { id: string; nodes: readonly { html: string }[] }[];
      }>('axe.run()');
      expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
    }
  });

  it('draws in the dark too', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await open(filmOfFile(REPLAY));
    const dark = await paper();
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await paper()).not.toBe(dark);
  });

  it('has few rows in the page, however many frames there are', async () => {
    const { frames, ...rest } = filmOfFile(REPLAY);
    const many = Array.from({ length: 200 }, (_, i) =>
      frames.map((frame) => ({ ...frame, at: frame.at + i * 10_000, cause: null })),
    );
    await open(filmOf({ ...rest, frames: many.flat() }));
    expect(await page.locator('[aria-live=polite]').innerText()).toBe(
      `${200 * frames.length} of ${200 * frames.length} frames`,
    );
    expect(await page.locator('.row').count()).toBeLessThan(100);
    await page.locator('.scroller').press('[');
    expect(await chosen()).toMatch(/0\.000 s/);
  });

  it('runs it otherwise: a crash at a frame, and what comes of it; the saved file ends the same on the command line', async () => {
    await open(filmOfFile(REPLAY));
    const broken = await page.locator('.verdict').innerText();
    await page.locator('#rule').selectOption('terminated-before-stop');
    await page.locator('header form button').click();
    await eventually(() => page.locator('.changed').innerText()).toMatch(
      /^What if the rule terminated-before-stop were on\?/,
    );
    expect(await page.locator('.held').innerText()).toBe('all held');
    await page.locator('.scroller').press('[');
    await page.getByLabel('what if', { exact: true }).selectOption({ index: 0 });
    await inspector().getByRole('button', { name: 'run it' }).click();
    await eventually(() => page.locator('.changed').innerText()).toMatch(
      /ended here, after 0 of \d effects\?/,
    );
    expect(await chosen()).toMatch(/✕ ends after 0 of/);
    const frames = Number.parseInt(
      (await page.locator('[aria-live=polite]').innerText()).split(' of ')[1] as string,
      10,
    );
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: /^save/ }).click(),
    ]);
    const file = path.join(folder, 'saved.json');
    await download.saveAs(file);
    const film = filmOfFile(file);
    expect(film.frames.length).toBe(frames);
    // To the last bit: the page computes as Node does.
    expect(
      await page.evaluate(`document.querySelector('kd-viewer').film.frames.map(({ at }) => at)`),
    ).toEqual(film.frames.map(({ at }) => at));
    expect(film.plan?.faults).toHaveLength(1);
    expect(replayOf(file, {})).toMatchObject({ code: 0, text: expect.stringContaining('all held') });
    // The address has it all: who opens it sees the same.
    const there = page.url();
    const whole = `document.querySelector('kd-viewer').film.frames`;
    const seen = await page.evaluate(whole);
    await page.goto('about:blank');
    await page.goto(there);
    await eventually(() => page.locator('.changed').innerText()).toMatch(/were on\? And if .* ended here/);
    expect(await page.evaluate(whole)).toEqual(seen);
    await page.getByRole('button', { name: 'back' }).click();
    await page.getByRole('button', { name: 'back' }).click();
    expect(await page.locator('.verdict').innerText()).toBe(broken);
  });

  it('runs nothing that a hostile trace brings, and shows it as text', async () => {
    const nasty =
      '</script><script>document.title="owned"</script><img src=x onerror="document.title=\'owned\'">';
    const { frames, ...rest } = filmOfFile(REPLAY);
    const hostile = frames.map((frame) =>
      isStep(frame) && frame.event.type === 'received'
        ? (JSON.parse(
            JSON.stringify(frame).replaceAll('rmywpiwym-1', nasty.replaceAll('"', '\\"')),
          ) as typeof frame)
        : frame,
    );
    await open(filmOf({ ...rest, title: nasty, frames: hostile }));
    expect(await page.title()).toBe(nasty);
    expect(await page.locator('h1').innerText()).toBe(nasty);
    expect(await page.locator('img').count()).toBe(0);
    expect(await textIn('kd-inspector')).toContain('onerror');
  });

  it('bears huge fields, strange names, and lines that were cut off', async () => {
    const { frames, ...rest } = filmOfFile(REPLAY);
    const text = JSON.stringify(frames)
      .replaceAll('rmywpiwym-1', '__proto__')
      .replaceAll('"rs-e-t1"', JSON.stringify('x'.repeat(100_000)));
    const note = 'scheduler.ndjson ends within line 7: that step is not here, and has changed nothing.';
    await open({ ...filmOf({ ...rest, frames: JSON.parse(text) as typeof frames }), notes: [note] });
    expect(await page.locator('.note').innerText()).toBe(note);
    for (const key of ['[', 'j', 'j', ']', 'c', 'c']) await page.locator('.scroller').press(key);
    for (const name of ['Statecharts', 'Properties', 'Pods'])
      await page.locator('kd-panels').getByRole('tab', { name }).click();
    expect(await page.evaluate('document.body.scrollWidth <= innerWidth')).toBe(true);
    expect(await chosen()).toMatch(/__proto__/);
  });

  it('says so where the film is no run of these machines', async () => {
    const { frames, ...rest } = filmOfFile(REPLAY);
    const last = frames.at(-1);
    const wrong = frames.map((frame) =>
      frame === last && isStep(frame)
        ? { ...frame, event: { type: 'podStarted', uid: 'x' } as never }
        : frame,
    );
    await open(filmOf({ ...rest, frames: wrong, verdict: null }));
    await page.locator('.scroller').press(']');
    expect(await inspector().getByRole('alert').innerText()).toMatch(/The machine does not take this step/);
  });

  it('is there after npm start: two clicks to the recovery of the Scheduler that was killed', async () => {
    const file = path.join(folder, 'demo.html');
    const demo = promisify(execFile)(process.execPath, [MAIN, 'demo', '--pods', '10', '--page', file]);
    const { stdout, stderr } = await demo;
    expect(stdout).toContain('Everything held.');
    const link = /see it in a browser: (\S+)/.exec(stderr)?.[1] as string;
    // The first click: on what the terminal shows.
    await page.goto(link);
    // The second.
    await page.getByRole('button', { name: 'scheduler starts again' }).click();
    expect(await chosen()).toMatch(/scheduler\s*started/);
    expect(await inspector().getByRole('button', { name: /^#/ }).innerText()).toMatch(
      /kill -9 peer scheduler/,
    );
    // It knows no Pod yet, and R and the nodes do: what it is about to recover.
    const held = await page.locator('kd-pods tbody tr').allInnerTexts();
    expect(held.length).toBeGreaterThan(0);
    for (const row of held) expect(row).toMatch(/^≠ \S+\s+\w+.*\s–\s/);
  });

  it('is served on this machine alone, under its own name', async () => {
    const served = await servePage(await pageOf(filmOfFile(REPLAY)), 0);
    try {
      await page.goto(served.url);
      await page.locator('kd-viewer').waitFor();
      expect((await fetch(`${served.url}other`)).status).toBe(404);
      expect((await fetch(served.url, { method: 'POST' })).status).toBe(403);
    } finally {
      await served.close();
    }
  });
});
