/** The beginning of the page: unpacks the film that is in it, and shows it. */
import type { Film } from '../film.ts';
import type { Sources } from './sources.ts';
import { Viewer } from './viewer.ts';

/** What an element of this page holds: gzip, base64. */
async function unpack<T>(id: string): Promise<T> {
  const packed = document.getElementById(id)?.textContent ?? '';
  const bytes = Uint8Array.from(atob(packed.trim()), (one) => one.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(stream).text()) as T;
}

try {
  const viewer = new Viewer();
  viewer.film = await unpack<Film>('film');
  viewer.sources = await unpack<Sources>('sources');
  document.body.replaceChildren(viewer);
} catch (error) {
  document.body.textContent = `This film can not be shown: ${(error as Error).message}`;
}
