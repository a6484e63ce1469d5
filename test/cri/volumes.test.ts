/** Volumes and variables that are filled from ConfigMaps, Secrets, fields of the Pod and tokens. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { safePath } from '../../impl/cri/atomicFiles.ts';
import { volumeFolder } from '../../impl/cri/config.ts';
import { environmentOf, readObjects } from '../../impl/cri/environment.ts';
import { secretFolderAt } from '../../impl/cri/inMemory.ts';
import type { Objects } from '../../impl/cri/objects.ts';
import type { ContainerSpec, KeptPod, PodSpec } from '../../impl/cri/podSpec.ts';
import { sweepVolumes } from '../../impl/cri/sweep.ts';
import { isInMemory, Volumes } from '../../impl/cri/volumes.ts';
import { needsObject } from '../../spec/containers/needsObject.ts';
import { imageAct } from '../../spec/containers/pullPolicy.ts';
import { codeOf } from '../support/codeOf.ts';

const PLACE = { node: 'n', hostAddress: '10.0.0.1', podAddress: '10.1.0.7' };
let root: string;
let stored: Record<string, Record<string, string>>;
let tokens: number;
let life: number;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-volumes-'));
  stored = {
    'configmaps/default/c': { a: 'one', b: 'two', 'not a name': 'x' },
    'secrets/default/s': { key: 'hidden' },
  };
  tokens = 0;
  life = 3_600_000;
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const objects: Objects = {
  data: async (kind, namespace, name) => {
    const found = stored[`${kind}/${namespace}/${name}`];
    return found === undefined
      ? null
      : new Map(Object.entries(found).map(([key, text]) => [key, Buffer.from(text)]));
  },
  token: async ({ objectUid }, audience, seconds) => {
    tokens++;
    return { text: `${objectUid} ${audience} ${seconds} ${tokens}`, expires: Date.now() + life };
  },
  pod: () => Promise.reject(new Error('not asked')),
  made: () => Promise.reject(new Error('not asked')),
};
const podWith = (volumes: PodSpec['volumes'] & {}): KeptPod => ({
  ...{ uid: 'r1-1', objectUid: 'o-1', namespace: 'default', name: 'web-r1-1', annotations: {} },
  labels: { b: 'say "x"', a: '1' },
  spec: { containers: [], volumes },
});
const volumesOf = (pod: KeptPod) => {
  const folders = {
    logs: '',
    cgroupParent: '',
    volumes: path.join(root, 'v'),
    secrets: path.join(root, 's'),
  };
  const notRemoved: string[] = [];
  const left = (folder: string) => void notRemoved.push(folder);
  const volumes = new Volumes(pod, { folders, objects, place: () => PLACE, failed: () => {}, left });
  const read = (volume: string, file: string) =>
    fs.readFileSync(path.join(volumeFolder(pod, volume, folders), file), 'utf8');
  const list = (volume: string) =>
    fs.readdirSync(volumeFolder(pod, volume, folders)).filter((name) => !name.startsWith('..'));
  return { volumes, read, list, folders, notRemoved };
};

describe('a volume', () => {
  it('of a ConfigMap has its keys, and those of a later state all at once', async () => {
    const { volumes, read, list } = volumesOf(podWith([{ name: 'v', configMap: { name: 'c' } }]));
    await volumes.make();
    expect([list('v').sort(), read('v', 'a')]).toEqual([['a', 'b', 'not a name'], 'one']);
    stored['configmaps/default/c'] = { a: 'three', z: 'new' };
    await volumes.make();
    expect([list('v').sort(), read('v', 'a'), read('v', 'z')]).toEqual([['a', 'z'], 'three', 'new']);
    volumes.close();
  });

  it('of a Secret has the keys that are asked for, where and how, and lies in memory', async () => {
    const items = [{ key: 'key', path: 'deep/er', mode: 0o400 }];
    const pod = podWith([{ name: 'v', secret: { secretName: 's', items } }]);
    const { volumes, read, folders } = volumesOf(pod);
    await volumes.make();
    expect(read('v', 'deep/er')).toBe('hidden');
    expect(fs.statSync(path.join(folders.secrets, 'r1-1/v/deep/er')).mode & 0o777).toBe(0o400);
    await volumes.remove();
    expect(fs.existsSync(path.join(folders.secrets, 'r1-1'))).toBe(false);
  });

  it('that is projected has all its sources; a token is asked for anew when most of its life is over', async () => {
    const sources = [
      { serviceAccountToken: { path: 'token', audience: 'me', expirationSeconds: 600 } },
      { configMap: { name: 'c', items: [{ key: 'a', path: 'a' }] } },
      {
        downwardAPI: {
          items: [
            { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
            { path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } },
          ],
        },
      },
    ];
    const { volumes, read } = volumesOf(podWith([{ name: 'v', projected: { sources } }]));
    await volumes.make();
    expect(['token', 'a', 'labels', 'namespace'].map((file) => read('v', file))).toEqual([
      ...['o-1 me 600 1', 'one', 'a="1"\nb="say \\"x\\""\n', 'default'],
    ]);
    await volumes.make();
    expect(read('v', 'token')).toBe('o-1 me 600 1');
    life = 0;
    const again = volumesOf(podWith([{ name: 'v', projected: { sources } }]));
    await again.volumes.make();
    await again.volumes.make();
    expect(tokens).toBe(3);
    volumes.close();
    again.volumes.close();
  });

  it('of what is not there: refused, unless it is optional', async () => {
    const make = async (volume: object) => {
      const { volumes, list } = volumesOf(podWith([{ name: 'v', ...volume }]));
      await volumes.make();
      volumes.close();
      return list('v');
    };
    await expect(make({ configMap: { name: 'none' } })).rejects.toMatchObject({ code: 'RUNTIME_FAILED' });
    const items = [{ key: 'none', path: 'p' }];
    await expect(make({ secret: { secretName: 's', items } })).rejects.toMatchObject({
      code: 'RUNTIME_FAILED',
    });
    expect(await make({ configMap: { name: 'none', optional: true } })).toEqual([]);
    expect(await make({ secret: { secretName: 's', items, optional: true } })).toEqual([]);
  });

  it("is not believed: links that a container leaves in it lead nowhere, and what a crash has left is in nobody's way", async () => {
    const precious = path.join(root, 'precious');
    fs.mkdirSync(precious);
    const { volumes, read, folders } = volumesOf(podWith([{ name: 'v', configMap: { name: 'c' } }]));
    await volumes.make();
    const folder = path.join(folders.volumes, 'r1-1/v');
    fs.rmSync(path.join(folder, '..data'));
    fs.symlinkSync(path.relative(folder, precious), path.join(folder, '..data'));
    fs.symlinkSync('nowhere', path.join(folder, '..data_tmp'));
    fs.symlinkSync(precious, path.join(folder, '..1_00000000'));
    stored['configmaps/default/c'] = { a: 'three' };
    await volumes.make();
    expect(read('v', 'a')).toBe('three');
    expect(fs.readdirSync(root)).toContain('precious');
    expect(fs.readdirSync(folder).filter((name) => name.startsWith('..'))).toHaveLength(2);
    volumes.close();
  });

  it("is nobody else's on the machine, and is not made again while it is taken away", async () => {
    const { volumes, folders } = volumesOf(podWith([{ name: 'v', secret: { secretName: 's' } }]));
    const making = volumes.make();
    await making;
    for (const root of [folders.volumes, folders.secrets]) expect(fs.statSync(root).mode & 0o777).toBe(0o700);
    stored['secrets/default/s'] = { key: 'another' };
    const again = volumes.make();
    await new Promise((resolve) => setImmediate(resolve));
    await volumes.remove();
    await again.catch(() => {});
    await volumes.remove();
    expect(fs.existsSync(path.join(folders.secrets, 'r1-1'))).toBe(false);
  });

  it.each(['../a', 'a/../../b', '/a', '', '..data', 'a//b'])('has no file at %j', (text) =>
    expect(codeOf(() => safePath(text))).toBe('RUNTIME_FAILED'),
  );
});

describe('variables', () => {
  const pod = podWith([]);
  const of = async (container: Partial<ContainerSpec>) => {
    const whole = { name: 'main', image: 'i', ...container };
    return Object.fromEntries(environmentOf(pod, whole, PLACE, await readObjects(pod, whole, objects)));
  };

  it('are whole objects with a prefix, keys, and values that name them', async () => {
    const env = [
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'key' } } },
      { name: 'A', valueFrom: { configMapKeyRef: { name: 'c', key: 'a' } } },
      { name: 'NONE', valueFrom: { configMapKeyRef: { name: 'c', key: 'none', optional: true } } },
      { name: 'LOST', valueFrom: { secretKeyRef: { name: 'lost', key: 'k', optional: true } } },
      { name: 'SAID', value: '$(P_b) and $(KEY)' },
      { name: 'UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
    ];
    expect(await of({ env, envFrom: [{ prefix: 'P_', configMapRef: { name: 'c' } }] })).toEqual({
      ...{ P_a: 'one', P_b: 'two', KEY: 'hidden', A: 'one', SAID: 'two and hidden', UID: 'o-1' },
    });
  });

  it.each<[string, Partial<ContainerSpec>]>([
    ['a key', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'none' } } }] }],
    ['an object', { envFrom: [{ secretRef: { name: 'none' } }] }],
  ])('of %s that is not there: refused', async (_what, container) => {
    await expect(of(container)).rejects.toMatchObject({ code: 'RUNTIME_FAILED' });
  });
});

describe('a Pod is published first', () => {
  const plain = { automountServiceAccountToken: false, containers: [{ name: 'a' }] };
  it.each<[string, object, boolean]>([
    ['that needs nothing of others', {}, false],
    [
      'with fields of itself',
      { volumes: [{ name: 'v', downwardAPI: { items: [] } }, { emptyDir: {} }] },
      false,
    ],
    ['whose token is not turned off', { automountServiceAccountToken: undefined }, true],
    ['with a ConfigMap', { volumes: [{ name: 'v', configMap: { name: 'c' } }] }, true],
    ['with a Secret within', { volumes: [{ projected: { sources: [{ secret: { name: 's' } }] } }] }, true],
    ['with a token', { volumes: [{ projected: { sources: [{ serviceAccountToken: {} }] } }] }, true],
    ['with variables of an object', { initContainers: [{ envFrom: [{ configMapRef: {} }] }] }, true],
    ['with a variable of a Secret', { containers: [{ env: [{ valueFrom: { secretKeyRef: {} } }] }] }, true],
    [
      'that asks for what baseline does not allow',
      { containers: [{ securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }] },
      true,
    ],
    ['that asks for no seccomp', { securityContext: { seccompProfile: { type: 'Unconfined' } } }, true],
    [
      'that asks for no more than baseline',
      { containers: [{ securityContext: { capabilities: { add: ['CHOWN'], drop: ['ALL'] } } }] },
      false,
    ],
    [
      'with its own uid',
      { containers: [{ env: [{ valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } }] }] },
      true,
    ],
  ])('%s: %s, %s', (_what, more, first) => expect(needsObject({ ...plain, ...more })).toBe(first));
});

describe('an image', () => {
  it.each([
    ['a:1', undefined, true, 'use'],
    ['a:1', undefined, false, 'pull'],
    ['a', undefined, true, 'pull'],
    ['host:5000/a', undefined, true, 'pull'],
    ['a:latest', 'IfNotPresent', true, 'use'],
    ['a@sha256:0', undefined, true, 'use'],
    ['a:1', 'Always', true, 'pull'],
    ['a:1', 'Never', true, 'use'],
    ['a:1', 'Never', false, 'refuse'],
  ] as const)('%s, %s, there: %s: %s', (image, policy, isThere, act) =>
    expect(imageAct(image, policy, isThere)).toBe(act),
  );
});

/** Whether files can be made such that nobody removes them: as root, on a file system that knows it. */
function immutable(file: string, is: boolean): boolean {
  return spawnSync('chattr', [is ? '+i' : '-i', file]).status === 0;
}

