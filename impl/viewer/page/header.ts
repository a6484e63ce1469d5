/** What stands above a film: what it is, how it ended, what is searched for, and how to read it. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { brokenFrame, type Film } from '../film.ts';
import { controls } from './controls.ts';
import './forks.ts';
import type { Model } from './model.ts';

/** A film that the one which is shown was made of, by changing something. */
export interface Earlier {
  readonly film: Film;
  /** Where one was in it. */
  readonly chosen: number;
  /** What was changed then, as an address tells it. */
  readonly change: string;
  /** The same in words: says it after "what if". */
  readonly what: string;
  /** Nothing came of it. */
  readonly isSame: boolean;
}

/** Starts that have a button. */
const MOST = 6;

const KEYS = 'j k or ↑ ↓: frame, ← →: of this lane, c: its cause, [ ]: first, last, + −: zoom, /: search';

/** `<kd-header>`. Events: `look` (words, whether faults alone), `zoom` (by so much), `go` (to a frame); and those of `<kd-forks>`. */
export class Header extends LitElement {
  static override properties = {
    model: { attribute: false },
    words: { type: String },
    onlyFaults: { type: Boolean },
    earlier: { attribute: false },
  };
  declare model: Model;
  declare words: string;
  declare onlyFaults: boolean;
  declare earlier: readonly Earlier[];

  static override styles = [
    controls,
    css`
      header { padding: 0.6rem 0.75rem; background: var(--panel); border-bottom: 1px solid var(--line); display: flex; gap: 0.6rem 1rem; flex-wrap: wrap; align-items: center; }
      h1 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
      label { color: var(--faint); }
      input[type='search'] { width: 16rem; padding: 2px 6px; }
      .verdict { color: var(--fault); font-weight: 600; overflow-wrap: anywhere; }
      .verdict button { margin-left: 0.5rem; }
      .note { color: var(--end); flex-basis: 100%; overflow-wrap: anywhere; }
      .unjudged { color: var(--faint); }
      .when { color: var(--faint); font-size: 0.75rem; }
      .held { color: var(--up); font-weight: 600; }
      details { flex-basis: 100%; font-size: 0.8rem; }
      p { margin: 0.3rem 0; max-width: 80rem; }
      b.down { color: var(--down); }
      b.up { color: var(--up); }
      b.end { color: var(--end); }
      b.shake { color: var(--shake); }
      .keys { color: var(--faint); font-size: 0.75rem; flex-basis: 100%; }
      @media (max-width: 1000px) {
        .keys { display: none; }
      }
    `,
  ];

  /** Puts the cursor into the search. */
  startSearch(): void {
    this.renderRoot.querySelector<HTMLInputElement>('input[type=search]')?.focus();
  }

  #say(name: 'look' | 'zoom' | 'go', detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #verdict(): TemplateResult {
    const { verdict, plan, world, loop } = this.model.film;
    if (verdict === null)
      return plan !== undefined
        ? html`<div class="held">all held</div>`
        : world !== undefined
          ? html`<div class="held">all held so far</div>`
          : html`<div class="unjudged" title="Properties judges each frame; kubedirect validate judges the whole by TLC">not judged as a whole</div>`;
    return html`<div class="verdict">
      ${verdict.property} broken: ${verdict.text}<button @click=${() => this.#say('go', brokenFrame(this.model.film))}>show where</button>
      ${loop === undefined ? nothing : html`<button @click=${() => this.#say('go', loop)}>show the loop</button>`}
    </div>`;
  }

  #search(): TemplateResult {
    const { shown, film, restarts } = this.model;
    const searched = (event: Event) =>
      this.#say('look', [(event.target as HTMLInputElement).value, this.onlyFaults]);
    const checked = (event: Event) =>
      this.#say('look', [this.words, (event.target as HTMLInputElement).checked]);
    return html`<label>search <input type="search" .value=${this.words} placeholder="a Pod, a message, an event" @input=${searched} /></label>
      <label><input type="checkbox" .checked=${this.onlyFaults} @change=${checked} /> faults alone</label>
      <span aria-live="polite">${shown.length} of ${film.frames.length} frames</span>
      <span>
        <button aria-label="smaller rows" title="smaller rows" @click=${() => this.#say('zoom', -1)}>−</button>
        <button aria-label="larger rows" title="larger rows" @click=${() => this.#say('zoom', 1)}>+</button>
      </span>
      ${restarts
        .slice(0, MOST)
        .map(
          ({ stage, frame }) =>
            html`<button @click=${() => this.#say('go', frame)}>${stage} starts again<span class="when"> ${this.model.timeOf(frame)}</span></button>`,
        )}`;
  }

  override render(): TemplateResult {
    return html`<header>
      <h1>${this.model.film.title}</h1>
      ${this.#verdict()} ${(this.model.film.notes ?? []).slice(0, MOST).map((note) => html`<div class="note" role="note">${note}</div>`)} ${this.#search()}
      ${this.model.film.plan === undefined && this.model.film.world === undefined ? nothing : html`<kd-forks .film=${this.model.film} .earlier=${this.earlier}></kd-forks>`}
      <details>
        <summary>how to read this</summary>
        <p>
          A frame is one step of a stage: it heard something, asked for something, and changed its state; or something that people, faults
          or the API Server did (lane <em>world</em>). Time goes down. An arrow is a message, from the frame that sent it to the frame that
          received it: <b class="down">down the chain</b>, <b class="up">up the chain</b>, <b class="end">the end of Pods</b>,
          <b class="shake">handshakes</b>. A dashed stub with ✕ never arrived; without one, its other end is not shown. Bold: what led to
          the chosen frame; faint: of a session that is over. A band is a life of a stage, the thin one beside it a session of the link from
          above; ✕ in a lane is a fault. Dotted: requests to the API Server, and what it tells. A dashed line across: nothing for a second. A line at the left
          edge, from the last frame back to another: from there on it goes on for ever. Keys, in the list: ${KEYS}.
        </p>
      </details>
      <div class="keys">${KEYS}</div>
    </header>`;
  }
}
customElements.define('kd-header', Header);
