/** Properties of lives: their numbers, and whom a K may serve (protocol 1, 6). */
import type { StateProperty } from './property.ts';

/** @see spec/protocol.md 1 @public */
export const IncarnationsGrow: StateProperty = {
  kind: 'state',
  statement: 'a life of a stage bears a number above all that were borne before it',
  check: ({ history: { misnumbered } }) =>
    misnumbered.length === 0 ? null : `${misnumbered[0]} bears no new number`,
};

/** @see spec/protocol.md 6 @public */
export const SupersededUnserved: StateProperty = {
  kind: 'state',
  statement: 'no S that was superseded before a K registered itself has a session with it',
  check: ({ stages, history: { superseded } }) => {
    for (const { process, links } of stages) {
      const least = superseded[process];
      if (least === undefined) continue;
      for (const { side, session } of links)
        if (side === 'down' && session !== null && session.upstream < least)
          return `${process}, registered under ${least}, serves ${session.upstream}`;
    }
    return null;
  },
};
