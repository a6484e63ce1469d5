/**
 * The image, as far as it can be built without a registry of images: the layers that the Dockerfile copies are laid out, with no other
 * dependency than those for production, and the processes of the chart start from them as its user.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../impl/controller/links/certificates.ts';
import type { TlsOptions } from '../../impl/controller/links/index.ts';
import { agentPod, stagePod, UID, watchdogPod } from '../../impl/deploy/workloads/pods.ts';
import { defaultValues } from '../../impl/deploy/workloads/values.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const dockerfile = fs.readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8');
const instructions = dockerfile
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line))
  .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
const of = (name: string) => instructions.filter(([each]) => each === name).map(([, rest]) => rest);
/** What the last stage copies out of the sources. */
const copied = of('COPY')
  .filter((rest) => !rest.startsWith('--from') && !rest.includes('package-lock.json'))
  .flatMap((rest) => rest.split(' ').slice(0, -1));

let image: string;
let pair: TlsOptions;
beforeAll(async () => {
  pair = await (await createAuthority()).issue('autoscaler');
  image = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-image-'));
  fs.chmodSync(image, 0o755);
  for (const name of copied) execFileSync('cp', ['-a', path.join(ROOT, name), image]);
  const listed = execFileSync('npm', ['ls', '--omit=dev', '--omit=optional', '--all', '--parseable'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const byFolder = Map.groupBy(listed.trim().split('\n').slice(1), (folder) => path.dirname(folder));
  for (const [folder, packages] of [...byFolder].sort()) {
    const target = path.join(image, path.relative(ROOT, folder));
    fs.mkdirSync(target, { recursive: true });
    execFileSync('cp', ['-a', ...packages, target]);
  }
  // Node itself: here it is a package, in the image the base has it.
  fs.copyFileSync(process.execPath, path.join(image, 'node'));
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
