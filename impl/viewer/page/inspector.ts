/** One frame: what was heard, what was asked for, what it changed, and what led to it. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { MUTANTS } from '../../../spec/mutants.ts';
import { stageOf } from '../../../spec/vocabulary.ts';
import { choicesAt } from '../byHand.ts';
import { asked, captionOf, heard } from '../captions.ts';
import { activeOf } from '../charts.ts';
import { type Difference, differencesOf } from '../differences.ts';
import { brokenFrame, type Frame, isStep, type StepFrame } from '../film.ts';
import { otherWay } from '../forks.ts';
import type { Held, Life } from '../rerun.ts';
import { actionOf, handlerOf, type Places } from '../steps.ts';
import { otherwiseAt } from '../whatIf.ts';
import { controls } from './controls.ts';
import type { Model } from './model.ts';

/** What each rule says. */
const SAYS: ReadonlyMap<string, string> = new Map(MUTANTS.map(({ name, rule }) => [name, rule]));
/** As much of a list as is shown at once. */
const MOST = 200;
const LONG = 400;

const short = (text: string | undefined) =>
  text === undefined ? '' : text.length > LONG ? `${text.slice(0, LONG)}…` : text;

/** A plain value, to be unfolded. */
function unfolded(name: string, value: unknown): TemplateResult {
  return html`<details><summary>${name}</summary><pre>${JSON.stringify(value, null, 1)}</pre></details>`;
}

function difference({ path, before, after }: Difference): TemplateResult {
  return html`<tr>
    <th scope="row">${path}</th>
    <td>
      ${before === undefined ? nothing : html`<del>${short(before)}</del>`}
      ${after === undefined ? nothing : html`<ins>${short(after)}</ins>`}
    </td>
  </tr>`;
}

/** `<kd-inspector>`. */
export class Inspector extends LitElement {
  static override properties = {
    model: { attribute: false },
    frame: { type: Number },
    places: { attribute: false },
  };
  declare model: Model;
  declare places: Places;
  declare frame: number;

  static override styles = [
    controls,
    css`
    :host { display: block; overflow: auto; padding: 0.75rem; }
    h2 { font-size: 1rem; margin: 0 0 0.25rem; }
    h3 { font-size: 0.85rem; margin: 0.9rem 0 0.25rem; color: var(--faint); }
    pre { margin: 0.2rem 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.75rem; }
    ul { margin: 0; padding-left: 1.1rem; }
    table { border-collapse: collapse; width: 100%; font-size: 0.78rem; }
    th, td { display: block; text-align: left; overflow-wrap: anywhere; }
    th { font-weight: 500; padding-top: 4px; }
    td { padding-bottom: 4px; border-bottom: 1px solid var(--line); }
    del { color: var(--fault); display: block; }
    del::before { content: '− '; }
    ins { color: var(--up); text-decoration: none; display: block; }
    ins::before { content: '+ '; }
    .moment { color: var(--faint); font-size: 0.8rem; }
    summary { cursor: pointer; }
    select { max-width: 100%; }
  `,
  ];

