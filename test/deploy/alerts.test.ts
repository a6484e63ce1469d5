/**
 * The alerts of the packages, evaluated by Prometheus' own rules engine (`promtool test rules`): each before it is due, when it is, with its words, and after.
 * That their metrics are ours is said by `test/deploy/packages.test.ts`.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ALERTS, prometheusRule } from '../../impl/deploy/workloads/monitoring.ts';
import { LED_STAGES } from '../../spec/vocabulary.ts';

const run = promisify(execFile);
const hasPromtool = await run('promtool', ['--version']).then(
  () => true,
  () => false,
);
if (!hasPromtool)
  console.warn(
    "SKIPPED, the alerts by Prometheus' rules engine: no promtool on PATH (Debian's package prometheus has it; .ci/run fetches it)",
  );

type Name = (typeof ALERTS)[number]['alert'];
/** Samples every 15 s, in promtool's notation: `0x8` is nine times 0. */
type Series = Readonly<Record<string, string>>;
interface Case {
  readonly what: string;
  readonly series: Series;
  /** At these times nothing is said. */
  readonly silent: readonly string[];
  /** At these times this is said, with these labels. */
  readonly says?: {
    readonly at: readonly string[];
    readonly labels: Readonly<Record<string, string>>;
    readonly summary: string;
  };
}

const leads = (name: string, pod: string) => `leader_election_master_status{name="${name}",pod="${pod}"}`;
/** All stages are led. */
const LED: Series = Object.fromEntries(LED_STAGES.map((name) => [leads(name, `${name}-0`), '1x60']));
const OTHERS = (but: string): Series =>
  Object.fromEntries(Object.entries(LED).filter(([series]) => !series.includes(`"${but}"`)));
const noLeader = {
  labels: { name: 'replicaset' },
  summary: 'nobody leads the stage replicaset: kubedirect status says why',
};

const CASES: Readonly<Record<Name, readonly Case[]>> = {
  KubedirectStageWithoutLeader: [
    {
      what: 'one of two leads; an agent that does not is no stage',
      series: {
        ...LED,
        [leads('replicaset', 'standby')]: '0x60',
        [leads('kubelet/node-1', 'agent')]: '0x60',
      },
      silent: ['1m', '10m'],
    },
    {
      what: 'nobody leads for more than a minute',
      series: {
        ...OTHERS('replicaset'),
        [leads('replicaset', 'one')]: '1x8 0x12 1x20',
        [leads('replicaset', 'two')]: '0x60',
      },
      silent: ['2m', '3m', '6m'],
      says: { at: ['3m30s', '5m'], ...noLeader },
    },
    {
      what: 'its processes are all gone, and nobody says anything',
      // A series that is not scraped any more is stale.
      series: { ...OTHERS('replicaset'), [leads('replicaset', 'one')]: '1x8 stale _x40' },
      silent: ['2m', '3m'],
      says: { at: ['4m', '10m'], ...noLeader },
    },
  ],
  KubedirectStageNotReady: [
    {
      what: 'it waits for more than two minutes',
      series: {
        'kubedirect_stage_ready{stage="scheduler",pod="one"}': '1x4 0x16 1x20',
        'kubedirect_stage_ready{stage="replicaset",pod="two"}': '1x60',
      },
      silent: ['1m', '3m', '6m'],
      says: {
        at: ['3m30s', '5m'],
        labels: { stage: 'scheduler' },
        summary: 'scheduler waits for something: its /readyz and kubedirect status say for what',
      },
    },
  ],
  KubedirectPodsWithoutNode: [
    {
      what: 'for more than five minutes',
      series: {
        'kubedirect_pods_without_node{pod="leads"}': '0x4 3x40 0x20',
        'kubedirect_pods_without_node{pod="stands by"}': '0x64',
      },
      silent: ['1m', '6m', '12m'],
      says: {
        at: ['6m30s', '11m'],
        labels: {},
        summary: '3 Pods have found no node: kubectl describe deployment says why',
      },
    },
  ],
  KubedirectReleased: [
    {
      what: 'the switch is at stock for more than a minute',
      series: {
        'kubedirect_owner{owner="stock"}': '0x4 1x12 0x20',
        'kubedirect_owner{owner="direct"}': '1x4 0x12 1x20',
      },
      silent: ['1m', '2m', '5m'],
      says: {
        at: ['2m30s', '4m'],
        labels: {},
        summary: 'the stock controllers own the managed Pods: kubedirect release --take-back returns them',
      },
    },
  ],
  KubedirectLinksBreak: [
    {
      what: 'now and then, as processes are replaced',
      series: {
        'kubedirect_links_broken_total{stage="scheduler",peer="kubelet",code="LINK_SILENT"}': '0+1x20 20x60',
      },
      silent: ['5m', '10m', '20m'],
    },
    {
      what: 'again and again',
      series: {
        'kubedirect_links_broken_total{stage="scheduler",peer="kubelet",code="LINK_SILENT"}': '0+3x60 180x60',
      },
      silent: ['4m', '25m'],
      says: {
        at: ['12m', '15m'],
        labels: { stage: 'scheduler', peer: 'kubelet' },
        summary: 'links of scheduler to kubelet break again and again',
      },
    },
  ],
};

describe.skipIf(!hasPromtool)('the alerts, by Prometheus', () => {
  let folder: string;

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-alerts-'));
    fs.writeFileSync(path.join(folder, 'rules.yaml'), stringify(prometheusRule('kubedirect-system').spec));
  });
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** Of the alert alone. @returns what promtool says, which exits with 1 where a test fails */
  const judge = (alertname: Name, { series, silent, says }: Case) => {
    const { severity } = ALERTS.find(({ alert }) => alert === alertname) as (typeof ALERTS)[number];
    const said = says && {
      exp_labels: { severity, ...says.labels },
      exp_annotations: { summary: says.summary },
    };
    const at = (eval_time: string, exp_alerts: readonly object[]) => ({ eval_time, alertname, exp_alerts });
    const test = {
      rule_files: ['rules.yaml'],
      evaluation_interval: '15s',
      tests: [
        {
          interval: '15s',
          input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
          alert_rule_test: [
            ...silent.map((time) => at(time, [])),
            ...(says?.at ?? []).map((time) => at(time, [said as object])),
          ],
        },
      ],
    };
    const file = path.join(folder, 'test.yaml');
    fs.writeFileSync(file, stringify(test));
    return run('promtool', ['test', 'rules', file]).then(
      ({ stdout }) => stdout,
      ({ stdout, stderr }) => `${stdout}${stderr}`,
    );
  };

  it('are rules without faults', async () => {
    const { stdout } = await run('promtool', ['check', 'rules', path.join(folder, 'rules.yaml')]);
    expect(stdout).toContain(`${ALERTS.length} rules found`);
  });

  const all = ALERTS.flatMap(({ alert }) => CASES[alert].map((one) => [alert, one.what, one] as const));
  it.each(all)('%s: %s', async (alert, _, one) => {
    expect(await judge(alert, one)).toContain('SUCCESS');
  });

  it('a test that expects another time fails: the engine is asked', async () => {
    const [one] = CASES.KubedirectReleased as readonly [Case];
    expect(await judge('KubedirectReleased', { ...one, silent: ['4m'] })).toContain('FAILED');
  });
});
