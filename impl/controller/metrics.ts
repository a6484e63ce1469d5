/** What a process of stages counts of itself, for Prometheus. */
import { Counter, collectDefaultMetrics, Registry } from 'prom-client';

/** All metrics of this process. @public */
export const metrics = new Registry();
collectDefaultMetrics({ register: metrics });

/** Connections that were open and broke, by the stage that counts, its peer's stage, and why (`spec/errors.ts`). @public */
export const linksBroken = new Counter({
  name: 'kubedirect_links_broken_total',
  help: 'Connections to adjacent stages that broke, by reason',
  labelNames: ['stage', 'peer', 'code'],
  registers: [metrics],
});
