/** The beginning of the page: unpacks the film that is in it, and shows it. */
import type { Film } from '../film.ts';
import { Viewer } from './viewer.ts';

/** The film of this page: gzip, base64. */
async function unpack(): Promise<Film> {
  const packed = document.getElementById('film')?.textContent ?? '';
  const bytes = Uint8Array.from(atob(packed.trim()), (one) => one.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(stream).text()) as Film;
}

try {
  const viewer = new Viewer();
  viewer.film = await unpack();
  document.body.replaceChildren(viewer);
} catch (error) {
  document.body.textContent = `This film can not be shown: ${(error as Error).message}`;
}
