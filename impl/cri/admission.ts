/** Asks the API Server what admission would make of a template's Pods before the first one is started: carries out `machines/runtime/template.ts`. */
import {
  type DryRunOutcome,
  startTemplate,
  stepTemplate,
  type Template,
  type TemplateEffect,
  type TemplateEvent,
} from '../../machines/runtime/index.ts';
import { isAsGiven } from '../../spec/containers/admission.ts';
import type { Uid } from '../../spec/vocabulary.ts';

/** A dry run of a Pod's create: as the Pod would stand. @throws KubernetesError */
export type DryRun = (pod: object) => Promise<object>;

/** A Pod that is to be started. */
interface Wanted {
  /** Its template. */
  readonly replicaSet: string;
  /** Its object, as it would be published. */
  readonly object: object;
  readonly start: () => void;
  readonly publishFirst: () => void;
}

interface Options {
  readonly dryRun: DryRun;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** Of all templates. */
export class Admission {
  readonly #options: Options;
  readonly #templates = new Map<string, Template>();
  readonly #wanted = new Map<Uid, Wanted>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** One of its two is called, unless it is given up before. */
  want(uid: Uid, wanted: Wanted): void {
    this.#wanted.set(uid, wanted);
    this.#give(wanted.replicaSet, { type: 'wanted', uid });
  }

  /** It is not wanted any more. */
  giveUp(uid: Uid): void {
    const wanted = this.#wanted.get(uid);
    if (wanted !== undefined) this.#give(wanted.replicaSet, { type: 'unwanted', uid });
    this.#wanted.delete(uid);
  }

  /** A Pod of that template was not admitted when it was published. */
  refused(replicaSet: string): void {
    if (this.#templates.has(replicaSet)) this.#give(replicaSet, { type: 'refused' });
  }

  #give(replicaSet: string, event: TemplateEvent): void {
    const [template, effects] = stepTemplate(this.#templates.get(replicaSet) ?? startTemplate(), event);
    this.#templates.set(replicaSet, template);
    for (const effect of effects) this.#carryOut(replicaSet, effect);
  }

  #carryOut(replicaSet: string, { type, uid }: TemplateEffect): void {
    const wanted = this.#wanted.get(uid);
    if (wanted === undefined) return;
    if (type === 'askDryRun') {
      void this.#ask(wanted.object).then((outcome) => this.#give(replicaSet, { type: 'dryRun', outcome }));
      return;
    }
    this.#wanted.delete(uid);
    if (type === 'startPod') wanted.start();
    else wanted.publishFirst();
  }

  async #ask(object: object): Promise<DryRunOutcome> {
    const { dryRun, log } = this.#options;
    const say = (outcome: DryRunOutcome, why: string) => {
      log('Pods of a template are published before they are started', { outcome, why });
      return outcome;
    };
    try {
      return isAsGiven(object, await dryRun(object)) ? 'asGiven' : say('changed', 'admission changes them');
    } catch (error) {
      const { status = 0, message } = error as { readonly status?: number; readonly message: string };
      return say(status >= 400 && status < 500 ? 'denied' : 'unanswered', message);
    }
  }
}
