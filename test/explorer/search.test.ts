/** The explorer's search and its liveness check, on a link small enough to count by hand. */
import { describe, expect, it } from 'vitest';
import { findLasso } from '../../impl/explorer/liveness.ts';
import { type Checks, type System, search } from '../../impl/explorer/search.ts';

/** A sender numbers messages 1..N; the channel is in order and loses what it likes; the receiver keeps the last. */
interface Toy {
  readonly sent: number;
  readonly channel: readonly number[];
  readonly got: number;
}
type Step = 'send' | 'deliver' | 'lose' | 'overtake' | 'resend';
interface Rules {
  readonly last: number;
  /** Mutant: the channel delivers the second message before the first. */
  readonly overtaking?: boolean;
  readonly resending?: boolean;
}

const toy = ({ last, overtaking, resending }: Rules): System<Toy, Step> => ({
  initial: { sent: 0, channel: [], got: 0 },
  *successors({ sent, channel, got }) {
    const [first, second, ...rest] = channel;
    if (sent < last) yield { label: 'send', state: { sent: sent + 1, channel: [...channel, sent + 1], got } };
    if (first !== undefined) {
      yield { label: 'deliver', state: { sent, channel: channel.slice(1), got: first } };
      yield { label: 'lose', state: { sent, channel: channel.slice(1), got } };
    }
    if (overtaking && first !== undefined && second !== undefined)
      yield { label: 'overtake', state: { sent, channel: [first, ...rest], got: second } };
    if (resending && channel.length === 0 && got < sent)
      yield { label: 'resend', state: { sent, channel: [sent], got } };
  },
  fingerprint: (state) => JSON.stringify(state),
});

const CHECKS: Checks<Toy, Step> = {
  states: { InRange: ({ got, sent }) => (got <= sent ? null : `got ${got} of ${sent}`) },
  steps: {
    NeverBack: (before, _, after) => (after.got >= before.got ? null : `${before.got} then ${after.got}`),
  },
  witnesses: { allGot: ({ got }) => got === 3, impossible: ({ got }) => got > 3 },
};
const LIMITS = { maxStates: 10_000, keepGraph: true };

/** Sent s, lost or delivered a ≤ s, last delivered r ≤ a: the sum of (a + 1) is a binomial coefficient. */
const counted = (last: number) => ((last + 1) * (last + 2) * (last + 3)) / 6;

describe('search', () => {
  it.each([0, 1, 2, 3, 5])('visits every state of a lossy link of %i messages once', (last) => {
    const result = search(toy({ last }), { ...CHECKS, witnesses: {} }, LIMITS);
    expect(result).toMatchObject({ states: counted(last), complete: true, violation: null });
  });

  it('gives the length of the shortest way to a witness, and none to what can not be', () => {
    const result = search(toy({ last: 3 }), CHECKS, LIMITS);
    expect(result.witnessed).toEqual({ allGot: 6 });
  });

  it('finds the shortest counterexample of a channel that overtakes', () => {
    const { violation } = search(toy({ last: 3, overtaking: true }), CHECKS, LIMITS);
    expect(violation).toEqual({
      property: 'NeverBack',
      text: '2 then 1',
      path: ['send', 'send', 'overtake', 'deliver'],
    });
  });

  it('says when it was cut short', () => {
    expect(search(toy({ last: 5 }), CHECKS, { maxStates: 10 })).toMatchObject({
      complete: false,
      violation: null,
    });
  });
});

describe('findLasso', () => {
  const fairness = { optional: (label: Step) => label === 'lose', action: (label: Step) => label };
  const lassoOf = (rules: Rules) => {
    const goals: boolean[] = [];
    const noteGoal = ({ got }: Toy) => {
      goals.push(got === rules.last);
      return null;
    };
    const checks = { ...CHECKS, states: { '': noteGoal } };
    const { graph } = search(toy(rules), checks, LIMITS);
    return findLasso(graph!, (state) => goals[state] === true, fairness);
  };

  it('finds the state in which a lost message is never sent again', () => {
    expect(lassoOf({ last: 2 })).not.toBeNull();
  });

  it('finds none when the sender repeats what was not got, though losses may go on', () => {
    expect(lassoOf({ last: 2, resending: true })).toBeNull();
  });
});
