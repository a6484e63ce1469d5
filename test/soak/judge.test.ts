/** The judge of a soak sees a leak, and does not take a warm-up, or what comes and goes, for one. */
import { describe, expect, it } from 'vitest';
import { metricOf } from '../../impl/soak/figures.ts';
import { coursesOf } from '../../impl/soak/judge.ts';

/** 45 cycles, as of half an hour. */
const grown = (name: string, at: (cycle: number) => number) =>
  coursesOf(Array.from({ length: 45 }, (_, cycle) => ({ [name]: at(cycle) })))
    .filter(({ grows }) => grows)
    .map((course) => course.name);

describe('a figure', () => {
  it.each([
    ['that stands', 'scheduler sockets', () => 30],
    ['that comes and goes', 'scheduler sockets', (cycle: number) => 30 + (cycle % 7)],
    ['of memory that warms up', 'scheduler rss MB', (cycle: number) => Math.min(200, 120 + 10 * cycle)],
    ['of memory that is collected late', 'scheduler heap MB', (cycle: number) => 60 + 15 * (cycle % 3)],
    ['of journals that come to what they keep', 'journals MB', (cycle: number) => Math.min(6.8, cycle / 5)],
    ['that falls', 'API Server watches', (cycle: number) => 200 - cycle],
  ])('%s is flat', (_, name, at) => {
    expect(grown(name, at)).toEqual([]);
  });

  it.each([
    ['a socket a cycle', 'scheduler sockets', (cycle: number) => 30 + cycle],
    ['a watch every other cycle', 'API Server watches', (cycle: number) => 200 + cycle / 2],
    ['one Pod, once', 'replicaset Pods', (cycle: number) => (cycle > 30 ? 141 : 140)],
    ['3 MB a cycle', 'kubelet rss MB', (cycle: number) => 150 + 3 * cycle],
    ['a journal that is never compacted', 'journals MB', (cycle: number) => cycle / 4],
    ['a figure that is gone', 'kubelet files', (cycle: number) => (cycle > 20 ? Number.NaN : 30)],
  ])('%s is a leak', (_, name, at) => {
    expect(grown(name, at)).toEqual([name]);
  });
});

describe("Prometheus' text", () => {
  const text = [
    '# HELP a_b c',
    'a_b{stage="s",phase="running"} 3',
    'a_b{phase="bound"} 2',
    'a_b_total 9',
    'c 4.5e+06',
  ].join('\n');
  it('is summed by name and labels', () => {
    expect(metricOf(text, 'a_b')).toBe(5);
    expect(metricOf(text, 'a_b', (labels) => labels.includes('running'))).toBe(3);
    expect(metricOf(text, 'c')).toBe(4_500_000);
    expect(metricOf(text, 'none')).toBe(0);
  });
});
