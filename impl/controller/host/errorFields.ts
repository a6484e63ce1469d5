/** An error as fields of a log line: its stable code, if it has one, and its message. */
import { KubedirectError } from '../../../spec/errors.ts';

/** `{code?, error}`. */
export function errorFields(error: unknown): { readonly code?: string; readonly error: string } {
  return {
    ...(error instanceof KubedirectError && { code: error.code }),
    error: error instanceof Error ? error.message : String(error),
  };
}
