import { expect, test } from 'vitest';
import { shortNames } from '../../src/report/short-names.ts';

test('names lose what they have in common, then their beginning', () => {
  const short = (names: readonly string[], length: number) => [...shortNames(names, length).values()];
  expect(short(['conv0', 'conv1', 'dense'], 6)).toEqual(['conv0', 'conv1', 'dense']);
  expect(short(['model/conv2d/Conv2D', 'model/conv2d_1/Conv2D'], 10)).toEqual(['conv2d', 'conv2d_1']);
  expect(short(['model/block/a_very_long_one', 'model/stem'], 8)).toEqual(['…ong_one', 'stem']);
  // One name, or one that is a part of the other, keeps something.
  expect(short(['model/conv2d/Conv2D'], 8)).toEqual(['Conv2D']);
  expect(short(['model/a/conv2d', 'model/a/conv2d/conv2d'], 8)).toEqual(['conv2d', '…/conv2d']);
});

test('different names stay different where they differ at their end', () => {
  const names = Array.from({ length: 40 }, (_, i) => `functional_1/stage_${i % 4}/conv2d_${i}`);
  expect(new Set(shortNames(names, 12).values()).size).toBe(40);
});
