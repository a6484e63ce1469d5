/** Requests counted: for `requests()`, and as `/metrics` under the names that the real API Server uses. */
import type { PolicyCheck } from '../../machines/environment/apiserver/types.ts';
import type { RequestCount } from './types.ts';

/** What is known of a request when it has been answered. @internal */
export interface CountedRequest {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly scope: 'cluster' | 'namespace' | 'resource' | '';
  readonly dryRun: boolean;
  readonly user: string;
  readonly via: 'http' | 'stock';
  readonly code: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

type Row = { -readonly [K in keyof RequestCount]: RequestCount[K] };

const METRIC_VERBS: Readonly<Record<string, string>> = {
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
};

function labels(pairs: Record<string, string | number>): string {
  const text = Object.entries(pairs).map(
    ([name, value]) => `${name}="${String(value).replace(/["\\\n]/g, '_')}"`,
  );
  return `{${text.join(',')}}`;
}

/** All counters of one embedded cluster. @internal */
export class Counters {
  #rows = new Map<string, Row>();
  readonly #requestTotal = new Map<string, number>();
  readonly #checkTotal = new Map<string, number>();

  #bump(map: Map<string, number>, key: string): void {
    map.set(key, (map.get(key) ?? 0) + 1);
  }

  /** Counts a request that has been answered. For a watch: when it begins; {@link Counters.addBytes} counts on. */
  request(one: CountedRequest): void {
    const resource = one.subresource === undefined ? one.resource : `${one.resource}/${one.subresource}`;
    const key = [one.verb, resource, one.user, one.via, one.code].join(' ');
    const row = this.#rows.get(key);
    if (row === undefined) {
      const { verb, user, via, code, requestBytes, responseBytes } = one;
      this.#rows.set(key, { verb, resource, user, via, code, count: 1, requestBytes, responseBytes });
    } else {
      row.count += 1;
      row.requestBytes += one.requestBytes;
      row.responseBytes += one.responseBytes;
    }
    this.#bump(
      this.#requestTotal,
      labels({
        code: one.code,
        component: 'apiserver',
        dry_run: one.dryRun ? 'All' : '',
        group: one.group,
        resource: one.resource,
        scope: one.scope,
        subresource: one.subresource ?? '',
        verb: METRIC_VERBS[one.verb] ?? one.verb,
        version: one.version,
      }),
    );
  }

  /** Bytes that a watch's stream carried after it began. */
  addBytes(of: { resource: string; user: string; via?: 'http' | 'stock' }, bytes: number): void {
    const { resource, user, via = 'http' } = of;
    const key = ['watch', resource, user, via, 200].join(' ');
    const row = this.#rows.get(key);
    if (row !== undefined) row.responseBytes += bytes;
    else {
      // The counters were reset while the watch was open; or it is a stock controller's, which is not opened.
      const made = { verb: 'watch', resource, user, via, code: 200, count: 0, requestBytes: 0 };
      this.#rows.set(key, { ...made, responseBytes: bytes });
    }
  }

  /** Counts the evaluations of admission policies. */
  checks(checks: readonly PolicyCheck[]): void {
    for (const { policy, binding, action, errorType } of checks) {
      const pairs = { enforcement_action: action, error_type: errorType, policy, policy_binding: binding };
      this.#bump(this.#checkTotal, labels(pairs));
    }
  }

  /** Rows so far. */
  rows(): readonly RequestCount[] {
    return [...this.#rows.values()].map((row) => ({ ...row }));
  }

  /** Forgets the rows; the metrics go on. */
  reset(): void {
    this.#rows = new Map();
  }

  /** The text of `/metrics`. */
  metrics(gauges: { watchers: number; objects: ReadonlyMap<string, number> }): string {
    const lines: string[] = [];
    const family = (
      name: string,
      type: string,
      help: string,
      samples: Iterable<readonly [string, number]>,
    ) => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [pairs, value] of samples) lines.push(`${name}${pairs} ${value}`);
    };
    family('apiserver_request_total', 'counter', 'Counter of apiserver requests.', this.#requestTotal);
    family(
      'apiserver_validating_admission_policy_check_total',
      'counter',
      'Validation admission policy check total, labeled by policy and further identified by binding and enforcement action taken.',
      this.#checkTotal,
    );
    family('apiserver_longrunning_requests', 'gauge', 'Open watches.', [
      [labels({ verb: 'WATCH' }), gauges.watchers],
    ]);
    const objects = [...gauges.objects].map(([resource, count]) => [labels({ resource }), count] as const);
    family('apiserver_storage_objects', 'gauge', 'Number of stored objects, by resource.', objects);
    return `${lines.join('\n')}\n`;
  }
}
