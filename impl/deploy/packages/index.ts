/**
 * The packages that an operator installs by, checked in under `deploy/`: Helm chart and kustomize base. Both are written from the same
 * objects by `kubedirect packages`; a test fails when the files are not what it would write.
 */
import fs from 'node:fs';
import path from 'node:path';
import { chartFiles } from './chart.ts';
import { kustomizeFiles } from './kustomize.ts';

export { packagedParts } from './parts.ts';

/** All files of all packages, by path below the folder. @public */
export function packageFiles(): ReadonlyMap<string, string> {
  const under = (folder: string, files: ReadonlyMap<string, string>) =>
    [...files].map(([name, text]) => [`${folder}/${name}`, text] as const);
  return new Map([...under('helm/kubedirect', chartFiles()), ...under('kustomize', kustomizeFiles())]);
}

/** Writes them, and takes away what is no longer one of them. @public */
export function writePackages(folder: string): number {
  const files = packageFiles();
  for (const name of ['helm', 'kustomize'])
    fs.rmSync(path.join(folder, name), { recursive: true, force: true });
  for (const [name, text] of files) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  return files.size;
}
