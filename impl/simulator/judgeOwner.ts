/** The properties of the owner switch as a world runs (protocol 9): who acts on managed Pods, and what is done before a stage acknowledges. */
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { PodFact } from '../../spec/facts.ts';
import { NO_HISTORY, PROPERTIES, type RestProperty, type Side } from '../../spec/properties/index.ts';
import { noteAct } from '../explorer/stock.ts';
import type { Life } from './life.ts';
import type { Simulation } from './simulation.ts';
import { stepView, touched } from './touched.ts';
import { worldView } from './view.ts';

const ReleaseAcknowledged: RestProperty = PROPERTIES.ReleaseAcknowledged;

/** Watches the two sides of one world. */
export class OwnerJudge {
  readonly #sim: Simulation;
  /** Since the switch was last changed and seen by every API server. */
  #reign = NO_HISTORY;

  constructor(sim: Simulation) {
    this.#sim = sim;
  }

  /** In the form that the properties read. */
  get kept() {
    const { acted, trespassed } = this.#reign;
    return { acted, trespassed };
  }

  /** Every API server has seen the switch. */
  reign(): void {
    this.#reign = { ...this.#reign, acted: {} };
  }

  /** A side makes or ends a managed Pod. */
  acted(side: Side, pod: PodFact): void {
    const { seen } = this.#sim.owner;
    this.#reign = noteAct({ history: this.#reign, api: seen }, side, pod);
    const { trespassed, acted } = this.#reign;
    if (trespassed.length > 0)
      this.#sim.judge.found('FenceHolds', `${trespassed[0]} was made or ended by the side that is denied`);
    for (const [replicaSet, sides] of Object.entries(acted))
      if (sides.length > 1)
        this.#sim.judge.found(
          'OneSide',
          `both sides acted on Pods of ${replicaSet} under ${seen.switch.owner}`,
        );
  }

  /** A step of a stage that may know that stock owns the Pods. */
  stepped(life: Life, event: StageEvent, before: unknown, effects: readonly Effect[]): void {
    const { judge } = this.#sim;
    if (life.owner === 'stock') {
      const uids = touched(life.peer, event, effects, before, life.state);
      judge.found('OneSide', PROPERTIES.OneSide.check(stepView(life, event, effects, before, uids, judge)));
    }
    for (const effect of effects) if (effect.type === 'acknowledgeOwner') this.#acknowledged(life, effect);
  }

  #acknowledged(life: Life, { owner, switchVersion }: Extract<Effect, { type: 'acknowledgeOwner' }>): void {
    const now = worldView(this.#sim);
    const { [life.peer]: _, ...others } = now.acknowledged;
    const step = {
      process: life.id,
      event: null,
      effects: [],
      before: { ...now, acknowledged: others },
      after: { ...now, acknowledged: { ...others, [life.peer]: { owner, switchVersion } } },
    };
    this.#sim.judge.found('ReleaseAcknowledged', ReleaseAcknowledged.onTheWay?.(step) ?? null);
  }
}
