/** All that TLC judges of a trace, and the TLA+ modules by which it does. */
import { agentTracks } from './agents.ts';
import type { Words } from './encode.ts';
import { endTracks, type Track } from './ends.ts';
import type { LifeTrace } from './lives.ts';
import { markTracks } from './marks.ts';
import { ownerTracks } from './owners.ts';
import { podTracks } from './pods.ts';
import { setTracks } from './sets.ts';
import { wantTracks } from './wants.ts';
import { wireTracks } from './wires.ts';

/** The module whose steps a track's lines must be. */
export const MODULES: Readonly<Record<Track['kind'], string>> = {
  upper: 'UpperEnd',
  lower: 'LowerEnd',
  wire: 'Network',
  pod: 'TailPod',
  deployment: 'ReplicasField',
  autoscaler: 'Wants',
  sets: 'Targets',
  agent: 'KubeletStage',
  mark: 'CancellingEnd',
  'owner/deployment': 'Switch',
  'owner/replicaset': 'Switch',
  'owner/scheduler': 'Switch',
};

/** Tracks of all lives; `halves`: connections of which but one end is in the trace. */
export function tracksOf(
  words: Words,
  lives: readonly LifeTrace[],
): { readonly tracks: readonly Track[]; readonly halves: number } {
  const { tracks: wires, halves } = wireTracks(words, lives);
  const own = lives.flatMap((life) => [
    ...endTracks(words, life),
    ...podTracks(life),
    ...wantTracks(words, life),
    ...setTracks(words, life),
    ...agentTracks(words, life),
    ...markTracks(words, life),
    ...ownerTracks(words, life),
  ]);
  return { tracks: [...own, ...wires].filter(({ lines }) => lines.length > 0), halves };
}
