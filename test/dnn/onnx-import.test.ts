import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Dataset } from '../../src/dnn/data/dataset.ts';
import { inferFloat } from '../../src/dnn/float-inference.ts';
import { importOnnxFloat } from '../../src/dnn/onnx/import-onnx.ts';
import { DATA_TYPES, MODEL_MESSAGE } from '../../src/dnn/onnx/schema.ts';
import { encodeModel } from './onnx-model.ts';
import { VARIANTS, type Variant } from './onnx-variants.ts';
import { type OnnxValues, onnxruntimeTest, runOnnx } from './onnxruntime.ts';
import { randomImages } from './random-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'net.onnx');

/** The images as a variant wants them. */
function feedOf(
  { model, scale = 1 / 128, shift = -1, isChannelsLast }: Variant,
  images: Dataset,
): OnnxValues {
  const { height, width, channels, pixels } = images;
  const plane = height * width;
  const isBytes = model.inputType === 'uint8';
  const order = (i: number): number => {
    if (isChannelsLast) return i;
    const [image, c, pixel] = [
      Math.floor(i / (plane * channels)),
      Math.floor(i / plane) % channels,
      i % plane,
    ];
    return (image * plane + pixel) * channels + c;
  };
  const shape = isChannelsLast
    ? [images.images, height, width, channels]
    : [images.images, channels, height, width];
  const data = isBytes
    ? pixels.map((_, i) => pixels[order(i)]!)
    : Float32Array.from(pixels, (_, i) => pixels[order(i)]! * scale + shift);
  return { shape, data };
}

/** Largest difference between onnxruntime and the imported network. */
async function compare(variant: Variant, imported: Variant = variant) {
  writeFileSync(path, encodeModel(imported.model));
  const network = importOnnxFloat(path);
  const images = randomImages(network, 4, 5);
  const ours = inferFloat(network, images);
  const { y } = await runOnnx(encodeModel(variant.model), { x: feedOf(variant, images) });
  expect(y!.shape).toEqual([4, 4]);
  let largest = 0;
  for (const [i, value] of ours.entries()) largest = Math.max(largest, Math.abs(value - y!.data[i]!));
  return { compared: ours.length, largest, network };
}

describe('an imported model has the logits that onnxruntime gives', () => {
  for (const [name, variant] of Object.entries(VARIANTS)) {
    onnxruntimeTest(name, async () => {
      const { compared, largest } = await compare(variant);
      expect(compared).toBe(16);
      expect(largest).toBeLessThan(1e-4);
    });
  }

  onnxruntimeTest('sabotage: another padding is noticed', async () => {
    const { 'Conv, auto_pad SAME_UPPER': upper } = VARIANTS;
    const nodes = upper!.model.nodes.map((node) =>
      node.op === 'Conv' ? { ...node, attributes: { ...node.attributes, auto_pad: 'SAME_LOWER' } } : node,
    );
    const lower = { ...upper, model: { ...upper!.model, nodes } };
    expect((await compare(upper!, lower)).largest).toBeGreaterThan(1e-4);
  });
});

describe('scaling of the image', () => {
  const importVariant = (name: string) => {
    writeFileSync(path, encodeModel(VARIANTS[name]!.model));
    return importOnnxFloat(path);
  };

  test('one scale and zero point: in the description of the input', () => {
    const { input, layers } = importVariant('image / 127.5 − 1');
    expect(input).toEqual({
      height: 8,
      width: 7,
      channels: 3,
      scale: expect.closeTo(1 / 127.5, 9),
      zeroPoint: 127.5,
    });
    expect(layers[0]).toMatchObject({ op: 'conv2d', pads: [1, 1, 1, 1] });
  });

  test('one per channel: a depthwise 1 × 1 convolution before the padding', () => {
    const { input, layers } = importVariant('image scaled per channel');
    expect(input).toMatchObject({ scale: 1 / 128, zeroPoint: 128 });
    expect(layers[0]).toMatchObject({ op: 'conv2d', groups: 3, pads: [0, 0, 0, 0] });
  });

  test('none in the model: u8/128 − 1, or what the option says', () => {
    expect(importVariant('Conv, operator set 19').input).toMatchObject({ scale: 1 / 128, zeroPoint: 128 });
    const scaled = importOnnxFloat(path, { inputScale: { scale: 0.5, shift: -16 } });
    expect(scaled.input).toMatchObject({ scale: 0.5, zeroPoint: 32 });
  });
});

