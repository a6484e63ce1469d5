/** The page: a film as a space-time diagram with its frames in words, and what is chosen beside it. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { captionOf, isFault } from '../captions.ts';
import { brokenFrame, type Film, type Frame, isStep } from '../film.ts';
import { forked } from '../forks.ts';
import { partingOf } from '../whatIf.ts';
import { colours, type Paint, paintOf } from './colours.ts';
import { draw, laneX } from './diagram.ts';
import type { Earlier, Header } from './header.ts';
import './header.ts';
import './inspector.ts';
import { Model } from './model.ts';
import { isPanel, type Panel } from './panels.ts';
import './panels.ts';
import type { Sources } from './sources.ts';

/** Heights of a row, px: words are shown from the third on. */
const ZOOM = [2, 6, 16, 22, 30] as const;
const WORDS = 16;
/** Which of them a page begins with. */
const USUAL = 3;

/** What tells a frame from all others of a recorded run. */
const momentOf = (frame: Frame) =>
  isStep(frame)
    ? `${frame.stage} ${frame.incarnation} ${frame.step}`
    : `${frame.at} ${JSON.stringify(frame.world)}`;

/** `<kd-viewer>`: the whole page. */
export class Viewer extends LitElement {
  static override properties = {
    film: { attribute: false },
    sources: { attribute: false },
    panel: { reflect: true },
    side: { reflect: true },
    earlier: { state: true },
    chosen: { state: true },
    zoom: { state: true },
    words: { state: true },
    onlyFaults: { state: true },
    top: { state: true },
  };
  declare film: Film;
  declare sources: Sources;
  declare panel: Panel;
  /** Beside another: its part of the address has this name. */
  declare side: '' | 'left' | 'right';
  /** Films that this one was made of by changing something, with where one was in them; the first first. */
  declare earlier: readonly Earlier[];
  declare chosen: number;
  declare zoom: number;
  declare words: string;
  declare onlyFaults: boolean;
  declare top: number;
  #model: Model | null = null;
  #paint: Paint | null = null;
  #chain: ReadonlySet<number> = new Set();
  #size = { width: 0, height: 0 };

  static override styles = [
    colours,
    css`
      :host { display: grid; grid-template: auto minmax(10rem, 1fr) minmax(9rem, 26vh) / minmax(0, 1fr) minmax(18rem, 30vw); height: 100vh; overflow: auto; background: var(--paper); color: var(--ink); font: 14px system-ui, sans-serif; }
      .left { grid-row: 2; display: grid; grid-template-rows: auto 1fr; min-height: 0; border-right: 1px solid var(--line); }
      .lanes { position: relative; height: 4rem; border-bottom: 1px solid var(--line); overflow: hidden; font-size: 0.75rem; color: var(--faint); }
      .lanes span { position: absolute; bottom: 3px; transform: rotate(-35deg); transform-origin: left bottom; white-space: nowrap; }
      .scroller { overflow-y: auto; position: relative; outline: none; }
      .scroller:focus-visible { box-shadow: inset 0 0 0 2px var(--down); }
      .spacer { position: relative; }
      .stage { position: sticky; top: 0; overflow: hidden; }
      canvas { position: absolute; inset: 0; }
      .row { position: absolute; right: 0; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; cursor: pointer; font-size: 0.8rem; box-sizing: border-box; padding: 0 6px; }
      .row .at { color: var(--faint); display: inline-block; min-width: 5.5rem; font-variant-numeric: tabular-nums; }
      .row .who { color: var(--faint); display: inline-block; min-width: 7.5rem; }
      .row.fault { color: var(--fault); }
      .row.fault[aria-selected='true'] { color: inherit; }
      .row.broke { font-weight: 600; box-shadow: inset 3px 0 var(--fault); }
      .row[aria-selected='true'] .at, .row[aria-selected='true'] .who { color: inherit; }
      .row[aria-selected='true'] { background: var(--chosen); }
      kd-inspector { grid-row: 2; background: var(--panel); min-height: 0; }
      kd-panels { grid-row: 3; grid-column: 1 / -1; background: var(--panel); border-top: 1px solid var(--line); min-height: 0; }
      :host([panel='states']) { grid-template-rows: auto minmax(10rem, 1fr) 44vh; }
      :host([side='left']), :host([side='right']) { grid-template-columns: minmax(0, 1fr) minmax(11rem, 15vw); }
      :host(:not([side=''])) .row .who { display: none; }
      :host(:not([side=''])) .row .at { min-width: 4rem; }
      .none { padding: 1rem; color: var(--faint); }
      kd-header { grid-column: 1 / -1; }
      @media (max-width: 1000px) {
        :host { grid-template: auto minmax(12rem, 1fr) minmax(8rem, 24vh) minmax(6rem, 18vh) / minmax(0, 1fr); }
        .left { grid-row: 2; }
        .row .who { display: none; }
        .row .at { min-width: 4.5rem; }
        :host([panel='states']) { grid-template-rows: auto minmax(12rem, 1fr) minmax(8rem, 18vh) minmax(10rem, 34vh); }
        :host([side='left']), :host([side='right']) { grid-template-columns: minmax(0, 1fr); }
        kd-inspector { grid-row: 3; border-top: 1px solid var(--line); }
        kd-panels { grid-row: 4; grid-column: 1; }
      }
    `,
  ];

