import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonPatch, mergePatch } from '../../machines/environment/apiserver/patch/merge.ts';
import { strategicMerge } from '../../machines/environment/apiserver/patch/strategic.ts';
import { parseQuantity } from '../../machines/environment/apiserver/quantity.ts';
import { parseLabelSelector, selectorText } from '../../machines/environment/apiserver/selectors.ts';
import { copy, equal } from '../../machines/environment/json.ts';

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const object = fc.dictionary(fc.stringMatching(/^[a-d]$/), json);

describe('JSON merge patch (RFC 7386)', () => {
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('of %j with %j is %j', (target, patch, want) => {
    expect(mergePatch(target, patch)).toEqual(want);
  });

  it('changes neither argument, and the same patch twice changes nothing more', () => {
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const [before, given] = [copy(target), copy(patch)];
        const once = mergePatch(target, patch);
        expect(equal(target, before) && equal(patch, given)).toBe(true);
        expect(mergePatch(once, patch)).toEqual(once);
      }),
    );
  });
});

describe('JSON patch (RFC 6902)', () => {
  it.each([
    [{ a: [1, 2] }, [{ op: 'add', path: '/a/1', value: 9 }], { a: [1, 9, 2] }],
    [{ a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    [{ a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    [
      { 'x/y': 1, 'm~n': 2 },
      [
        { op: 'replace', path: '/x~1y', value: 3 },
        { op: 'move', from: '/m~0n', path: '/k' },
      ],
      { 'x/y': 3, k: 2 },
    ],
    [
      { a: { b: 1 } },
      [
        { op: 'test', path: '/a/b', value: 1 },
        { op: 'copy', from: '/a', path: '/c' },
      ],
      { a: { b: 1 }, c: { b: 1 } },
    ],
  ])('of %j with %j is %j', (target, patch, want) => {
    expect(jsonPatch(target, patch)).toEqual(want);
  });

  it.each([
    [{ a: 1 }, [{ op: 'test', path: '/a', value: 2 }], 422],
    [{ a: 1 }, [{ op: 'remove', path: '/b' }], 422],
    [{ a: [] }, [{ op: 'add', path: '/a/3', value: 1 }], 422],
    [{ a: 1 }, [{ op: 'dance', path: '/a' }], 400],
    [{ a: 1 }, { op: 'remove', path: '/a' }, 400],
    [{ a: 1 }, [{ op: 'add', path: 'a', value: 1 }], 400],
  ])('of %j refuses %j with %i', (target, patch, code) => {
    expect(() => jsonPatch(target, patch)).toThrow(
      expect.objectContaining({ status: expect.objectContaining({ code }) }),
    );
  });
});

describe('strategic merge patch', () => {
  const container = (name: string, more: object = {}) => ({ name, ...more });
  const spec = {
    containers: [container('a', { image: '1', env: [{ name: 'X', value: '1' }] }), container('b')],
  };

  it('merges keyed lists by key, and puts what is new first unless told an order', () => {
    expect(
      strategicMerge(spec, { containers: [container('a', { env: [{ name: 'Y' }] }), container('c')] }),
    ).toEqual({
      containers: [
        container('a', { image: '1', env: [{ name: 'Y' }, { name: 'X', value: '1' }] }),
        container('c'),
        container('b'),
      ],
    });
    const order = {
      $setElementOrder: undefined,
      '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }, { name: 'c' }],
    };
    const made = strategicMerge(spec, { ...order, containers: [container('c')] }) as typeof spec;
    expect(made.containers.map((one) => one.name)).toEqual(['b', 'a', 'c']);
  });

  it('obeys $patch: delete and replace, $retainKeys, $deleteFromPrimitiveList', () => {
    expect(strategicMerge(spec, { containers: [{ name: 'a', $patch: 'delete' }] })).toEqual({
      containers: [container('b')],
    });
    expect(strategicMerge(spec, { containers: [{ $patch: 'replace' }, container('z')] })).toEqual({
      containers: [container('z')],
    });
    expect(
      strategicMerge(
        { strategy: { type: 'R', rollingUpdate: {} } },
        { strategy: { $retainKeys: ['type'], type: 'C' } },
      ),
    ).toEqual({ strategy: { type: 'C' } });
    expect(
      strategicMerge({ finalizers: ['a', 'b'] }, { '$deleteFromPrimitiveList/finalizers': ['a'] }),
    ).toEqual({ finalizers: ['b'] });
  });

  it('replaces a list without keys, as tolerations are', () => {
    expect(strategicMerge({ tolerations: [{ key: 'a' }] }, { tolerations: [{ key: 'b' }] })).toEqual({
      tolerations: [{ key: 'b' }],
    });
  });

  it('refuses an item without its key', () => {
    expect(() => strategicMerge(spec, { containers: [{ image: 'x' }] })).toThrow(/merge key/);
  });
});

describe('quantities', () => {
  it.each([
    ['100m', 100],
    ['1', 1000],
    ['1.5', 1500],
    ['0.0001', 1],
    ['1k', 1_000_000],
    ['1Ki', 1_024_000],
    ['2e3', 2_000_000],
    ['-1', -1000],
    ['.5', 500],
    [2, 2000],
    ['', undefined],
    ['1X', undefined],
    ['m', undefined],
  ])('%j is %j thousandths', (text, want) => {
    expect(parseQuantity(text)).toBe(want);
  });
});

describe('label selectors', () => {
  it('are parsed back from their own text', () => {
    const selector = {
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In' as const, values: ['a', 'b'] },
        { key: 'x', operator: 'DoesNotExist' as const },
      ],
    };
    expect(selectorText(selector)).toBe('app=web,tier in (a,b),!x');
    expect(parseLabelSelector(selectorText(selector))).toEqual([
      { key: 'app', operator: 'In', values: ['web'] },
      { key: 'tier', operator: 'In', values: ['a', 'b'] },
      { key: 'x', operator: 'DoesNotExist' },
    ]);
  });

  it('that are none are refused with 400', () => {
    expect(() => parseLabelSelector('a in b')).toThrow(/label selector/);
  });
});
