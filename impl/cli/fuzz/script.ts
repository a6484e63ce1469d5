/** A plan as a reader sees it. */
import type { Plan } from '../../simulator/plan.ts';

/** What people and faults do in a plan, in order. */
export function scriptOf(plan: Plan): readonly string[] {
  const { nodes, deployments, acts, faults, healAt, runtime } = plan;
  const rest = (item: object) =>
    Object.entries(item)
      .filter(([key]) => !['at', 'act', 'fault'].includes(key))
      .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
      .join(' ');
  const items = [
    ...acts.map((act) => ({ at: act.at, text: `${act.act} ${rest(act)}` })),
    ...faults.map((fault) => ({ at: fault.at, text: `fault: ${fault.fault} ${rest(fault)}` })),
    { at: healAt, text: 'no more faults' },
  ].sort((a, b) => a.at - b.at);
  const world = deployments.map(({ name, replicas }) => `${name}=${replicas}`).join(' ');
  return [
    `  ${nodes.length} nodes (${runtime}), Deployments ${world}`,
    ...items.map(({ at, text }) => `  ${(at / 1000).toFixed(3).padStart(9)} s  ${text}`),
  ];
}
