/** What every property says at a frame. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import type { Film } from '../film.ts';
import { type Said, verdictsAt } from '../verdicts.ts';

/** Who goes through frames does not want each judged: only where they stay so long, ms. */
const STAYS = 120;
const SIGNS = { holds: '✓', broken: '✕', 'not yet': '…', untested: '–' } as const;
const ORDER = ['broken', 'not yet', 'holds', 'untested'] as const;

/** `<kd-verdicts>`. */
export class Verdicts extends LitElement {
  static override properties = {
    film: { attribute: false },
    frame: { type: Number },
    said: { state: true },
  };
  declare film: Film;
  declare frame: number;
  declare said: readonly Said[] | string | null;
  #asked: ReturnType<typeof setTimeout> | null = null;

  static override styles = css`
    :host { display: block; overflow: auto; padding: 0.5rem 0.75rem; }
    table { border-collapse: collapse; font-size: 0.78rem; }
    th, td { text-align: left; padding: 2px 14px 2px 0; vertical-align: top; }
    th { font-weight: 500; }
    td.says { color: var(--faint); }
    tr.broken th, tr.broken .verdict { color: var(--fault); font-weight: 700; }
    tr.holds .verdict { color: var(--up); }
  `;

  constructor() {
    super();
    this.said = null;
  }

  override willUpdate(changed: ReadonlyMap<PropertyKey, unknown>): void {
    if (!changed.has('frame') && !changed.has('film')) return;
    this.said = null;
    clearTimeout(this.#asked ?? undefined);
    this.#asked = setTimeout(() => this.#judge(), STAYS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#asked ?? undefined);
  }

  #judge(): void {
    try {
      this.said = verdictsAt(this.film, this.frame);
    } catch (error) {
      this.said = (error as Error).message;
    }
  }

  #row({ property, statement, verdict, text }: Said): TemplateResult {
    return html`<tr class=${verdict.replace(' ', '-')}>
      <th scope="row">${property}</th>
      <td class="verdict">${SIGNS[verdict]} ${verdict}</td>
      <td class="says">${text ?? statement}</td>
    </tr>`;
  }

  override render(): TemplateResult {
    const { said } = this;
    if (said === null) return html`<p aria-busy="true">…</p>`;
    if (typeof said === 'string') return html`<p role="alert">They can not be judged here: ${said}</p>`;
    const sorted = said.toSorted((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));
    return html`<table aria-label="properties">
      <tbody>${sorted.map((one) => this.#row(one))}</tbody>
    </table>`;
  }
}
customElements.define('kd-verdicts', Verdicts);
