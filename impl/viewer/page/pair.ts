/** Two films side by side: who goes to a frame of one sees what the other has of it. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Film } from '../film.ts';
import { type Pair, pairOf } from '../pairs.ts';
import { colours } from './colours.ts';
import { controls } from './controls.ts';
import type { Sources } from './sources.ts';
import { Viewer } from './viewer.ts';

/** `<kd-pair>`: the whole page. */
export class PairOfViewers extends LitElement {
  static override properties = { films: { attribute: false }, together: { state: true } };
  declare films: readonly [Film, Film];
  declare sources: Sources;
  declare together: boolean;
  #pair: Pair | null = null;
  readonly #viewers: Viewer[] = [];

  static override styles = [
    colours,
    controls,
    css`
      :host { display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr) minmax(0, 1fr); height: 100vh; background: var(--paper); color: var(--ink); font: 14px system-ui, sans-serif; }
      header { grid-column: 1 / -1; padding: 0.4rem 0.75rem; display: flex; gap: 1rem; align-items: center; background: var(--panel); border-bottom: 2px solid var(--line); }
      kd-viewer { height: auto; min-height: 0; }
      kd-viewer + kd-viewer { border-left: 2px solid var(--line); }
      @media (max-width: 1000px) {
        :host { display: block; height: auto; }
        kd-viewer { height: 96vh; }
        kd-viewer + kd-viewer { border-left: none; border-top: 2px solid var(--line); }
      }
    `,
  ];

  constructor() {
    super();
    this.together = true;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#pair = pairOf(this.films);
    for (const [at, film] of this.films.entries()) {
      const viewer = new Viewer();
      [viewer.film, viewer.sources, viewer.side] = [film, this.sources, at === 0 ? 'left' : 'right'];
      viewer.addEventListener('chosen', ({ detail }: CustomEventInit<number>) =>
        this.#follow(at, detail as number),
      );
      this.#viewers.push(viewer);
    }
  }

  #follow(from: number, frame: number): void {
    const other = this.#viewers[1 - from];
    const place = this.#pair?.there[from]?.[frame];
    // After a change in the page ("what if") the frames are others.
    const isAsIs = this.#viewers.every(({ film }, at) => film === this.films[at]);
    if (this.together && isAsIs && place !== undefined) other?.go(place);
  }

  #showParting(): void {
    for (const [at, frame] of (this.#pair?.parting ?? []).entries())
      this.#viewers[at]?.go(frame ?? (this.films[at] as Film).frames.length - 1);
  }

  override render(): TemplateResult {
    const [left = null, right = null] = this.#pair?.parting ?? [];
    const said =
      left === null && right === null
        ? 'They say the same throughout.'
        : `They part at frame ${(left ?? this.films[0].frames.length) + 1} and frame ${(right ?? this.films[1].frames.length) + 1}.`;
    const checked = (event: Event) => {
      this.together = (event.target as HTMLInputElement).checked;
    };
    return html`<header>
        <span role="status">${said}</span>
        ${left === null && right === null ? nothing : html`<button @click=${() => this.#showParting()}>show where they part</button>`}
        <label><input type="checkbox" .checked=${this.together} @change=${checked} /> go together</label>
      </header>
      ${this.#viewers}`;
  }
}
customElements.define('kd-pair', PairOfViewers);
