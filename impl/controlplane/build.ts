/** Builds one program from `go.mod` into the cache, telling how far it is. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { KubedirectError } from '../../spec/errors.ts';
import { admit, moduleDir } from './cache.ts';
import { BINARIES, type BinaryName } from './versions.ts';

const TELL_EVERY_MS = 10_000;
const NICENESS = 5;

/**
 * Builds `name` with `go` and puts it in `dir`.
 * @throws KubedirectError `BINARY_BUILD_FAILED` with the compiler's last lines
 * @internal
 */
export async function buildBinary(
  name: BinaryName,
  options: { readonly go: string; readonly dir: string; readonly onProgress: (line: string) => void },
): Promise<string> {
  const { go, dir, onProgress } = options;
  await mkdir(dir, { recursive: true });
  const temporary = await mkdtemp(join(dir, `.${name}.`));
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  onProgress(`building ${name} ${BINARIES[name].version} (the first time takes minutes)`);
  try {
    const built = join(temporary, name);
    await goBuild(name, go, built, (packages, last) =>
      onProgress(`building ${name}: ${packages} packages compiled, ${seconds()} s, now ${last}`),
    );
    await admit(dir, name, built);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  onProgress(`built ${name} in ${seconds()} s`);
  return join(dir, name);
}

function goBuild(
  name: BinaryName,
  go: string,
  output: string,
  tell: (packages: number, last: string) => void,
): Promise<void> {
  const recipe = BINARIES[name];
  const linker = ['-s', '-w', ...recipe.linkVariables.map((variable) => `-X ${variable}`)].join(' ');
  const args = ['build', '-v', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags', linker];
  const child = spawn(go, [...args, '-o', output, recipe.package], {
    cwd: moduleDir(name),
    stdio: ['ignore', 'ignore', 'pipe'],
    // Static programs that run wherever they are copied; the flags of the user's own builds do not belong here.
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off', GOTOOLCHAIN: 'local' },
  });
  try {
    if (child.pid !== undefined) setPriority(child.pid, NICENESS);
  } catch {
    // The build has ended already, or priorities are not ours to set: it is a courtesy only.
  }
  let packages = 0;
  let lines: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const fresh = text.split('\n').filter((line) => line !== '');
    packages += fresh.filter((line) => !line.includes(' ')).length;
    lines = [...lines, ...fresh].slice(-12);
  });
  const timer = setInterval(() => tell(packages, lines.at(-1) ?? 'starting'), TELL_EVERY_MS);
  return new Promise<void>((resolve, reject) => {
    const fail = (fact: string) =>
      reject(
        new KubedirectError(
          'BINARY_BUILD_FAILED',
          `${name} could not be built from impl/controlplane/go.mod: ${fact}\n${lines.join('\n')}`,
        ),
      );
    child.once('error', (error) => fail(`${go}: ${error.message}`));
    child.once('close', (code, signal) =>
      code === 0 ? resolve() : fail(`go build ended with ${signal ?? `code ${code}`}`),
    );
  }).finally(() => clearInterval(timer));
}
