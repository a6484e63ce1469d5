/** Every (state, event) of the environment's two machines has the outcome that is written here. */

import { describe, expect, it } from 'vitest';
import { initialTransition, transition } from 'xstate';
import {
  type RolloutEvent,
  rolloutMachine,
} from '../../machines/environment/controllers/deployment/rolloutMachine.ts';
import { type PodFact, podMachine } from '../../machines/environment/controllers/kubelet/podMachine.ts';

const STAY = '';

/** State → event → `effect → state`; STAY: nothing happens. */
const POD: Record<string, Record<PodFact['type'], string>> = {
  assigned: {
    roomFound: 'setStartTimer → starting',
    roomLacking: 'reportFailed → refused',
    timerFired: STAY,
    deletionSeen: 'deleteObject → ending',
    objectGone: 'clearTimer → gone',
  },
  starting: {
    roomFound: STAY,
    roomLacking: STAY,
    timerFired: 'reportRunning → running',
    deletionSeen: 'setStopTimer → stopping',
    objectGone: 'clearTimer → gone',
  },
  running: {
    roomFound: STAY,
    roomLacking: STAY,
    timerFired: STAY,
    deletionSeen: 'setStopTimer → stopping',
    objectGone: 'clearTimer → gone',
  },
  refused: {
    roomFound: STAY,
    roomLacking: STAY,
    timerFired: STAY,
    deletionSeen: 'deleteObject → ending',
    objectGone: 'clearTimer → gone',
  },
  stopping: {
    roomFound: STAY,
    roomLacking: STAY,
    timerFired: 'deleteObject → ending',
    deletionSeen: STAY,
    objectGone: 'clearTimer → gone',
  },
  ending: {
    roomFound: STAY,
    roomLacking: STAY,
    timerFired: STAY,
    deletionSeen: STAY,
    objectGone: 'clearTimer → gone',
  },
  gone: { roomFound: STAY, roomLacking: STAY, timerFired: STAY, deletionSeen: STAY, objectGone: STAY },
};

const MOVES = {
  replicaSetCreated: 'sayCreated → progressing',
  replicaSetRefused: 'sayRefused → createFailed',
  rolloutCompleted: 'sayCompleted → complete',
  rolloutProgressed: 'sayProgressed → progressing',
};
const PAUSE = 'sayPaused → paused';
const LATE = 'sayTimedOut → timedOut';
const NONE = { replicaSetFound: STAY, deadlinePassed: STAY, pauseSeen: STAY, resumeSeen: STAY };

/** While Pods of an old revision still run. */
const ROLLOUT: Record<string, Record<RolloutEvent['type'], string>> = {
  unknown: { ...NONE, ...MOVES, replicaSetFound: 'sayFound → progressing', pauseSeen: PAUSE },
  progressing: { ...NONE, ...MOVES, deadlinePassed: LATE, pauseSeen: PAUSE },
  complete: { ...NONE, ...MOVES, pauseSeen: PAUSE },
  timedOut: { ...NONE, ...MOVES },
  createFailed: { ...NONE, ...MOVES, deadlinePassed: LATE, pauseSeen: PAUSE },
  paused: { ...NONE, ...MOVES, deadlinePassed: LATE, resumeSeen: 'sayResumed → progressing' },
};

function outcome(machine: typeof podMachine | typeof rolloutMachine, state: string, event: object): string {
  const from = (machine as typeof podMachine).resolveState({ value: state as 'running' });
  const [to, effects] = transition(machine as typeof podMachine, from, event as PodFact);
  const names = effects.map((effect) => effect.type).join(', ');
  return names === '' && to.value === state ? STAY : `${names} → ${String(to.value)}`;
}

describe('the simulated Pod', () => {
  it('begins assigned', () => {
    expect(initialTransition(podMachine)[0].value).toBe('assigned');
  });

  it('has an outcome in the table for each of its states', () => {
    expect(Object.keys(podMachine.states).sort()).toEqual(Object.keys(POD).sort());
  });

  it.each(
    Object.entries(POD).flatMap(([state, row]) =>
      Object.entries(row).map(([type, want]) => [state, type, want]),
    ),
  )('in %s, on %s: %s', (state = '', type, want) => {
    expect(outcome(podMachine, state, { type })).toBe(want);
  });

  it('never runs again once its deletion was seen', () => {
    const seen = new Set<string>();
    const visit = (state: string): void => {
      if (seen.has(state)) return;
      seen.add(state);
      for (const want of Object.values(POD[state] ?? {}))
        if (want !== STAY) visit(want.split(' → ')[1] ?? '');
    };
    visit('stopping');
    visit('ending');
    expect([...seen].sort()).toEqual(['ending', 'gone', 'stopping']);
  });
});

describe('the rollout of a Deployment', () => {
  it('has an outcome in the table for each of its states', () => {
    expect(Object.keys(rolloutMachine.states).sort()).toEqual(Object.keys(ROLLOUT).sort());
  });

  it.each(
    Object.entries(ROLLOUT).flatMap(([state, row]) =>
      Object.entries(row).map(([type, want]) => [state, type, want]),
    ),
  )('in %s, on %s: %s', (state = '', type, want) => {
    expect(outcome(rolloutMachine, state, { type, onlyNew: false })).toBe(want);
  });

  it('is not moved by a resync once complete, while only the new revision runs', () => {
    for (const type of ['rolloutCompleted', 'rolloutProgressed']) {
      expect(outcome(rolloutMachine, 'complete', { type, onlyNew: true })).toBe(STAY);
    }
  });
});
