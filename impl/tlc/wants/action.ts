/** The name in `Wants.tla` of a move of a world of versions. */
import type { Move } from '../../explorer/moves.ts';

const sideOf = (process: string) => (process.startsWith('autoscaler') ? 'Up' : 'Down');
const end = (name: 'up' | 'down') => (name === 'up' ? 'Up' : 'Down');

/** One name for moves that `Wants.tla` takes as one action. */
export function wantsAction(move: Move): string {
  switch (move.kind) {
    case 'start':
      return `Start${sideOf(move.peer)}`;
    case 'usurp':
      return `Usurp${sideOf(move.peer)}`;
    case 'lapse':
      return `Lapse${sideOf(move.process)}`;
    case 'crash':
      return `Crash${sideOf(move.process)}`;
    case 'connect':
      return 'Connect';
    case 'break':
      return 'Break';
    case 'deliver':
      return `Deliver${end(move.end)}`;
    case 'told':
      return `Told${end(move.end)}`;
    case 'answer':
      return `Answer${sideOf(move.process)}`;
    case 'watch':
      return 'Watch';
    case 'timer':
      return 'Timer';
    case 'early':
      return 'Early';
    case 'land':
      return 'Land';
    case 'drop':
      return 'Vanish';
    case 'ambiguous':
      return 'LoseReply';
    case 'user':
      return 'Act';
    case 'relist':
      return 'WatchAnew';
    case 'collectSet':
      return 'Collect';
    default:
      throw new Error(`${move.kind} does not happen in a world of versions`);
  }
}
