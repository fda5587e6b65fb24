import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { createOutputStore, type OutputStore } from '../../src/dnn/output-store.ts';

const NONE = new Set<string>();
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** Keeps outputs of one part, `length` times the same byte. */
function keep(store: OutputStore, lengths: Record<string, number>, spared: ReadonlySet<string> = NONE): void {
  const keys = Object.keys(lengths);
  const growing = store.start(keys, spared);
  for (const [i, output] of growing.entries())
    output.append(new Uint8Array(lengths[keys[i]!]!).fill(keys[i]!.charCodeAt(0)));
  for (const output of growing) output.keep();
}

/** All bytes of a part, joined. */
const partOf = (store: OutputStore, key: string, index = 0): number[] | undefined =>
  store
    .find(key)
    ?.part(index)
    .flatMap((piece) => [...piece]);
const keptOf = (store: OutputStore, keys: string): string =>
  [...keys].filter((key) => store.find(key) !== undefined).join('');

test('parts of any length come back as they were, wherever blocks end', () => {
  const rng = createRng(3);
  let compared = 0;
  let cut = 0;
  for (const blockBytes of [1, 7, 64, 1000]) {
    const store = createOutputStore(60_000, blockBytes);
    const wanted = ['a', 'b', 'c'].map((key) => ({
      key,
      parts: Array.from({ length: 40 }, () =>
        Uint8Array.from({ length: rng.nextInt(0, 300) }, () => rng.nextInt(0, 255)),
      ),
    }));
    const growing = store.start(['a', 'b', 'c'], NONE);
    for (let i = 0; i < 40; i++)
      for (const [o, output] of growing.entries()) output.append(wanted[o]!.parts[i]!);
    expect(keptOf(store, 'abc')).toBe('');
    for (const output of growing) output.keep();
    for (const { key, parts } of wanted) {
      for (const [i, part] of parts.entries()) {
        expect(partOf(store, key, i)).toEqual([...part]);
        compared += part.length;
        if (store.find(key)!.part(i).length > 1) cut++;
      }
    }
    expect(store.usedBytes()).toBeLessThanOrEqual(60_000);
  }
  expect(compared).toBeGreaterThan(50_000);
  expect(cut).toBeGreaterThan(200);
});

describe('a full store', () => {
  test('outputs that were of no use for long make way, and their blocks are used again', () => {
    const store = createOutputStore(30, 10);
    keep(store, { a: 10, b: 10, c: 10 });
    expect(store.usedBytes()).toBe(30);
    const [piece] = store.find('b')!.part(0);
    store.touch('a');
    keep(store, { d: 10 });
    expect(keptOf(store, 'abcd')).toBe('acd');
    expect(store.find('d')!.part(0)[0]!.byteOffset).toBe(piece!.byteOffset);
    expect(store.usedBytes()).toBe(30);
    for (const key of 'acd') expect(partOf(store, key)).toEqual(new Array(10).fill(key.charCodeAt(0)));
  });

  test('spared outputs stay, and those that grow do not make way for each other', () => {
    const store = createOutputStore(30, 10);
    keep(store, { a: 10, b: 10, c: 10 });
    keep(store, { d: 10, e: 10 }, new Set(['a']));
    expect(keptOf(store, 'abcde')).toBe('ade');
    keep(store, { f: 10, g: 10, h: 10 }, new Set(['a']));
    expect(keptOf(store, 'abcdefgh')).toBe('afg');
    expect(store.usedBytes()).toBe(30);
  });

  test('what does not fit at all is given up, and its blocks are free', () => {
    const store = createOutputStore(30, 10);
    keep(store, { a: 31 });
    expect([keptOf(store, 'a'), store.usedBytes()]).toEqual(['', 0]);
    keep(store, { b: 30 });
    expect(partOf(store, 'b')).toEqual(new Array(30).fill('b'.charCodeAt(0)));
    keep(createOutputStore(0), { a: 1 });
  });

  test('outputs that were not kept are gone with the next start', () => {
    const store = createOutputStore(30, 10);
    const [output] = store.start(['a'], NONE);
    output!.append(bytes(1, 2));
    const [other] = store.start(['b'], NONE);
    output!.append(bytes(3));
    output!.keep();
    other!.append(bytes(4));
    other!.keep();
    expect([partOf(store, 'a'), partOf(store, 'b'), store.usedBytes()]).toEqual([undefined, [4], 10]);
    keep(store, { c: 10, d: 10 });
    expect(keptOf(store, 'bcd')).toBe('bcd');
  });

  test('a key that is kept already is not kept twice', () => {
    const store = createOutputStore(20, 10);
    for (const output of store.start(['a', 'a'], NONE)) {
      output.append(bytes(7));
      output.keep();
    }
    expect([partOf(store, 'a'), store.usedBytes()]).toEqual([[7], 10]);
    keep(store, { b: 10 });
    expect(keptOf(store, 'ab')).toBe('ab');
  });

  test('blocks of an output that was given up are free once, also where its key is kept', () => {
    const store = createOutputStore(20, 10);
    const [first, second] = store.start(['a', 'a'], NONE);
    first!.append(bytes(7));
    second!.append(new Uint8Array(11));
    first!.keep();
    second!.keep();
    keep(store, { b: 10 });
    keep(store, { c: 10 }, new Set(['b']));
    expect([partOf(store, 'a'), store.usedBytes()]).toEqual([undefined, 20]);
    for (const key of 'bc') expect(partOf(store, key)).toEqual(new Array(10).fill(key.charCodeAt(0)));
  });
});

describe('who makes way', () => {
  test('of use lately beats of use before; of use often, or few bytes, beats both', () => {
    const goneOf = (touched: readonly string[], lengths: Record<string, number> = {}): string[] => {
      const store = createOutputStore(50, 5);
      for (const key of ['a', 'b', 'c']) keep(store, { [key]: lengths[key] ?? 10 });
      for (const key of touched) {
        store.touch(key);
        store.start([], NONE);
      }
      keep(store, { d: 25 });
      return ['a', 'b', 'c'].filter((key) => store.find(key) === undefined);
    };
    expect(goneOf([])).toEqual(['a']);
    expect(goneOf(['a'])).toEqual(['b']);
    expect(goneOf(['a', 'a', 'a', 'b', 'c'])).toEqual(['b']);
    expect(goneOf(['a', 'b', 'c'])).toEqual(['a']);
    expect(goneOf(['a', 'b', 'c'], { b: 20, a: 5 })).toEqual(['b']);
  });

  test('what was of use often makes way in the end', () => {
    const store = createOutputStore(20, 10);
    for (const key of ['a', 'b']) keep(store, { [key]: 10 });
    for (let i = 0; i < 1000; i++) store.touch('a');
    for (let i = 0; i < 100; i++) store.start([], NONE);
    for (let i = 0; i < 3; i++) {
      store.touch('b');
      store.start([], NONE);
    }
    keep(store, { c: 10 });
    expect(keptOf(store, 'abc')).toBe('bc');
  });
});
