// The network and images of a bench: ALWANN's ResNet-8 and CIFAR-10 training images where MAXDNN_DATA has them, else what
// ships with the toolkit.
import { join } from 'node:path';
import { calibrateBatchNorm } from '../dist/dnn/calibrate-batch-norm.js';
import { readCifarRecords, sliceDataset } from '../dist/dnn/data/dataset.js';
import { readFloatNetwork } from '../dist/dnn/float-network-file.js';
import { quantiseNetwork } from '../dist/dnn/quantise.js';
import { generateSyntheticImages } from '../dist/dnn/synthetic/dataset.js';
import { importTensorflowGraph } from '../dist/dnn/tensorflow/import-tensorflow.js';

/** Network, and its first `images` training images. */
export function openBenchSubject(images) {
  const data = process.env.MAXDNN_DATA;
  if (!data) {
    const train = generateSyntheticImages({ split: 'train', count: Math.max(images, 256) });
    const own = quantiseNetwork(readFloatNetwork('models/synthetic-resnet8.json'), train);
    return { network: own, dataset: sliceDataset(train, 0, images) };
  }
  const train = sliceDataset(readCifarRecords(join(data, 'cifar10/train_lossless_5085.bin')), 0, Math.max(images, 512));
  const float = calibrateBatchNorm(importTensorflowGraph(join(data, 'models/alwann_resnet8.pb')), train);
  return { network: quantiseNetwork(float, train), dataset: sliceDataset(train, 0, images) };
}
