import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { EXACT_INT8, type RoundedOperand } from '../../src/dnn/assignment.ts';
import { createEngine } from '../../src/dnn/infer.ts';
import type { Shape } from '../../src/dnn/network.ts';
import { INT8, INT32, type QuantisedConv } from '../../src/dnn/quantised-network.ts';
import { clamp, fitRescale, rescale } from '../../src/dnn/requantise.ts';
import { bilinearTerms } from '../../src/multiplier/golden.ts';
import { designName, type MultiplierSpec, operandRange } from '../../src/multiplier/spec.ts';
import { encodeModel, floats } from './onnx-model.ts';
import { onnxruntimeTest, runOnnx } from './onnxruntime.ts';

/**
 * A multiplier of ours is a sum of products of mapped operands. Here onnxruntime, which knows nothing of it, convolves
 * the mapped operands in float32, term by term; below 2^24 that is exact in any order of summation.
 */
type Bilinear = Parameters<typeof bilinearTerms>[0];
const roup = (P: number, r: readonly number[], bits = 8): Bilinear => ({ family: 'roup', bits, P, r });

const SPECS: readonly Bilinear[] = [
  EXACT_INT8 as Bilinear,
  { family: 'booth', aBits: 8, bBits: 8, aSigned: true, bSigned: true },
  roup(0, [5, 3, 1, 0]),
  roup(0, [7, 7, 0, 2]),
  roup(1, [4, 4, 4]),
  roup(1, [3, 1, 0]),
  roup(2, [4, 4]),
  roup(3, [7]),
  { family: 'narrow', bits: 8, aBits: 5, bBits: 3, architecture: 'booth' },
];

/** Sizes up to the largest number of taps (771) whose sums stay below 2^24 with every multiplier. */
interface Convolution {
  readonly layer: QuantisedConv;
  readonly from: Shape;
  readonly codes: Int8Array;
}

/** `whole`: one output pixel and a ratio of 1, so that the int32 sums themselves come out. */
function randomConvolution(seed: number, whole: boolean): Convolution {
  const rng = createRng(seed);
  const pick = (low: number, high: number): number => rng.nextInt(low, high);
  const large = seed % 5 === 0;
  const kernel: [number, number] = large ? [3, 1] : [pick(1, 4), pick(1, 4)];
  const groups = large ? 1 : [1, 1, 2, 3][pick(0, 3)]!;
  const isDepthwise = groups === 3;
  const perGroup = large ? 257 : isDepthwise ? 1 : pick(1, 19);
  const channels = groups * perGroup;
  const pads = [pick(0, 2), pick(0, 2), pick(0, 2), pick(0, 2)] as const;
  const height = whole ? Math.max(kernel[0] - pads[0] - pads[2], 1) : kernel[0] + pick(1, 11);
  const width = whole ? Math.max(kernel[1] - pads[1] - pads[3], 1) : kernel[1] + pick(1, 11);
  const stride: [number, number] = whole ? [9, 9] : [pick(1, 3), pick(1, 3)];
  const outs = groups * pick(1, isDepthwise ? 2 : 17);
  const code = (i: number): number => [-128, 127][i] ?? pick(-128, 127);
  const taps = kernel[0] * kernel[1] * perGroup;
  const fits = Array.from({ length: outs }, () =>
    fitRescale(whole ? 1 : (0.5 + rng.nextFloat()) / (130 * Math.sqrt(taps))),
  );
  const layer: QuantisedConv = {
    name: 'conv',
    op: 'conv2d',
    inputs: ['input'],
    outputScale: 1,
    ...(whole ? INT32 : INT8),
    weights: Int8Array.from({ length: taps * outs }, (_, i) => code(i)),
    bias: Int32Array.from({ length: outs }, () => pick(-20000, 20000)),
    multipliers: fits.map((fit) => fit.multiplier),
    shifts: fits.map((fit) => fit.shift),
    weightScales: fits.map(() => 1),
    kernel,
    stride,
    pads,
    ...(groups === 1 ? {} : { groups }),
  };
  const codes = Int8Array.from({ length: height * width * channels }, (_, i) => code(i));
  return { layer, from: { height, width, channels }, codes };
}

