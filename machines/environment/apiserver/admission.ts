/** Validating admission policies. */
import type { Transaction } from './transaction.ts';
import type { KubeObject } from './types.ts';

/** @internal */
export type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

/** Throws 403 or 422 if a policy denies. */
export function admitByPolicies(
  _tx: Transaction,
  _operation: Operation,
  _object: KubeObject | undefined,
  _oldObject: KubeObject | undefined,
): void {}
