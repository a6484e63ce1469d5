/** The chart and the kustomize base as files, and what their Pods may do; `test/cluster/packages.test.ts` renders and applies them. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { metrics } from '../../impl/controller/metrics.ts';
import { leaseName } from '../../impl/controller/names.ts';
import { gaugesOf } from '../../impl/controller/process/gauges.ts';
import { manifestPath } from '../../impl/deploy/apply.ts';
import { ACCOUNTS } from '../../impl/deploy/identities.ts';
import { packagedParts, packageFiles } from '../../impl/deploy/packages/index.ts';
import type { Manifest } from '../../impl/deploy/policies.ts';
import { ALERTS, PANELS } from '../../impl/deploy/workloads/monitoring.ts';
import { defaultValues } from '../../impl/deploy/workloads/values.ts';
import { LED_STAGES } from '../../spec/vocabulary.ts';

const FOLDER = path.join(import.meta.dirname, '../../deploy');
const objects = packagedParts(defaultValues()).map(({ manifest }) => manifest);

interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
}
interface Template {
  readonly metadata: { readonly labels: object };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly securityContext: object;
    readonly initContainers?: readonly Container[];
    readonly containers: readonly Container[];
    readonly volumes?: readonly { readonly name: string; readonly hostPath?: { readonly path: string } }[];
  };
}
const specOf = (manifest: Manifest) =>
  manifest.spec as { replicas?: number; selector: { matchLabels: object }; template: Template };
const workloads = objects.filter(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet');
const named = (kind: string, name: string) =>
  objects.find((one) => one.kind === kind && one.metadata.name === name) as Manifest;

describe('the packages', () => {
  it('are what `kubedirect packages` writes', () => {
    const there = fs
      .readdirSync(FOLDER, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /deploy\/(helm|kustomize)(\/|$)/.test(entry.parentPath))
      .map((entry) => path.relative(FOLDER, path.join(entry.parentPath, entry.name)));
    const files = packageFiles();
    expect(there.sort()).toEqual([...files.keys()].sort());
    for (const [name, text] of files)
      expect(
        fs.readFileSync(path.join(FOLDER, name), 'utf8') === text,
        `${name}: run kubedirect packages`,
      ).toBe(true);
  });

  it('hold each object once, and neither the Namespace nor the owner switch, which is state', () => {
    const paths = objects.map(manifestPath);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths.filter((each) => /owner-switch$/.test(each) && each.includes('/configmaps/'))).toEqual([]);
    expect(objects.map(({ kind }) => kind)).not.toContain('Namespace');
  });

  it('give accounts to the workloads that they hold, and the one that the fence is probed by', () => {
    const used = workloads.map((each) => specOf(each).template.spec.serviceAccountName);
    const made = objects.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name);
    expect(made.sort()).toEqual([...used, ACCOUNTS.publisher].sort());
  });
});

describe('a stage above the tail', () => {
  it.each(LED_STAGES)('%s: two Pods under its own account, one of which leads by name', (stage) => {
    const { replicas, selector, template } = specOf(named('Deployment', leaseName(stage)));
    expect(replicas).toBe(2);
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(template.spec.serviceAccountName).toBe(ACCOUNTS[stage]);
    const args = template.spec.containers[0]?.args?.join(' ');
    expect(args).toContain(`run --stages ${stage} --holder $(POD_NAME) --runtime publish`);
    expect(named('PodDisruptionBudget', leaseName(stage)).spec).toMatchObject({
      maxUnavailable: 1,
      selector,
    });
  });
});

describe('every container', () => {
  const all = workloads.flatMap((each) => {
    const { initContainers = [], containers } = specOf(each).template.spec;
    return [...initContainers, ...containers].map(
      (one) => [`${each.metadata.name}/${one.name}`, one] as const,
    );
  });

  it.each(all)(
    '%s: root file system read-only, no privilege to gain, no capability',
    (name, { securityContext }) => {
      if (name === 'kubedirect-cri/cri') return;
      const owns = name === 'kubedirect-agent/journals';
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: owns ? { drop: ['ALL'], add: ['CHOWN'] } : { drop: ['ALL'] },
        ...(owns && { runAsNonRoot: false, runAsUser: 0 }),
      });
    },
  );

  it('is of a Pod that is not root, with the seccomp profile of its runtime', () => {
    for (const each of workloads.filter(({ metadata }) => metadata.name !== ACCOUNTS.cri))
      expect(specOf(each).template.spec.securityContext, each.metadata.name).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 65_532,
        seccompProfile: { type: 'RuntimeDefault' },
      });
  });

  it('mounts the volumes of its Pod, and all of them', () => {
    for (const each of workloads) {
      const { initContainers = [], containers, volumes = [] } = specOf(each).template.spec;
      const mounts = [...initContainers, ...containers].flatMap(({ volumeMounts = [] }) => volumeMounts);
      const names = (some: readonly { readonly name: string }[]) => new Set(some.map(({ name }) => name));
      expect(names(mounts), each.metadata.name).toEqual(names(volumes));
    }
  });

  it('mounts nothing of its node but the journals of the agent', () => {
    const others = workloads.filter(({ metadata }) => metadata.name !== ACCOUNTS.cri);
    const hostPaths = others.flatMap((each) =>
      (specOf(each).template.spec.volumes ?? []).filter((volume) => 'hostPath' in volume),
    );
    expect(hostPaths).toEqual([
      { name: 'journals', hostPath: { path: '/var/lib/kubedirect', type: 'DirectoryOrCreate' } },
    ]);
  });
});

describe('an agent that runs containers itself', () => {
  const { spec } = specOf(named('DaemonSet', ACCOUNTS.cri)).template;
  const [main] = spec.containers;

  it('is root with two capabilities, not privileged, on the network of its machine', () => {
    expect(spec).toMatchObject({ hostNetwork: true });
    expect(spec.securityContext).toEqual({ seccompProfile: { type: 'RuntimeDefault' } });
    expect(main?.securityContext).toEqual({
      ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
      ...{
        runAsNonRoot: false,
        runAsUser: 0,
        capabilities: { drop: ['ALL'], add: ['DAC_OVERRIDE', 'FOWNER'] },
      },
    });
  });

  it('has the folders that it tells its runtime of, under the paths of the machine', () => {
    const paths = (spec.volumes ?? []).flatMap(({ hostPath }) =>
      hostPath === undefined ? [] : [hostPath.path],
    );
    const { socketFolder, folder, secrets, credentials } = defaultValues().cri;
    expect(paths).toEqual([socketFolder, folder, secrets, credentials]);
    const mounts = main?.volumeMounts ?? [];
    expect(mounts.map(({ mountPath }) => mountPath).slice(1)).toEqual(paths);
    const args = main?.args?.join(' ') ?? '';
    for (const each of paths) expect(args).toContain(each);
    expect(args).toContain('--nodes $(NODE_NAME)-cri');
  });
});

describe('the dashboard and the alerts', () => {
  it('ask only for metrics that a process of ours has', async () => {
    const known = new Set(
      metrics.getMetricsAsArray().flatMap(({ name }) => [name, `${name}_bucket`, `${name}_count`]),
    );
    for (const { name } of gaugesOf([]).getMetricsAsArray()) known.add(name);
    const unknown = [...PANELS, ...ALERTS]
      .flatMap(({ expr }) => [...expr.matchAll(/\b[a-z]+(?:_[a-z0-9]+){2,}\b/g)].map(([name]) => name))
      .filter((name) => !known.has(name) && !name.startsWith('__'));
    expect(unknown).toEqual([]);
  });
});