/** Sums of products by onnxruntime, output channel × pixel. */
async function onnxSums(
  { layer, from, codes }: Convolution,
  spec: Bilinear,
  rounded: RoundedOperand,
): Promise<Float64Array> {
  const { aMin, bMin } = operandRange(spec);
  const outs = layer.bias.length;
  const [kh, kw] = layer.kernel;
  const groups = layer.groups ?? 1;
  let sums = new Float64Array(0);
  for (const { a, b } of bilinearTerms(spec)) {
    const [activation, weight] = rounded === 'activations' ? [a, b] : [b, a];
    const [activationMin, weightMin] = rounded === 'activations' ? [aMin, bMin] : [bMin, aMin];
    expect(activation[-activationMin]).toBe(0);
    const pixels = from.height * from.width;
    const image = new Float32Array(codes.length);
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let c = 0; c < from.channels; c++) {
        image[c * pixels + pixel] = activation[codes[pixel * from.channels + c]! - activationMin]!;
      }
    }
    const kernel = new Float32Array(layer.weights.length);
    const perGroup = from.channels / groups;
    for (let o = 0; o < outs; o++) {
      let bound = 0;
      for (let tap = 0; tap < kh * kw; tap++) {
        for (let i = 0; i < perGroup; i++) {
          const code = layer.weights[(o * kh * kw + tap) * perGroup + i]!;
          kernel[(o * perGroup + i) * kh * kw + tap] = weight[code - weightMin]!;
          bound += Math.abs(weight[code - weightMin]!);
        }
      }
      expect(bound * activation.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeLessThan(
        2 ** 24,
      );
    }
    const model = encodeModel({
      nodes: [
        {
          op: 'Conv',
          inputs: ['x', 'w'],
          outputs: ['y'],
          attributes: {
            strides: layer.stride.map(BigInt),
            pads: layer.pads.map(BigInt),
            group: BigInt(groups),
          },
        },
      ],
      constants: { w: floats([outs, perGroup, kh, kw], kernel) },
      inputs: { x: [1, from.channels, from.height, from.width] },
      outputs: ['y'],
    });
    const shape = [1, from.channels, from.height, from.width];
    const { y } = await runOnnx(model, { x: { shape, data: image } });
    if (sums.length === 0) sums = new Float64Array(y!.data.length);
    for (const [i, value] of y!.data.entries()) sums[i]! += value;
  }
  return sums;
}

/** Codes (or int32 sums) of the engine that differ from onnxruntime's sums taken through the rescaling rule. */
async function compare(
  convolution: Convolution,
  spec: Bilinear,
  rounded: RoundedOperand,
  engineSpec: MultiplierSpec = spec,
) {
  const { layer, from, codes } = convolution;
  const network = {
    name: 'one layer',
    input: { ...from, scale: 1 / 128, zeroPoint: 128 },
    layers: [layer],
  };
  const engine = createEngine(network, new Map([['conv', engineSpec]]), rounded);
  const logits = engine.infer(codes);
  const got = layer.high > 127 ? logits : engine.codesOf('conv');
  const sums = await onnxSums(convolution, spec, rounded);
  const outs = layer.bias.length;
  const pixels = sums.length / outs;
  expect(got.length).toBe(sums.length);
  let different = 0;
  let useful = 0;
  for (const [i, sum] of sums.entries()) {
    const [o, pixel] = [Math.floor(i / pixels), i % pixels];
    const fit = { multiplier: layer.multipliers[o]!, shift: layer.shifts[o]! };
    const want = clamp(rescale(sum + layer.bias[o]!, fit), layer.low, layer.high);
    if (got[pixel * outs + o] !== want) different++;
    if (want !== 0 && want > layer.low && want < layer.high) useful++;
  }
  return { compared: sums.length, different, useful };
}

describe.each(SPECS.map((spec) => [designName(spec), spec] as const))('%s', (_name, spec) => {
  for (const rounded of ['activations', 'weights'] as const) {
    onnxruntimeTest(`integer convolution equals onnxruntime's, ${rounded} on port a`, async () => {
      let compared = 0;
      let useful = 0;
      for (let seed = 1; seed <= 20; seed++) {
        const result = await compare(randomConvolution(seed, seed % 2 === 1), spec, rounded);
        expect(result.different).toBe(0);
        compared += result.compared;
        useful += result.useful;
      }
      expect(compared).toBeGreaterThan(2000);
      expect(useful / compared).toBeGreaterThan(0.5);
    });
  }
});

test('the operands include −128 and activations that round from 127 to 128; taps go up to 771; groups occur', () => {
  const all = Array.from({ length: 20 }, (_, i) => randomConvolution(i + 1, i % 2 === 0));
  expect(all.every(({ codes, layer }) => codes[0] === -128 && layer.weights[0] === -128)).toBe(true);
  expect(all.filter(({ codes }) => codes[1] === 127).length).toBeGreaterThan(10);
  const rounded = SPECS.filter((spec) => bilinearTerms(spec).some(({ a }) => a[127 + 128] === 128));
  expect(rounded.map(designName)).toContain('mul_roup_s8_p0_r5_3_1_0');
  expect(Math.max(...all.map(({ layer }) => layer.weights.length / layer.bias.length))).toBe(771);
  expect(new Set(all.map(({ layer }) => layer.groups ?? 1))).toEqual(new Set([1, 2, 3]));
});

onnxruntimeTest('sabotage: another multiplier, one weight, one code are noticed', async () => {
  const spec = roup(0, [5, 3, 1, 0]);
  const sums = [...Array(200).keys()]
    .map((seed) => randomConvolution(seed, true))
    .find(({ layer }) => layer.pads.every((pad) => pad === 0) && layer.weights.length > 20)!;
  expect((await compare(sums, spec, 'activations', roup(0, [5, 3, 2, 0]))).different).toBeGreaterThan(0);
  const weights = sums.layer.weights.map((weight, i) => (i === 1 ? weight ^ 1 : weight));
  const engineLayer = { ...sums, layer: { ...sums.layer, weights } };
  const want = await onnxSums(sums, spec, 'activations');
  expect(await onnxSums(engineLayer, spec, 'activations')).not.toEqual(want);
  const codes = sums.codes.map((code, i) => (i === 1 ? code ^ 64 : code));
  expect(await onnxSums({ ...sums, codes }, spec, 'activations')).not.toEqual(want);
});
