import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import type { ConvGeometry } from '../../src/dnn/quantised-network.ts';
import type { ArrayShape } from '../../src/dnn/record-operands-schedule.ts';
import { countAccesses, type LayerAccesses } from '../../src/explore/access-counts.ts';

/** 1 × 3 pixels of 2 channels, 3 filters of 1 × 2, a column of padding on the left. */
const TINY: ConvGeometry = {
  from: { height: 1, width: 3, channels: 2 },
  to: { height: 1, width: 3, channels: 3 },
  kernel: [1, 2],
  stride: [1, 1],
  pads: [0, 1, 0, 0],
  groups: 1,
};

test('a tiny layer, every access counted by hand', () => {
  // 2 tiles of filters (2, 1), 2 kernel places × 2 channels = 4 K tiles of one row, tiles of 2 and 1 positions.
  expect(countAccesses(TINY, { rows: 1, columns: 2, accumulatorDepth: 2 })).toEqual({
    // Each filter tile and K tile: 2 cycles, then 1.
    cycles: 2 * 4 * (2 + 1),
    elementCycles: 2 * 24,
    // The left tap is inside at positions 1, 2, the right one at all 3: 5, for 2 channels and 2 filter tiles.
    activationReads: 2 * 2 * 5,
    activationWrites: 3 * 3,
    // 12 weights, for each of the 2 tiles of positions.
    weightReads: 24,
    // 3 positions × 3 filters, after each K tile but the last.
    accumulatorReads: 27,
    accumulatorWrites: 27,
  });
});

test('the second convolution of ResNet-8 fills a 16 × 16 array', () => {
  const map = { height: 32, width: 32, channels: 16 };
  const conv2: ConvGeometry = {
    from: map,
    to: map,
    kernel: [3, 3],
    stride: [1, 1],
    pads: [1, 1, 1, 1],
    groups: 1,
  };
  const counts = countAccesses(conv2, { rows: 16, columns: 16, accumulatorDepth: 64 });
  expect(counts).toEqual({
    cycles: 9 * 1024,
    elementCycles: 2_359_296,
    // Of 32 · 3 rows that the window meets, 2 are padding; the same for columns.
    activationReads: 94 * 94 * 16,
    activationWrites: 16_384,
    weightReads: 2304 * 16,
    accumulatorReads: 8 * 16_384,
    accumulatorWrites: 8 * 16_384,
  });
  expect(counts.elementCycles).toBe(9 * 16 * 16 * 1024);
});

test('a dense layer takes a cycle per row to load for one multiplication per element', () => {
  const dense: ConvGeometry = {
    from: { height: 1, width: 1, channels: 20 },
    to: { height: 1, width: 1, channels: 5 },
    kernel: [1, 1],
    stride: [1, 1],
    pads: [0, 0, 0, 0],
    groups: 1,
  };
  const counts = countAccesses(dense, { rows: 16, columns: 4, accumulatorDepth: 64 });
  expect(counts.cycles).toBe(2 * (16 + 4));
  expect(counts.activationReads).toBe(2 * 20);
  expect(counts.accumulatorWrites).toBe(5);
});

describe('the loops themselves', () => {
  test('count the same on random layers', () => {
    const rng = createRng(5);
    let compared = 0;
    for (let n = 0; n < 60; n++) {
      const geometry = randomGeometry(rng);
      const array = {
        rows: rng.nextInt(1, 5),
        columns: rng.nextInt(1, 5),
        accumulatorDepth: rng.nextInt(1, 9),
      };
      expect(countAccesses(geometry, array)).toEqual(countByLoops(geometry, array));
      compared += 1;
    }
    expect(compared).toBe(60);
  });
});

function randomGeometry(rng: ReturnType<typeof createRng>): ConvGeometry {
  const groups = rng.nextInt(1, 2);
  const kernel = [rng.nextInt(1, 3), rng.nextInt(1, 3)] as const;
  const stride = [rng.nextInt(1, 2), rng.nextInt(1, 2)] as const;
  const pads = [rng.nextInt(0, 1), rng.nextInt(0, 1), rng.nextInt(0, 1), rng.nextInt(0, 1)] as const;
  const from = {
    height: rng.nextInt(3, 6),
    width: rng.nextInt(3, 6),
    channels: groups * rng.nextInt(1, 7),
  };
  const size = (of: number, axis: 0 | 1): number =>
    Math.floor((of + pads[axis]! + pads[axis + 2]! - kernel[axis]) / stride[axis]) + 1;
  const to = {
    height: size(from.height, 0),
    width: size(from.width, 1),
    channels: groups * rng.nextInt(1, 7),
  };
  return { from, to, kernel, stride, pads, groups };
}

/** Walks the loops of the schedule tile by tile and counts one by one. */
function countByLoops(
  geometry: ConvGeometry,
  { rows, columns, accumulatorDepth }: ArrayShape,
): LayerAccesses {
  const { from, to, kernel, stride, pads, groups } = geometry;
  const [channels, filters] = [from.channels / groups, to.channels / groups];
  const positions = to.height * to.width;
  const count = { cycles: 0, reads: 0, writes: 0, weights: 0, sumReads: 0, sumWrites: 0 };
  for (let first = 0; first < positions; first += accumulatorDepth) {
    const tile = Array.from({ length: Math.min(accumulatorDepth, positions - first) }, (_, i) => first + i);
    for (let group = 0; group < groups; group++) {
      for (let filter = 0; filter < filters; filter += columns) {
        const filtersUsed = Math.min(columns, filters - filter);
        for (let ky = 0; ky < kernel[0]; ky++) {
          for (let kx = 0; kx < kernel[1]; kx++) {
            for (let channel = 0; channel < channels; channel += rows) {
              const rowsUsed = Math.min(rows, channels - channel);
              count.cycles += Math.max(tile.length, rowsUsed);
              count.weights += rowsUsed * filtersUsed;
              const isFirst = ky + kx + channel === 0;
              const isLast = ky === kernel[0] - 1 && kx === kernel[1] - 1 && channel + rows >= channels;
              for (const position of tile) {
                const y = Math.floor(position / to.width) * stride[0] + ky - pads[0];
                const x = (position % to.width) * stride[1] + kx - pads[1];
                if (y >= 0 && y < from.height && x >= 0 && x < from.width) count.reads += rowsUsed;
                if (!isFirst) count.sumReads += filtersUsed;
                if (isLast) count.writes += filtersUsed;
                else count.sumWrites += filtersUsed;
              }
            }
          }
        }
      }
    }
  }
  return {
    cycles: count.cycles,
    elementCycles: count.cycles * rows * columns,
    activationReads: count.reads,
    activationWrites: count.writes,
    weightReads: count.weights,
    accumulatorReads: count.sumReads,
    accumulatorWrites: count.sumWrites,
  };
}
