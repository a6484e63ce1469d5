/** Whether a plan can be: what it names is there, and what it asks for at the end fits. Else nobody could say what must run. */
import { KubedirectError } from '../../spec/errors.ts';
import { LED_STAGES } from '../../spec/vocabulary.ts';
import type { Plan } from './plan.ts';

const STAGES: ReadonlySet<string> = new Set(LED_STAGES);

const fail = (why: string) => new KubedirectError('TOPOLOGY_IMPOSSIBLE', why);

function checkNames(names: readonly string[], what: string): ReadonlySet<string> {
  const known = new Set(names);
  if (known.size < names.length) throw fail(`two ${what} have one name`);
  return known;
}

/** All that faults and acts name. */
function* named({
  acts,
  faults,
  foreign,
  finally: last,
}: Plan): Generator<readonly ['node' | 'deployment' | 'stage', string]> {
  for (const pod of foreign) yield ['node', pod.node];
  for (const name of Object.keys(last)) yield ['deployment', name];
  for (const one of [...acts, ...faults]) {
    if ('deployment' in one) yield ['deployment', one.deployment];
    if ('node' in one) yield ['node', one.node];
    if ('peer' in one) yield ['stage', one.peer];
    if ('link' in one) for (const peer of [one.link.up, one.link.down]) yield ['stage', peer];
  }
}

/**
 * Checks a plan.
 * @throws KubedirectError `TOPOLOGY_IMPOSSIBLE`
 */
export function checkTopology(plan: Plan): void {
  const nodes = checkNames(
    plan.nodes.map(({ name }) => name),
    'Nodes',
  );
  const deployments = checkNames(
    plan.deployments.map(({ name }) => name),
    'Deployments',
  );
  const isKnown = {
    node: (name: string) => nodes.has(name),
    deployment: (name: string) => deployments.has(name),
    stage: (name: string) =>
      STAGES.has(name) || (name.startsWith('kubelet/') && nodes.has(name.slice('kubelet/'.length))),
  };
  for (const [what, name] of named(plan)) if (!isKnown[what](name)) throw fail(`there is no ${what} ${name}`);
  const room = plan.nodes.reduce((sum, { capacity }) => sum + capacity.pods, 0) - plan.foreign.length;
  const asked = Object.values(plan.finally).reduce((sum, replicas) => sum + replicas, 0);
  if (asked > room) throw fail(`${asked} Pods are asked for at the end, and there is room for ${room}`);
}
