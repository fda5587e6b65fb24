import { expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { instantiateKernels, place } from '../../src/dnn/kernels.ts';
import { clamp, rescale } from '../../src/dnn/requantise.ts';

test('roundings of all codes, in vectors and at the ends of rows, are those of the definition', () => {
  const kernels = instantiateKernels();
  const rows = 2;
  // 32 vectors, and 5 codes for the table.
  const codes = Int8Array.from({ length: rows * 261 }, (_, i) => (i % 261) - 128);
  const input = kernels.allocate(codes.length);
  const table = kernels.allocate(512);
  const rowBytes = 2 * 261 + 16;
  const out = kernels.allocate(rows * rowBytes);
  let compared = 0;
  for (const lead of [0, 10, 12, 14]) {
    for (let drop = 0; drop <= 9; drop++) {
      for (const cap of [1, 60, 127, 128, 300]) {
        const rounded = (code: number): number => {
          const kept = (code << (16 + lead)) >> (16 + lead);
          return Math.min(((kept + ((1 << drop) >> 1)) >> drop) << drop, cap);
        };
        new Int8Array(kernels.memory.buffer, input, codes.length).set(codes);
        new Int16Array(kernels.memory.buffer, table, 256).set(
          Array.from({ length: 256 }, (_, index) => rounded(index - 128)),
        );
        kernels.run.mapRounded(input, out, rows, 261, rowBytes, lead, drop, cap, table);
        for (let row = 0; row < rows; row++) {
          const got = [...new Int16Array(kernels.memory.buffer, out + row * rowBytes, 261)];
          expect([lead, drop, cap, ...got]).toEqual([
            lead,
            drop,
            cap,
            ...Array.from(codes.subarray(0, 261), rounded),
          ]);
          compared += got.length;
        }
      }
    }
  }
  expect(compared).toBe(4 * 10 * 5 * 2 * 261);
});

test('averages are the rescaled sums of windows, whether these fit vectors or not', () => {
  const rng = createRng(11);
  let compared = 0;
  let extreme = 0;
  for (let round = 0; round < 300; round++) {
    const [kh, kw] = round % 10 === 0 ? [16, 17] : [rng.nextInt(1, 9), rng.nextInt(1, 9)];
    const [sy, sx] = [rng.nextInt(1, 3), rng.nextInt(1, 3)];
    const [oh, ow] = [rng.nextInt(1, 3), rng.nextInt(1, 3)];
    const channels = rng.nextInt(1, 20);
    const [height, width] = [(oh - 1) * sy + kh, (ow - 1) * sx + kw];
    const isExtreme = round % 3 === 0;
    const codes = Int8Array.from({ length: height * width * channels }, () =>
      isExtreme ? [-128, 127][Math.floor(round / 3) % 2]! : rng.nextInt(-128, 127),
    );
    const multiplier = isExtreme ? 65535 : rng.nextInt(0, 65535);
    const shift = rng.nextInt(1, 46);
    const [low, high] = [rng.nextInt(-128, 0), rng.nextInt(1, 127)];
    const kernels = instantiateKernels();
    const input = place(kernels, new Int16Array(Math.ceil(codes.length / 2)));
    new Int8Array(kernels.memory.buffer, input, codes.length).set(codes);
    const out = kernels.allocate(oh * ow * channels);
    kernels.run.averageCodes(
      input,
      out,
      width,
      channels,
      oh,
      ow,
      kh,
      kw,
      sy,
      sx,
      multiplier,
      shift,
      low,
      high,
    );
    const want: number[] = [];
    for (let oy = 0; oy < oh; oy++) {
      for (let ox = 0; ox < ow; ox++) {
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let ky = 0; ky < kh; ky++)
            for (let kx = 0; kx < kw; kx++)
              sum += codes[((oy * sy + ky) * width + ox * sx + kx) * channels + c]!;
          want.push(clamp(rescale(sum, { multiplier, shift }), low, high));
        }
      }
    }
    expect([round, ...new Int8Array(kernels.memory.buffer, out, want.length)]).toEqual([round, ...want]);
    compared += want.length;
    if (isExtreme) extreme += want.length;
  }
  expect(compared).toBeGreaterThan(10_000);
  expect(extreme).toBeGreaterThan(3000);
});
