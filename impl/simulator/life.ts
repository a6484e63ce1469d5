/** One life of one stage in a simulated world. */
import type { Effect } from '../../spec/effects.ts';
import type { TimerName } from '../../spec/timers.ts';
import type { Incarnation, LinkName, Owner, PeerName } from '../../spec/vocabulary.ts';
import type { StageUnderTest } from '../explorer/world.ts';
import type { Connection } from './network.ts';
import type { Watch } from './watch.ts';

/** A process: what it holds, and what is under way for it. */
export interface Life {
  /** `peer~number`. */
  readonly id: string;
  readonly peer: PeerName;
  readonly incarnation: Incarnation;
  readonly under: StageUnderTest;
  state: unknown;
  steps: number;
  alive: boolean;
  /** Running timers; the token tells a timer from an older one of its name. */
  readonly timers: Map<TimerName, number>;
  readonly dials: Map<LinkName, { readonly peer: string; readonly n: number }>;
  readonly ups: Map<LinkName, Connection>;
  /** By session: `incarnation/n`. */
  readonly downs: Map<string, Connection>;
  readonly watches: Watch[];
  /** Effects that wait for the journal's disk. */
  readonly queue: Effect[];
  busy: boolean;
  /** Whom its watch of the switch last named. */
  owner: Owner | null;
  /** It has said that stock owns the Pods, or that it has them back. */
  hasAcknowledged: boolean;
  /** Dies after so many effects of its next step. */
  crashAfter: { readonly effects: number; readonly linger: boolean; readonly down: number } | null;
}

/** Whether the peer is a tail. */
export function isTail(peer: string): boolean {
  return peer.startsWith('kubelet/');
}

const nodes = new Map<string, string>();

/** The name of a tail's node: the same string each time, so that a map finds it without reading it through. */
export function nodeOf(peer: string): string {
  const known = nodes.get(peer);
  if (known !== undefined) return known;
  const node = peer.slice('kubelet/'.length);
  nodes.set(peer, node);
  return node;
}
