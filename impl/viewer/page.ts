/** One HTML file with everything in it: the page's code, and a film. It asks the network for nothing, and may not (one that looks on: nobody but who served it). */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Film, filmOf } from './film.ts';
import type { Sources } from './page/sources.ts';
import { placesOf } from './places.ts';

const MAIN = path.join(import.meta.dirname, 'page/main.ts');
const PICTURES = path.join(import.meta.dirname, '../../docs/machines');

/** The page's code as one script. Built once in a process. */
let built: Promise<string> | null = null;

async function build(): Promise<string> {
  // Most who might write a page do not: the bundler is loaded when one does.
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({ input: MAIN, platform: 'browser', logLevel: 'warn' });
  const { output } = await bundle.generate({ format: 'es', minify: true, codeSplitting: false });
  await bundle.close();
  return output[0].code;
}

/** Read once in a process. */
let sources: Sources | null = null;

function readSources(): Sources {
  const files = fs.existsSync(PICTURES)
    ? fs.readdirSync(PICTURES).filter((file) => file.endsWith('.svg'))
    : [];
  const pictures = files.map(
    (file) => [path.basename(file, '.svg'), fs.readFileSync(path.join(PICTURES, file), 'utf8')] as const,
  );
  return { pictures: Object.fromEntries(pictures), places: placesOf() };
}

const packed = (value: unknown) => gzipSync(JSON.stringify(value)).toString('base64');

const STYLE = 'html, body { margin: 0; height: 100%; }';
const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** What a page is of. */
interface Shown {
  /** One, or two side by side. */
  readonly films: readonly [Film, Film?];
  /** It asks whoever served it for more. */
  readonly isLive?: boolean;
}

/** The page of a film, or of two side by side. */
export const pageOf = (film: Film, other?: Film): Promise<string> =>
  page({ films: other === undefined ? [film] : [film, other] });

/** A page that looks on at what runs, with nothing in it yet. */
export const livePage = (title: string): Promise<string> =>
  page({ films: [filmOf({ title, clock: 'unix', frames: [], verdict: null })], isLive: true });

/** Whatever names are in it, the page runs no script but its own, and reaches nobody. */
async function page({ films, isLive = false }: Shown): Promise<string> {
  built ??= build();
  sources ??= readSources();
  // The script ends where the text says so, even within a string.
  const script = (await built).replaceAll('</script', '<\\/script');
  // Positions of rows are set from the code, as style attributes.
  const asks = isLive ? "connect-src 'self'; " : '';
  const policy = `default-src 'none'; ${asks} script-src ${hashOf(script)}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<title>${escaped(films.flatMap((film) => film?.title ?? []).join(' | '))}</title>
<style>${STYLE}</style>
</head>
<body>
<noscript>This page needs JavaScript.</noscript>
<script type="application/gzip" id="films"${isLive ? ' data-live' : ''}>${packed(films)}</script>
<script type="application/gzip" id="sources">${packed(sources)}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}
