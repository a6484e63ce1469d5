/** An upgraded connection (SPDY, WebSocket), handed through to where the runtime serves its streams. What flows is theirs to understand. */
import type { IncomingMessage } from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';

/** The request anew, for another server: who the caller is, is not that server's to know. */
function requestFor({ method, rawHeaders }: IncomingMessage, url: URL): string {
  const lines = [`${method} ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`];
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (!['host', 'authorization'].includes((rawHeaders[i] as string).toLowerCase()))
      lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/**
 * @param head - what the client has sent beyond its request
 * @param failed - the server could not be reached
 */
export function tunnel(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  url: URL,
  failed: (error: Error) => void,
): void {
  const upstream = net.connect({ host: url.hostname, port: Number(url.port) });
  upstream.setNoDelay(true);
  upstream.once('error', failed);
  socket.once('error', () => upstream.destroy());
  socket.once('close', () => upstream.destroy());
  upstream.once('connect', () => {
    upstream.off('error', failed);
    upstream.on('error', () => socket.destroy());
    upstream.once('close', () => socket.destroy());
    upstream.write(requestFor(request, url));
    if (head.length > 0) upstream.write(head);
    socket.pipe(upstream).pipe(socket);
  });
}
