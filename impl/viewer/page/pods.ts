/** What each stage holds of each Pod at a frame, side by side down the chain: what differs is lit. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { RecordView } from '../../../spec/properties/index.ts';
import { type PeerName, stageOf } from '../../../spec/vocabulary.ts';
import type { ContainersFrom } from '../containers.ts';
import type { Model } from './model.ts';

const MOST = 200;

/** A stage in this table: its records by uid, or why there are none. */
interface Column {
  readonly name: string;
  readonly records: ReadonlyMap<string, RecordView>;
  readonly note: string | null;
}

const textOf = (record: RecordView | undefined) =>
  record === undefined ? '–' : `${record.phase}${record.ready ? ', ready' : ''}${record.owned ? ' ●' : ''}`;

/** Said only where a film has it: what runs there before its first frame is not known. */
const containersText = (at: ContainersFrom | undefined) =>
  at === undefined ? '' : at.state === 'stopped' ? 'stopped' : `${at.state} on ${at.node}`;

/** `<kd-pods>`. */
export class Pods extends LitElement {
  static override properties = { model: { attribute: false }, frame: { type: Number } };
  declare model: Model;
  declare frame: number;

  static override styles = css`
    :host { display: block; overflow: auto; padding: 0.5rem 0.75rem; }
    h2 { font-size: 0.85rem; margin: 0 0 0.25rem; color: var(--faint); }
    table { border-collapse: collapse; font-size: 0.78rem; }
    th, td { text-align: left; padding: 2px 10px 2px 0; white-space: nowrap; }
    thead th { color: var(--faint); font-weight: 500; position: sticky; top: 0; background: var(--panel); }
    tr.differs td { background: var(--chosen); }
    tbody th { font-weight: 500; }
  `;

  #column(stage: PeerName): Column {
    const none = (note: string): Column => ({ name: stage, records: new Map(), note });
    const life = this.model.rerun.alive(stage, this.frame).at(-1);
    if (life === undefined) {
      const hasBegun = this.model.rerun.lives.some(
        ({ stage: one, frames }) => one === stage && (frames[0] as number) <= this.frame,
      );
      return none(hasBegun ? 'down' : 'not started yet');
    }
    try {
      const held = this.model.rerun.after(life, this.frame);
      if (held === null) return none('not known');
      return {
        name: stage,
        records: new Map(held.records.map((record) => [record.uid, record])),
        note: null,
      };
    } catch {
      return none('the machine does not take these steps');
    }
  }

  override render(): TemplateResult {
    if (this.model === undefined) return html`${nothing}`;
    const { lanes } = this.model.film;
    const upper = lanes
      .filter((lane) => ['replicaset', 'scheduler'].includes(lane))
      .map((lane) => this.#column(lane));
    const tails = lanes.filter((lane) => stageOf(lane) === 'kubelet').map((lane) => this.#column(lane));
    const held = [...upper, ...tails].flatMap(({ records }) => [...records.keys()]);
    const { hasContainers } = this.model;
    const uids = [...new Set([...held, ...this.model.runningAt(this.frame)])].sort((a, b) =>
      a.localeCompare(b, 'en', { numeric: true }),
    );
    const down = [...upper, ...tails].filter(({ note }) => note !== null);
    const row = (uid: string) => {
      const held = tails.filter(({ records }) => records.has(uid));
      const cells = [...upper.map(({ records }) => records.get(uid)), held[0]?.records.get(uid)];
      const phases = new Set(cells.map((one) => one?.phase));
      const node = held.map(({ name }) => name.slice('kubelet/'.length)).join(' and ');
      return html`<tr class=${phases.size > 1 || held.length > 1 ? 'differs' : ''}>
        <th scope="row">${phases.size > 1 || held.length > 1 ? '≠ ' : ''}${uid}</th>
        ${cells.map((record) => html`<td>${textOf(record)}</td>`)}
        <td>${node}</td>
        ${hasContainers ? html`<td>${containersText(this.model.containersAt(uid, this.frame))}</td>` : nothing}
      </tr>`;
    };
    return html`<h2>Pods, as each stage holds them after this frame (● owns it; ≠ they differ)</h2>
      ${down.length === 0 ? nothing : html`<p>${down.map(({ name, note }) => `${name}: ${note}`).join('; ')}</p>`}
      ${
        uids.length === 0
          ? html`<p>No stage holds a Pod at this frame.</p>`
          : html`<table>
              <thead><tr><th scope="col">uid</th>${upper.map(({ name }) => html`<th scope="col">${name}</th>`)}<th scope="col">kubelet</th><th scope="col">on</th>${hasContainers ? html`<th scope="col">containers</th>` : nothing}</tr></thead>
              <tbody>${uids.slice(0, MOST).map(row)}</tbody>
            </table>`
      }
      ${uids.length > MOST ? html`<p>and ${uids.length - MOST} more</p>` : nothing}`;
  }
}
customElements.define('kd-pods', Pods);
