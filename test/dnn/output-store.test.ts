import { expect, test } from 'vitest';
import { createOutputStore } from '../../src/dnn/output-store.ts';

const NONE = new Set<string>();

test('outputs that were of no use for long make way, and their memory is used again', () => {
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

test('of use lately beats of use before; of use often, or few bytes, beats both', () => {
  const keep = (store: ReturnType<typeof createOutputStore>, key: string, bytes: number): void =>
    store.keep(key, store.take([bytes], NONE)[0]!);
  const goneOf = (touched: readonly string[], bytes: Record<string, number> = {}): string[] => {
    const store = createOutputStore(50);
    for (const key of ['a', 'b', 'c']) keep(store, key, bytes[key] ?? 10);
    for (const key of touched) {
      store.touch(key);
      store.take([0], NONE);
    }
    store.take([25], NONE);
    return ['a', 'b', 'c'].filter((key) => store.find(key) === undefined);
  };
  expect(goneOf([])).toEqual(['a']);
  expect(goneOf(['a'])).toEqual(['b']);
  expect(goneOf(['a', 'a', 'a', 'b', 'c'])).toEqual(['b']);
  expect(goneOf(['a', 'b', 'c'])).toEqual(['a']);
  expect(goneOf(['a', 'b', 'c'], { b: 20, a: 5 })).toEqual(['b']);
});

test('what was of use often makes way in the end', () => {
  const store = createOutputStore(20);
  for (const key of ['a', 'b']) store.keep(key, store.take([10], NONE)[0]!);
  for (let i = 0; i < 1000; i++) store.touch('a');
  for (let i = 0; i < 100; i++) store.take([0], NONE);
  for (let i = 0; i < 3; i++) {
    store.touch('b');
    store.take([0], NONE);
  }
  store.take([10], NONE);
  expect([store.find('a'), store.find('b')?.length]).toEqual([undefined, 10]);
});
