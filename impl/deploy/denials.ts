/**
 * How many requests the policies have denied, from the API server's own metric
 * `apiserver_validating_admission_policy_check_total{enforcement_action="deny", policy, policy_binding, error_type}`.
 */

const METRIC = 'apiserver_validating_admission_policy_check_total';
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** Denied requests by policy name, out of the text of `/metrics`; a policy that denied none is absent. @public */
export function denials(metricsText: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of metricsText.split('\n')) {
    if (!line.startsWith(`${METRIC}{`)) continue;
    const end = line.lastIndexOf('}');
    const labels = new Map<string, string>();
    for (const [, name, value] of line.slice(METRIC.length + 1, end).matchAll(LABEL))
      labels.set(name!, value!);
    if (labels.get('enforcement_action') !== 'deny') continue;
    const policy = labels.get('policy') ?? '';
    const value = Number(
      line
        .slice(end + 1)
        .trim()
        .split(/\s+/)[0],
    );
    if (Number.isFinite(value)) counts.set(policy, (counts.get(policy) ?? 0) + value);
  }
  return counts;
}

/** Denied requests of one policy between two readings of `/metrics`. @public */
export function denialsBetween(before: string, after: string, policy: string): number {
  return (denials(after).get(policy) ?? 0) - (denials(before).get(policy) ?? 0);
}
