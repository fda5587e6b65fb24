import { expect, test } from 'vitest';
import { createOutputStore } from '../../src/dnn/output-store.ts';

const NONE = new Set<string>();

test('the least recently used outputs make way, and their memory is used again', () => {
  const store = createOutputStore(30);
  for (const key of ['a', 'b', 'c']) store.keep(key, store.take([10], NONE)[0]!);
  expect(store.usedBytes()).toBe(30);
  const [a, b] = [store.find('a'), store.find('b')];
  store.touch('a');
  const [fresh] = store.take([10], NONE);
  expect(fresh).toBe(b);
  expect([store.find('a'), store.find('b'), store.find('c')?.length]).toEqual([a, undefined, 10]);
  expect(store.usedBytes()).toBe(20);
  store.keep('d', fresh!);
  expect(store.usedBytes()).toBe(30);
});

test('spared outputs stay; arrays of another length are not used again', () => {
  const store = createOutputStore(30);
  for (const key of ['a', 'b', 'c']) store.keep(key, store.take([10], NONE)[0]!);
  const spared = store.find('a')!;
  const taken = store.take([5, 10], new Set(['a']));
  expect(taken.map(({ length }) => length)).toEqual([5, 10]);
  expect(taken).not.toContain(spared);
  expect(new Set(taken.map(({ buffer }) => buffer)).size).toBe(2);
  expect([store.find('a'), store.find('b'), store.find('c')]).toEqual([spared, undefined, undefined]);
});
