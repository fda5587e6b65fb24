import { expect } from 'vitest';
import type { Dataset } from '../../src/dnn/data/dataset.ts';
import { inferFloat } from '../../src/dnn/float-inference.ts';
import { readFloatNetwork } from '../../src/dnn/float-network-file.ts';
import { argmax } from '../../src/dnn/infer.ts';
import type { FloatNetwork } from '../../src/dnn/network.ts';
import { encodeOnnx } from '../../src/dnn/onnx/export-onnx.ts';
import { generateSyntheticImages } from '../../src/dnn/synthetic/dataset.ts';
import { branchedNetwork } from './onnx-networks.ts';
import { imageTensor, onnxruntimeTest, runOnnx } from './onnxruntime.ts';
import { randomImages, randomNetwork } from './random-network.ts';

const embedded = readFloatNetwork(new URL('../../models/synthetic-resnet8.json', import.meta.url).pathname);

/** Logits of onnxruntime on the exported network beside ours. */
async function compare(network: FloatNetwork, images: Dataset, exported: FloatNetwork = network) {
  const { logits } = await runOnnx(encodeOnnx(exported), { image: imageTensor(network.input, images) });
  const ours = inferFloat(network, images);
  expect(logits!.shape).toEqual([images.images, ours.length / images.images]);
  let largest = 0;
  for (const [i, value] of ours.entries()) largest = Math.max(largest, Math.abs(value - logits!.data[i]!));
  const classes = ours.length / images.images;
  let sameClass = 0;
  for (let i = 0; i < ours.length; i += classes) {
    const theirs = logits!.data.subarray(i, i + classes) as Float32Array;
    if (argmax(ours.subarray(i, i + classes)) === argmax(theirs)) sameClass++;
  }
  return { compared: ours.length, largest, sameClass };
}

onnxruntimeTest('the embedded network, exported, has the same float32 logits in onnxruntime', async () => {
  const images = generateSyntheticImages({ split: 'test', count: 50 });
  const { compared, largest, sameClass } = await compare(embedded, images);
  expect(compared).toBe(50 * 10);
  expect(largest).toBeLessThan(1e-3);
  expect(sameClass).toBe(50);
});

onnxruntimeTest('random networks of every operator, exported, have the same float32 logits', async () => {
  let compared = 0;
  for (let seed = 1; seed <= 12; seed++) {
    for (const network of [randomNetwork(seed), branchedNetwork(seed)]) {
      const result = await compare(network, randomImages(network, 3, seed));
      compared += result.compared;
      expect(result.largest).toBeLessThan(2e-3);
    }
  }
  expect(compared).toBeGreaterThan(300);
});

onnxruntimeTest('sabotage: one weight of the exported network is noticed', async () => {
  const images = generateSyntheticImages({ split: 'test', count: 2 });
  const name = embedded.layers.find((layer) => layer.op === 'dense')!.weights;
  const { shape, data } = embedded.tensors.get(name)!;
  const changed = { shape, data: data.map((value, i) => (i === 7 ? value + 0.1 : value)) };
  const tensors = new Map([...embedded.tensors, [name, changed] as const]);
  expect((await compare(embedded, images, { ...embedded, tensors })).largest).toBeGreaterThan(1e-3);
});
