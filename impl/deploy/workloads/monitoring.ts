/** What Prometheus and Grafana are given. Every metric named here is one of `impl/controller/metrics.ts`: a test says so. */
import { LED_STAGES } from '../../../spec/vocabulary.ts';
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

/** Of a stage whose processes are all gone nobody says that it has no leader. */
const GONE = LED_STAGES.map((name) => `absent(leader_election_master_status{name="${name}"})`);

/** What somebody should look at, and when. @public */
export const ALERTS = [
  {
    alert: 'KubedirectStageWithoutLeader',
    expr: `max by (name) (leader_election_master_status{name!~"kubelet/.*"}) == 0 or ${GONE.join(' or ')}`,
    for: '1m',
    severity: 'critical',
    summary: 'nobody leads the stage {{ $labels.name }}: kubedirect status says why',
  },
  {
    alert: 'KubedirectStageNotReady',
    expr: 'min by (stage) (kubedirect_stage_ready) == 0',
    for: '2m',
    severity: 'warning',
    summary: '{{ $labels.stage }} waits for something: its /readyz and kubedirect status say for what',
  },
  {
    alert: 'KubedirectPodsWithoutNode',
    expr: 'max(kubedirect_pods_without_node) > 0',
    for: '5m',
    severity: 'warning',
    summary: '{{ $value }} Pods have found no node: kubectl describe deployment says why',
  },
  {
    alert: 'KubedirectReleased',
    expr: 'max(kubedirect_owner{owner="stock"}) == 1',
    for: '1m',
    severity: 'warning',
    summary: 'the stock controllers own the managed Pods: kubedirect release --take-back returns them',
  },
  {
    alert: 'KubedirectLinksBreak',
    expr: 'sum by (stage, peer) (rate(kubedirect_links_broken_total[5m])) > 0.1',
    for: '5m',
    severity: 'warning',
    summary: 'links of {{ $labels.stage }} to {{ $labels.peer }} break again and again',
  },
] as const;

/** They, for the Prometheus operator. */
export function prometheusRule(namespace: string): Manifest {
  const rules = ALERTS.map(({ severity, summary, ...rule }) => ({
    ...rule,
    labels: { severity },
    annotations: { summary },
  }));
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'kubedirect', namespace, labels: INSTALLED_LABELS },
    spec: { groups: [{ name: 'kubedirect', rules }] },
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
