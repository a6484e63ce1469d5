/** A stage's machines as statecharts at a frame: active states lit, and what the frame took. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { type PeerName, stageOf } from '../../../spec/vocabulary.ts';
import { type Chart, chartsOf } from '../charts.ts';
import { isStep } from '../film.ts';
import { controls } from './controls.ts';
import type { Model } from './model.ts';

/** As many are drawn at once. */
const MOST = 24;

/** `<kd-states>`. */
export class States extends LitElement {
  static override properties = {
    model: { attribute: false },
    frame: { type: Number },
    pictures: { attribute: false },
    stage: { state: true },
  };
  declare model: Model;
  declare frame: number;
  /** SVG by machine. */
  declare pictures: Readonly<Record<string, string>>;
  /** Whose machines; '': of the stage that took the frame. */
  declare stage: string;
  readonly #parsed = new Map<string, SVGElement>();
  /** Of the last frame that was a step. */
  #last: PeerName | null = null;

  static override styles = [
    controls,
    css`
    :host { display: block; overflow: auto; padding: 0.5rem 0.75rem; }
    .charts { display: flex; gap: 1rem; align-items: flex-start; padding-top: 0.5rem; }
    figure { margin: 0; flex: none; }
    figcaption { font-size: 0.8rem; color: var(--faint); padding-bottom: 0.25rem; }
    svg { display: block; zoom: 0.85; }
    .state rect { fill: var(--paper); stroke: var(--faint); }
    .state text, .machine text { fill: var(--ink); font: 600 12px system-ui, sans-serif; }
    .parallel > rect { stroke-dasharray: 5 3; }
    .edge path { fill: none; stroke: var(--faint); }
    .edge polygon, .begin circle { fill: var(--faint); }
    .edge text { fill: var(--faint); font: 11px system-ui, sans-serif; }
    .state.active > rect { fill: var(--chosen); stroke: var(--ink); stroke-width: 2; }
    .edge.taken path { stroke: var(--down); stroke-width: 2.5; }
    .edge.taken polygon, .edge.taken text { fill: var(--down); }
  `,
  ];

  constructor() {
    super();
    this.stage = '';
  }

  /** The picture of a machine; null: there is none. */
  #picture(machine: string): SVGElement | null {
    const text = this.pictures[machine];
    if (text === undefined) return null;
    const known =
      this.#parsed.get(machine) ??
      (new DOMParser().parseFromString(text, 'image/svg+xml').documentElement as unknown as SVGElement);
    this.#parsed.set(machine, known);
    const copy = document.importNode(known, true);
    copy.querySelector('style')?.remove();
    return copy;
  }

  #figure({ title, machine, active }: Chart, before: readonly string[]): TemplateResult {
    const picture = this.#picture(machine);
    const [now, was] = [new Set(active), new Set(before)];
    for (const box of picture?.querySelectorAll<SVGElement>('[data-state]') ?? [])
      box.classList.toggle('active', now.has(box.dataset.state ?? ''));
    for (const edge of picture?.querySelectorAll<SVGElement>('[data-from]') ?? []) {
      const { from = '', to = '' } = edge.dataset;
      const isLeft = from === '' || (was.has(from) && !now.has(from));
      edge.classList.toggle('taken', isLeft && now.has(to) && !was.has(to) && before.length > 0);
    }
    picture?.setAttribute('aria-label', `${title}: ${active.join(', ')} is active`);
    return html`<figure><figcaption>${title} (${machine}): ${active.at(-1)}</figcaption>${picture}</figure>`;
  }

  /** What a stage held after a frame, and before it. */
  #charts(stage: PeerName): readonly [Chart, readonly string[]][] {
    const { rerun } = this.model;
    const life = rerun.alive(stage, this.frame).at(-1);
    const after = life === undefined ? null : rerun.after(life, this.frame);
    if (life === undefined || after === null) return [];
    const before = chartsOf(stageOf(stage), rerun.after(life, this.frame - 1)?.view);
    const was = new Map(before.map(({ title, active }) => [title, active]));
    return chartsOf(stageOf(stage), after.view).map((chart) => [chart, was.get(chart.title) ?? []]);
  }

  #shown(stage: PeerName): TemplateResult {
    try {
      const charts = this.#charts(stage);
      if (charts.length === 0)
        return html`<p>Not known here: ${stage} is not there, its start is not in the film, or it is a stub.</p>`;
      return html`<div class="charts">${charts.slice(0, MOST).map(([chart, was]) => this.#figure(chart, was))}</div>
        ${charts.length > MOST ? html`<p>and ${charts.length - MOST} more</p>` : ''}`;
    } catch (error) {
      return html`<p>The machine does not take these steps: ${(error as Error).message}</p>`;
    }
  }

  override render(): TemplateResult {
    const { film } = this.model;
    const frame = film.frames[this.frame];
    if (frame !== undefined && isStep(frame)) this.#last = frame.stage;
    const stage = film.lanes.find((lane) => lane === this.stage) ?? this.#last ?? film.lanes[0];
    const chosen = (event: Event) => {
      this.stage = (event.target as HTMLSelectElement).value;
    };
    return html`<label
        >machines of
        <select @change=${chosen}>
          <option value="" ?selected=${this.stage === ''}>whoever takes the step</option>
          ${film.lanes.map((lane) => html`<option value=${lane} ?selected=${this.stage === lane}>${lane}</option>`)}
        </select></label
      >
      ${stage === undefined ? '' : html` <strong>${stage}</strong>${this.#shown(stage)}`}`;
  }
}
customElements.define('kd-states', States);
