/** Why a process of stages does not say what it holds. */
import { KubedirectError } from '../../../spec/errors.ts';

/** The error of `fetch` hides its cause. @internal */
export function unreachable(url: string, expected: string, error: unknown): KubedirectError {
  const { message, cause } = error as Error;
  const why =
    cause instanceof Error
      ? `${message} (${cause.message || (cause as NodeJS.ErrnoException).code})`
      : message;
  const next = 'Does it run with --status there, or is a kubectl port-forward missing?';
  return new KubedirectError('STATUS_UNREACHABLE', `${url}: expected ${expected}, got ${why}. ${next}`);
}
