/** `/healthz`, `/readyz` and `/metrics` of a process that has no stage: the watchdog, the signer. */
import { metrics } from '../controller/metrics.ts';
import type { Listening } from '../controller/process/listen.ts';
import { Recent } from '../controller/process/recent.ts';
import { serveStatus } from '../controller/process/statusServer.ts';

/** Serves it, if it was asked for. @param missing - what it waits for @throws KubedirectError `PORT_TAKEN` */
export async function serveHelperStatus(
  listen: string | undefined,
  name: string,
  missing: () => readonly string[],
): Promise<Listening | null> {
  if (listen === undefined) return null;
  const none = new Recent();
  return serveStatus(listen, metrics, {
    readiness: () => [{ stage: name, incarnation: null, missing: missing() }],
    pods: () => [],
    steps: (after) => none.after(after),
    callers: null,
  });
}