  constructor() {
    super();
    this.earlier = [];
    this.chosen = 0;
    this.zoom = USUAL;
    this.words = '';
    this.onlyFaults = false;
    this.top = 0;
    this.panel = 'pods';
    this.side = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#model = new Model(this.film);
    this.#readAddress();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#paint = null;
      this.requestUpdate();
    });
    window.addEventListener('hashchange', () => this.#readAddress());
  }

  // ---- what is chosen, kept in the address ----------------------------------------------------------------

  #readAddress(): void {
    const said = new URLSearchParams(
      new URLSearchParams(location.hash.slice(1)).get(this.side) ??
        (this.side === '' ? location.hash.slice(1) : ''),
    );
    this.#makeChanges((said.get('do') ?? '').split(' ').filter((one) => one !== ''));
    const asked = Number(said.get('frame') ?? (brokenFrame(this.film) ?? 0) + 1);
    this.words = said.get('search') ?? '';
    this.onlyFaults = said.has('faults');
    const zoom = Number(said.get('zoom') ?? USUAL);
    this.zoom = ZOOM[zoom] === undefined ? USUAL : zoom;
    const panel = said.get('panel') ?? 'pods';
    this.panel = isPanel(panel) ? panel : 'pods';
    this.#model?.search(this.words, this.onlyFaults);
    this.#choose(Number.isSafeInteger(asked) ? asked - 1 : 0, true, false);
  }

  /** Goes to a frame, as the other of a pair has. */
  go(frame: number): void {
    this.#choose(frame, false, false);
  }

  /** Makes the changes that an address tells, if they are not those that are made. */
  #makeChanges(changes: readonly string[]): void {
    const isMade = changes.join(' ') === this.earlier.map(({ change }) => change).join(' ');
    if (isMade) return;
    const first = this.earlier[0];
    this.earlier = [];
    if (first !== undefined) this.#show(first.film, first.chosen);
    for (const change of changes) this.#change(change);
  }

  #choose(frame: number, takesFocus = true, says = true): void {
    const { frames } = this.film;
    if (takesFocus) this.#scroller?.focus({ preventScroll: true });
    this.chosen = Math.max(0, Math.min(frames.length - 1, frame));
    this.#chain = this.#model?.chain(this.chosen) ?? new Set();
    this.#writeAddress();
    this.#reveal();
    if (says) this.dispatchEvent(new CustomEvent('chosen', { detail: this.chosen }));
  }

  #writeAddress(): void {
    const said = new URLSearchParams({ frame: String(this.chosen + 1) });
    if (this.words !== '') said.set('search', this.words);
    if (this.onlyFaults) said.set('faults', '');
    const changes = this.earlier.map(({ change }) => change);
    if (changes.length > 0) said.set('do', changes.join(' '));
    if (this.zoom !== USUAL) said.set('zoom', String(this.zoom));
    if (this.panel !== 'pods') said.set('panel', this.panel);
    const all = new URLSearchParams(location.hash.slice(1));
    all.set(this.side, String(said));
    history.replaceState(null, '', `#${this.side === '' ? said : all}`);
  }

  #open(panel: Panel): void {
    this.panel = panel;
    this.#writeAddress();
  }

  #look(words: string, onlyFaults: boolean): void {
    [this.words, this.onlyFaults] = [words, onlyFaults];
    this.#model?.search(words, onlyFaults);
    this.#choose(this.chosen, false);
  }

  /** More of the same run: who is at its end stays there, anybody else where they are. */
  goOn(film: Film): void {
    const isAtEnd = this.chosen >= this.film.frames.length - 1;
    const at = this.film.frames[this.chosen];
    const key = at === undefined ? '' : momentOf(at);
    this.film = film;
    this.#model = new Model(film);
    this.#model.search(this.words, this.onlyFaults);
    const again = isAtEnd
      ? film.frames.length - 1
      : film.frames.findIndex((frame) => momentOf(frame) === key);
    this.#choose(Math.max(0, again), false);
  }

  // ---- what if ----------------------------------------------------------------------------------------------

  /** Shows another film in this page. */
  #show(film: Film, chosen: number): void {
    this.film = film;
    this.#model = new Model(film);
    this.#look('', false);
    this.#choose(chosen);
  }

  /** Makes a change, and goes to where the run parts from the one before: at its end, if it was driven by hand. */
  #change(change: string): void {
    const { film, chosen } = this;
    const other = forked(film, change);
    if (other === null) return;
    const last = other.film.frames.length - 1;
    const parting = film.world === undefined ? partingOf(film, other.film) : last;
    this.earlier = [...this.earlier, { film, chosen, change, what: other.what, isSame: parting === null }];
    this.#show(other.film, parting ?? last);
  }

  #back(): void {
    const last = this.earlier.at(-1);
    if (last === undefined) return;
    this.earlier = this.earlier.slice(0, -1);
    this.#show(last.film, last.chosen);
  }

  // ---- scrolling --------------------------------------------------------------------------------------------

  get #rowHeight(): number {
    return ZOOM[this.zoom] as number;
  }

  get #scroller(): HTMLElement | null {
    return this.renderRoot.querySelector('.scroller');
  }

  #reveal(): void {
    const row = this.#model?.rowOf(this.chosen) ?? 0;
    this.updateComplete.then(() => {
      const scroller = this.#scroller;
      if (scroller === null) return;
      const y = row * this.#rowHeight;
      const isInSight =
        y >= scroller.scrollTop && y + this.#rowHeight <= scroller.scrollTop + scroller.clientHeight;
      if (!isInSight) scroller.scrollTop = y - scroller.clientHeight / 2;
    });
  }

  #zoomBy(step: number): void {
    this.zoom = Math.max(0, Math.min(ZOOM.length - 1, this.zoom + step));
    this.#writeAddress();
    this.#reveal();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const model = this.#model as Model;
    const row = model.rowOf(this.chosen);
    const by = (step: number) => model.shown[Math.max(0, Math.min(model.shown.length - 1, row + step))];
    const page = Math.max(1, Math.floor(this.#size.height / this.#rowHeight) - 1);
    const moves: Readonly<Record<string, () => number | null | undefined>> = {
      ArrowDown: () => by(1),
      j: () => by(1),
      ArrowUp: () => by(-1),
      k: () => by(-1),
      PageDown: () => by(page),
      PageUp: () => by(-page),
      ArrowRight: () => model.neighbour(this.chosen, 1),
      ArrowLeft: () => model.neighbour(this.chosen, -1),
      c: () => this.film.frames[this.chosen]?.cause,
      '[': () => model.shown[0],
      ']': () => model.shown.at(-1),
      Home: () => model.shown[0],
      End: () => model.shown.at(-1),
    };
    const move = moves[event.key];
    if (move !== undefined) {
      const to = move();
      if (to !== null && to !== undefined) this.#choose(to);
    } else if (event.key === '+') this.#zoomBy(1);
    else if (event.key === '-') this.#zoomBy(-1);
    else if (event.key === '/') this.renderRoot.querySelector<Header>('kd-header')?.startSearch();
    else return;
    event.preventDefault();
  }

  // ---- drawing ----------------------------------------------------------------------------------------------

  get #laneWidth(): number {
    const lanes = this.film.lanes.length + 2;
    return Math.max(12, Math.min(48, (this.#size.width * 0.5) / lanes));
  }

  /** Where words begin, px. */
  get #wordsAt(): number {
    return Math.min(
      laneX(this.film.lanes.length, this.#laneWidth) + this.#laneWidth / 2 + 8,
      this.#size.width * 0.7,
    );
  }

  #draw(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    const context = canvas?.getContext('2d');
    if (canvas === null || context === null || context === undefined || this.#model === null) return;
    const { width, height } = this.#size;
    const ratio = devicePixelRatio;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#paint ??= paintOf(this);
    draw(
      context,
      this.#model,
      {
        width,
        height,
        top: this.top,
        rowHeight: this.#rowHeight,
        laneWidth: this.#laneWidth,
        chosen: this.chosen,
        chain: this.#chain,
      },
      this.#paint,
    );
  }

  override firstUpdated(): void {
    const scroller = this.#scroller as HTMLElement;
    new ResizeObserver(() => {
      const wasInSight = this.#size.height === 0 || this.#isShown(this.#model as Model);
      this.#size = { width: scroller.clientWidth, height: scroller.clientHeight };
      this.requestUpdate();
      if (wasInSight) this.#reveal();
    }).observe(scroller);
    scroller.focus();
  }

  override updated(_: PropertyValues): void {
    this.#draw();
  }

  #rows(model: Model): unknown {
    const height = this.#rowHeight;
    if (height < WORDS) return nothing;
    const first = Math.max(0, Math.floor(this.top / height));
    const last = Math.min(model.shown.length - 1, Math.ceil((this.top + this.#size.height) / height));
    const broken = brokenFrame(this.film);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
      const row = first + i;
      const at = model.shown[row] as number;
      const frame = this.film.frames[at] as Frame;
      const style = `left:${this.#wordsAt}px;top:${row * height - this.top}px;height:${height}px;line-height:${height}px`;
      const isChosen = at === this.chosen;
      return html`<div id=${`row-${at}`} class=${`row${isFault(frame) ? ' fault' : ''}${at === broken ? ' broke' : ''}`} title=${captionOf(frame)} role="option" aria-selected=${isChosen} aria-setsize=${model.shown.length} aria-posinset=${row + 1} style=${style} @click=${() => this.#choose(at)}>
        <span class="at">${model.timeOf(at)}</span><span class="who">${isStep(frame) ? frame.stage : 'world'}</span>${captionOf(frame)}
      </div>`;
    });
  }

  /** Whether the chosen frame is drawn now, at least in part. */
  #isShown(model: Model): boolean {
    const y = model.rowOf(this.chosen) * this.#rowHeight - this.top;
    return y > -this.#rowHeight && y < this.#size.height;
  }

  /** Whether the chosen frame has a row of words in the page now. */
  #isInSight(model: Model): boolean {
    const isFound = model.shown[model.rowOf(this.chosen)] === this.chosen;
    return this.#rowHeight >= WORDS && isFound && this.#isShown(model);
  }

  override render(): TemplateResult {
    const model = this.#model as Model;
    const lanes = ['world', ...this.film.lanes, 'API Server'];
    const onScroll = (event: Event) => {
      this.top = (event.target as HTMLElement).scrollTop;
    };
    return html`<kd-header
        .model=${model}
        .words=${this.words}
        .onlyFaults=${this.onlyFaults}
        .earlier=${this.earlier}
        @look=${({ detail: [words, onlyFaults] }: CustomEvent<[string, boolean]>) => this.#look(words, onlyFaults)}
        @zoom=${({ detail }: CustomEvent<number>) => this.#zoomBy(detail)}
        @go=${({ detail }: CustomEvent<number>) => this.#choose(detail)}
        @fork=${({ detail }: CustomEvent<string>) => this.#change(detail)}
        @back=${() => this.#back()}
      ></kd-header>
      <div class="left" role=${this.side === '' ? 'main' : 'region'} aria-label="messages and steps">
        <div class="lanes" aria-hidden="true">
          ${lanes.map((lane, at) => html`<span style=${`left:${laneX(at - 1, this.#laneWidth)}px`}>${lane.replace('kubelet/', '')}</span>`)}
        </div>
        <div class="scroller" role="listbox" tabindex="0" aria-label="frames" aria-activedescendant=${this.#isInSight(model) ? `row-${this.chosen}` : nothing} @scroll=${onScroll} @keydown=${(event: KeyboardEvent) => this.#onKey(event)}>
          <div class="spacer" style=${`height:${model.shown.length * this.#rowHeight}px`}>
            <div class="stage" style=${`height:${this.#size.height}px`}><canvas aria-hidden="true"></canvas>${this.#rows(model)}${model.shown.length === 0 ? html`<p class="none">${this.film.frames.length === 0 ? 'No steps yet.' : 'Nothing is found.'}</p>` : nothing}</div>
          </div>
        </div>
      </div>
      <kd-inspector role="region" aria-label="the chosen frame" .model=${model} .frame=${this.chosen} .places=${this.sources.places} @fork=${(event: CustomEvent<string>) => this.#change(event.detail)} @go=${(event: CustomEvent<number>) => this.#choose(event.detail)}></kd-inspector>
      <kd-panels role="region" aria-label="what there is at this frame" .model=${model} .frame=${this.chosen} .pictures=${this.sources.pictures} .panel=${this.panel} @panel=${({ detail }: CustomEvent<Panel>) => this.#open(detail)}></kd-panels>`;
  }
}
customElements.define('kd-viewer', Viewer);
