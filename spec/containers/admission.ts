/**
 * When the containers of a Pod may start before its object stands, as far as admission is concerned (protocol 5): properties and mutants of
 * `machines/runtime/template.ts`, and what counts as *as it went*.
 */

/** What must hold of a template, in words. @public */
export const TEMPLATE_PROPERTIES = {
  JudgedFirst:
    'a Pod is started before its object stands only if the last dry run of its template came back as it went, and none was refused since it was asked for',
  RunsFirst: 'what the last dry run brought back as it went is not published first',
  EachAnswered: 'a Pod that is wanted is started or published first, once, unless it is not wanted any more',
  AskedOnce: 'one dry run of a template is under way at a time',
} as const;
/** One of {@link TEMPLATE_PROPERTIES}. @public */
export type TemplateProperty = keyof typeof TEMPLATE_PROPERTIES;

/** Rules that can be switched off, and what each breaks. @public */
export const TEMPLATE_MUTANTS = {
  'unjudged-started': { rule: 'the first Pod of a template waits for a dry run', breaks: 'JudgedFirst' },
  'changed-started': { rule: 'what admission would change is published first', breaks: 'JudgedFirst' },
  'unanswered-started': { rule: 'no answer is not a good one', breaks: 'JudgedFirst' },
  'refusal-unheeded': { rule: 'a refused Pod has its template asked about again', breaks: 'JudgedFirst' },
  'stale-believed': {
    rule: 'a dry run that was asked for before a Pod was refused is not believed',
    breaks: 'JudgedFirst',
  },
  'judged-published': { rule: 'what came back as it went is started first', breaks: 'RunsFirst' },
  'first-only': { rule: 'the answer is for all that wait', breaks: 'EachAnswered' },
  'asked-for-each': { rule: 'who comes while a dry run is under way waits for it', breaks: 'AskedOnce' },
} as const satisfies Readonly<Record<string, { readonly rule: string; readonly breaks: TemplateProperty }>>;
/** One of {@link TEMPLATE_MUTANTS}. @public */
export type TemplateMutantName = keyof typeof TEMPLATE_MUTANTS;

type Any = Readonly<Record<string, unknown>>;

/** What every API Server adds to a Pod, and the runtime does not look at. */
const ADDED = new Set(['tolerations', 'priority', 'preemptionPolicy', 'nodeName', 'schedulerName']);

/** Without what is absent, and with names in their order. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value as Any)
    .map(([name, each]) => [name, plain(each)] as const)
    .filter(([, each]) => each !== undefined && each !== null && !(Array.isArray(each) && each.length === 0))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields);
}

function seen({ metadata = {}, spec = {} }: { readonly metadata?: Any; readonly spec?: Any }): string {
  const { serviceAccountName = 'default', serviceAccount: _, ...rest } = spec;
  const own = Object.fromEntries(Object.entries(rest).filter(([name]) => !ADDED.has(name)));
  const { labels = {}, annotations = {} } = metadata;
  return JSON.stringify(plain({ labels, annotations, spec: { ...own, serviceAccountName } }));
}

/** Whether a Pod came back from a dry run as it went, as far as whoever runs its containers can tell. @public */
export function isAsGiven(sent: object, back: object): boolean {
  return seen(sent) === seen(back);
}
