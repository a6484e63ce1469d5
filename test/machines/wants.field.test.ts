/** When D writes `spec.replicas` (protocol 8, *Order of writing*; 12). */
import { describe, expect, test } from 'vitest';
import {
  type Field,
  type FieldEvent,
  type FieldInputs,
  isFlushed,
  replicasFieldMachine,
  startField,
  stepField,
  timersOfField,
  viewOfField,
} from '../../machines/ownership/wants/field.ts';
import type { Effect } from '../../spec/effects.ts';
import type { DeploymentFact } from '../../spec/facts.ts';
import { TIMERS } from '../../spec/timers.ts';
import { deploymentFact } from './support/wantsApi.ts';

const version = (counter: number) => ({ generation: 1, incarnation: 7, counter });
const inputs = (value: number, over: Partial<FieldInputs> = {}): FieldInputs => ({
  fact: deploymentFact({ replicas: 10 }),
  want: { version: version(value), value },
  hurry: false,
  marked: false,
  ...over,
});
const updated = (value: number, over: Partial<FieldInputs> = {}): FieldEvent => ({
  type: 'updated',
  inputs: inputs(value, over),
});
const fired = (kind: 'writeBack' | 'lower' | 'retry'): FieldEvent => ({ type: 'timerFired', kind });
const done: FieldEvent = { type: 'written', refusal: null };
/** The object after D wrote this. */
const writtenObject = (value: number, over: Partial<DeploymentFact> = {}): DeploymentFact =>
  deploymentFact({
    replicas: value,
    resourceVersion: '2',
    generation: 2,
    written: {
      deployment: deploymentFact().uid,
      value,
      version: version(value),
      generation: 2,
      owner: null,
      rest: 'rest-0',
    },
    ...over,
  });

function give(...events: readonly FieldEvent[]): readonly [Field, readonly Effect[]] {
  let field = startField('web-uid', new Set());
  let effects: readonly Effect[] = [];
  for (const event of events) {
    const [next, last] = stepField(field, event);
    field = next;
    effects = last;
  }
  return [field, effects];
}
const stateAfter = (...events: readonly FieldEvent[]) => viewOfField(give(...events)[0]).state;
const writesOf = (effects: readonly Effect[]) => effects.filter((each) => each.type === 'writeReplicas');

describe('the order of writing', () => {
  test('a raise is written at once, with the resourceVersion of the object processed and the generation expected', () => {
    expect(writesOf(give(updated(20))[1])).toEqual([
      {
        type: 'writeReplicas',
        deployment: 'web-uid',
        namespace: 'default',
        name: 'web',
        value: 20,
        written: {
          deployment: 'web-uid',
          value: 20,
          version: version(20),
          generation: 2,
          owner: null,
          rest: 'rest-0',
        },
        resourceVersion: '1',
      },
    ]);
  });

  test('a lowering waits for the victims to be marked', () => {
    const [field, effects] = give(updated(3));
    expect(effects).toEqual([{ type: 'setTimer', timer: 'lower/web-uid', milliseconds: TIMERS.lower }]);
    const [, marked] = stepField(field, updated(3, { marked: true }));
    expect(marked.map((each) => each.type)).toEqual(['cancelTimer', 'writeReplicas']);
  });

  test('a lowering is written when its time has passed, whatever became of the victims', () => {
    expect(writesOf(give(updated(3), fired('lower'))[1])).toHaveLength(1);
  });

  test('a want that goes up again before the lowering was written is not held up', () => {
    expect(writesOf(give(updated(3), updated(12))[1])).toMatchObject([{ value: 12 }]);
    expect(stateAfter(updated(3), updated(10, { fact: writtenObject(10) }))).toBe('shown');
  });

  test('in follow and at a release nothing waits', () => {
    expect(writesOf(give(updated(3, { hurry: true }))[1])).toHaveLength(1);
    const resting = [updated(20), updated(20, { fact: writtenObject(20) }), done];
    expect(writesOf(give(...resting, updated(30, { fact: writtenObject(20), hurry: true }))[1])).toHaveLength(
      1,
    );
  });

  test('the annotation is written alone where the value is there already; ownership stays where it was', () => {
    expect(writesOf(give(updated(10))[1])).toMatchObject([
      { value: null, written: { value: 10, owner: 'kubectl/Update/' } },
    ]);
  });

  test('what a burst of wants leaves to write gathers for the coalescing time', () => {
    const [resting, effects] = give(updated(20), updated(20, { fact: writtenObject(20) }), done);
    expect(effects).toEqual([
      { type: 'setTimer', timer: 'writeBack/web-uid', milliseconds: TIMERS.writeBack },
    ]);
    const [more, none] = stepField(resting, updated(21, { fact: writtenObject(20) }));
    expect(none).toEqual([]);
    const [most] = stepField(more, updated(25, { fact: writtenObject(20) }));
    expect(writesOf(stepField(most, fired('writeBack'))[1])).toMatchObject([{ value: 25 }]);
  });

  test('one request is under way at a time', () => {
    expect(give(updated(20), updated(25))[1]).toEqual([]);
    expect(stateAfter(updated(20), updated(25))).toBe('writing');
  });

  test('a Deployment that is being deleted is not written', () => {
    expect(stateAfter(updated(20, { fact: deploymentFact({ deleting: true }) }))).toBe('shown');
  });
});

