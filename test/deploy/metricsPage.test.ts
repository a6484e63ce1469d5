/** `docs/metrics.md` says what the processes serve: `vitest run test/deploy/metricsPage.test.ts -u` writes it. */
import path from 'node:path';
import type { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { metrics } from '../../impl/controller/metrics.ts';
import { gaugesOf } from '../../impl/controller/process/gauges.ts';
import { ALERTS } from '../../impl/deploy/workloads/monitoring.ts';

const PAGE = path.join(import.meta.dirname, '../../docs/metrics.md');

/** Of what a value counts. */
function unitOf(name: string): string {
  if (/_seconds(_total)?$/.test(name)) return 'seconds';
  if (/_bytes(_total)?$/.test(name)) return 'bytes';
  if (/_(ready|status|owner|info)$/.test(name)) return '0 or 1';
  return 'number';
}

/** Rows of a registry; text that ends a cell is none. */
async function rowsOf(registry: Registry, isShown: (name: string) => boolean): Promise<string> {
  const types = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]));
  return registry
    .getMetricsAsArray()
    .map((one) => ({ ...one, labels: (one as unknown as { labelNames?: string[] }).labelNames ?? [] }))
    .filter(({ name }) => isShown(name))
    .map(
      ({ name, help, labels }) =>
        `| \`${name}\` | ${types.get(name)} | ${labels.map((each) => `\`${each}\``).join(', ')} | ${unitOf(name)} | ${help.replaceAll('|', '\\|')} |`,
    )
    .join('\n');
}

const HEAD = '| metric | type | labels | unit | meaning |\n|---|---|---|---|---|';
const WATCHDOG = 'kubedirect_owner';
const RUNTIME = 'kubedirect_runtime_call_seconds';
const isApart = (name: string) => name === WATCHDOG || name === RUNTIME;
const isOurs = (name: string) => name.startsWith('kubedirect_');

const text = async () => `# Metrics

Served as \`/metrics\`, in Prometheus' text format, by every process where its \`--status\` listens (in the packages: port 8081 of every Pod, named \`status\`; the ServiceMonitor is the value \`monitoring.serviceMonitor\`).
A counter begins at 0 with its process. In \`stage\`, \`peer\` and \`name\` a stage is \`autoscaler\`, \`deployment\`, \`replicaset\`, \`scheduler\`, or \`kubelet/NODE\` (as \`peer\`, and where links are counted, \`kubelet\` for all nodes). What labels may say is bounded: stages, nodes, reasons of \`spec/errors.ts\`; no Pod, no Deployment.

## Of the stages

Read off the machines whenever they are asked for.

${HEAD}
${await rowsOf(gaugesOf([]), () => true)}

## Of every process of ours

${HEAD}
${await rowsOf(metrics, (name) => isOurs(name) && !isApart(name))}

## Of some

\`${WATCHDOG}\`: of the watchdog. \`${RUNTIME}\`: of an agent that runs containers itself.

${HEAD}
${await rowsOf(metrics, isApart)}

## Alerts

As the packages have them (value \`monitoring.rules\`); \`test/deploy/alerts.test.ts\` has Prometheus' own rules engine evaluate each, before it is due, when it is, and after.

| alert | when | for | severity | says |
|---|---|---|---|---|
${ALERTS.map((one) => `| \`${one.alert}\` | \`${one.expr}\` | ${one.for} | ${one.severity} | ${one.summary} |`).join('\n')}

What to do about each: [failures.md](failures.md).

## Of Node itself

${HEAD}
${await rowsOf(metrics, (name) => !isOurs(name))}

Written from [impl/controller/metrics.ts](../impl/controller/metrics.ts), [gauges.ts](../impl/controller/process/gauges.ts) and [monitoring.ts](../impl/deploy/workloads/monitoring.ts).
`;

it('the page of metrics is that of the registries', async () =>
  expect(await text()).toMatchFileSnapshot(PAGE));
