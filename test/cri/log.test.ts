/** The log of a container, as `kubectl logs` asks for it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { type Following, readLog } from '../../impl/cri/api/log.ts';
import { type LogOptions, logOptionsOf } from '../../impl/cri/api/logOptions.ts';
import { removeLog, rotateLog } from '../../impl/cri/logFiles.ts';
import { asideName, rotation } from '../../spec/containers/logRotation.ts';
import { codeOf } from '../support/codeOf.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-log-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const at = (second: number) => `2026-11-28T18:00:0${second}.123456789Z`;
const line = (second: number, text: string, tag = 'F') => `${at(second)} stdout ${tag} ${text}\n`;
function fileWith(text: string): string {
  const file = path.join(folder, `${fs.readdirSync(folder).length}.log`);
  fs.writeFileSync(file, text);
  return file;
}
const asks = (query: string): LogOptions => logOptionsOf(new URLSearchParams(query), Date.parse(at(9)));
async function read(file: string, query: string, following: Following | null = null): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of readLog(file, asks(query), following)) parts.push(part);
  return Buffer.concat(parts).toString();
}
const five = fileWith([1, 2, 3, 4, 5].map((i) => line(i, `line ${i}`)).join(''));

describe('a log', () => {
  it.each([
    ['', 'line 1\nline 2\nline 3\nline 4\nline 5\n'],
    ['tailLines=2', 'line 4\nline 5\n'],
    ['tailLines=0', ''],
    ['tailLines=99', 'line 1\nline 2\nline 3\nline 4\nline 5\n'],
    ['sinceSeconds=5', 'line 4\nline 5\n'],
    [`sinceTime=${encodeURIComponent('2026-11-28T19:00:05+01:00')}`, 'line 5\n'],
    ['tailLines=2&timestamps=true', `${at(4)} line 4\n${at(5)} line 5\n`],
    ['limitBytes=9', 'line 1\nli'],
    ['tailLines=1&limitBytes=4', 'line'],
  ])('%s', async (query, expected) => expect(await read(five, query)).toBe(expected));

  it('that goes on in the next line: one line, with one time', async () => {
    const file = fileWith(line(1, 'one ', 'P') + line(2, 'and the same') + line(3, ''));
    expect(await read(file, 'timestamps=1')).toBe(`${at(1)} one and the same\n${at(3)} \n`);
  });

  it('longer than what is read at once: whole, its end too', async () => {
    const texts = Array.from({ length: 4_000 }, (_, i) => `${i} ${'x'.repeat(i % 97)}`);
    const file = fileWith(texts.map((text) => line(1, text)).join(''));
    expect(await read(file, '')).toBe(`${texts.join('\n')}\n`);
    expect(await read(file, 'tailLines=2000')).toBe(`${texts.slice(-2000).join('\n')}\n`);
  });

  it('followed: what comes later too, until the container ends', async () => {
    const file = fileWith(line(1, 'first'));
    let isOver = false;
    const whole = read(file, 'follow=true', { isOver: () => isOver, signal: new AbortController().signal });
    await sleep(50);
    fs.appendFileSync(file, line(2, 'second').slice(0, 40));
    await sleep(50);
    fs.appendFileSync(file, line(2, 'second').slice(40));
    isOver = true;
    await sleep(20);
    fs.appendFileSync(file, line(3, 'its last words'));
    expect(await whole).toBe('first\nsecond\nits last words\n');
  });

  it('put aside while it is followed: its last lines, then those of the next one', async () => {
    const file = fileWith(line(1, 'first'));
    let isOver = false;
    const whole = read(file, 'follow=true', { isOver: () => isOver, signal: new AbortController().signal });
    await sleep(50);
    const bounds = { maxBytes: 5, maxFiles: 3 };
    const rotated = await rotateLog(file, bounds, async () => {
      // The runtime writes to the old one until it has been told, and there is none under the name.
      const aside = fs.readdirSync(folder).find((name) => name.startsWith(`${path.basename(file)}.`)) ?? '';
      fs.appendFileSync(path.join(folder, aside), line(2, 'second'));
      await sleep(50);
      fs.writeFileSync(file, line(3, 'third'));
    });
    expect(rotated).toBe(true);
    await sleep(50);
    isOver = true;
    expect(await whole).toBe('first\nsecond\nthird\n');
    expect(await read(file, '')).toBe('third\n');
  });

  it('whose runtime does not begin another stays under its name', async () => {
    const file = fileWith(line(1, 'first'));
    const reopen = () => Promise.reject(new Error('it has ended'));
    await expect(rotateLog(file, { maxBytes: 5, maxFiles: 2 }, reopen)).rejects.toThrow('it has ended');
    expect(await read(file, '')).toBe('first\n');
    await removeLog(file);
    expect(fs.readdirSync(folder).filter((name) => name.startsWith(path.basename(file)))).toEqual([]);
  });

  it('is put aside once it is longer than it may be, and the oldest go', () => {
    const bounds = { maxBytes: 10, maxFiles: 4 };
    expect(rotation(10, [], bounds)).toBe(null);
    expect(rotation(11, ['b', 'a'], bounds)).toEqual({ remove: [] });
    expect(rotation(11, ['c', 'a', 'b'], bounds)).toEqual({ remove: ['a'] });
    expect(asideName('0.log', new Date('2026-11-28T22:01:02.345Z'))).toBe('0.log.20261128-220102');
  });

  it('whose reader goes: nothing is read any more', async () => {
    const gone = new AbortController();
    const whole = read(five, 'follow=true', { isOver: () => false, signal: gone.signal });
    setTimeout(() => gone.abort(), 20);
    expect((await whole).split('\n')).toHaveLength(6);
  });

  it.each([
    'tailLines=-1',
    'tailLines=a',
    'limitBytes=0',
    'sinceSeconds=0',
    'sinceTime=yesterday',
    'follow=maybe',
  ])('%s: FLAG_INVALID', (query) => expect(codeOf(() => asks(query))).toBe('FLAG_INVALID'));
});
