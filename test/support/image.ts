/** The image, as far as it can be built without a registry of images: the layers of the Dockerfile laid out in a folder, with the dependencies for production alone. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '../..');
const instructions = fs
  .readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line))
  .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);

/** What the Dockerfile says by an instruction, in order. */
export const instructionsOf = (name: string): readonly string[] =>
  instructions.filter(([each]) => each === name).map(([, rest]) => rest);

/** What its last stage copies out of the sources. */
const copied = instructionsOf('COPY')
  .filter((rest) => !rest.startsWith('--from') && !rest.includes('package-lock.json'))
  .flatMap((rest) => rest.split(' ').slice(0, -1));

/** Lays it out in a new folder, which anybody may read. */
export function layOutImage(): string {
  const image = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-image-'));
  fs.chmodSync(image, 0o755);
  for (const name of copied) execFileSync('cp', ['-a', path.join(ROOT, name), image]);
  const listed = execFileSync('npm', ['ls', '--omit=dev', '--omit=optional', '--all', '--parseable'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const byFolder = Map.groupBy(listed.trim().split('\n').slice(1), (folder) => path.dirname(folder));
  for (const [folder, packages] of [...byFolder].sort()) {
    const target = path.join(image, path.relative(ROOT, folder));
    fs.mkdirSync(target, { recursive: true });
    execFileSync('cp', ['-a', ...packages, target]);
  }
  // Node itself: here it is a package, in the image the base has it.
  fs.copyFileSync(process.execPath, path.join(image, 'node'));
  fs.chmodSync(path.join(image, 'node'), 0o755);
  return image;
}
