/**
 * What a world's record was made of, as a digest: the world, the modules that say it, the machines and stubs of its stages, and what plays
 * the environment. A record is good as long as these are the same. How an engine searches is no part of it, nor is a comment: that is held by
 * the sizes that are pinned.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { WORLDS, type WorldDescription } from '../../../spec/worlds/index.ts';
import { SHAPES } from '../../../spec/worlds/shapes.ts';

const ROOT = path.join(import.meta.dirname, '../../..');

/** Where a module's states are said in the explorer's. */
const ROOMS: Readonly<Record<NonNullable<WorldDescription['spec']>, string>> = {
  MCLink: 'link',
  MCField: 'field',
  MCWants: 'wants',
  MCRegistration: 'registration',
  MCRollout: 'rollout',
  MCDeletion: 'deletion',
  MCCancellation: 'cancellation',
  MCChain: 'chain',
  MCSwitch: 'chain',
};

const TS_IMPORT = /\b(?:import|export)\b(?! type\b)[^'";]*?\bfrom '(\.[^']+)'/g;
const TLA_IMPORT = /\bEXTENDS\s+(\w+(?:\s*,\s*\w+)*)|\bINSTANCE\s+(\w+)/g;

/** Texts of files without their comments, and what each imports, read once. */
class Sources {
  readonly #root: string;
  readonly #files = new Map<string, { readonly text: string; readonly imports: readonly string[] }>();

  constructor(root: string) {
    this.#root = root;
  }

  /** A file; null for what is not ours. */
  #read(file: string) {
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    const whole = path.join(this.#root, file);
    if (!fs.existsSync(whole)) return null;
    const raw = fs.readFileSync(whole, 'utf8');
    const text = file.endsWith('.tla') ? withoutTlaComments(raw) : withoutComments(raw);
    const imports = file.endsWith('.tla') ? tlaImports(file, text) : tsImports(file, text);
    const one = { text, imports };
    this.#files.set(file, one);
    return one;
  }

  /** The files, all that they import, and so on: each with its text, in the order of their names. */
  closure(roots: readonly string[]): readonly (readonly [string, string])[] {
    const found = new Map<string, string>();
    const left = [...roots];
    for (let file = left.pop(); file !== undefined; file = left.pop()) {
      const one = found.has(file) ? null : this.#read(file);
      if (one === null) continue;
      found.set(file, one.text);
      left.push(...one.imports);
    }
    return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** The files of a folder. */
  folder(folder: string): readonly string[] {
    return fs.readdirSync(path.join(this.#root, folder)).map((file) => `${folder}/${file}`);
  }
}

const withoutComments = (text: string) =>
  text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '').replaceAll(/\s+/g, ' ');
const withoutTlaComments = (text: string) =>
  text.replaceAll(/\(\*[\s\S]*?\*\)|\\\*.*$/gm, '').replaceAll(/\s+/g, ' ');

function tsImports(file: string, text: string): readonly string[] {
  return [...text.matchAll(TS_IMPORT)].map(([, target = '']) => path.join(path.dirname(file), target));
}

function tlaImports(file: string, text: string): readonly string[] {
  const names = [...text.matchAll(TLA_IMPORT)].flatMap(([, many, one]) =>
    (many ?? one ?? '').split(/[\s,]+/),
  );
  return names.map((name) => `${path.dirname(file)}/${name}.tla`);
}

const isStub = (use: string) => use.startsWith('stub/');

/** Where what a world is made of begins. */
function rootsOf({ stages, spec }: WorldDescription, sources: Sources): readonly string[] {
  const parts = stages.map(({ use }) =>
    isStub(use) ? `impl/explorer/stubs/${use.slice('stub/'.length)}.ts` : `machines/${use}/index.ts`,
  );
  const environment = ['impl/explorer/system.ts', 'impl/explorer/observers.ts', 'spec/properties/index.ts'];
  if (spec === undefined) return [...environment, ...parts];
  return [...environment, ...parts, `proofs-tla/${spec}.tla`, ...sources.folder(`impl/tlc/${ROOMS[spec]}`)];
}

/** The digest of a world or a shape, made of `how` it is checked and of what it is made of. */
export function digests(how: unknown, root = ROOT): (name: string) => string {
  const sources = new Sources(root);
  return (name) => {
    const world = WORLDS.find((one) => one.name === name);
    const what = world ?? SHAPES.find((one) => one.name === name);
    const roots =
      world === undefined
        ? ['proofs-tla/MCLinkInductive.tla', ...sources.folder('impl/tlc/link')]
        : rootsOf(world, sources);
    const hash = createHash('sha256').update(JSON.stringify([how, what]));
    for (const [file, text] of sources.closure(roots)) hash.update(`\0${file}\0${text}`);
    return hash.digest('hex').slice(0, 16);
  };
}
