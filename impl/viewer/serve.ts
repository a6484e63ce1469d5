/** The page of a film on this machine, for a browser of this machine. */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { listenOn } from '../controller/process/listen.ts';

/** A page that is served. */
export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** A name by which a browser of this machine asks; a page elsewhere that has its own name point here is told nothing. */
const OWN = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/** What is at an address. */
export interface Content {
  readonly type: 'text/html; charset=utf-8' | 'application/json';
  readonly text: string;
}

/**
 * Serves on loopback what stands at each path.
 * @param port - 0: any
 * @throws KubedirectError `PORT_TAKEN`
 */
export async function serve(
  at: (path: string, query: URLSearchParams) => Content | null,
  port: number,
): Promise<Served> {
  const server = http.createServer((request, response) => {
    const isOurs =
      OWN.test(request.headers.host ?? '') && (request.method === 'GET' || request.method === 'HEAD');
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const content = isOurs ? at(pathname, searchParams) : null;
    if (content === null) response.writeHead(isOurs ? 404 : 403).end();
    else
      response
        .writeHead(200, {
          'content-type': content.type,
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'cross-origin-resource-policy': 'same-origin',
          'cache-control': 'no-store',
        })
        .end(content.text);
  });
  const { address, close } = await listenOn(server, `127.0.0.1:${port}`);
  return { url: `http://${address}/`, close };
}

const html = (text: string): Content => ({ type: 'text/html; charset=utf-8', text });

/** Serves one page. */
export const servePage = (page: string, port: number): Promise<Served> =>
  serve((path) => (path === '/' ? html(page) : null), port);

/**
 * Serves a page that looks on. Others on this machine can not guess its address: what runs in a cluster is not for them.
 * @param after - steps from a number on
 */
export async function serveLive(
  page: string,
  after: (number: number) => object,
  port: number,
): Promise<Served> {
  const secret = randomBytes(18).toString('base64url');
  const served = await serve((path, query) => {
    if (path === `/${secret}/`) return html(page);
    if (path !== `/${secret}/steps`) return null;
    return { type: 'application/json', text: JSON.stringify(after(Number(query.get('after')) || 0)) };
  }, port);
  return { ...served, url: `${served.url}${secret}/` };
}
