/** Which part of a container's log is asked for: the query of `/containerLogs`, as `kubectl logs` and the API Server send it. */
import { KubedirectError } from '../../../spec/errors.ts';

/** One question. */
export interface LogOptions {
  /** On, until the container ends. */
  readonly follow: boolean;
  /** Of the container before this one. */
  readonly previous: boolean;
  /** Each line begins with its time. */
  readonly timestamps: boolean;
  /** The last lines only. */
  readonly tailLines: number | null;
  readonly limitBytes: number | null;
  /** Nothing older, Unix ms. */
  readonly since: number | null;
}

const wrong = (name: string, expected: string, got: string) =>
  new KubedirectError('FLAG_INVALID', `${name}: expected ${expected}, got ${JSON.stringify(got)}`);

function whole(query: URLSearchParams, name: string, least: number): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw wrong(name, `a whole number from ${least}`, text);
}

function flag(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? 'false';
  if (['true', '1', 'false', '0', ''].includes(text)) return text === 'true' || text === '1';
  throw wrong(name, 'true or false', text);
}

function sinceOf(query: URLSearchParams, now: number): number | null {
  const seconds = whole(query, 'sinceSeconds', 1);
  const time = query.get('sinceTime');
  if (time === null) return seconds === null ? null : now - seconds * 1_000;
  const moment = Date.parse(time);
  if (Number.isNaN(moment)) throw wrong('sinceTime', 'a time as RFC 3339 writes it', time);
  if (seconds !== null) throw wrong('sinceTime', 'none beside sinceSeconds', time);
  return moment;
}

/** @throws KubedirectError `FLAG_INVALID` */
export function logOptionsOf(query: URLSearchParams, now: number): LogOptions {
  return {
    follow: flag(query, 'follow'),
    previous: flag(query, 'previous'),
    timestamps: flag(query, 'timestamps'),
    tailLines: whole(query, 'tailLines', 0),
    limitBytes: whole(query, 'limitBytes', 1),
    since: sinceOf(query, now),
  };
}
