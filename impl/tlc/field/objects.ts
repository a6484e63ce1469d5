/** The Deployment, what is written to it and what is kept of it, as `ReplicasField.tla` writes them. */
import type { Base } from '../../../machines/ownership/wants/base.ts';
import type { Field, Wanted } from '../../../machines/ownership/wants/field.ts';
import type { Effect } from '../../../spec/effects.ts';
import type { DeploymentFact, Written } from '../../../spec/facts.ts';
import type { WantVersion } from '../../../spec/vocabulary.ts';
import type { Flight } from '../../explorer/world.ts';
import { option } from '../text.ts';

const OWNERS: Readonly<Record<string, string>> = {
  '': '',
  'kubectl/Update/scale': 'kubectl',
  'kubedirect-d/Update/': 'd',
};
function ownerOf(owner: string): string {
  const name = OWNERS[owner];
  if (name === undefined) throw new Error(`"${owner}" owns nothing in a world of the replicas field`);
  return name;
}

export const versionOf = ({ generation, incarnation, counter }: WantVersion) => [
  generation,
  incarnation,
  counter,
];
export const wantOf = ({ version, value }: Wanted) => ({ version: versionOf(version), value });

export const writtenOf = ({ deployment, value, version, generation, owner, rest }: Written) => ({
  of: deployment,
  value,
  version: versionOf(version),
  generation,
  owner: option(owner, ownerOf),
  rest,
});

export const objectOf = ({ uid, resourceVersion, generation, replicas, ...fact }: DeploymentFact) => ({
  uid,
  rv: Number(resourceVersion),
  generation,
  replicas,
  owner: ownerOf(fact.replicasOwner),
  rest: fact.rest,
  written: option(fact.written, writtenOf),
});

export const baseOf = ({ generation, value, owner, rest, written }: Base) => ({
  generation,
  value,
  owner: option(owner, ownerOf),
  rest,
  written: written ?? 0,
});

export const fieldOf = ({ value, context }: Field) => ({
  state: value as string,
  used: Number(context.used),
  failures: context.failures,
});

export const writeOf = ({
  value,
  written,
  last,
  resourceVersion,
}: Extract<Effect, { type: 'writeReplicas' }>) => ({
  value: option(value, (one) => one),
  written: writtenOf(written),
  last: last === true,
  rv: Number(resourceVersion),
});

/** A write under way. Lives are numbered as incarnations are: no Lease is ever lost here. */
export const flightOf = ({ by, incarnation, effect }: Flight) => ({
  by: by === '' ? 0 : incarnation,
  of: incarnation,
  write: writeOf(effect as Extract<Effect, { type: 'writeReplicas' }>),
});
