/** Admission policies: the expression language, and the policies that `kubedirect install` applies, on the model. */
import { describe, expect, it } from 'vitest';
import { OWNER_SWITCH, SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import { ACCOUNTS, STOCK_REPLICASET_CONTROLLER, serviceAccountUser } from '../../impl/deploy/identities.ts';
import {
  eligibilityPolicy,
  type Manifest,
  ownerPolicy,
  protectPolicies,
} from '../../impl/deploy/policies.ts';
import { conditionOf } from '../../machines/environment/apiserver/kube.ts';
import type { ApiRequest } from '../../machines/environment/apiserver/types.ts';
import { evaluate } from '../../machines/environment/cel/compile.ts';
import { CelError } from '../../machines/environment/cel/values.ts';
import { Bench, template } from './support/world.ts';

describe('the expression language of policies', () => {
  const scope = {
    object: { spec: { replicas: 3, list: [1, 2, 3], name: 'web' }, metadata: { labels: { 'a.b/c': 'x' } } },
    none: null,
  };
  it.each([
    ['1 + 2 * 3 == 7', true],
    ['(1 + 2) * 3', 9],
    ['7 / 2', 3],
    ['\'a\' + "b"', 'ab'],
    ["r'\\d' == '\\\\d'", true],
    ['object.spec.replicas > 2 ? "many" : "few"', 'many'],
    ["object.metadata.labels['a.b/c']", 'x'],
    ["'a.b/c' in object.metadata.labels", true],
    ['2 in object.spec.list && !(5 in object.spec.list)', true],
    ['has(object.spec.name) && !has(object.spec.other)', true],
    ["object.?status.phase.orValue('gone')", 'gone'],
    ["object.metadata.?labels['nope'].orValue('')", ''],
    ['object.spec.?list[?1].orValue(0) + object.spec.?list[?9].orValue(10)', 12],
    ['object.spec.list.all(i, i > 0) && object.spec.list.exists(i, i == 2)', true],
    ['object.spec.list.filter(i, i > 1).map(i, i * 2)', [4, 6]],
    ['object.spec.list.exists_one(i, i > 2)', true],
    ["object.spec.name.startsWith('we') && object.spec.name.matches('^w.b$')", true],
    ["size(object.spec.list) + size('äö')", 5],
    ["int('42') + 1", 43],
    ["quantity('1500m').isGreaterThan(quantity('1'))", true],
    ['none == null && object != null', true],
    ["{'a': 1}.a", 1],
    ['[1, 2] + [3] == [1, 2, 3]', true],
    ['true || object.nope.nope', true],
    ['object.nope.nope || true', true],
    ['false && object.nope', false],
    ['optional.of(1).hasValue() && !optional.none().hasValue()', true],
    ['-3 + 1', -2],
  ])('evaluates %s', (expression, want) => {
    expect(evaluate(expression, scope)).toEqual(want);
  });

  it.each([
    ['object.nope', 'no such key: nope', 'invalid_error'],
    ['object.spec.list[9]', 'index out of bounds', 'invalid_error'],
    ["1 + 'a'", 'no such overload', 'invalid_error'],
    ["int('x')", 'type conversion', 'invalid_error'],
    ['1 / 0', 'division by zero', 'invalid_error'],
    ['object.spec.replicas && true', 'a bool is expected', 'invalid_error'],
    ['1 +', 'syntax error', 'compile_error'],
    ['a b', 'syntax error', 'compile_error'],
    ['nope', 'undeclared reference', 'compile_error'],
    ["authorizer.path('/x')", 'undeclared reference', 'compile_error'],
    ["'open", 'syntax error', 'compile_error'],
  ])('refuses %s, and says why', (expression, message, errorType) => {
    let caught: unknown;
    try {
      evaluate(expression, scope);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(CelError);
    expect(caught).toMatchObject({ message: expect.stringContaining(message), errorType });
  });
});

const PLURALS: Record<string, string> = {
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding: 'validatingadmissionpolicybindings',
};
const agent = { username: serviceAccountUser(SYSTEM_NAMESPACE, ACCOUNTS.agent), groups: [] };
const stock = { username: STOCK_REPLICASET_CONTROLLER, groups: [] };
const managed = { 'kubedirect.dev/managed': 'true' };

function fenced(
  owner: string | undefined,
  manifests: readonly Manifest[] = ownerPolicy(SYSTEM_NAMESPACE),
): Bench {
  const bench = new Bench();
  bench.node('node-0');
  bench.must({ verb: 'create', resource: 'namespaces', body: { metadata: { name: SYSTEM_NAMESPACE } } });
  if (owner !== undefined) setOwner(bench, owner);
  for (const manifest of manifests) {
    bench.must({
      verb: 'create',
      group: 'admissionregistration.k8s.io',
      resource: PLURALS[manifest.kind] ?? '',
      body: manifest,
    });
  }
  bench.settle();
  return bench;
}

function setOwner(bench: Bench, owner: string): void {
  const at = { resource: 'configmaps', namespace: SYSTEM_NAMESPACE } as const;
  const known = bench.ask({ verb: 'get', ...at, name: OWNER_SWITCH }).code === 200;
  const body = { metadata: { name: OWNER_SWITCH }, data: { owner } };
  bench.must(known ? { verb: 'update', ...at, name: OWNER_SWITCH, body } : { verb: 'create', ...at, body });
}

let counter = 0;
const createAs = (bench: Bench, user: ApiRequest['user'], labels: object = managed) => {
  counter += 1;
  const body = {
    metadata: { name: `p${counter}`, labels },
    spec: { nodeName: 'node-0', containers: [{ name: 'c', image: 'i' }] },
  };
  return bench.ask({ verb: 'create', resource: 'pods', body, user });
};

describe('the owner switch (protocol 9: FenceHolds)', () => {
  it.each([
    ['direct', 201, 403],
    ['stock', 403, 201],
    ['nonsense', 403, 403],
  ])("at %s, our create is answered %i and the stock controller's %i", (owner, ours, theirs) => {
    const bench = fenced(owner);
    expect([createAs(bench, agent).code, createAs(bench, stock).code]).toEqual([ours, theirs]);
    expect([createAs(bench, agent, {}).code, createAs(bench, stock, {}).code]).toEqual([201, 201]);
  });

  it('denies managed Pods to both sides when its ConfigMap is lost', () => {
    const bench = fenced(undefined);
    const denied = createAs(bench, agent);
    expect(denied.code).toBe(422);
    expect(denied.body?.message).toContain(
      'no params found for policy binding with `Deny` parameterNotFoundAction',
    );
    expect(createAs(bench, agent, {}).code).toBe(201);
  });

  it('names policy and binding in the denial, and counts it', () => {
    const bench = fenced('direct');
    const denied = createAs(bench, stock);
    expect(denied.body).toMatchObject({ reason: 'Forbidden', details: { kind: 'pods' } });
    expect(denied.body?.message).toMatch(
      /^pods "p\d+" is forbidden: ValidatingAdmissionPolicy 'kubedirect-owner-switch' with binding 'kubedirect-owner-switch' denied request: /,
    );
    expect(denied.checks).toEqual([
      {
        policy: 'kubedirect-owner-switch',
        binding: 'kubedirect-owner-switch',
        action: 'deny',
        errorType: 'no_error',
      },
    ]);
  });

  it('under stock, lets an agent finish a deletion that others began, and no other', () => {
    const bench = fenced('direct');
    const name = createAs(bench, agent).object?.metadata.name ?? '';
    setOwner(bench, 'stock');
    const remove = (user: ApiRequest['user'], grace: number) =>
      bench.ask({ verb: 'delete', resource: 'pods', name, user, options: { gracePeriodSeconds: grace } })
        .code;
    expect(remove(agent, 30)).toBe(403);
    expect(remove(stock, 30)).toBe(200);
    expect(remove(agent, 0)).toBe(200);
  });

  it('leaves users and garbage collection unfenced', () => {
    const bench = fenced('direct');
    const name = createAs(bench, agent).object?.metadata.name ?? '';
    expect(bench.ask({ verb: 'delete', resource: 'pods', name }).code).toBe(200);
  });

  it('at direct, keeps the stock ReplicaSet controller out, which says so and tries again at each change', () => {
    const bench = fenced('direct');
    bench.deploy('web', 2, {}, managed);
    bench.settle(60_000);
    expect(bench.pods()).toEqual([]);
    expect(conditionOf(bench.sets()[0]?.status, 'ReplicaFailure')?.reason).toBe('FailedCreate');
    setOwner(bench, 'stock');
    const [set] = bench.sets();
    const touch = { metadata: { annotations: { touched: '1' } } };
    bench.must({
      verb: 'patch',
      resource: 'replicasets',
      name: set?.metadata.name ?? '',
      patchType: 'merge',
      body: touch,
    });
    bench.settle();
    expect(bench.pods()).toHaveLength(2);
    expect(conditionOf(bench.sets()[0]?.status, 'ReplicaFailure')).toBeUndefined();
  });

  it('at direct, has the stock controller count the Pods that an agent made, and end none of them', () => {
    const bench = fenced('direct');
    bench.deploy('web', 3, {}, managed);
    bench.settle();
    const [set] = bench.sets();
    const { name = '', uid = '' } = set?.metadata ?? {};
    const ownerReferences = [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid, controller: true, blockOwnerDeletion: true },
    ];
    for (let i = 0; i < 3; i++) {
      const metadata = { name: `${name}-${i}`, labels: set?.metadata.labels, ownerReferences };
      bench.must({
        verb: 'create',
        resource: 'pods',
        user: agent,
        body: { metadata, spec: { nodeName: 'node-0', containers: [{ name: 'c', image: 'i' }] } },
      });
    }
    bench.settle();
    expect(bench.deployment('web').status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    });
    bench.scale('web', 1);
    bench.settle(10_000);
    expect(bench.pods().filter((pod) => pod.metadata.deletionTimestamp === undefined)).toHaveLength(3);
  });
});

