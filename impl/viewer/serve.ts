/** The page of a film on this machine, for a browser of this machine. */
import http from 'node:http';
import { listenOn } from '../controller/process/listen.ts';

/** A page that is served. */
export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** A name by which a browser of this machine asks; a page elsewhere that has its own name point here is told nothing. */
const OWN = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/**
 * Serves one page on loopback.
 * @param port - 0: any
 * @throws KubedirectError `PORT_TAKEN`
 */
export async function servePage(page: string, port: number): Promise<Served> {
  const server = http.createServer((request, response) => {
    const isOurs =
      OWN.test(request.headers.host ?? '') && (request.method === 'GET' || request.method === 'HEAD');
    if (!isOurs || request.url !== '/') response.writeHead(isOurs ? 404 : 403).end();
    else
      response
        .writeHead(200, {
          'content-type': 'text/html; charset=utf-8',
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'cross-origin-resource-policy': 'same-origin',
        })
        .end(page);
  });
  const { address, close } = await listenOn(server, `127.0.0.1:${port}`);
  return { url: `http://${address}/`, close };
}
