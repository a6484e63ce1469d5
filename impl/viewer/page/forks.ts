/** What could have gone otherwise in the whole run: rules off or on; and what was changed so far. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Film } from '../film.ts';
import { ruleChange } from '../forks.ts';
import { rulesOf } from '../whatIf.ts';
import { controls } from './controls.ts';
import type { Earlier } from './header.ts';
import { saveRun } from './save.ts';

/** `<kd-forks>`, of a film that has a plan, or is of a bounded world. Events: `fork` (as an address tells it), `back`. */
export class Forks extends LitElement {
  static override properties = { film: { attribute: false }, earlier: { attribute: false } };
  declare film: Film;
  declare earlier: readonly Earlier[];

  static override styles = [
    controls,
    css`
      :host { display: contents; }
      label { color: var(--faint); }
      select { max-width: 26rem; }
      .changed { font-weight: 600; }
    `,
  ];

  #say(name: 'fork' | 'back', detail: string | null): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  #rules(): TemplateResult {
    const rules = rulesOf(this.film);
    const tried = (event: Event) => {
      event.preventDefault();
      const select = this.renderRoot.querySelector<HTMLSelectElement>('#rule');
      if (select !== null) this.#say('fork', ruleChange(select.value));
    };
    const option = ({ rule, says }: (typeof rules)[number]) =>
      html`<option value=${rule}>${rule}: ${says}</option>`;
    const off = rules.filter((one) => one.off);
    return html`<form @submit=${tried}>
      <label
        >what if this rule were ${off.length === 0 ? 'off' : 'off, or on again'}
        <select id="rule">
          ${off.length === 0 ? nothing : html`<optgroup label="off now">${off.map(option)}</optgroup>`}
          <optgroup label="rules, with their sections of spec/protocol.md">${rules.filter((one) => !one.off).map(option)}</optgroup>
        </select></label
      >
      <button aria-label="run it with this rule off or on">run it</button>
    </form>`;
  }

  override render(): TemplateResult {
    const { earlier } = this;
    const isSame = earlier.at(-1)?.isSame === true;
    return html`${this.film.plan === undefined ? nothing : this.#rules()}
      <span class="changed" role="status">
        ${earlier.length === 0 ? nothing : html`What if ${earlier.map(({ what }) => what).join(' And if ')}`}
        ${isSame ? 'Nothing went otherwise: the run had ended, or nothing was under way.' : nothing}
      </span>
      ${earlier.length === 0 ? nothing : html`<button @click=${() => this.#say('back', null)}>back</button>`}
      <button @click=${() => saveRun(this.film)}>save as a ${this.film.plan === undefined ? 'scenario' : 'replay file'}</button>`;
  }
}
customElements.define('kd-forks', Forks);
