import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

import type { ArraySpec } from '../../src/accel/array-spec.ts';
import { createRng } from '../../src/base/rng.ts';
import { toolMissing } from '../tool-missing.ts';
import { type ConvShape, randomConv } from './conv-sample.ts';
import { buildCore, coreSession } from './core-bench.ts';
import { SPECS } from './core-specs.ts';

const LARGE: ArraySpec = {
  ...SPECS.plain!,
  rows: 16,
  columns: 16,
  lanes: 4,
  accumulatorDepth: 64,
  activationWords: 4096,
  weightWords: 4096,
};
const SHAPES: readonly ConvShape[] = [
  { height: 32, width: 32, channels: 16, filters: 16, kernel: 3, stride: 1, pad: 1 },
  { height: 32, width: 32, channels: 16, filters: 32, kernel: 3, stride: 2, pad: 1 },
  { height: 8, width: 8, channels: 64, filters: 64, kernel: 3, stride: 1, pad: 1 },
  { height: 16, width: 16, channels: 16, filters: 32, kernel: 1, stride: 1, pad: 0 },
  { height: 1, width: 1, channels: 64, filters: 10, kernel: 1, stride: 1, pad: 0, isWide: true },
];
/** Cycles from start to done (docs/accelerator.md) and positions, of each. */
const CYCLES = [
  [9216 + 256 + 51, 9216],
  [4608 + 256 + 52, 4608],
  [9216 + 256 + 51, 9216],
  [8 * 256 + 64 + 51, 512],
  [167, 4],
];

describe.skipIf(toolMissing('verilator') || !process.env.MAXDNN_FULL)('16 × 16 elements', () => {
  const outDir = mkdtempSync(join(tmpdir(), 'maxdnn-cycles-'));
  afterAll(() => rmSync(outDir, { recursive: true, force: true }));

  test('layers as in ResNet take the cycles of the formula and give their codes', async () => {
    const program = await buildCore(LARGE, outDir);
    const session = coreSession(LARGE);
    session.reset();
    const samples = SHAPES.map((shape) => {
      const sample = randomConv(LARGE, shape, createRng(21));
      session.write('activation', 0, sample.input);
      session.write('weight', 0, sample.weights.subarray(0));
      session.write('parameter', 0, sample.parameters);
      const outputPitch = Math.ceil(((shape.isWide ? 4 : 1) * shape.filters) / 16);
      const { outputHeight, outputWidth } = sample;
      const placement = { outputBase: 2048, outputPitch, outputRowPitch: outputPitch * outputWidth };
      session.run({ ...sample.fields, ...placement });
      session.read(2048, outputHeight * outputWidth * outputPitch);
      return { shape, sample };
    });
    const { runs, reads } = await session.execute(program, outDir);
    let compared = 0;
    for (const [index, { shape, sample }] of samples.entries()) {
      const { cycles, active } = runs[index]!;
      expect([cycles, active]).toEqual(CYCLES[index]);
      const read = reads[index]!;
      for (const [at, code] of sample.wanted.entries()) {
        const [position, filter] = [Math.floor(at / shape.filters), at % shape.filters];
        const place = position * 16 * Math.ceil(shape.filters / 16) + filter;
        const found = shape.isWide
          ? new DataView(read.buffer).getInt32(4 * filter, true)
          : (read[place]! << 24) >> 24;
        if (found !== code)
          throw new Error(`layer ${index}, position ${position}, filter ${filter}: ${found}, not ${code}`);
        compared++;
      }
    }
    expect(compared).toBe(32 * 32 * 16 + 16 * 16 * 32 + 64 * 64 + 16 * 16 * 32 + 10);
  });
});
