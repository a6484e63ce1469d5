/** Listening on `host:port`, and closing without waiting for idle clients: for the small HTTP servers of a process. */
import type http from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubedirectError } from '../../../spec/errors.ts';

/** A server that listens. @public */
export interface Listening {
  /** `host:port`, with the port that the system chose if 0 was asked for. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Listens; an IPv6 host may be in brackets; without a host on every address of this machine.
 * @throws KubedirectError `PORT_TAKEN`; else the error of `node:http`
 */
export async function listenOn(server: http.Server, address: string): Promise<Listening> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new KubedirectError(
              'PORT_TAKEN',
              `${address}: expected a free port, it is in use: stop what holds it, or ask for another`,
              { cause },
            )
          : cause,
      ),
    );
    server.listen(Number(address.slice(colon + 1)), host, resolve);
  });
  const bound = server.address() as AddressInfo;
  return {
    address: `${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
