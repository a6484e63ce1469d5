/** The plan of a film as a file, for `kubedirect replay`. */
import { replayText } from '../../simulator/replayFormat.ts';
import type { Film } from '../film.ts';

/** Has the browser keep the replay file of a film. */
export function saveReplay({ plan, commit = '', verdict }: Film): void {
  if (plan === undefined) return;
  const { property, text } = verdict ?? { property: 'none', text: 'all held' };
  const file = new Blob([replayText({ commit, property, text, plan })], { type: 'application/json' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = `what-if-${property}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}
