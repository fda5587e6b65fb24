// The table of docs/import.md: right images of the 517 of test_lossless_517.bin, ResNet-8 of MLPerf Tiny as imported,
// with biases corrected for the zero point, and quantised by us from the float32 model. Takes about a minute.
//   MAXDNN_DATA=FOLDER node scripts/measure-zero-points.mjs
import { join } from 'node:path';
import {
  correctZeroPoint,
  EXACT_INT8,
  importTflite,
  infer,
  quantiseNetwork,
  readDataset,
  sliceDataset,
  uniformAssignment,
} from '../dist/index.js';

const data = process.env.MAXDNN_DATA;
if (data === undefined) {
  console.error('MAXDNN_DATA is not set: the folder with models/ and cifar10/');
  process.exit(2);
}
const model = (kind) => join(data, 'models', `mlperf_tiny_resnet8_${kind}.tflite`);
const images = readDataset(join(data, 'cifar10', 'test_lossless_517.bin'));
const training = sliceDataset(readDataset(join(data, 'cifar10', 'train_lossless_5085.bin')), 0, 512);
const { network } = importTflite(model('int8'));
const float = importTflite(model('float'), { inputScale: { scale: 1, shift: 0 } }).network;
const ours = quantiseNetwork(float, training);

const roup = (P, r) => [`P${P}, r ${r}`, { family: 'roup', bits: 8, P, r }];
const specs = [
  ['exact', EXACT_INT8],
  ...[roup(0, [5, 3, 1, 0]), roup(0, [6, 4, 2, 0]), roup(1, [2, 2, 2]), roup(1, [4, 2, 0])],
  ...[roup(2, [0, 0]), roup(2, [4, 4])],
];
const rightOf = (of, spec, rounded) => {
  const logits = infer(of, uniformAssignment(of, spec), images, rounded);
  const classes = logits.length / images.images;
  return images.labels.filter((label, image) => {
    const row = logits.subarray(image * classes, (image + 1) * classes);
    return row.indexOf(Math.max(...row)) === label;
  }).length;
};
console.log('| ROUP | activations on port a | weights on port a | quantised by us, activations / weights |');
console.log('|---|---|---|---|');
for (const [name, spec] of specs) {
  const both = (rounded) => {
    const corrected = correctZeroPoint(network, uniformAssignment(network, spec), rounded);
    return `${rightOf(network, spec, rounded)} / ${rightOf(corrected, spec, rounded)}`;
  };
  const own = `${rightOf(ours, spec, 'activations')} / ${rightOf(ours, spec, 'weights')}`;
  console.log(`| ${name} | ${both('activations')} | ${both('weights')} | ${own} |`);
}