describe('the other policies of an installation', () => {
  it("refuse a managed template that is not eligible, with the rule's reason", () => {
    const bench = fenced(undefined, eligibilityPolicy());
    const create = (name: string, pod: object, labels: object) => {
      const made = template(name, labels) as { spec: object };
      const spec = {
        replicas: 1,
        selector: { matchLabels: { app: name } },
        template: { ...made, spec: { ...made.spec, ...pod } },
      };
      return bench.ask({ verb: 'create', resource: 'deployments', body: { metadata: { name }, spec } });
    };
    const affinity = {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'x', labelSelector: {} }],
      },
    };
    const refused = create('a', { affinity }, managed);
    expect(refused.code).toBe(422);
    expect(refused.body?.message).toContain('not eligible for kubedirect.dev/managed: template.');
    expect(create('b', { affinity }, {}).code).toBe(201);
    expect(create('c', {}, managed).code).toBe(201);
  });

  it('keep the switch from being deleted, whoever asks, and from saying neither word', () => {
    const bench = fenced('direct', protectPolicies(SYSTEM_NAMESPACE));
    const at = { resource: 'configmaps', namespace: SYSTEM_NAMESPACE, name: OWNER_SWITCH } as const;
    expect(bench.ask({ verb: 'delete', ...at }).code).toBe(403);
    expect(
      bench.ask({ verb: 'patch', ...at, patchType: 'merge', body: { data: { owner: 'me' } } }).code,
    ).toBe(422);
  });

  it('never judge policies themselves, so that there is always a way out', () => {
    const spec = {
      matchConstraints: {
        resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }],
      },
      validations: [{ expression: 'false' }],
    };
    const binding = { policyName: 'all', validationActions: ['Deny'] };
    const meta = { apiVersion: 'admissionregistration.k8s.io/v1', metadata: { name: 'all' } };
    const bench = fenced(undefined, [
      { ...meta, kind: 'ValidatingAdmissionPolicy', spec },
      { ...meta, kind: 'ValidatingAdmissionPolicyBinding', spec: binding },
    ] as Manifest[]);
    expect(
      bench.ask({ verb: 'create', resource: 'configmaps', body: { metadata: { name: 'c' } } }).code,
    ).toBe(422);
    const group = 'admissionregistration.k8s.io';
    expect(
      bench.ask({ verb: 'delete', group, resource: 'validatingadmissionpolicybindings', name: 'all' }).code,
    ).toBe(200);
    expect(
      bench.ask({ verb: 'create', resource: 'configmaps', body: { metadata: { name: 'c' } } }).code,
    ).toBe(201);
  });
});
