import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { DEFAULT_STORAGE, readStorage, sramAccessPj } from '../../src/explore/storage-parameters.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-storage-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (content: unknown): string => {
  const path = join(folder, 'storage.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

test('an SRAM costs what is published, in proportion to its word, and a power of its size between', () => {
  const KB = 1024;
  expect([8, 32, 1024].map((size) => sramAccessPj(size * KB, 64))).toEqual([
    expect.closeTo(10, 9),
    expect.closeTo(20, 9),
    expect.closeTo(100, 9),
  ]);
  expect(sramAccessPj(8 * KB, 8)).toBeCloseTo(1.25, 9);
  // A factor of 4 in size is one of 2 in energy, also below 8 KB.
  expect(sramAccessPj(16 * KB, 64)).toBeCloseTo(10 * Math.SQRT2, 9);
  expect(sramAccessPj(2 * KB, 64)).toBeCloseTo(5, 9);
  // 32 in size is 5 in energy.
  expect(sramAccessPj(64 * KB, 64)).toBeCloseTo(20 * 5 ** (1 / 5), 9);
});

test('every default has a node, a supply and a source', () => {
  const { activationSram, weightSram, accumulatorSram, dram } = DEFAULT_STORAGE;
  const memories = [activationSram, weightSram, accumulatorSram, dram];
  expect(memories).toHaveLength(4);
  for (const memory of memories) {
    expect(memory).toMatchObject({ nodeNm: 45, voltageV: 0.9, wordBits: 64 });
    expect(memory.source).toContain('Horowitz');
    expect(memory.readPj).toBeGreaterThan(0);
  }
});

describe('a file of the user', () => {
  test('replaces what it names, and nothing else', () => {
    const own = { wordBits: 32, readPj: 3, writePj: 4, source: 'memory compiler X' };
    const storage = readStorage(file({ activationSram: own, weightsResident: true }));
    expect(storage.activationSram).toEqual({ ...DEFAULT_STORAGE.activationSram, ...own });
    expect(storage.weightsResident).toBe(true);
    expect(storage.weightSram).toEqual(DEFAULT_STORAGE.weightSram);
    expect(storage.dram).toEqual(DEFAULT_STORAGE.dram);
  });

  test('that only resizes a memory gets the published energy of that size', () => {
    const { weightSram, dram } = readStorage(
      file({ weightSram: { capacityBytes: 8192 }, dram: { wordBits: 32 } }),
    );
    expect(weightSram.readPj).toBeCloseTo(10, 9);
    expect(dram.readPj).toBeCloseTo(975, 9);
  });

  test.each([
    ['{', 'wanted storage parameters, JSON, found no JSON'],
    [{ dramm: {} }, 'wanted no other fields, found field "dramm"'],
    [{ dram: { capacityBytes: 5 } }, 'dram: wanted no other fields, found field "capacityBytes"'],
    [{ weightSram: { readPj: -1 } }, 'weightSram.readPj: wanted a number above 0, found -1'],
    [{ imagesPerWeightFetch: 0 }, 'imagesPerWeightFetch: wanted at least 1, found 0'],
    [
      { dram: { readPj: 1 } },
      /dram: wanted readPj and writePj, found only readPj\n.*wanted a "source" of the energies/,
    ],
  ])('%j is refused', (content, error) => {
    const read = () => readStorage(file(content));
    expect(read).toThrow(error);
    expect(read).toThrow(MaxdnnError);
  });
});
