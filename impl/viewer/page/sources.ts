/** What a page has beside its film: pictures of the machines, and where things stand in the sources. */
import type { Places } from '../steps.ts';

/** The same for every film of one version. */
export interface Sources {
  /** SVG by machine. */
  readonly pictures: Readonly<Record<string, string>>;
  readonly places: Places;
}
