/**
 * Steps remembered. The same stage state meets the same event in thousands of worlds; it is stepped once. States of
 * equal view are made one object, so that everything derived from a state is derived once.
 */
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { Step } from '../../spec/stage.ts';
import { canonical } from './encode.ts';
import type { StageUnderTest } from './world.ts';

const NO_EFFECTS: readonly Effect[] = [];

/** A stage whose steps are remembered. A remembered state is found again by its view, which must be complete. */
export function remembering(under: StageUnderTest, limit = 200_000): StageUnderTest {
  const byText = new Map<string, object>();
  let steps = new WeakMap<object, Map<string, Step<unknown>>>();
  const intern = (state: object): object => {
    const text = canonical(under.view(state as never));
    const known = byText.get(text);
    if (known !== undefined) return known;
    if (byText.size >= limit) {
      byText.clear();
      steps = new WeakMap();
    }
    byText.set(text, state);
    return state;
  };
  return {
    ...under,
    stage: {
      name: under.stage.name,
      start: (config) => {
        const [state, effects] = under.stage.start(config);
        return [intern(state), effects];
      },
      step: (state: object, event: StageEvent) => {
        const known = steps.get(state) ?? new Map<string, Step<unknown>>();
        steps.set(state, known);
        const key = canonical(event);
        const remembered = known.get(key);
        if (remembered !== undefined) return remembered;
        const [after, effects] = under.stage.step(state, event);
        const step: Step<unknown> = [intern(after), effects.length === 0 ? NO_EFFECTS : effects];
        known.set(key, step);
        return step;
      },
    },
  };
}
