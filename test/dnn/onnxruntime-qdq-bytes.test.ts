import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { infer } from '../../src/dnn/infer.ts';
import { importOnnx } from '../../src/dnn/onnx/import-onnx.ts';
import { encodeModel, type ModelSketch, scalar, type TensorSketch } from './onnx-model.ts';
import { onnxruntimeTest, runOnnx } from './onnxruntime.ts';
import { randomImages } from './random-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-qdq-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'net.onnx');

type Byte = 'uint8' | 'int8';

const rng = createRng(3);
const codes = (type: Byte, ...shape: readonly number[]): TensorSketch => ({
  type,
  shape,
  values: Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () =>
    type === 'uint8' ? rng.nextInt(1, 255) : rng.nextInt(-127, 127),
  ),
});

/** Bytes in, DequantizeLinear → Conv → Clip → pair → GlobalAveragePool → pair → Gemm; weights of a type, bias float. */
function byteModel(input: Byte, weights: Byte): ModelSketch {
  const zero = weights === 'uint8' ? 128 : 0;
  const pair = (value: string): ModelSketch['nodes'] => [
    { op: 'QuantizeLinear', inputs: [value, `${value}_s`, `${value}_z`], outputs: [`${value}_q`] },
    { op: 'DequantizeLinear', inputs: [`${value}_q`, `${value}_s`, `${value}_z`], outputs: [`${value}_d`] },
  ];
  const dequantise = (value: string) => ({
    op: 'DequantizeLinear',
    inputs: [value, `${value}_s`, `${value}_z`],
    outputs: [`${value}_d`],
  });
  return {
    nodes: [
      dequantise('x'),
      dequantise('w'),
      { op: 'Conv', inputs: ['x_d', 'w_d', 'b'], outputs: ['c'], attributes: { pads: [1n, 1n, 1n, 1n] } },
      { op: 'Clip', inputs: ['c', 'low', 'high'], outputs: ['r'] },
      ...pair('r'),
      { op: 'GlobalAveragePool', inputs: ['r_d'], outputs: ['g'] },
      ...pair('g'),
      { op: 'Flatten', inputs: ['g_d'], outputs: ['f'] },
      dequantise('fc'),
      { op: 'Gemm', inputs: ['f', 'fc_d'], outputs: ['y'], attributes: { transB: 1n } },
    ],
    constants: {
      x_s: scalar(0.02),
      x_z: scalar(input === 'uint8' ? 100 : -28, input),
      w: codes(weights, 5, 3, 3, 3),
      w_s: scalar(0.003),
      w_z: scalar(zero, weights),
      b: { type: 'float32', shape: [5], values: [0.5, 1, 0.25, -0.5, 0] },
      low: scalar(0),
      high: scalar(2),
      r_s: scalar(2.5 / 255),
      r_z: scalar(0, 'uint8'),
      g_s: scalar(2 / 255),
      g_z: scalar(3, 'uint8'),
      fc: codes(weights, 4, 5),
      fc_s: scalar(0.01),
      fc_z: scalar(zero, weights),
    },
    inputs: { x: ['N', 3, 6, 6] },
    inputType: input,
    outputs: ['y'],
  };
}

async function compare(model: ModelSketch, given: ModelSketch = model) {
  writeFileSync(path, encodeModel(given));
  const imported = importOnnx(path);
  if (imported.kind !== 'quantised') throw new Error(imported.kind);
  const { network } = imported;
  const images = randomImages(network, 8, 2);
  const isSigned = model.inputType === 'int8';
  const plane = 36;
  const bytes = Array.from(images.pixels, (_, i) => {
    const [image, channel, pixel] = [Math.floor(i / (3 * plane)), Math.floor(i / plane) % 3, i % plane];
    return images.pixels[(image * plane + pixel) * 3 + channel]! - (isSigned ? 128 : 0);
  });
  const data = isSigned ? Int8Array.from(bytes) : Uint8Array.from(bytes);
  const { y } = await runOnnx(encodeModel(model), { x: { shape: [8, 3, 6, 6], data } });
  const step = network.layers.at(-1)!.outputScale;
  const logits = infer(network, uniformAssignment(network, EXACT_INT8), images);
  const largest = logits.reduce((most, code, i) => Math.max(most, Math.abs(code * step - y!.data[i]!)), 0);
  const spread = Math.max(...y!.data) - Math.min(...y!.data);
  return { network, compared: logits.length, share: largest / spread };
}

describe('models of bytes', () => {
  for (const input of ['uint8', 'int8'] as const) {
    for (const weights of ['int8', 'uint8'] as const) {
      onnxruntimeTest(`${input} image, ${weights} weights`, async () => {
        const { network, compared, share } = await compare(byteModel(input, weights));
        expect(network.input).toMatchObject({ scale: expect.closeTo(0.02, 6), zeroPoint: 100 });
        expect(network.layers.map(({ op }) => op)).toEqual(['conv2d', 'averagePool', 'dense']);
        expect(compared).toBe(32);
        // One code of one of five means is up to 1.27 · 2 / 255.
        expect(share).toBeLessThan(0.02);
      });
    }
  }

  onnxruntimeTest('sabotage: a zero point that is off is noticed', async () => {
    const model = byteModel('uint8', 'int8');
    const off = { ...model, constants: { ...model.constants, x_z: scalar(90, 'uint8') } };
    expect((await compare(model, off)).share).toBeGreaterThan(0.02);
  });
});
