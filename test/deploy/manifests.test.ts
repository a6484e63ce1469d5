/** impl/deploy: what is installed, without a cluster. */

import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { LINKS_CA } from '../../impl/controller/names.ts';
import { manifestPath } from '../../impl/deploy/apply.ts';
import { denials, denialsBetween } from '../../impl/deploy/denials.ts';
import { ACCOUNTS } from '../../impl/deploy/identities.ts';
import { allManifests, toYaml } from '../../impl/deploy/manifests.ts';
import { POLICIES } from '../../impl/deploy/policies.ts';
import { CLUSTER_RULES } from '../../impl/deploy/rbac.ts';

describe('the manifests', () => {
  const all = allManifests({ namespace: 'elsewhere', simulator: true });

  it('are the same as YAML', () => {
    expect(parseAllDocuments(toYaml(all)).map((document) => document.toJS())).toEqual(
      JSON.parse(JSON.stringify(all)),
    );
  });

  it('name each object once', () => {
    const paths = all.map(manifestPath);
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('speak of the given namespace only', () => {
    expect(JSON.stringify(all)).not.toContain('kubedirect-system');
  });

  it('begin with the switch at stock, and fence before they grant', () => {
    expect(all.find((one) => one.kind === 'ConfigMap')?.data).toEqual({ owner: 'stock', scope: '*' });
    const last = all.findLastIndex((one) => one.kind === 'ValidatingAdmissionPolicyBinding');
    expect(all.findIndex((one) => one.kind.endsWith('RoleBinding'))).toBeGreaterThan(last);
  });

  it('bind every policy, to deny', () => {
    const policies = all
      .filter((one) => one.kind === 'ValidatingAdmissionPolicy')
      .map((one) => one.metadata.name);
    const bindings = all.filter((one) => one.kind === 'ValidatingAdmissionPolicyBinding');
    expect(policies.sort()).toEqual(Object.values(POLICIES).sort());
    expect(bindings.map((one) => one.metadata.name).sort()).toEqual(policies);
    for (const { spec } of bindings) expect(spec).toMatchObject({ validationActions: ['Deny'] });
  });

  it('leave the account for simulation out unless it is asked for', () => {
    expect(
      JSON.stringify(allManifests().filter((one) => one.kind !== 'ValidatingAdmissionPolicy')),
    ).not.toContain(ACCOUNTS.simulator);
  });

  it('grant no wildcard, no secret but the signer its own, no exec, no escalation, and no delete of anything but Pods', () => {
    const rules = all.flatMap((one) => (one.rules as (typeof CLUSTER_RULES)['agent'] | undefined) ?? []);
    expect(rules.length).toBeGreaterThan(20);
    // RBAC knows no name on create.
    const own = rules.filter(({ resources }) => resources.includes('secrets'));
    expect(own).toEqual([
      {
        ...{ apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['get', 'patch'] },
        resourceNames: [LINKS_CA],
      },
      { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['create'] },
    ]);
    for (const rule of rules.filter((each) => !own.includes(each))) {
      expect([...rule.apiGroups, ...rule.resources, ...rule.verbs]).not.toContain('*');
      expect(
        rule.resources.filter((name) => /secrets|exec|roles|serviceaccounts|admission/.test(name)),
      ).toEqual([]);
      expect(rule.verbs.filter((verb) => /impersonate|escalate|bind|deletecollection/.test(verb))).toEqual(
        [],
      );
      if (rule.verbs.includes('delete')) expect(rule.resources).toEqual(['pods']);
    }
  });

  it('let only the kubelet stages and S create Pods, and only they and R delete them', () => {
    const who = (verb: string) =>
      Object.entries(CLUSTER_RULES)
        .filter(([, rules]) =>
          rules.some((rule) => rule.resources.includes('pods') && rule.verbs.includes(verb)),
        )
        .map(([account]) => account)
        .sort();
    expect(who('create')).toEqual(['agent', 'control', 'cri', 'publisher', 'scheduler', 'simulator']);
    expect(who('delete')).toEqual([
      ...['agent', 'control', 'cri', 'publisher', 'replicaset', 'scheduler', 'simulator'],
    ]);
  });
});

describe('denials', () => {
  const text = (count: number) => `# HELP apiserver_validating_admission_policy_check_total x
apiserver_validating_admission_policy_check_total{enforcement_action="allow",error_type="no_error",policy="a",policy_binding="a"} 100
apiserver_validating_admission_policy_check_total{enforcement_action="deny",error_type="no_error",policy="a",policy_binding="a"} ${count}
apiserver_validating_admission_policy_check_total{enforcement_action="deny",error_type="invalid_error",policy="a",policy_binding="b"} 2e+00
apiserver_validating_admission_policy_check_total{enforcement_action="deny",policy="q\\"}",policy_binding="b"} 7
apiserver_validating_admission_policy_check_duration_seconds_count{enforcement_action="deny",policy="a"} 55
`;
  it('are summed by policy, over bindings and error types', () => {
    expect(Object.fromEntries(denials(text(14)))).toEqual({ a: 16, 'q\\"}': 7 });
  });
  it('between two readings are the difference, from nothing too', () => {
    expect(denialsBetween('', text(3), 'a')).toBe(5);
    expect(denialsBetween(text(3), text(28), 'a')).toBe(25);
    expect(denialsBetween(text(3), text(28), 'none')).toBe(0);
  });
});
