import { expect, test } from 'vitest';
import { readableJson } from '../../src/base/readable-json.ts';

test('short lists and objects stand on a line, long ones do not', () => {
  const value = {
    kind: 'x',
    part: { a: 1, b: [null, 'two', 3.5] },
    long: Array.from({ length: 60 }, (_, i) => 1000 + i),
    empty: {},
    left: undefined,
  };
  const text = readableJson(value);
  expect(text.split('\n').slice(0, 4)).toEqual([
    '{',
    ' "kind": "x",',
    ' "part": { "a": 1, "b": [null, "two", 3.5] },',
    ' "long": [',
  ]);
  expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(112);
  expect(text.split('\n').length).toBeLessThan(12);
});

test.each([[[]], [{}], [[1, [2, { a: [] }]]], ['text'], [null], [{ a: { b: { c: 'x'.repeat(200) } } }]])(
  'means the same as JSON: %j',
  (value) => {
    expect(JSON.parse(readableJson(value))).toEqual(value);
  },
);
