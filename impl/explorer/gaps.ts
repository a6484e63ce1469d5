/** Watches with gaps (`StageChoice.gaps`): of what went by in one they never tell. */
import type { PeerName } from '../../spec/vocabulary.ts';
import type { StageChoice } from '../../spec/worlds/description.ts';
import { fixed, pend } from './perform.ts';
import { listsOf } from './watches.ts';
import type { Api, World } from './world.ts';

/** Of Deployments that went by unseen a watch with gaps does not tell: it lists anew. */
export function noteGaps(before: Api, after: World, choiceOfPeer: (peer: PeerName) => StageChoice): World {
  const gone = Object.values(before.deployments).filter(
    ({ uid }) => after.api.deployments[uid] === undefined,
  );
  let next = after;
  for (const process of gone.length === 0 ? [] : Object.values(after.processes)) {
    const choice = choiceOfPeer(process.peer);
    if (choice.gaps !== true || !listsOf(process, choice).includes('deployments')) continue;
    if (gone.some(({ uid }) => process.seen[`deployments/${uid}`] === undefined))
      next = pend(next, process.id, fixed({ type: 'synced', what: 'deployments' }));
  }
  return next;
}
