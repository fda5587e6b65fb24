import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { inferFloat } from '../../src/dnn/float-inference.ts';
import { floatShapes } from '../../src/dnn/float-shapes.ts';
import type { FloatNetwork } from '../../src/dnn/network.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { importTflite } from '../../src/dnn/tflite/import-tflite.ts';
import { randomImages } from './random-network.ts';
import { encodeTflite } from './tflite-file.ts';
import { floatReference } from './tflite-float-reference.ts';
import { sampleModel } from './tflite-sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-tflite-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'float.tflite');

function importSample(seed: number, inputScale?: { scale: number; shift: number }): FloatNetwork {
  writeFileSync(path, encodeTflite(sampleModel(seed, false)));
  const { kind, network } = importTflite(path, inputScale ? { inputScale } : {});
  if (kind !== 'float') throw new Error(kind);
  return network;
}

describe('a float32 model of every operator', () => {
  test('becomes float layers that fit together', () => {
    const network = importSample(1);
    expect(network.name).toBe('float');
    expect(network.input).toEqual({ height: 9, width: 7, channels: 3, scale: 1 / 128, zeroPoint: 128 });
    expect(network.layers.map(({ name, op, inputs }) => `${name} ${op} ${inputs.join(' ')}`)).toEqual([
      'conv0 conv2d input',
      'relu0 relu conv0',
      'spatialPad0 pad relu0',
      'conv1 conv2d spatialPad0',
      'clip0 clip conv1',
      'conv2 conv2d clip0',
      'conv3 conv2d clip0',
      'add0 add conv2 conv3',
      'relu1 relu add0',
      'maxPool0 maxPool relu1',
      'pool0 averagePool relu1',
      'clip1 clip pool0',
      'concat0 concat maxPool0 clip1',
      'relu2 relu concat0',
      'conv4 conv2d relu2',
      'clip2 clip conv4',
      'globalPool0 globalAveragePool clip2',
      'dense0 dense globalPool0',
    ]);
    expect(floatShapes(network).get('concat0')).toEqual({ height: 2, width: 3, channels: 12 });
    expect(network.layers[3]).toMatchObject({ groups: 4, stride: [1, 1], pads: [0, 0, 0, 0] });
    expect(network.layers[4]).toMatchObject({ low: 0, high: 6 });
  });

  test('the pixels are scaled as asked for', () => {
    expect(importSample(1, { scale: 1 / 255, shift: 0 }).input).toMatchObject({
      scale: 1 / 255,
      zeroPoint: 0,
    });
    expect(importSample(1, { scale: 2 / 255, shift: -1 }).input).toMatchObject({ zeroPoint: 127.5 });
  });

  test('gives the logits of the definition', () => {
    let compared = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const network = importSample(seed);
      const rng = createRng(seed);
      const images = randomImages(network, 3, rng.nextInt(1, 1000));
      const got = inferFloat(network, images);
      for (let image = 0; image < 3; image++) {
        const pixels = images.pixels.subarray(image * 189, (image + 1) * 189);
        const want = floatReference(
          sampleModel(seed, false),
          [...pixels].map((u8) => u8 / 128 - 1),
        );
        for (const [i, logit] of want.entries()) {
          expect(Math.abs(got[image * 5 + i]! - logit)).toBeLessThan(1e-4);
          compared++;
        }
      }
    }
    expect(compared).toBe(20 * 3 * 5);
  });

  test('is quantised by us', () => {
    const network = importSample(2);
    const quantised = quantiseNetwork(network, randomImages(network, 16, 5));
    expect(quantised.layers.at(-1)).toMatchObject({ name: 'dense0', op: 'dense' });
  });
});
