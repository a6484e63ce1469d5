/** A canonical text as an expression: TLC's reader makes the same text of it again. */
import { describe, expect, it } from 'vitest';
import { expressionOf, stateExpression } from '../../impl/tlc/expression.ts';
import { tlaText } from '../../impl/tlc/text.ts';
import { canonicalState, canonicalValue, parseState } from '../../impl/tlc/value.ts';

const canonical = (expression: string) => canonicalValue(parseState(`/\\ x = ${expression}`).x!);

describe('an expression', () => {
  it.each([
    [3, '3'],
    [-1, '-1'],
    [true, 'TRUE'],
    ['rs-t1', '"rs-t1"'],
    [[], '<<>>'],
    [[1, [2, 'a']], '<<1, <<2, "a">>>>'],
    [new Set([2, 1]), '{1, 2}'],
    [new Map([[2, 'b']]), '(2 :> "b")'],
    [{ of: 'up', at: [1] }, '("at" :> <<1>> @@ "of" :> "up")'],
    [new Map([[[1, 2], new Set()]]), '(<<1, 2>> :> {})'],
  ])('%j is %s', (value, expression) => {
    expect(expressionOf(tlaText(value))).toBe(expression);
    expect(canonical(expression)).toBe(tlaText(value));
  });

  it('of twelve items keeps their order', () => {
    const many = Array.from({ length: 12 }, (_, at) => at);
    expect(canonical(expressionOf(tlaText(many)))).toBe(tlaText(many));
  });

  it('of a state is a conjunction', () => {
    const text = 'a=(1:2)\nb={"x"}';
    expect(stateExpression(text)).toBe('  /\\ a = <<2>>\n  /\\ b = {"x"}');
    expect(canonicalState(parseState(stateExpression(text)))).toBe(text);
  });

  it.each(['(1:', '{1', 'nothing', '1 2'])('what is no text, %j, is refused', (text) => {
    expect(() => expressionOf(text)).toThrow(/expected/);
  });
});