  #go(frame: number): void {
    this.dispatchEvent(new CustomEvent('go', { detail: frame, bubbles: true, composed: true }));
  }

  /** Says which of a list was chosen. */
  #change(list: '#otherwise' | '#next'): void {
    const choice = this.renderRoot.querySelector<HTMLSelectElement>(list)?.selectedIndex ?? -1;
    const detail = otherWay(this.frame, choice);
    if (choice >= 0) this.dispatchEvent(new CustomEvent('fork', { detail }));
  }

  #otherwise(): unknown {
    const all = otherwiseAt(this.model.film, this.frame);
    if (all.length === 0) return nothing;
    const tried = (event: Event) => {
      event.preventDefault();
      this.#change('#otherwise');
    };
    return html`<h3>What if…</h3>
      <form @submit=${tried}>
        <select id="otherwise" aria-label="what if">${all.map(({ text }) => html`<option>${text}</option>`)}</select>
        <button>run it</button>
      </form>`;
  }

  /** In a bounded world: what can happen next, to be made to happen. */
  #choices(): unknown {
    const all = choicesAt(this.model.film, this.frame);
    if (this.model.film.world === undefined) return nothing;
    if (all.length === 0) return html`<h3>What can happen next</h3><p>Nothing.</p>`;
    const done = (event: Event) => {
      event.preventDefault();
      this.#change('#next');
    };
    return html`<h3>What can happen next</h3>
      <form @submit=${done}>
        <select id="next" aria-label="what can happen next">
          ${all.map(({ text }) => html`<option>${text}</option>`)}
        </select>
        <button>let it happen</button>
      </form>`;
  }

  #changes(step: StepFrame): TemplateResult {
    const taken = this.model.rerun.stepAt(this.frame);
    if (taken === null) return html`${nothing}`;
    const { life, at } = taken;
    let [before, after]: [Held | null, Held | null] = [null, null];
    try {
      after = this.model.rerun.after(life, this.frame);
      before = at > 0 ? this.model.rerun.after(life, life.frames[at - 1] as number) : null;
    } catch (error) {
      return html`<h3>What it changed</h3><p role="alert">The machine does not take this step: ${(error as Error).message}</p>`;
    }
    if (after === null)
      return html`<h3>What it changed</h3><p>Not known: the film does not have the start of this life.</p>`;
    if (before === null) return html`<h3>What it holds</h3>${unfolded('all', after.view)}`;
    const all = differencesOf(before.view, after.view);
    const rules = this.model.rerun.rulesAt(life, this.frame);
    return html`<h3>What it changed in ${stageOf(step.stage)}</h3>
      ${
        all.length === 0
          ? html`<p>Nothing.</p>`
          : html`<table><tbody>${all.slice(0, MOST).map(difference)}</tbody></table>`
      }
      ${all.length > MOST ? html`<p>and ${all.length - MOST} more</p>` : nothing}
      ${unfolded('all that it holds now', after.view)}
      ${
        rules.length === 0
          ? nothing
          : html`<h3>Rules that it came to (sections of spec/protocol.md)</h3>
            <ul>
              ${rules.map((rule) => html`<li>${SAYS.get(rule) ?? rule} <code>${rule}</code> <code>${this.places.rules[rule]}</code></li>`)}
            </ul>`
      }`;
  }

  #step(step: StepFrame): TemplateResult {
    const { event, effects, crashedAfter } = step;
    return html`<h2>${step.stage}</h2>
      <div class="moment">incarnation ${step.incarnation}, step ${step.step}</div>
      <h3>Heard</h3>
      ${unfolded(heard(event), event)}
      <h3>Asked for</h3>
      ${
        effects.length === 0
          ? html`<p>Nothing.</p>`
          : html`<ul>${effects.slice(0, MOST).map((effect, at) => html`<li>${crashedAfter !== undefined && at >= crashedAfter ? '✕ not done: ' : ''}${unfolded(asked(effect), effect)}</li>`)}</ul>`
      }
      ${effects.length > MOST ? html`<p>and ${effects.length - MOST} more</p>` : nothing}
      ${this.#changes(step)}`;
  }

  /** Where this frame stands in the sources. */
  #places(frame: Frame): unknown {
    const action = frame.action ?? (isStep(frame) ? actionOf(frame) : '');
    const places = [
      ['machine', isStep(frame) ? this.#handler(frame) : null],
      [`TLA+ ${action.split(' ').join('!')}`, this.places.actions[action] ?? null],
    ] as const;
    const known = places.filter(([, place]) => place !== null);
    if (known.length === 0) return nothing;
    return html`<h3>Where it stands</h3>
      <ul class="places">
        ${known.map(([what, place]) => html`<li>${what}: <code>${place}</code></li>`)}
      </ul>`;
  }

  #handler({ stage, event }: StepFrame): string | null {
    if (event.type === 'started') return `machines/${stageOf(stage)}/machine.ts`;
    const taken = this.model.rerun.stepAt(this.frame);
    const before = taken !== null && taken.at > 0 ? (taken.life.frames[taken.at - 1] as number) : null;
    let active: readonly string[] = [];
    try {
      const held = before === null ? null : this.model.rerun.after(taken?.life as Life, before);
      active = activeOf((held?.view as { state?: unknown } | undefined)?.state);
    } catch {
      // Said above: the machine does not take these steps.
    }
    return handlerOf(this.places, stageOf(stage), active, event.type);
  }

  override shouldUpdate(changed: PropertyValues): boolean {
    return changed.size > 0 && this.model !== undefined;
  }

  override render(): TemplateResult {
    const { frames, verdict } = this.model.film;
    const frame = frames[this.frame] as Frame | undefined;
    if (frame === undefined) return html`<p>Nothing is chosen.</p>`;
    const { cause } = frame;
    const isBroken = this.frame === brokenFrame(this.model.film);
    return html`<div class="moment">#${this.frame + 1} of ${frames.length}</div>
      ${isBroken && verdict !== null ? html`<p><strong>${verdict.property}</strong> broken here: ${verdict.text}</p>` : nothing}
      ${isStep(frame) ? this.#step(frame) : html`<h2>world</h2>${unfolded(captionOf(frame), frame.world)}`}
      ${this.#places(frame)}
      ${this.#otherwise()} ${this.#choices()}
      <h3>Because of</h3>
      ${
        cause === null
          ? html`<p>Nothing that is in the film.</p>`
          : html`<button @click=${() => this.#go(cause)}>#${cause + 1} ${captionOf(frames[cause] as Frame)}</button>`
      }`;
  }
}
customElements.define('kd-inspector', Inspector);
