/** The beginning of the page: unpacks the film that is in it, and shows it. */
import type { Film } from '../film.ts';
import { lookOn } from './live.ts';
import { PairOfViewers } from './pair.ts';
import type { Sources } from './sources.ts';
import { Viewer } from './viewer.ts';

/** Newer browsers have a way of their own, which is many times sooner. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const own = (Uint8Array as { fromBase64?(text: string): Uint8Array<ArrayBuffer> }).fromBase64;
  return own?.call(Uint8Array, base64) ?? Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
}

/** What an element of this page holds: gzip, base64. */
async function unpack<T>(id: string): Promise<T> {
  const packed = document.getElementById(id)?.textContent ?? '';
  const bytes = bytesOf(packed.trim());
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(stream).text()) as T;
}

try {
  const [film, other] = await unpack<readonly [Film, Film?]>('films');
  const isLive = document.getElementById('films')?.dataset.live !== undefined;
  const sources = await unpack<Sources>('sources');
  if (other === undefined) {
    const viewer = new Viewer();
    [viewer.film, viewer.sources] = [film, sources];
    document.body.replaceChildren(viewer);
    if (isLive) lookOn(viewer);
  } else {
    const pair = new PairOfViewers();
    [pair.films, pair.sources] = [[film, other], sources];
    document.body.replaceChildren(pair);
  }
} catch (error) {
  document.body.textContent = `This film can not be shown: ${(error as Error).message}`;
}
