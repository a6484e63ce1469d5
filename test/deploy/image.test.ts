/**
 * The image, as far as it can be built without a registry of images: the layers that the Dockerfile copies are laid out, with no other
 * dependency than those for production, and the processes of the chart start from them as its user.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../impl/controller/links/certificates.ts';
import type { TlsOptions } from '../../impl/controller/links/index.ts';
import { agentPod, stagePod, UID, watchdogPod } from '../../impl/deploy/workloads/pods.ts';
import { defaultValues } from '../../impl/deploy/workloads/values.ts';
import { instructionsOf, layOutImage } from '../support/image.ts';

const of = instructionsOf;

let image: string;
let pair: TlsOptions;
beforeAll(async () => {
  pair = await (await createAuthority()).issue('autoscaler');
  image = layOutImage();
});
afterAll(() => fs.rmSync(image, { recursive: true, force: true }));

/** As the image's user, if we may become it. */
const run = (...args: string[]) =>
  spawnSync(path.join(image, 'node'), args, {
    cwd: '/',
    encoding: 'utf8',
    env: { NODE_ENV: 'production' },
    ...(process.getuid?.() === 0 && { uid: UID, gid: UID }),
  });

describe('the image', () => {
  it('runs as the user of the chart, by the entry point that its arguments are for', () => {
    expect(of('USER')).toEqual([`${UID}:${UID}`]);
    expect(of('ENTRYPOINT')).toEqual(['["node", "/app/impl/cli/main.ts"]']);
  });

  it('has the dependencies for production, and no other', () => {
    const has = (name: string) => fs.existsSync(path.join(image, 'node_modules', name));
    expect(['@grpc/grpc-js', 'xstate', 'vitest', 'typescript'].map(has)).toEqual([true, true, false, false]);
  });

  const values = defaultValues();
  const pods = [
    stagePod('autoscaler', values),
    stagePod('scheduler', values),
    agentPod(values),
    watchdogPod(values),
  ];
  it.each(
    pods.map(
      ({ spec }) => (spec as { containers?: readonly { name: string; args: string[] }[] }).containers![0]!,
    ),
  )('starts $name with the arguments of the chart: it gets as far as asking for a cluster', ({ args }) => {
    const tls = path.join(image, 'tls');
    const meant = args.map((arg) =>
      arg
        .replace('/etc/kubedirect/scale-tls', tls)
        .replace('/journals', path.join(image, 'none'))
        .replace(/\$\(POD_IP\)/, '127.0.0.1')
        .replace(/\$\((\w+)\)/, 'x'),
    );
    fs.mkdirSync(tls, { recursive: true });
    for (const name of ['tls.crt', 'tls.key'])
      fs.writeFileSync(path.join(tls, name), name === 'tls.crt' ? pair.cert : pair.key);
    const { stderr, status } = run(
      path.join(image, 'impl/cli/main.ts'),
      ...meant,
      '--kubeconfig',
      '/nonexistent',
    );
    expect(stderr).toContain('KUBECONFIG_INVALID');
    expect(status).not.toBe(0);
  });
});
