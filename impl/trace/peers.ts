/** Who is at the other end of a link, by the link's name alone. */
import type { LinkName, PeerName } from '../../spec/vocabulary.ts';

const BELOW: Readonly<Record<string, PeerName>> = {
  autoscaler: 'deployment',
  deployment: 'replicaset',
  replicaset: 'scheduler',
};

/** The downstream of a link that a stage has: it names the link. '' for a stage that has no such link. */
export function lowerOf(stage: PeerName, link: LinkName): string {
  if (link === 'upstream') return stage;
  return link === 'downstream' ? (BELOW[stage] ?? '') : `kubelet/${link.slice('node/'.length)}`;
}

/** The upstream of the stage that names a link. */
export function upperOf(lower: string): PeerName {
  return (Object.keys(BELOW).find((stage) => BELOW[stage] === lower) ?? 'scheduler') as PeerName;
}