describe('what can not be taken away', () => {
  const orphan = 'r1-1';

  it('does not hold up the end of its Pod; it is told, and swept later', async (context) => {
    const { volumes, folders, notRemoved } = volumesOf(podWith([{ name: 'v', secret: { secretName: 's' } }]));
    await volumes.make();
    const folder = path.join(folders.secrets, orphan);
    const file = path.join(folder, 'v', 'stuck');
    fs.writeFileSync(file, '');
    if (!immutable(file, true)) return context.skip('no immutable files here');
    try {
      await volumes.remove();
      expect(notRemoved).toEqual([folder]);
      const failed: string[] = [];
      const sweep = () =>
        sweepVolumes(
          folders,
          () => false,
          (one) => void failed.push(one),
        );
      expect([await sweep(), failed, fs.existsSync(file)]).toEqual([0, [folder], true]);
      immutable(file, false);
      expect([await sweep(), fs.existsSync(folder)]).toEqual([1, false]);
    } finally {
      immutable(file, false);
    }
  });

  it('nor what a crash has left: what bears a uid of ours and no Pod has goes, and nothing else', async () => {
    const { folders } = volumesOf(podWith([]));
    const uid = 'a-0f0e0d0c-0b0a-0908-0706-050403020100';
    for (const root of [folders.volumes, folders.secrets])
      for (const name of [orphan, 'r1-2', uid, `${uid}.1`, 'lost+found', 'other'])
        fs.mkdirSync(path.join(root, name, 'v'), { recursive: true });
    const failed = (_: string, error: Error) => expect.fail(error.message);
    expect(await sweepVolumes(folders, (one) => one === 'r1-2', failed)).toBe(6);
    for (const root of [folders.volumes, folders.secrets])
      expect(fs.readdirSync(root).sort()).toEqual(['lost+found', 'other', 'r1-2']);
    fs.rmSync(folders.volumes, { recursive: true });
    expect(await sweepVolumes(folders, () => true, failed)).toBe(0);
  });
});

describe('the folder of Secrets', () => {
  const told: object[] = [];
  const log = (_: string, fields: object) => void told.push(fields);

  it('is in memory, or it is refused by name; who takes one on a disk is told', async (context) => {
    const memory = '/dev/shm';
    if (!fs.existsSync(memory) || !(await isInMemory(memory)) || (await isInMemory(root)))
      return context.skip('no folder in memory here, or nothing else');
    const own = fs.mkdtempSync(path.join(memory, 'kubedirect-'));
    await secretFolderAt(path.join(own, 'secrets'), false, log);
    expect(fs.statSync(path.join(own, 'secrets')).mode & 0o777).toBe(0o700);
    fs.rmSync(own, { recursive: true });
    await expect(secretFolderAt(path.join(root, 'x'), false, log)).rejects.toMatchObject({
      code: 'SECRETS_ON_DISK',
    });
    expect(told).toEqual([]);
    await secretFolderAt(path.join(root, 'x'), true, log);
    expect(told).toEqual([{ code: 'SECRETS_ON_DISK' }]);
  });
});
