/** The run of a film as a file, for `kubedirect replay` and `kubedirect view`. */

import { scenarioOf } from '../../explorer/scenario.ts';
import { replayText } from '../../simulator/replayFormat.ts';
import type { Film } from '../film.ts';
import { settingOfRun } from '../ofMoves.ts';

/** Has the browser keep a text as a file. */
function save(name: string, text: string, type: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Keeps what decides a film: the replay file of a simulated run, the scenario of a run through a bounded world. */
export function saveRun({ plan, world, commit = '', verdict }: Film): void {
  if (world !== undefined)
    save(`${world.description.name}.txt`, scenarioOf(settingOfRun(world), world.moves), 'text/plain');
  if (plan === undefined) return;
  const { property, text } = verdict ?? { property: 'none', text: 'all held' };
  save(`what-if-${property}.json`, replayText({ commit, property, text, plan }), 'application/json');
}
