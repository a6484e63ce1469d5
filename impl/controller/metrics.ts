/** What a process of stages counts of itself, for Prometheus. */
import { Counter, collectDefaultMetrics, Registry } from 'prom-client';

/** All metrics of this process. @public */
export const metrics = new Registry();
collectDefaultMetrics({ register: metrics });

/** What machines reported to people. @public */
export const reports = new Counter({
  name: 'kubedirect_reports_total',
  help: 'What a stage had to tell people, by reason (the log has the words, Events too)',
  labelNames: ['stage', 'reason'],
  registers: [metrics],
});

/** Connections that were open and broke, by the stage that counts, its peer's stage, and why (`spec/errors.ts`). @public */
export const linksBroken = new Counter({
  name: 'kubedirect_links_broken_total',
  help: 'Connections to adjacent stages that broke, by reason',
  labelNames: ['stage', 'peer', 'code'],
  registers: [metrics],
});
