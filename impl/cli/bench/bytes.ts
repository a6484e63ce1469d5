/** `kubedirect bench bytes`: what a Pod costs the links and the API Server (figure 4). */
import type { Command } from 'commander';
import { type BytesSample, measureBytes, type Spender } from '../../bench/bytes.ts';
import { spreadOf } from '../../bench/statistics.ts';
import { registerPlaneFigure } from './planeFigure.ts';

function render(samples: readonly BytesSample[]): string {
  const of = (spender: Spender) => samples.filter((sample) => sample.spender === spender);
  const perPod = (spender: Spender, value: (sample: BytesSample) => number) =>
    spreadOf(of(spender).map((sample) => value(sample) / sample.pods)).median;
  const row = (what: string, value: (sample: BytesSample) => number, digits: number) =>
    `${what.padEnd(40)}${(['k8s+', 'kd'] as const).map((spender) => perPod(spender, value).toFixed(digits).padStart(12)).join('')}`;
  const links = [...new Set(samples.flatMap((sample) => Object.keys(sample.links)))];
  const verbs = [...new Set(samples.flatMap(({ api }) => Object.keys(api.requests)))];
  // What happens once in a while is no part of a Pod.
  const many = verbs.filter((verb) =>
    (['k8s+', 'kd'] as const).some(
      (spender) => perPod(spender, ({ api }) => api.requests[verb] ?? 0) >= 0.005,
    ),
  );
  const all = ({ api }: BytesSample) => Object.values(api.requests).reduce((a, b) => a + b, 0);
  return [
    `${'per Pod, medians of the rounds'.padEnd(40)}${'k8s+'.padStart(12)}${'kd'.padStart(12)}`,
    ...many.sort().map((verb) => row(verb, ({ api }) => api.requests[verb] ?? 0, 2)),
    row('requests at the API Server', all, 2),
    row('bytes of request bodies', ({ api }) => api.bytes.requests, 0),
    row('bytes of answers to reads', ({ api }) => api.bytes.answers, 0),
    row('bytes of events of watches', ({ api }) => api.bytes.watches, 0),
    '',
    ...links.flatMap((link) => [
      row(`bytes ${link}`, (sample) => sample.links[link]?.bytes ?? 0, 1),
      row(`messages ${link}`, (sample) => sample.links[link]?.messages ?? 0, 3),
    ]),
    '',
  ].join('\n');
}

/** Adds the command. */
export function registerBytes(bench: Command): void {
  registerPlaneFigure(bench, {
    name: 'bytes',
    description:
      'What a Pod costs each link in bytes, and the API Server in requests and bytes, against stock',
    rounds: { text: 'rounds, taking turns', usual: 3 },
    measure: measureBytes,
    title: ({ pods, nodes, rounds }) => `0 → ${pods} Pods on ${nodes} nodes, ${rounds} rounds`,
    render,
  });
}
