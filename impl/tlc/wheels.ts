/**
 * Wheels from PyPI into a cache folder: fetched by pip, checked against the pinned checksum, unpacked beside their place
 * and moved there at the end, so that the cache never holds half of one.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { KubedirectError } from '../../spec/errors.ts';
import type { Wheel } from './pins.ts';

const run = promisify(execFile);

/** SHA-256 of a file, in hexadecimal. @internal */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/**
 * The folder of an unpacked wheel, fetched if need be.
 * @throws KubedirectError `DOWNLOAD_CORRUPT`; an Error of pip or python3, if it can not be had
 * @internal
 */
export async function unpackedWheel(
  root: string,
  wheel: Wheel,
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
): Promise<string> {
  const home = join(root, `${wheel.name}-${wheel.version}`);
  if (existsSync(home)) return home;
  onProgress(`fetching ${wheel.name} ${wheel.version} from PyPI`);
  await mkdir(dirname(home), { recursive: true });
  const temporary = await mkdtemp(`${home}.`);
  try {
    const file = await download(wheel, temporary, env);
    const sum = await sha256Of(file);
    if (!wheel.sha256.includes(sum))
      throw new KubedirectError(
        'DOWNLOAD_CORRUPT',
        `${wheel.name} ${wheel.version}: expected SHA-256 ${wheel.sha256.join(' or ')}, got ${sum}; nothing of it was kept`,
      );
    const unpacked = join(temporary, 'unpacked');
    await run('python3', ['-m', 'zipfile', '-e', file, unpacked], { env, maxBuffer: 1 << 24 });
    await rename(unpacked, home).catch((error: NodeJS.ErrnoException) => {
      // Another process was faster: what it put there has the same checksum.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    return home;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function download(wheel: Wheel, folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', folder];
  await run('python3', [...pip, `${wheel.name}==${wheel.version}`], { env, maxBuffer: 1 << 24 });
  const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error('pip brought no wheel');
  return join(folder, file);
}
