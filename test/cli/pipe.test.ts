/** Whoever reads the output of a command may stop reading. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

const MAIN = path.join(import.meta.dirname, '../../impl/cli/main.ts');

it('a pipe that is closed early ends the command in good order', async () => {
  const child = spawn(process.execPath, [MAIN, 'check', '--list'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  child.stdout.destroy();
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect({ code, said }).toEqual({ code: 0, said: '' });
});
