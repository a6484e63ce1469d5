/** The end of the demo: tables for people, one object for machines. */
import { table } from '../table.ts';
import type { Verdict } from '../trace/checks.ts';
import type { Trace } from '../trace/parse.ts';
import type { Outcome, ScaleOut } from './scenario.ts';
import { aftermath, type LinkTraffic, trafficOf } from './traffic.ts';

/** All that the demo reports. */
export interface Report {
  readonly what: string;
  readonly outcome: Outcome;
  readonly traffic: readonly LinkTraffic[];
  readonly stages: readonly (readonly [string, string])[];
  readonly verdicts: readonly Verdict[];
  /** All Pods Ready, none disturbed, every property tested and held. */
  readonly held: boolean;
}

/** Judges and gathers. */
export function reportOf(what: string, outcome: Outcome, trace: Trace, verdicts: readonly Verdict[]): Report {
  const untilMs = outcome.recoveryMs;
  const held =
    outcome.disturbed === 0 && verdicts.every(({ tested, broken }) => tested > 0 && broken.length === 0);
  return {
    what,
    outcome,
    traffic: trafficOf(trace, 0, outcome.killedAt + untilMs),
    stages: aftermath(trace, outcome.killedAt, untilMs),
    verdicts,
    held,
  };
}

const seconds = (ms: number | undefined) => (ms === undefined ? '-' : `${(ms / 1000).toFixed(2)} s`);
const at = (latencies: readonly number[], share: number) =>
  latencies[Math.min(latencies.length - 1, Math.ceil(latencies.length * share) - 1)];

function scaleOutRow(name: string, { latencies, requests, bytes, pods }: ScaleOut): readonly string[] {
  return [
    name,
    ...[0.5, 0.9, 1].map((share) => seconds(at(latencies, share))),
    (requests / pods).toFixed(1),
    bytes === null ? 'not counted' : `${(bytes / pods / 1000).toFixed(1)} kB`,
  ];
}

/** The report as text. */
export function render({ what, outcome, traffic, stages, verdicts, held }: Report): string {
  const { stock, ours, disturbed, readyAtKill, recoveryMs, scaleInMs } = outcome;
  const perPod = (n: number) => (n / ours.pods).toFixed(2);
  return [
    '',
    `On: ${what}`,
    '',
    `Scale-out 0 → ${ours.pods}, from the want to Ready at the API Server`,
    table([
      ['', 'p50', 'p90', 'last', 'API requests/Pod', 'API bytes/Pod'],
      scaleOutRow('stock path', stock),
      scaleOutRow('narrow waist, Scheduler killed in mid-burst', ours),
    ]),
    ...(what.startsWith('embedded')
      ? [
          '  (stock is simulated here, inside the API Server: it makes its Pods at once and writes two statuses, where the real one writes',
          '  some fifty; the lists that a killed Scheduler asks for are counted to ours. Compare neither seconds nor bytes: --cluster does.)',
        ]
      : []),
    '',
    'Direct messages, batches, over all links until every Pod was Ready',
    table([
      ['link', 'messages', 'messages/Pod', 'bytes/Pod'],
      ...traffic.map(({ link, messages, bytes }) => [
        link,
        String(messages),
        perPod(messages),
        perPod(bytes),
      ]),
    ]),
    '',
    `kill -9 of the Scheduler with ${readyAtKill} Pods Ready: all ${ours.pods} Ready ${seconds(recoveryMs)} later; Pods disturbed: ${disturbed}`,
    table([['stage', 'what it did until then'], ...stages]),
    '',
    `Scale-in to the rest: ${seconds(scaleInMs)}`,
    '',
    'Properties, checked on the recorded trace',
    table([
      ['property', 'tested', 'verdict'],
      ...verdicts.map(({ property, tested, broken }) => [
        property,
        String(tested),
        broken.length > 0 ? `BROKEN: ${broken[0]}` : tested === 0 ? 'NOT TESTED' : 'held',
      ]),
    ]),
    '',
    held ? 'Everything held.' : 'NOT everything held: see above.',
    '',
  ].join('\n');
}
