import { expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { createCodePacker } from '../../src/dnn/code-packer.ts';
import { instantiateKernels } from '../../src/dnn/kernels.ts';

const LARGEST = 300;

function createSubject() {
  const kernels = instantiateKernels();
  const from = kernels.allocate(LARGEST);
  const to = kernels.allocate(LARGEST);
  const packer = createCodePacker(kernels, LARGEST);
  const view = (address: number, count: number): Int8Array =>
    new Int8Array(kernels.memory.buffer, address, count);
  return {
    /** A copy of the packed codes; what lies behind them is not 0. */
    pack(codes: Int8Array): Uint8Array {
      view(from, LARGEST).fill(99).set(codes);
      return packer.pack(from, codes.length).slice();
    },
    /** The codes, and those behind them up to 8. */
    unpack(pieces: readonly Uint8Array[], count: number): Int8Array {
      view(to, LARGEST).fill(55);
      packer.unpack(pieces, to, count);
      return view(to, Math.ceil(count / 8) * 8).slice();
    },
  };
}

test('codes of any length and share of zeroes come back, cut anywhere; never longer, and as short as said', () => {
  const subject = createSubject();
  const rng = createRng(8);
  let compared = 0;
  let shorter = 0;
  for (let round = 0; round < 2000; round++) {
    const share = (round % 11) / 10;
    const codes = Int8Array.from({ length: rng.nextInt(1, LARGEST) }, () =>
      rng.nextFloat() < share ? 0 : rng.nextInt(-128, 127),
    );
    const packed = subject.pack(codes);
    const bytes = Math.ceil(codes.length / 8) + codes.filter((code) => code !== 0).length;
    expect(packed.length).toBe(Math.min(bytes, codes.length));
    if (packed.length < codes.length) shorter++;
    const cut = rng.nextInt(0, packed.length);
    const got = subject.unpack([packed.subarray(0, cut), packed.subarray(cut)], codes.length);
    expect([...got.subarray(0, codes.length)]).toEqual([...codes]);
    compared += codes.length;
  }
  expect(compared).toBeGreaterThan(250_000);
  expect(shorter).toBeGreaterThan(1000);
});

test('every mask of eight codes, and one wrong byte is seen', () => {
  const subject = createSubject();
  let compared = 0;
  for (let mask = 0; mask < 256; mask++) {
    const codes = Int8Array.from({ length: 16 }, (_, i) => ((mask >> i) & 1 || i === 15 ? i - 20 : 0));
    const packed = subject.pack(codes);
    expect([...subject.unpack([packed], 16)]).toEqual([...codes]);
    packed[packed.length - 1]! ^= 1;
    expect([...subject.unpack([packed], 16)]).not.toEqual([...codes]);
    compared += 16;
  }
  expect(compared).toBe(4096);
});
