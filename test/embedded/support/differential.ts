/** One script of raw requests against two API servers, and what of their answers must be the same. */

/** One request. `path` and strings in `body` may hold `{{name.field}}`: the field of an earlier answer saved under that name. */
export interface Step {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Left out if a field that it names is of an answer without it. */
  readonly isSkippedWithout?: true;
  /** Name under which the answer's body is kept for later steps. */
  readonly save?: string;
}

/** What is compared. */
export interface Answer {
  readonly step: string;
  readonly status: number;
  readonly body: unknown;
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function lookUp(saved: ReadonlyMap<string, unknown>, path: string): string {
  const [name = '', ...fields] = path.split('.');
  let here = saved.get(name);
  for (const field of fields) here = isObject(here) ? here[field] : undefined;
  return String(here);
}

function fill<T>(value: T, saved: ReadonlyMap<string, unknown>): T {
  if (typeof value === 'string') {
    return value.replace(/\{\{([^}]+)\}\}/g, (_, path: string) => lookUp(saved, path)) as T;
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, saved)) as T;
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, saved)])) as T;
}

/** Who owns what, without the times: order does not matter, nor do fields of atomic structures that only the real schema knows. */
function managers(entries: unknown): unknown {
  if (!Array.isArray(entries)) return entries;
  return entries
    .filter(isObject)
    .map((entry) => {
      const spec = isObject(entry.fieldsV1) ? entry.fieldsV1['f:spec'] : undefined;
      return {
        manager: entry.manager,
        operation: entry.operation,
        subresource: entry.subresource,
        timed: entry.time !== undefined,
        replicas: isObject(spec) && 'f:replicas' in spec,
      };
    })
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/**
 * The words of a refusal that are not ours: the real server adds a dump of the difference to a Pod's immutable spec, and ours says more
 * about what it does not serve.
 */
function words(text: string): string {
  return text
    .replace(UID, '<uid>')
    .replace(/(ResourceVersion in record) \(\d+\)/, '$1 (<n>)')
    .replace(/(if it was previously negative\))[\s\S]*/, '$1')
    .replace(/^(the server could not find the requested resource):[\s\S]*/, '$1')
    .replace(/^415: .*|^the body of the request was in an unknown format.*/, '<unsupported media type>');
}

/** Both servers mint their own uids, versions and times; nothing else may differ. */
export function normalise(value: unknown, field = ''): unknown {
  if (Array.isArray(value))
    return field === 'managedFields' ? managers(value) : value.map((item) => normalise(item));
  if (!isObject(value)) {
    if (typeof value !== 'string') return value;
    if (['uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp', 'continue'].includes(field))
      return `<${field}>`;
    if (/Time$/.test(field)) return '<time>';
    if (field === 'message') return words(value);
    if (/^kube-api-access-/.test(value)) return 'kube-api-access-<random>';
    return value.replace(UID, '<uid>').replace(/(resource version: )\d+( \(\d+\))?/gi, '$1<n>');
  }
  const made: Json = {};
  // The real server gives a Node no managedFields at all.
  const isNode = value.kind === 'Node' && isObject(value.metadata);
  if (isNode) delete (value.metadata as Json).managedFields;
  for (const key of Object.keys(value).sort()) {
    const item = value[key];
    // Go's Status of a missing path has empty details.
    if (key === 'details' && isObject(item) && Object.keys(item).length === 0) continue;
    // Go writes what its types do not leave out when empty.
    if (key === 'creationTimestamp' && item === null) continue;
    made[key] = normalise(item, key);
  }
  return made;
}

/** Runs a script against one server. */
export async function run(url: string, steps: readonly Step[]): Promise<Answer[]> {
  const saved = new Map<string, unknown>();
  const answers: Answer[] = [];
  for (const step of steps) {
    const path = fill(step.path, saved);
    const payload = step.body === undefined ? undefined : JSON.stringify(fill(step.body, saved));
    // What was to be saved was refused: both are asked the next step.
    if (step.isSkippedWithout === true && `${path}${payload}`.includes('"undefined"')) continue;
    const response = await fetch(`${url}${path}`, {
      method: step.method,
      headers: {
        accept: 'application/json',
        'user-agent': 'differential/1',
        ...(payload === undefined ? {} : { 'content-type': step.type ?? 'application/json' }),
        ...step.headers,
      },
      ...(payload === undefined ? {} : { body: payload }),
    });
    const text = await response.text();
    let body: unknown = text;
    try {
      // A watch is a line an event.
      body = path.includes('watch=1')
        ? text
            .trim()
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line))
        : JSON.parse(text);
    } catch {
      // Not every answer is JSON: compared as text.
    }
    if (step.save !== undefined) saved.set(step.save, body);
    answers.push({ step: `${step.method} ${step.path}`, status: response.status, body: normalise(body) });
  }
  return answers;
}
