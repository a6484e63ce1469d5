/** Colours of the page: light and dark, told apart without colour too (shapes, words). */
import { css } from 'lit';

/** Names of what is drawn on the canvas, as CSS custom properties. */
export const PAINTS = [
  'ink',
  'faint',
  'line',
  'band',
  'down',
  'up',
  'end',
  'shake',
  'fault',
  'chosen',
  'paper',
] as const;
/** Colours by name. */
export type Paint = Readonly<Record<(typeof PAINTS)[number], string>>;

/** For the root of the page. */
export const colours = css`
  :host {
    color-scheme: light dark;
    --paper: light-dark(#ffffff, #14171c);
    --panel: light-dark(#f5f6f8, #1c2027);
    --ink: light-dark(#1b1f24, #e3e7ec);
    --faint: light-dark(#5f6873, #97a1ad);
    --line: light-dark(#d5d9df, #343b45);
    --band: light-dark(#e4ecf7, #24344a);
    --down: light-dark(#1565c0, #6fb1ff);
    --up: light-dark(#2e7d32, #79cf7e);
    --end: light-dark(#c2410c, #ff9a5c);
    --shake: light-dark(#7a6a9b, #b6a4de);
    --fault: light-dark(#b3001b, #ff6b78);
    --chosen: light-dark(#fff1c2, #4a3f14);
  }
`;

/** The colours as they are now. */
export function paintOf(element: Element): Paint {
  const probe = document.createElement('span');
  (element.shadowRoot ?? element).append(probe);
  const read = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const paint = Object.fromEntries(PAINTS.map((name) => [name, read(name)])) as Record<
    (typeof PAINTS)[number],
    string
  >;
  probe.remove();
  return paint;
}
