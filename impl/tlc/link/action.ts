/** The name in `Link.tla` of a move of a world of two ends. */
import type { Move } from '../../explorer/moves.ts';

const PROMPTS: Readonly<Record<string, string>> = {
  mint: 'Mint',
  end: 'Terminate',
  change: 'Alter',
  die: 'Die',
  full: 'Fill',
  find: 'Discover',
  ended: 'Ended',
};
const sideOf = (process: string) => (process.startsWith('replicaset') ? 'Up' : 'Down');
const end = (name: 'up' | 'down') => (name === 'up' ? 'Up' : 'Down');

/** One name for moves that `Link.tla` takes as one action. */
export function linkAction(move: Move): string {
  switch (move.kind) {
    case 'start':
      return `Start${sideOf(move.peer)}`;
    case 'usurp':
      return `Usurp${sideOf(move.peer)}`;
    case 'crash':
      return `Crash${sideOf(move.process)}`;
    case 'connect':
      return 'Connect';
    case 'misdial':
      return 'Misdial';
    case 'lapse':
      return `Lapse${sideOf(move.process)}`;
    case 'break':
      return 'Break';
    case 'duplicate':
      return 'Duplicate';
    case 'deliver':
      return `Deliver${end(move.end)}`;
    case 'stray':
      return 'DeliverStray';
    case 'told':
      return `Told${end(move.end)}`;
    case 'answer':
      return `Answer${sideOf(move.process)}`;
    case 'prompt':
    case 'due':
      return PROMPTS[move.prompt.split('/')[0] as string] ?? move.prompt;
    default:
      throw new Error(`${move.kind} does not happen in a world of two ends`);
  }
}
