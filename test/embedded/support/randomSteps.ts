/**
 * Random requests that two API servers must answer alike: create, update with the newest or an older resourceVersion, patches of three kinds, deletes with
 * preconditions and grace, lists by selectors and in pages, and at the end a watch of all that happened. Drawn from a seed alone.
 */
import { randomOf } from '../../../impl/explorer/mulberry.ts';
import type { Step } from './differential.ts';

type Draw = () => number;
const pick = <T>(draw: Draw, from: readonly T[]): T => from[Math.floor(draw() * from.length)] as T;

const NAMES = ['a', 'b', 'c', 'd'];
const TIERS = ['front', 'back'];

/** A kind, how one of it is made, and what of it is changed. */
interface Kind {
  readonly path: string;
  readonly make: (name: string, draw: Draw) => object;
  /** Merge patches. */
  readonly change: (draw: Draw) => object;
}

const labels = (draw: Draw) =>
  draw() < 0.3 ? {} : { tier: pick(draw, TIERS), n: String(Math.floor(draw() * 3)) };
const relabel = (draw: Draw) => ({ metadata: { labels: { tier: draw() < 0.3 ? null : pick(draw, TIERS) } } });
const container = (draw: Draw) => ({
  name: pick(draw, ['c', 'd']),
  image: pick(draw, ['i:1', 'i:2']),
  ...(draw() < 0.5 && { env: [{ name: pick(draw, ['A', 'B']), value: String(Math.floor(draw() * 3)) }] }),
});

const KINDS: readonly Kind[] = [
  {
    path: '/apis/coordination.k8s.io/v1/namespaces/diff/leases',
    make: (name, draw) => ({
      ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, labels: labels(draw) } },
      spec: { holderIdentity: pick(draw, ['x', 'y']) },
    }),
    change: (draw) =>
      draw() < 0.5
        ? relabel(draw)
        : { spec: { leaseDurationSeconds: draw() < 0.3 ? null : 1 + Math.floor(draw() * 9) } },
  },
  {
    path: '/apis/apps/v1/namespaces/diff/deployments',
    make: (name, draw) => ({
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, labels: labels(draw) } },
      spec: {
        ...{ replicas: Math.floor(draw() * 5), selector: { matchLabels: { app: name } } },
        template: { metadata: { labels: { app: name } }, spec: { containers: [container(draw)] } },
      },
    }),
    change: (draw) =>
      draw() < 0.4
        ? relabel(draw)
        : {
            spec:
              draw() < 0.5 ? { replicas: Math.floor(draw() * 9) } : { paused: draw() < 0.5 ? true : null },
          },
  },
  {
    path: '/api/v1/namespaces/diff/pods',
    make: (name, draw) => ({
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: labels(draw) } },
      spec: {
        containers: [container(draw)],
        ...(draw() < 0.5 && { nodeName: 'nowhere' }),
        terminationGracePeriodSeconds: pick(draw, [0, 30]),
      },
    }),
    change: (draw) =>
      draw() < 0.5 ? relabel(draw) : { metadata: { annotations: { at: String(Math.floor(draw() * 3)) } } },
  },
];

const TYPES = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

function patch(draw: Draw, { path, change }: Kind, name: string): Step {
  const at = { method: 'PATCH', path: `${path}/${name}` } as const;
  if (draw() < 0.35) {
    const value = pick(draw, TIERS);
    const op = pick(draw, ['add', 'replace', 'test', 'remove'] as const);
    const body = [{ op, path: '/metadata/labels/tier', ...(op !== 'remove' && { value }) }];
    return { ...at, type: 'application/json-patch+json', body };
  }
  return { ...at, type: pick(draw, Object.values(TYPES)), body: change(draw) };
}

function remove(draw: Draw, { path }: Kind, name: string, known: readonly string[]): Step {
  const preconditions =
    draw() < 0.4 && known.length > 0
      ? {
          preconditions: {
            [pick(draw, ['uid', 'resourceVersion'])]: `{{${pick(draw, known)}.metadata.uid}}`,
          },
        }
      : {};
  const grace = draw() < 0.5 ? { gracePeriodSeconds: pick(draw, [0, 1, 30]) } : {};
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...preconditions, ...grace };
  return { method: 'DELETE', path: `${path}/${name}`, body, isSkippedWithout: true };
}

const SELECTORS = [
  'labelSelector=tier%3Dfront',
  'labelSelector=tier%20in%20(front,back)',
  'labelSelector=!tier',
  'labelSelector=tier,n!%3D1',
  'fieldSelector=metadata.name%3Da',
  'fieldSelector=metadata.name!%3Db',
  'limit=2',
  'resourceVersion=0',
];

/** The steps of a seed. Names end in the seed, so that seeds do not meet. */
export function randomSteps(seed: number, count: number): readonly Step[] {
  const draw = randomOf(seed);
  const kind = KINDS[seed % KINDS.length] as Kind;
  const steps: Step[] = [{ method: 'GET', path: kind.path, save: 'start' }];
  const saved: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const name = `${pick(draw, NAMES)}-${seed}`;
    const chance = draw();
    const save = `s${at}`;
    if (chance < 0.3) {
      steps.push({ method: 'POST', path: kind.path, body: kind.make(name, draw), save });
      saved.push(save);
    } else if (chance < 0.45) {
      // An update of what was read: the newest, or an older one.
      steps.push({ method: 'GET', path: `${kind.path}/${name}`, save });
      saved.push(save);
      const of = draw() < 0.7 ? save : pick(draw, saved);
      const made = kind.make(name, draw) as { metadata: object };
      const metadata = { ...made.metadata, resourceVersion: `{{${of}.metadata.resourceVersion}}` };
      steps.push({
        method: 'PUT',
        path: `${kind.path}/${name}`,
        body: { ...made, metadata },
        isSkippedWithout: true,
      });
    } else if (chance < 0.7) steps.push(patch(draw, kind, name));
    else if (chance < 0.8) steps.push(remove(draw, kind, name, saved));
    else if (chance < 0.9) steps.push({ method: 'GET', path: `${kind.path}?${pick(draw, SELECTORS)}` });
    else steps.push({ method: 'GET', path: `${kind.path}/${name}` });
  }
  const from = '{{start.metadata.resourceVersion}}';
  for (const selector of ['', '&labelSelector=tier%3Dfront'])
    steps.push({
      method: 'GET',
      path: `${kind.path}?watch=1&timeoutSeconds=1&resourceVersion=${from}${selector}`,
    });
  // All is taken away again: what the next seed lists is its own.
  for (const name of NAMES)
    steps.push({ method: 'DELETE', path: `${kind.path}/${name}-${seed}`, body: { gracePeriodSeconds: 0 } });
  return steps;
}
