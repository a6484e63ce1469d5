/** The name in `Chain.tla` of a move of a world of R, S and K. */
import type { Move } from '../../explorer/moves.ts';

const STAGES: Readonly<Record<string, string>> = { replicaset: 'R', scheduler: 'S', kubelet: 'K' };
/** `R`, `S` or `K`, of a peer or a process. */
const stageOf = (name: string) => STAGES[name.split(/[/~]/)[0] as string] as string;
/** The process at an end of a connection, by its key: `scheduler~1 node/n1 1`. */
const receiver = (key: string, end: 'up' | 'down') =>
  end === 'up' ? stageOf(key) : key.startsWith('replicaset') ? 'S' : 'K';

/** One name for moves that `Chain.tla` takes as one action. */
export function chainAction(move: Move): string {
  switch (move.kind) {
    case 'start':
      return `Start${stageOf(move.peer)}`;
    case 'usurp':
      return `Usurp${stageOf(move.peer)}`;
    case 'crash':
      return `Crash${stageOf(move.process)}`;
    case 'lapse':
      return `Lapse${stageOf(move.process)}`;
    case 'connect':
      return `Connect${stageOf(move.process)}`;
    case 'answer':
      return `Answer${stageOf(move.process)}`;
    case 'watch':
      return `Watch${stageOf(move.process)}`;
    case 'deliver':
      return `Hear${receiver(move.key, move.end)}`;
    case 'told':
      return `Told${receiver(move.key, move.end)}`;
    case 'container':
      return move.to === 'running' ? 'Runs' : 'Stops';
    case 'break':
      return 'Break';
    case 'gap':
      return 'Gap';
    case 'land':
      return 'Land';
    case 'collect':
      return 'Collect';
    case 'stock':
      return 'StockActs';
    case 'bind':
      return 'Binds';
    case 'ambiguous':
      return 'LoseReply';
    case 'refuse':
      return 'Refuse';
    case 'drop':
      return 'Lose';
    case 'user':
      return 'Act';
    case 'timer':
      return 'TimeOut';
    case 'early':
      return 'TimeOutEarly';
    default:
      throw new Error(`${move.kind} does not happen in a world of the chain`);
  }
}
