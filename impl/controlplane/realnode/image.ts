/** Makes a container image from one static program, as `docker save` would write it: no registry, no builder. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

const BLOCK = 512;

interface Entry {
  readonly name: string;
  readonly data: Buffer;
  readonly mode: number;
}

/** A ustar archive; names up to 100 bytes. @internal */
export function tar(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = [];
  for (const { name, data, mode } of entries) {
    const header = Buffer.alloc(BLOCK);
    const octal = (value: number, offset: number, length: number) =>
      header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, 'ascii');
    header.write(name, 0, 100, 'utf8');
    octal(mode, 100, 8);
    octal(0, 108, 8); // owner
    octal(0, 116, 8); // group
    octal(data.length, 124, 12);
    octal(0, 136, 12); // time: the same program makes the same image
    header.write('        0', 148, 'ascii'); // checksum, as blanks while it is computed; type: file
    header.write('ustar\x0000', 257, 'ascii');
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      148,
      7,
    );
    header.write(' ', 155, 'ascii');
    parts.push(header, data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Writes an archive with one image for each name, all of the same single layer: the program as `/program`.
 * @param images - arguments of the program by image name
 * @internal
 */
export async function writeImageArchive(
  path: string,
  program: string,
  images: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  const layer = tar([{ name: 'program', data: await readFile(program), mode: 0o755 }]);
  const digest = createHash('sha256').update(layer).digest('hex');
  const files: Entry[] = [{ name: 'layer.tar', data: layer, mode: 0o644 }];
  const manifest = Object.entries(images).map(([name, args], index) => {
    const config = {
      architecture: ARCHITECTURES[process.arch] ?? process.arch,
      os: 'linux',
      config: { Entrypoint: ['/program', ...args], WorkingDir: '/', User: '65534:65534' },
      rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    };
    const file = `config-${index}.json`;
    files.push({ name: file, data: Buffer.from(JSON.stringify(config)), mode: 0o644 });
    return { Config: file, RepoTags: [name], Layers: ['layer.tar'] };
  });
  files.push({ name: 'manifest.json', data: Buffer.from(JSON.stringify(manifest)), mode: 0o644 });
  await writeFile(path, tar(files));
}
