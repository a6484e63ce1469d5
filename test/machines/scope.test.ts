/** The scope of an installation: who is refused, and when another may be written. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isForeignScope, mayRescope, scopeWritten, writtenScope } from '../../machines/ownership/scope.ts';

const scopes = fc.option(fc.constantFrom('shop', 'all', 'default'), { nil: undefined });
const owners = fc.constantFrom('direct' as const, 'stock' as const);

describe('the scope on the owner switch', () => {
  it('is read as it was written', () => {
    fc.assert(fc.property(scopes, (scope) => scopeWritten(writtenScope(scope)) === scope));
  });

  it('refuses whoever acts on another, and nobody else; where none is written nobody', () => {
    fc.assert(
      fc.property(scopes, scopes, (own, other) => {
        expect(isForeignScope(own, writtenScope(other))).toBe(own !== other);
        expect(isForeignScope(own, undefined)).toBe(false);
      }),
    );
  });

  it('is changed under stock alone, once that is acknowledged', () => {
    fc.assert(
      fc.property(owners, scopes, scopes, fc.boolean(), (owner, before, next, isAcknowledged) => {
        const may = mayRescope({ owner, scope: writtenScope(before) }, next, isAcknowledged);
        expect(may).toBe((owner === 'stock' && isAcknowledged) || before === next);
        const first = mayRescope(undefined, next, isAcknowledged);
        expect([first, mayRescope({ owner, scope: undefined }, next, isAcknowledged)]).toEqual([true, true]);
      }),
    );
  });
});
