/**
 * Pods that R ends though A means them to be: an A that has lived since the beginning still wants as many as some R has had. What the
 * properties alone can not say: they know the wants that R holds, and an R that has begun anew may hold an older one.
 */
import type { AutoscalerState } from '../../machines/autoscaler/index.ts';
import type { ReplicaSetState } from '../../machines/replicaset/index.ts';
import type { ReplicaSetFact } from '../../spec/facts.ts';
import type { StageView, StepView } from '../../spec/properties/index.ts';
import { liveOf } from '../../spec/properties/steps.ts';
import { TIMERS } from '../../spec/timers.ts';
import { compareWantVersions, type Uid, type Want, type WantVersion } from '../../spec/vocabulary.ts';
import type { Life } from './life.ts';
import { EPOCH, type Simulation } from './simulation.ts';

/** What a count was last taken of. */
interface LookedAt {
  readonly wants: unknown;
  readonly replicaSets: unknown;
  readonly live: unknown;
}

/** The highest want of each Deployment that any R has reached: it had as many Pods. */
export class Reached {
  readonly #highest = new Map<string, WantVersion>();
  readonly #looked = new WeakMap<Life, LookedAt>();

  /** @param live - how many of each ReplicaSet are live at R */
  stepped(life: Life, live: ReadonlyMap<string, number>): void {
    if (life.peer !== 'replicaset') return;
    const { wants, replicaSets } = (life.state as ReplicaSetState).context;
    // The same again says nothing new.
    const last = this.#looked.get(life);
    if (last?.wants === wants && last.replicaSets === replicaSets && last.live === live) return;
    this.#looked.set(life, { wants, replicaSets, live });
    for (const { deployment, version, value } of wants.values()) {
      const known = this.#highest.get(deployment);
      if (known !== undefined && compareWantVersions(version, known) <= 0) continue;
      let has = 0;
      for (const one of replicaSets.values())
        if (one.deployment === deployment) has += live.get(one.uid) ?? 0;
      if (has >= value) this.#highest.set(deployment, version);
    }
  }

  has({ deployment, version }: Want): boolean {
    const known = this.#highest.get(deployment);
    return known !== undefined && compareWantVersions(known, version) >= 0;
  }
}

/** What A has minted itself and R has reached, and that nobody has written over since. */
function meant(sim: Simulation, reached: Reached): readonly Want[] {
  const [minter] = sim.lives.get('autoscaler') ?? [];
  if (minter === undefined || sim.bornOf('autoscaler') !== 1 || sim.owner.fact.owner === 'stock') return [];
  // A D that has not heard A for so long takes what it found for confirmed.
  const oldest = EPOCH + sim.clock.now - TIMERS.unconfirmed;
  if ((sim.lives.get('deployment') ?? []).some(({ incarnation }) => incarnation < oldest)) return [];
  const { due } = sim.judge.history;
  const { wants, leaving } = (minter.state as AutoscalerState).context;
  return [...wants.values()].filter(
    (want) =>
      want.version.incarnation === minter.incarnation &&
      !leaving.has(want.deployment) &&
      want.version.generation >= (due[want.deployment]?.generation ?? 0) &&
      reached.has(want),
  );
}

/** ReplicaSets of a Deployment that are not being deleted, as R has seen them. */
const setsOf = ({ replicaSets }: StageView, deployment: string) =>
  replicaSets.filter((one) => one.deployment === deployment && !one.deleting);

const isOfOne = ({ records }: StageView, sets: readonly ReplicaSetFact[], uids: readonly Uid[]) =>
  uids.some((uid) => sets.some((one) => one.uid === records.get(uid)?.replicaSet));

/**
 * Whether stock's controller rolls a Deployment out, and says itself what may be taken away before as many others run: it was told of this
 * count, or it has lowered one of them by an older one, and R follows: also when the newer count was just written. An R whose watch is behind may
 * not know the newest ReplicaSet yet.
 */
function rolls(
  { api }: Simulation,
  { before, after, process }: StepView,
  deployment: string,
  seen: readonly ReplicaSetFact[],
  value: number,
): boolean {
  const standing = [...api.replicaSets.values()].filter(
    (one) => one.deployment === deployment && !one.deleting,
  );
  const isBehind = standing.some(({ uid }) => seen.every((one) => one.uid !== uid));
  const sets = isBehind ? standing : seen;
  if (sets.length < 2) return false;
  if (sets.some(({ desired }) => desired === value)) return true;
  const viewOf = ({ stages }: StepView['after']) => stages.find((one) => one.process === process);
  const was = new Map(viewOf(before)?.replicaSets.map(({ uid, replicas }) => [uid, replicas]));
  const isLowered = seen.some(({ uid, replicas }) => replicas < (was.get(uid) ?? 0));
  const follows = viewOf(after)?.wants.some(
    (want) => want.deployment === deployment && want.mode === 'follow',
  );
  return isLowered && follows === true;
}

/** Whether R ends Pods of a Deployment that is rolled out, or that has left, as stock's controller says. */
export function isRolled(sim: Simulation, step: StepView, marked: readonly Uid[]): boolean {
  const { after, process } = step;
  const stage = after.stages.find((one) => one.process === process);
  if (stage === undefined) return false;
  const wanted = new Set(stage.wants.map(({ deployment }) => deployment));
  const left = stage.replicaSets.filter(({ deployment }) => deployment !== null && !wanted.has(deployment));
  return (
    isOfOne(stage, left, marked) ||
    stage.wants.some(({ deployment, value }) => {
      const sets = setsOf(stage, deployment);
      return isOfOne(stage, sets, marked) && rolls(sim, step, deployment, sets, value);
    })
  );
}

/** What is wrong with R ending Pods of its own accord: null if nothing is. */
export function endedBelowMeant(
  sim: Simulation,
  reached: Reached,
  step: StepView,
  marked: readonly Uid[],
): string | null {
  const { after, process } = step;
  const stage = after.stages.find((one) => one.process === process);
  if (stage === undefined) return null;
  for (const { deployment, value } of meant(sim, reached)) {
    const sets = setsOf(stage, deployment);
    if (!isOfOne(stage, sets, marked) || rolls(sim, step, deployment, sets, value)) continue;
    const live = sets.reduce((sum, { uid }) => sum + (liveOf(stage).get(uid) ?? 0), 0);
    if (live < value) return `R ended Pods of ${deployment} and holds ${live}, while A wants ${value}`;
  }
  return null;
}
