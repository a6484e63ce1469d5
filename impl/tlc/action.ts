/** The name of the action of a module that a move is. */
import type { Move } from '../explorer/moves.ts';

/** Names of moves that are one action each, whosever they are. */
export type ActionNames = Partial<Readonly<Record<Move['kind'], string>>>;

/** The name, if the module has one. @throws Error if such a move does not happen in that kind of world */
export function actionNamed(name: string | undefined, { kind }: Move, world: string): string {
  if (name === undefined) throw new Error(`${kind} does not happen in ${world}`);
  return name;
}
