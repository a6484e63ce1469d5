/** Makes a failing plan smaller while it fails in the same way: fewer faults, acts and Deployments, fewer Pods, then fewer nodes. */
import type { Plan } from './plan.ts';
import { runPlan } from './run.ts';

/** Whether the plan still shows the failure. */
type Fails = (plan: Plan) => boolean;

/** Leaves out parts of a list, large ones first, as long as it still fails. */
function without<T>(items: readonly T[], fails: (rest: readonly T[]) => boolean): readonly T[] {
  let kept = items;
  for (let size = Math.ceil(items.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let at = 0; at < kept.length; ) {
      const rest = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (fails(rest)) kept = rest;
      else at += size;
    }
  return kept;
}

/** What must fit at the end is asked for by these; without them nobody could say what must run. */
const mustStay = ({ act }: { act: string }) => act === 'insist';

function fewerActs(plan: Plan, fails: Fails): Plan {
  const stay = plan.acts.filter(mustStay);
  const go = plan.acts.filter((act) => !mustStay(act));
  const acts = without(go, (rest) => fails({ ...plan, acts: [...rest, ...stay] }));
  return { ...plan, acts: [...acts, ...stay] };
}

function fewerFaults(plan: Plan, fails: Fails): Plan {
  return { ...plan, faults: without(plan.faults, (faults) => fails({ ...plan, faults })) };
}

const names = (plan: Plan, name: string) => JSON.stringify([plan.faults, plan.acts]).includes(`"${name}"`);

/** The most that can be asked for at the end (what A was asked for may win late), of all Deployments together; room for twice as many must stay. */
function asked({ acts, finally: last, deployments }: Plan): number {
  return deployments.reduce((sum, { name }) => {
    const values = acts.flatMap((act) =>
      'replicas' in act && act.deployment === name ? [act.replicas] : [],
    );
    return sum + Math.max(last[name] ?? 0, 0, ...values);
  }, 0);
}

function fewerNodes(plan: Plan, fails: Fails): Plan {
  let kept = plan;
  for (const node of plan.nodes) {
    const isNamed = names(kept, node.name) || names(kept, `kubelet/${node.name}`);
    const nodes = kept.nodes.filter(({ name }) => name !== node.name);
    const foreign = kept.foreign.filter((pod) => pod.node !== node.name);
    const room = nodes.reduce((sum, { capacity }) => sum + capacity.pods, 0);
    if (isNamed || nodes.length === 0 || room < 2 * asked(kept)) continue;
    const rest = { ...kept, nodes, foreign };
    if (fails(rest)) kept = rest;
  }
  return kept;
}

function fewerDeployments(plan: Plan, fails: Fails): Plan {
  let kept = plan;
  for (const { name } of plan.deployments) {
    const deployments = kept.deployments.filter((one) => one.name !== name);
    if (deployments.length === 0) continue;
    const acts = kept.acts.filter((act) => !('deployment' in act) || act.deployment !== name);
    const { [name]: _, ...last } = kept.finally;
    const rest = { ...kept, deployments, acts, finally: last };
    if (fails(rest)) kept = rest;
  }
  return kept;
}

type Counted = { readonly replicas: number };

/** A list with a smaller number somewhere: none, one, or half of it. */
function fewerOf<T>(items: readonly T[], fails: (rest: readonly T[]) => boolean): readonly T[] {
  let kept = items;
  for (const at of items.keys()) {
    const { replicas } = kept[at] as Partial<Counted>;
    for (const fewer of [0, 1, Math.floor((replicas ?? 0) / 2)]) {
      if (replicas === undefined || fewer >= replicas) continue;
      const rest = kept.with(at, { ...(kept[at] as T), replicas: fewer });
      if (!fails(rest)) continue;
      kept = rest;
      break;
    }
  }
  return kept;
}

function fewerPods(plan: Plan, fails: Fails): Plan {
  const deployments = fewerOf(plan.deployments, (rest) => fails({ ...plan, deployments: rest }));
  const some = { ...plan, deployments };
  return { ...some, acts: fewerOf(some.acts, (acts) => fails({ ...some, acts })) };
}

/**
 * A smaller plan that breaks the same property.
 *
 * @param tries - runs to spend at most
 */
export function shrink(plan: Plan, property: string, tries: number): Plan {
  let left = tries;
  const fails: Fails = (smaller) => {
    if (left <= 0) return false;
    left -= 1;
    return runPlan(smaller).finding?.property === property;
  };
  let now = plan;
  for (let size = Number.POSITIVE_INFINITY; ; ) {
    for (const pass of [fewerFaults, fewerActs, fewerDeployments, fewerPods, fewerNodes])
      now = pass(now, fails);
    const next = JSON.stringify(now).length;
    if (left <= 0 || next >= size) return now;
    size = next;
  }
}