onnxruntimeTest(
  'numbers listed one by one (float_data, int32_data, int64_data) are read as raw ones are',
  async () => {
    const listed = MODEL_MESSAGE.encode(
      MODEL_MESSAGE.fromObject({
        irVersion: 8,
        opsetImport: [{ domain: '', version: 13 }],
        graph: {
          name: 'listed',
          node: [
            { opType: 'Pad', input: ['x', 'pads'], output: ['p'] },
            { opType: 'GlobalAveragePool', input: ['p'], output: ['g'] },
            { opType: 'Flatten', input: ['g'], output: ['f'] },
            { opType: 'DequantizeLinear', input: ['q', 's', 'z'], output: ['w'] },
            { opType: 'Gemm', input: ['f', 'w', 'b'], output: ['y'] },
          ],
          initializer: [
            { name: 'pads', dims: [8], dataType: DATA_TYPES.int64, int64Data: [0, 0, 1, 2, 0, 1, 0, 3] },
            {
              name: 'q',
              dims: [4, 2],
              dataType: DATA_TYPES.int8,
              int32Data: [-128, 127, 3, -4, 5, -6, 7, 8],
            },
            { name: 's', dims: [2], dataType: DATA_TYPES.float32, floatData: [0.5, 0.25] },
            { name: 'z', dims: [2], dataType: DATA_TYPES.int8, int32Data: [0, 0] },
            { name: 'b', dims: [2], dataType: DATA_TYPES.float32, floatData: [-1, 1.5] },
          ],
          input: [
            {
              name: 'x',
              type: {
                tensorType: {
                  elemType: DATA_TYPES.float32,
                  shape: { dim: [{ dimParam: 'N' }, { dimValue: 3 }, { dimValue: 4 }, { dimValue: 5 }] },
                },
              },
            },
          ],
          output: [{ name: 'y', type: { tensorType: { elemType: DATA_TYPES.float32 } } }],
        },
      }),
    ).finish();
    writeFileSync(path, listed);
    const network = importOnnxFloat(path);
    expect([...network.tensors.values()].map(({ data }) => [...data])).toEqual([
      [-64, 31.75, 1.5, -1, 2.5, -1.5, 3.5, 2],
      [-1, 1.5],
    ]);
    const images = randomImages(network, 3, 1);
    const model: Variant = { model: { nodes: [], inputs: {}, outputs: [] } };
    const { y } = await runOnnx(listed, { x: feedOf(model, images) }, 'basic');
    const ours = inferFloat(network, images);
    expect(ours.length).toBe(6);
    for (const [i, value] of ours.entries()) expect(value).toBeCloseTo(y!.data[i]!, 4);
  },
);

test('layers keep the names of the nodes, tensors those of the initialisers, where they can', () => {
  const { model } = VARIANTS['Conv, operator set 19']!;
  const names = ['/features/0.conv', 'my pool', '', '/features/0.conv'];
  const nodes = model.nodes.map((node, i) => ({ ...node, name: names[i]! }));
  writeFileSync(path, encodeModel({ ...model, nodes }));
  const { layers, tensors, name } = importOnnxFloat(path);
  expect(name).toBe('net');
  expect(layers.map((layer) => layer.name)).toEqual(['/features/0.conv', 'globalPool0', 'dense0']);
  expect([...tensors.keys()]).toEqual(['w', 'b', 'fc']);
});
