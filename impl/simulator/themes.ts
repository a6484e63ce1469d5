/**
 * What a seed is about. Most seeds look at one corner of the protocol closely, in a small world with few kinds of faults that meet often;
 * the others draw from everything.
 */
import type { StageName } from '../../spec/vocabulary.ts';
import type { Act, Fault } from './plan.ts';
import type { Random } from './random.ts';

/** One corner. Null: everything. */
export interface Theme {
  readonly name: string;
  /** Of all seeds. */
  readonly share: number;
  readonly faults: readonly Fault['fault'][] | null;
  readonly acts: readonly Act['act'][] | null;
  /** Whose faults. */
  readonly stages: readonly StageName[] | null;
  /** Nothing to spare: what has a higher priority takes the room of others. */
  readonly isTight?: true;
  /** The managed Pods are given to stock, and taken back. */
  readonly releases?: true;
  /** What finds no room is handed over, on Nodes that may be too small or without an agent. */
  readonly handsOver?: true;
  /** Deployments are deleted and made. */
  readonly deletes?: true;
  /** Some Deployments have no label at first; it is put there, and taken away. */
  readonly labels?: true;
  /** Where K runs the containers, templates need their object before they are started. */
  readonly objectFirst?: true;
}

/** Where nodes and their agents fail; the order decides what a seed draws. */
const OF_A_NODE = [
  'crash',
  'crashAt',
  'nodeCrash',
  'journalLost',
  'api',
  'watchLost',
  'stale',
  'exit',
  'break',
] as const;

/** All themes. */
export const THEMES: readonly Theme[] = [
  {
    name: 'noRoom',
    share: 0.05,
    faults: [
      'crash',
      'crashAt',
      'api',
      'watchLost',
      'stale',
      'break',
      'usurp',
      'cutOff',
      'nodeCrash',
      'exit',
    ],
    acts: ['request', 'deletePod', 'deleteNode', 'cordon', 'rollout'],
    stages: ['replicaset', 'scheduler', 'kubelet'],
    isTight: true,
    handsOver: true,
  },
  {
    name: 'deletions',
    share: 0.03,
    faults: ['crash', 'crashAt', 'watchLost', 'stale', 'api', 'break', 'usurp'],
    acts: ['request', 'deleteReplicaSet', 'deletePod'],
    stages: ['autoscaler', 'deployment', 'replicaset'],
    deletes: true,
  },
  { name: 'any', share: 0.12, faults: null, acts: null, stages: null },
  {
    name: 'leaders',
    share: 0.15,
    faults: [
      'usurp',
      'cutOff',
      'api',
      'halfOpen',
      'break',
      'crash',
      'crashAt',
      'duplicate',
      'notReady',
      'misdial',
      'isolated',
    ],
    acts: ['request', 'deletePod'],
    stages: ['replicaset', 'scheduler', 'kubelet'],
  },
  {
    name: 'wants',
    share: 0.15,
    faults: ['crash', 'crashAt', 'watchLost', 'stale', 'api', 'break', 'halfOpen', 'usurp'],
    acts: ['request', 'thereAndBack', 'edit', 'rollout', 'deletePod'],
    stages: ['autoscaler', 'deployment', 'replicaset'],
  },
  {
    name: 'tail',
    share: 0.15,
    faults: ['crash', 'crashAt', 'nodeCrash', 'api', 'watchLost', 'stale', 'exit', 'slowDisk', 'journalLost'],
    acts: ['deletePod', 'rollout'],
    stages: ['kubelet'],
  },
  {
    name: 'nodes',
    share: 0.1,
    faults: [
      'journalLost',
      'nodeCrash',
      'cutOff',
      'notReady',
      'watchLost',
      'stale',
      'api',
      'usurp',
      'crash',
      'clockBack',
    ],
    acts: ['deleteNode', 'cordon', 'deletePod'],
    stages: ['scheduler', 'kubelet'],
  },
  {
    name: 'room',
    share: 0.15,
    faults: ['crash', 'crashAt', 'break', 'exit', 'cutOff', 'nodeCrash', 'api'],
    acts: ['deletePod', 'cost', 'cordon', 'rollout'],
    stages: ['replicaset', 'scheduler', 'kubelet'],
    isTight: true,
  },
  {
    name: 'owner',
    share: 0.1,
    faults: [
      'crash',
      'crashAt',
      'nodeCrash',
      'api',
      'watchLost',
      'stale',
      'break',
      'cutOff',
      'usurp',
      'exit',
      'slowDisk',
    ],
    acts: ['request', 'deletePod'],
    stages: null,
    releases: true,
  },
  {
    name: 'labels',
    share: 0,
    faults: ['crash', 'crashAt', 'api', 'watchLost', 'stale', 'break', 'usurp'],
    acts: ['request', 'rollout', 'deleteReplicaSet'],
    stages: ['autoscaler', 'deployment', 'replicaset'],
    labels: true,
  },
  {
    name: 'unlabelled',
    share: 0,
    faults: [...OF_A_NODE, 'cutOff', 'slowDisk'],
    acts: ['unlabelPod', 'deletePod', 'request'],
    stages: ['scheduler', 'kubelet'],
  },
  {
    name: 'objectFirst',
    share: 0,
    faults: [...OF_A_NODE, 'usurp', 'cutOff', 'slowDisk'],
    acts: ['request', 'deletePod', 'rollout'],
    stages: ['scheduler', 'kubelet'],
    objectFirst: true,
  },
];

/**
 * The theme of a seed.
 *
 * @param name - which, if the seed does not decide
 */
export function drawTheme(dice: Random, name?: string): Theme {
  let left = dice.between(0, 1);
  const named = THEMES.find((theme) => theme.name === name);
  if (named !== undefined) return named;
  for (const theme of THEMES) {
    left -= theme.share;
    if (left < 0) return theme;
  }
  return THEMES[0] as Theme;
}
