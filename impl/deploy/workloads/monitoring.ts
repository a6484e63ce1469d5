/** What Prometheus and Grafana are given. Every metric named here is one of `impl/controller/metrics.ts`: a test says so. */
import { INSTALLED_LABELS, type Manifest } from '../policies.ts';

/** Scrapes every Pod of ours, by the Prometheus operator. */
export function serviceMonitor(namespace: string): Manifest {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: { name: 'kubedirect', namespace, labels: INSTALLED_LABELS },
    spec: {
      selector: { matchLabels: INSTALLED_LABELS },
      endpoints: [{ port: 'status', path: '/metrics', interval: '15s' }],
    },
  };
}

interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly legend: string;
  readonly expr: string;
}

const RATE = '[$__rate_interval]';

/** The panels, in reading order: is it well, is it fast, what does it cost. @public */
export const PANELS: readonly Panel[] = [
  {
    title: 'Links broken',
    unit: 'ops',
    legend: '{{stage}} – {{peer}}: {{code}}',
    expr: `sum by (stage, peer, code) (rate(kubedirect_links_broken_total${RATE}))`,
  },
  {
    title: 'Event loop lag, p99',
    unit: 's',
    legend: '{{pod}}',
    expr: 'max by (pod) (nodejs_eventloop_lag_p99_seconds)',
  },
  {
    title: 'CPU',
    unit: 'short',
    legend: '{{pod}}',
    expr: `sum by (pod) (rate(process_cpu_seconds_total${RATE}))`,
  },
  {
    title: 'Memory',
    unit: 'bytes',
    legend: '{{pod}}',
    expr: 'max by (pod) (process_resident_memory_bytes)',
  },
  {
    title: 'Open files and sockets',
    unit: 'short',
    legend: '{{pod}}',
    expr: 'max by (pod) (process_open_fds)',
  },
];

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana's
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const [COLUMNS, WIDTH, HEIGHT] = [2, 12, 8];

const panel = ({ title, unit, legend, expr }: Panel, index: number) => ({
  id: index + 1,
  type: 'timeseries',
  title,
  datasource: DATASOURCE,
  gridPos: { w: WIDTH, h: HEIGHT, x: (index % COLUMNS) * WIDTH, y: Math.floor(index / COLUMNS) * HEIGHT },
  fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
  targets: [{ refId: 'A', datasource: DATASOURCE, expr, legendFormat: legend }],
});

/** The dashboard, for Grafana's sidecar, which reads ConfigMaps with this label. */
export function dashboard(namespace: string): Manifest {
  const board = {
    uid: 'kubedirect',
    title: 'kubedirect',
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus' }] },
    panels: PANELS.map(panel),
  };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'kubedirect-dashboard',
      namespace,
      labels: { ...INSTALLED_LABELS, grafana_dashboard: '1' },
    },
    data: { 'kubedirect.json': `${JSON.stringify(board, null, 1)}\n` },
  };
}
