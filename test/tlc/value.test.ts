/** TLA+ values as TLC prints them: read, and one text for equal values. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalState, canonicalValue, parseState, type TlaValue } from '../../impl/tlc/value.ts';

const read = (text: string) => parseState(`/\\ v = ${text}`).v as TlaValue;
const same = (a: string, b: string) => canonicalValue(read(a)) === canonicalValue(read(b));

/** As TLC prints it. */
function print(value: TlaValue): string {
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value !== 'object') return JSON.stringify(value);
  switch (value.kind) {
    case 'set':
      return `{${value.items.map(print).join(', ')}}`;
    case 'sequence':
      return `<<${value.items.map(print).join(', ')}>>`;
    case 'record':
      return `[${value.fields.map(([name, one]) => `${name} |-> ${print(one)}`).join(', ')}]`;
    case 'function':
      return `(${value.pairs.map(([key, one]) => `${print(key)} :> ${print(one)}`).join(' @@ ')})`;
  }
}

const values = fc.letrec<{ value: TlaValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.integer(),
    fc.boolean(),
    fc.string(),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => ({ kind: 'set' as const, items })),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => ({ kind: 'sequence' as const, items })),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom('a', 'b1', 'c_d'), tie('value')), {
        minLength: 1,
        selector: ([name]) => name,
      })
      .map((fields) => ({ kind: 'record' as const, fields })),
    fc
      .uniqueArray(fc.tuple(fc.integer(), tie('value')), { minLength: 1, selector: ([key]) => key })
      .map((pairs) => ({ kind: 'function' as const, pairs })),
  ),
})).value;

describe('values', () => {
  it('what is printed is read back', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(read(print(value))).toEqual(value);
      }),
    );
  });

  it('equal values have one text, however TLC writes them', () => {
    expect(same('{3, 1, 2}', '{1, 2, 3, 3}')).toBe(true);
    expect(same('<<"a", 7>>', '(2 :> 7 @@ 1 :> "a")')).toBe(true);
    expect(same('[b |-> 1, a |-> {}]', '("a" :> {} @@ "b" :> 1)')).toBe(true);
    expect(same('<<>>', '[b |-> 1]')).toBe(false);
    expect(same('{<<1, 2>>}', '{<<2, 1>>}')).toBe(false);
    expect(same('"1"', '1')).toBe(false);
    expect(same('TRUE', '"TRUE"')).toBe(false);
  });

  it('a state is read variable by variable, in any order', () => {
    const text = canonicalState(parseState('/\\ x = 1\n/\\ longer_name = [a |-> <<1>>]\n'));
    expect(text).toBe(canonicalState(parseState('/\\ longer_name = [a |-> <<1>>]\n/\\ x = 1')));
    expect(parseState('x = 0')).toEqual({ x: 0 });
  });

  it.each(['/\\ x = ', '/\\ x = {1', '/\\ x = <<1, >', '/\\ x 1', '/\\ x = ?'])('%j is refused', (text) => {
    expect(() => parseState(text)).toThrow(expect.objectContaining({ code: 'TLC_FAILED' }));
  });
});
