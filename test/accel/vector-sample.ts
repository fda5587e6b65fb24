import { expect } from 'vitest';
import type { ArraySpec } from '../../src/accel/array-spec.ts';
import type { Rng } from '../../src/base/rng.ts';
import type { Fields } from './core-bench.ts';

const [INPUT, SECOND, OUTPUT, WORDS] = [5, 300, 600, 300];

/** A random vector descriptor over a map of random codes. */
export interface VectorCase {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly fields: Fields;
}

export const ADD: Fields = {
  operation: 2,
  factorA: 51234,
  factorB: 40001,
  shift: 16,
  inputZero: -7,
  secondZero: 12,
  outputZero: -3,
  low: -100,
  high: 127,
};
export const POOL: Fields = {
  operation: 3,
  kernelHeight: 2,
  kernelWidth: 3,
  strideY: 2,
  strideX: 1,
  factorA: 43691,
  shift: 18,
  inputZero: -9,
  outputZero: 4,
  low: -128,
  high: 110,
};
export const COPY: Fields = {
  ...POOL,
  kernelHeight: 1,
  kernelWidth: 1,
  strideY: 1,
  strideX: 1,
  factorA: 32768,
  shift: 15,
  inputZero: 0,
  outputZero: 0,
  high: 127,
};
export const CASES: readonly VectorCase[] = [
  {
    name: 'addition',
    height: 3,
    width: 4,
    channels: 7,
    fields: { ...ADD, inputChannel: 2, outputChannel: 6 },
  },
  { name: 'addition of one pixel', height: 1, width: 1, channels: 1, fields: ADD },
  { name: 'average pool', height: 5, width: 6, channels: 5, fields: { ...POOL, outputChannel: 2 } },
  {
    name: 'maximum pool',
    height: 5,
    width: 6,
    channels: 6,
    fields: { ...POOL, maximum: 1, inputChannel: 4 },
  },
  {
    name: 'global pool',
    height: 6,
    width: 5,
    channels: 4,
    fields: { ...POOL, kernelHeight: 6, kernelWidth: 5 },
  },
  { name: 'copy', height: 3, width: 3, channels: 8, fields: { ...COPY, outputChannel: 4 } },
];

/** Fields of a map of `pitch` words per pixel, for input and output. */
export function map(height: number, width: number, pitch: number): Fields {
  return {
    inputHeight: height,
    inputWidth: width,
    inputPitch: pitch,
    inputRowPitch: width * pitch,
    outputHeight: height,
    outputWidth: width,
    outputPitch: pitch,
    outputRowPitch: width * pitch,
  };
}

/** Random memory, the descriptor, and the memory as it should be afterwards; from the formulas of descriptor.ts. */
export function prepareVector(
  { rows, activationWords }: ArraySpec,
  { height, width, channels, fields }: VectorCase,
  rng: Rng,
) {
  const before = Uint8Array.from({ length: activationWords * rows }, () => rng.nextInt(0, 255));
  const number = (name: keyof Fields): number => fields[name] ?? 0;
  const isAdd = fields.operation === 2;
  const [kernelHeight, kernelWidth] = isAdd ? [1, 1] : [number('kernelHeight'), number('kernelWidth')];
  const [strideY, strideX] = isAdd ? [1, 1] : [number('strideY'), number('strideX')];
  const outputHeight = Math.floor((height - kernelHeight) / strideY) + 1;
  const outputWidth = Math.floor((width - kernelWidth) / strideX) + 1;
  const inputPitch = Math.ceil((number('inputChannel') + channels) / rows);
  const outputPitch = Math.ceil((number('outputChannel') + channels) / rows) + 1;
  const [inputRowPitch, outputRowPitch] = [width * inputPitch + 1, outputWidth * outputPitch];
  const code = (base: number, y: number, x: number, channel: number): number => {
    const word = base + y * inputRowPitch + x * inputPitch;
    return (before[word * rows + number('inputChannel') + channel]! << 24) >> 24;
  };
  const after = before.slice();
  let results = 0;
  for (let oy = 0; oy < outputHeight; oy++) {
    for (let ox = 0; ox < outputWidth; ox++) {
      for (let c = 0; c < channels; c++, results++) {
        const codes: number[] = [];
        for (let ky = 0; ky < kernelHeight; ky++) {
          for (let kx = 0; kx < kernelWidth; kx++) {
            codes.push(code(INPUT, oy * strideY + ky, ox * strideX + kx, c));
          }
        }
        const total = codes.reduce((sum, one) => sum + one - number('inputZero'), 0) * number('factorA');
        const other = isAdd ? (code(SECOND, oy, ox, c) - number('secondZero')) * number('factorB') : 0;
        const scaled = Math.floor((total + other + 2 ** (number('shift') - 1)) / 2 ** number('shift'));
        const value = fields.maximum === 1 ? Math.max(...codes) : number('outputZero') + scaled;
        const clamped = Math.min(Math.max(value, number('low')), number('high'));
        const word = OUTPUT + oy * outputRowPitch + ox * outputPitch;
        after[word * rows + number('outputChannel') + c] = clamped & 255;
      }
    }
  }
  const descriptor: Fields = {
    ...fields,
    inputBase: INPUT,
    secondBase: SECOND,
    outputBase: OUTPUT,
    inputHeight: height,
    inputWidth: width,
    inputPitch,
    inputRowPitch,
    outputHeight,
    outputWidth,
    outputPitch,
    outputRowPitch,
    channels,
  };
  expect(outputHeight * outputRowPitch).toBeLessThan(WORDS);
  return { before, after, descriptor, results };
}
