/** What stands below a film, one at a time: Pods, statecharts, properties. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import type { Model } from './model.ts';
import './pods.ts';
import './states.ts';
import './verdicts.ts';

/** Panels by the names that the address keeps. */
export const PANELS = { pods: 'Pods', states: 'Statecharts', properties: 'Properties' } as const;
/** One of them. */
export type Panel = keyof typeof PANELS;

/** Whether there is a panel of that name. */
export const isPanel = (name: string): name is Panel => Object.hasOwn(PANELS, name);

/** `<kd-panels>`. Event: `panel` (its name). */
export class Panels extends LitElement {
  static override properties = {
    model: { attribute: false },
    frame: { type: Number },
    pictures: { attribute: false },
    panel: { type: String },
  };
  declare model: Model;
  declare frame: number;
  declare pictures: Readonly<Record<string, string>>;
  declare panel: Panel;

  static override styles = css`
    :host { display: grid; grid-template-rows: auto minmax(0, 1fr); }
    [role='tablist'] { display: flex; gap: 2px; padding: 4px 0.75rem 0; border-bottom: 1px solid var(--line); }
    [role='tab'] { font: inherit; color: var(--ink); background: none; border: 1px solid transparent; border-bottom: none; border-radius: 4px 4px 0 0; padding: 2px 10px; cursor: pointer; }
    [role='tab'][aria-selected='true'] { background: var(--paper); border-color: var(--line); font-weight: 600; }
    [role='tabpanel'] { overflow: auto; min-height: 0; }
  `;

  #choose(panel: Panel): void {
    this.dispatchEvent(new CustomEvent('panel', { detail: panel }));
  }

  #onKey(event: KeyboardEvent): void {
    const names = Object.keys(PANELS) as Panel[];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const to = names[(names.indexOf(this.panel) + step + names.length) % names.length] as Panel;
    this.#choose(to);
    this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(`#tab-${to}`)?.focus());
  }

  #content(): TemplateResult {
    const { model, frame } = this;
    if (this.panel === 'states')
      return html`<kd-states .model=${model} .frame=${frame} .pictures=${this.pictures}></kd-states>`;
    if (this.panel === 'properties')
      return html`<kd-verdicts .film=${model.film} .frame=${frame}></kd-verdicts>`;
    return html`<kd-pods .model=${model} .frame=${frame}></kd-pods>`;
  }

  override render(): TemplateResult {
    const tab = ([name, says]: [string, string]) => html`<button
      id="tab-${name}"
      role="tab"
      aria-selected=${name === this.panel}
      aria-controls="panel"
      tabindex=${name === this.panel ? 0 : -1}
      @click=${() => this.#choose(name as Panel)}
    >
      ${says}
    </button>`;
    return html`<div role="tablist" aria-label="at this frame" @keydown=${(event: KeyboardEvent) => this.#onKey(event)}>
        ${Object.entries(PANELS).map(tab)}
      </div>
      <div id="panel" role="tabpanel" aria-labelledby="tab-${this.panel}" tabindex="0">${this.#content()}</div>`;
  }
}
customElements.define('kd-panels', Panels);