describe('a write that fails', () => {
  const conflict: FieldEvent = { type: 'written', refusal: 'conflict' };

  test('by a conflict waits for the object that came first', () => {
    const [field] = give(updated(20), conflict);
    expect(viewOfField(field).state).toBe('outrun');
    const [, effects] = stepField(field, updated(20, { fact: writtenObject(4) }));
    expect(writesOf(effects)).toMatchObject([{ resourceVersion: '2', written: { generation: 3 } }]);
  });

  test('by a conflict with an object that was processed meanwhile is tried again at once', () => {
    const moved = updated(20, { fact: writtenObject(4) });
    expect(writesOf(give(updated(20), moved, conflict)[1])).toMatchObject([{ resourceVersion: '2' }]);
  });

  test('by a lost reply is asked again under the same precondition, unless the object shows it', () => {
    const ambiguous: FieldEvent = { type: 'written', refusal: 'ambiguous' };
    const [field, effects] = give(updated(20), ambiguous);
    expect(effects).toMatchObject([{ type: 'report' }, { type: 'setTimer', timer: 'retry/web-uid' }]);
    expect(writesOf(stepField(field, fired('retry'))[1])).toMatchObject([{ resourceVersion: '1' }]);
    const [shown, cancelled] = stepField(field, updated(20, { fact: writtenObject(20) }));
    expect([viewOfField(shown).state, cancelled.map((each) => each.type)]).toEqual([
      'shown',
      ['cancelTimer'],
    ]);
  });

  test('is retried later and later, up to the last delay of the table', () => {
    let [field] = give(updated(20));
    const delays: number[] = [];
    for (let time = 0; time < 30; time++) {
      const [refused, effects] = stepField(field, { type: 'written', refusal: 'quota' });
      delays.push(...effects.flatMap((each) => (each.type === 'setTimer' ? [each.milliseconds] : [])));
      [field] = stepField(refused, fired('retry'));
    }
    expect(delays.every((delay, at) => at === 0 || delay >= (delays[at - 1] ?? 0))).toBe(true);
    expect(delays.at(-1)).toBe(TIMERS.retryLast);
    expect(viewOfField(stepField(field, done)[0]).failures).toBe(0);
  });
});

describe('every (state, event) of the replicas field', () => {
  const courses: Record<string, readonly FieldEvent[]> = {
    shown: [],
    lowering: [updated(3)],
    writing: [updated(20)],
    resting: [updated(20), updated(20, { fact: writtenObject(20) }), done],
    outrun: [updated(20), { type: 'written', refusal: 'conflict' }],
    refused: [updated(20), { type: 'written', refusal: 'quota' }],
  };
  const to = (state: string, event: FieldEvent) => stateAfter(...(courses[state] ?? []), event);

  test('the courses reach every state of the machine', () => {
    expect(Object.keys(courses).sort()).toEqual(Object.keys(replicasFieldMachine.states).sort());
    for (const [state, course] of Object.entries(courses)) expect(stateAfter(...course)).toBe(state);
  });

  const table: Record<string, Record<string, string>> = {
    shown: {
      written: 'shown',
      refused: 'shown',
      writeBack: 'shown',
      lower: 'shown',
      retry: 'shown',
      same: 'shown',
    },
    lowering: {
      written: 'lowering',
      refused: 'lowering',
      writeBack: 'lowering',
      lower: 'writing',
      retry: 'lowering',
      same: 'shown',
    },
    writing: {
      written: 'resting',
      refused: 'refused',
      writeBack: 'writing',
      lower: 'writing',
      retry: 'writing',
      same: 'writing',
    },
    resting: {
      written: 'resting',
      refused: 'resting',
      writeBack: 'shown',
      lower: 'resting',
      retry: 'resting',
      same: 'resting',
    },
    outrun: {
      written: 'outrun',
      refused: 'outrun',
      writeBack: 'outrun',
      lower: 'outrun',
      retry: 'writing',
      same: 'shown',
    },
    refused: {
      written: 'refused',
      refused: 'refused',
      writeBack: 'refused',
      lower: 'refused',
      retry: 'writing',
      same: 'shown',
    },
  };
  const events: Record<string, FieldEvent> = {
    written: done,
    refused: { type: 'written', refusal: 'forbidden' },
    writeBack: fired('writeBack'),
    lower: fired('lower'),
    retry: fired('retry'),
    same: updated(20, { fact: writtenObject(20) }),
  };
  const cases = Object.entries(table).flatMap(([state, row]) =>
    Object.entries(row).map(([event, next]) => [state, event, next] as const),
  );
  test.each(cases)('%s on %s goes to %s', (state, event, next) => {
    expect(to(state, events[event] as FieldEvent)).toBe(next);
  });

  test('each state that runs a timer names it', () => {
    const timers = Object.fromEntries(
      Object.entries(courses).map(([state, course]) => [state, timersOfField(give(...course)[0])]),
    );
    expect(timers).toEqual({
      shown: [],
      lowering: ['lower/web-uid'],
      writing: [],
      resting: ['writeBack/web-uid'],
      outrun: ['retry/web-uid'],
      refused: ['retry/web-uid'],
    });
  });

  test('only a field whose object shows the want is flushed', () => {
    const flushed = Object.entries(courses).filter(([, course]) => isFlushed(give(...course)[0]));
    expect(flushed.map(([state]) => state)).toEqual(['shown', 'resting']);
    expect(isFlushed(give(...(courses.resting ?? []), updated(30, { fact: writtenObject(20) }))[0])).toBe(
      false,
    );
  });
});
