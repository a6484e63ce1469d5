/** Free ports on loopback. */
import { createServer } from 'node:net';
import { KubedirectError } from '../../spec/errors.ts';

/** Address that everything of the control plane listens on. @internal */
export const LOOPBACK = '127.0.0.1';

const listenOnce = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
      const address = server.address();
      const got = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(got));
    });
  });

/**
 * `count` distinct ports that were free a moment ago.
 * @internal
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await listenOnce(0));
  return [...ports];
}

/**
 * Fails unless `port` can be listened on now.
 * @throws KubedirectError `PORT_TAKEN`
 * @internal
 */
export async function assertPortFree(port: number): Promise<void> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new KubedirectError('FLAG_INVALID', `port: expected an integer from 1 to 65535, got ${port}`);
  }
  try {
    await listenOnce(port);
  } catch (cause) {
    throw new KubedirectError(
      'PORT_TAKEN',
      `port ${port} on ${LOOPBACK} cannot be listened on (${(cause as Error).message}): expected a free port; stop what holds it, or leave the port out to take any free one`,
      { cause },
    );
  }
}
