/** An upgraded connection (SPDY, WebSocket), handed through to where the runtime serves its streams. What flows is theirs to understand. */
import http, { type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { KubedirectError } from '../../../spec/errors.ts';

/** What of the request the runtime is told: how to upgrade, and nothing of who asks. */
const TOLD = /^(upgrade|connection|x-stream-protocol-version|sec-websocket-[a-z]+|origin)$/i;
const KEEP_ALIVE_MS = 15_000;

function headersOf({ headersDistinct }: IncomingMessage): Record<string, string[]> {
  const told = Object.entries(headersDistinct).filter(([name]) => TOLD.test(name));
  return Object.fromEntries(told) as Record<string, string[]>;
}

/** The runtime's answer to the upgrade, as it gave it. */
function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/**
 * @param head - what the client has sent beyond its request
 * @param failed - the server could not be reached, or did not upgrade
 */
export function tunnel(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  url: URL,
  failed: (error: Error) => void,
): void {
  if (socket.destroyed) return;
  if (url.protocol !== 'http:')
    return failed(new KubedirectError('RUNTIME_FAILED', `expected streams over http, got ${url.protocol}`));
  const upstream = http.request({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 80 : Number(url.port),
    ...{ method: request.method, path: `${url.pathname}${url.search}`, headers: headersOf(request) },
  });
  socket.once('close', () => upstream.destroy());
  upstream.once('error', failed);
  upstream.once('response', (response) => {
    upstream.off('error', failed);
    upstream.on('error', () => {});
    failed(
      new KubedirectError(
        'RUNTIME_FAILED',
        `expected the runtime to upgrade, got status ${response.statusCode}`,
      ),
    );
    upstream.destroy();
  });
  upstream.once('upgrade', (response: IncomingMessage, server: Socket, begun: Buffer) => {
    upstream.off('error', failed);
    server.setNoDelay(true);
    server.setKeepAlive(true, KEEP_ALIVE_MS);
    server.on('error', () => socket.destroy());
    server.once('close', () => socket.destroy());
    socket.once('error', () => server.destroy());
    socket.once('close', () => server.destroy());
    socket.write(headOf(response));
    if (begun.length > 0) socket.write(begun);
    if (head.length > 0) server.write(head);
    socket.pipe(server).pipe(socket);
  });
  upstream.end();
}
