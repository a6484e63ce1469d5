/** A page that looks on: asks whoever served it for more steps, and shows them as they come. */
import type { LiveSteps } from '../live.ts';
import { filmOfLines } from '../ofLines.ts';
import type { Viewer } from './viewer.ts';

const EVERY = 1000;
/** As many are kept in the page: it is drawn anew as steps come. */
const KEPT = 20_000;

/** Begins to look on. */
export function lookOn(viewer: Viewer): void {
  const { title } = viewer.film;
  let lines: LiveSteps['steps'] = [];
  let next = 0;
  let said = '';
  const ask = async (): Promise<void> => {
    let notes: readonly string[] = [];
    let isMore = false;
    try {
      const told = (await (await fetch(`steps?after=${next}`)).json()) as LiveSteps;
      [next, notes, isMore] = [told.next, told.notes, told.steps.length > 0];
      lines = [...lines, ...told.steps].slice(-KEPT);
    } catch (error) {
      notes = [`whoever served this page does not answer: ${(error as Error).message}`];
    }
    if (isMore || notes.join() !== said) {
      said = notes.join();
      viewer.goOn({ ...filmOfLines(title, lines), notes });
    }
    setTimeout(() => void ask(), EVERY);
  };
  void ask();
}
