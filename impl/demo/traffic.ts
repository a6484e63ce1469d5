/** What the links carried, counted from the trace: messages, and bytes as the wire has them. */
import type { Message } from '../../spec/messages.ts';
import { encodeFrame } from '../../spec/wire/codec.ts';
import type { Trace } from '../trace/parse.ts';

/** Traffic of one link, both ways. */
export interface LinkTraffic {
  readonly link: string;
  readonly messages: number;
  readonly bytes: number;
}

const LINK_OF: Readonly<Record<string, readonly [up: string, down: string]>> = {
  autoscaler: ['', 'A–D'],
  deployment: ['A–D', 'D–R'],
  replicaset: ['D–R', 'R–S'],
  scheduler: ['R–S', 'S–K'],
  kubelet: ['S–K', ''],
};

/** Messages sent over each link between two moments (Unix ms). */
export function trafficOf(trace: Trace, from: number, to: number): readonly LinkTraffic[] {
  const totals = new Map<string, { messages: number; bytes: number }>();
  for (const [stage, lines] of trace) {
    const [up, down] = LINK_OF[stage.split('/')[0] as string] as readonly [string, string];
    for (const { at, effects } of lines) {
      if (at < from || at > to) continue;
      for (const effect of effects) {
        if (effect.type !== 'send') continue;
        const link = effect.link === 'upstream' ? up : down;
        const total = totals.get(link) ?? { messages: 0, bytes: 0 };
        total.messages += 1;
        total.bytes += encodeFrame([effect.message as Message]).length;
        totals.set(link, total);
      }
    }
  }
  return ['A–D', 'D–R', 'R–S', 'S–K'].map((link) => ({
    link,
    ...(totals.get(link) ?? { messages: 0, bytes: 0 }),
  }));
}

/** What each stage did after the kill, in words: its links that broke and opened, and what it sent. */
export function aftermath(
  trace: Trace,
  killedAt: number,
  untilMs: number,
): readonly (readonly [stage: string, did: string])[] {
  const stages = ['autoscaler', 'deployment', 'replicaset', 'scheduler', 'kubelet'];
  return stages.map((stage) => {
    const counts = new Map<string, number>();
    const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
    for (const [name, lines] of trace) {
      if (name.split('/')[0] !== stage) continue;
      for (const { at, event, effects } of lines) {
        if (at < killedAt || at > killedAt + untilMs) continue;
        if (event.type === 'started') count('started anew');
        if (event.type === 'broken') count('link broken');
        for (const effect of effects) if (effect.type === 'send') count(effect.message.kind);
      }
    }
    const did = [...counts].map(([what, times]) => (times === 1 ? what : `${times} ${what}`)).join(', ');
    return [stage, did === '' ? 'nothing: it was not concerned' : did] as const;
  });
}
