/** What a process of stages counts of itself, for Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Registry, Summary } from 'prom-client';

/** All metrics of this process. @public */
export const metrics = new Registry();
collectDefaultMetrics({ register: metrics });

/** Where the time of a container goes that our agent starts itself. @public */
export const runtimeCalls = new Summary({
  name: 'kubedirect_runtime_call_seconds',
  help: 'Calls of the container runtime (CRI), by method',
  labelNames: ['method'],
  percentiles: [0.5, 0.99],
  registers: [metrics],
});

/** Who owns the managed Pods, as the watchdog has read it last; no value where it could not be read. @public */
export const ownerGauge = new Gauge({
  name: 'kubedirect_owner',
  help: '1 for who owns the managed Pods by the owner switch, direct or stock, 0 for the other',
  labelNames: ['owner'],
  registers: [metrics],
});

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
