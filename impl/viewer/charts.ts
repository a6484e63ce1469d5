/** The machines within a stage's state, each with the states that are active: what statecharts are lit by. */
import type { StageName } from '../../spec/vocabulary.ts';

/** One machine. */
export interface Chart {
  /** Of what it is, in words. */
  readonly title: string;
  /** Its name: that of its picture. */
  readonly machine: string;
  /** Paths of its active states, outer ones first. */
  readonly active: readonly string[];
  /** The same as XState has it. */
  readonly value: unknown;
}

/** A field of a view that is a machine. */
const LINKS: Readonly<Record<string, readonly [machine: string, title: string]>> = {
  up: ['downstreamSide', 'the link upstream'],
  upstream: ['downstreamSide', 'the link upstream'],
  link: ['downstreamSide', 'the link upstream'],
  down: ['upstreamSide', 'the link downstream'],
};

/** Paths of a state's value, as XState has it. */
export function activeOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    key,
    ...activeOf(inner).map((one) => `${key}.${one}`),
  ]);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function chart(title: string, machine: string, value: unknown): readonly Chart[] {
  const active = isObject(value) ? activeOf(value.state) : [];
  return active.length === 0
    ? []
    : [{ title, machine, active, value: (value as Record<string, unknown>).state }];
}

/** All that can be drawn of a view: the stage itself, its links, and what it keeps for each node or Deployment. */
export function chartsOf(stage: StageName, view: unknown): readonly Chart[] {
  if (!isObject(view)) return [];
  const links = Object.entries(LINKS).flatMap(([field, [machine, title]]) =>
    chart(title, machine, view[field]),
  );
  const nodes = (Array.isArray(view.nodes) ? (view.nodes as readonly unknown[]) : []).flatMap((one) => {
    const [name, entry] = Array.isArray(one) ? (one as [string, unknown]) : ['', null];
    if (!isObject(entry)) return [];
    return [
      ...chart(`the link to ${name}`, 'upstreamSide', entry.link),
      ...chart(`the cancellation of ${name}`, 'cancellation', entry.cancellation),
    ];
  });
  const fields = Object.entries(isObject(view.entries) ? view.entries : {}).flatMap(([name, entry]) =>
    isObject(entry) ? chart(`the replicas field of ${name}`, 'replicasField', entry.field) : [],
  );
  return [...chart('the stage', stage, view), ...links, ...nodes, ...fields];
}
