/** Checks a world by TLC: its module, its properties, and a counterexample in the explorer's moves. */
import type { WorldDescription } from '../../spec/worlds/description.ts';
import type { Move } from '../explorer/moves.ts';
import type { Setting } from '../explorer/world.ts';
import { posed } from './begun.ts';
import { REST } from './modules.ts';
import { definitionAt } from './named.ts';
import type { TlcProgress, TlcResult, TlcStep } from './output.ts';
import { replay } from './replay.ts';
import type { Toolchain } from './resolve.ts';
import { PROOFS, runTlc } from './run.ts';

/** What TLC found in a world. @public */
export interface TlcReport {
  readonly world: string;
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly milliseconds: number;
  /** Most memory that TLC held; null where the system does not say. */
  readonly megabytes: number | null;
  readonly violation: {
    readonly property: string;
    readonly kind: TlcResult['breach'];
    readonly behaviour: readonly TlcStep[];
    /** The same as the explorer's moves; null where the machines do otherwise. */
    readonly moves: readonly Move[] | null;
    /** It goes on for ever: the number of moves after which the loop begins. The last of the moves closes it. */
    readonly loop?: number;
  } | null;
}

/** How to run it. @public */
export interface TlcEffort {
  readonly workers?: number;
  /** It ends within seconds. */
  readonly brief?: boolean;
  readonly heap?: string;
  /** Folder of the modules, if not ours. */
  readonly folder?: string;
  readonly dump?: string;
  readonly onProgress?: (progress: TlcProgress) => void;
  readonly signal?: AbortSignal;
}

/** TLC does not name the liveness property that is broken: where there is but one, it is that. */
function propertyOf(world: WorldDescription, { breach, property }: TlcResult): string {
  if (breach === 'liveness') return world.eventually.join(' or ');
  const name = definitionAt(property, PROOFS);
  return name.endsWith(REST) ? name.slice(0, -REST.length) : name;
}

/**
 * Checks a world that names a TLA+ module.
 * @throws KubedirectError as {@link runTlc}
 * @public
 */
export async function checkByTlc(
  toolchain: Toolchain,
  setting: Setting,
  effort: TlcEffort = {},
): Promise<TlcReport> {
  const { description } = setting;
  const begin = performance.now();
  const result = await posed(setting, effort.folder ?? PROOFS, (what) =>
    runTlc(toolchain, { ...effort, ...what }),
  );
  const { breach, behaviour, distinct, generated, depth, megabytes, loop } = result;
  const back = behaviour[loop ?? -1];
  const round = back === undefined ? behaviour : [...behaviour, { ...back, action: 'back' }];
  return {
    world: description.name,
    states: distinct,
    // TLC counts the initial state as generated.
    transitions: Math.max(0, generated - 1),
    depth,
    milliseconds: Math.round(performance.now() - begin),
    megabytes,
    violation:
      breach === null
        ? null
        : {
            property: propertyOf(description, result),
            kind: result.property.endsWith(REST) ? 'liveness' : breach,
            behaviour,
            moves: replay(setting, round),
            ...(back !== undefined && { loop: loop as number }),
          },
  };
}
