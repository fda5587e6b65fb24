// npm run bench: speeds, side by side with the alternative in one run; median and spread (min … max) over repetitions.
import { performance } from 'node:perf_hooks';
import { createRng } from '../dist/base/rng.js';
import { uniformAssignment } from '../dist/dnn/assignment.js';
import { imageCodes } from '../dist/dnn/dataset.js';
import { readFloatNetwork } from '../dist/dnn/float-network-file.js';
import { createEngine } from '../dist/dnn/infer.js';
import { quantiseNetwork } from '../dist/dnn/quantise.js';
import { generateSyntheticImages } from '../dist/dnn/synthetic-dataset.js';
import { CATALOGUE } from '../dist/multiplier/catalogue.js';
import { goldenTable, portProduct } from '../dist/multiplier/golden.js';
import { designName } from '../dist/multiplier/spec.js';

const REPETITIONS = 7;

function measure(work, perCall) {
  work();
  const rates = Array.from({ length: REPETITIONS }, () => {
    const start = performance.now();
    work();
    return perCall(performance.now() - start);
  }).sort((x, y) => x - y);
  return { median: rates[REPETITIONS >> 1], low: rates[0], high: rates[REPETITIONS - 1] };
}

function print(what, { median, low, high }, unit, digits) {
  const figure = (value) => value.toFixed(digits);
  console.log(`${what.padEnd(58)} ${figure(median).padStart(10)} ${unit}  (${figure(low)} … ${figure(high)})`);
}

const ms = (elapsed) => elapsed;

console.log('Golden table of all 65 536 pairs of one N=8 multiplier, against calling the definition for each pair');
for (const spec of [
  { family: 'roup', bits: 8, P: 0, r: [7, 5, 3, 1] },
  { family: 'roup', bits: 8, P: 2, r: [4, 4] },
]) {
  print(`  goldenTable ${designName(spec)}`, measure(() => goldenTable(spec), ms), 'ms', 2);
  const direct = () => {
    let sum = 0;
    for (let a = -128; a < 128; a++) for (let b = -128; b < 128; b++) sum += portProduct(spec, a, b);
    return sum;
  };
  print(`  portProduct ${designName(spec)}`, measure(direct, ms), 'ms', 2);
}
const slowest = CATALOGUE.map(({ spec }) => [measure(() => goldenTable(spec), ms).median, designName(spec)]).sort(
  ([x], [y]) => y - x,
)[0];
console.log(`  slowest of the catalogue: ${slowest[1]}, median ${slowest[0].toFixed(2)} ms`);

console.log('\nInference of the embedded ResNet-8, one thread, against JavaScript with a product table');
const images = 48;
const dataset = generateSyntheticImages({ split: 'test', count: images });
const network = quantiseNetwork(readFloatNetwork('models/synthetic-resnet8.json'), dataset);
const perSecond = (count) => (elapsed) => (1000 * count) / elapsed;
for (const spec of [
  { family: 'roup', bits: 8, P: 2, r: [4, 4] },
  { family: 'roup', bits: 8, P: 0, r: [4, 2, 0, 0] },
  { family: 'roup', bits: 8, P: 0, r: [7, 5, 3, 1] },
]) {
  const engine = createEngine(network, uniformAssignment(network, spec), 'activations');
  const run = () => {
    for (let image = 0; image < images; image++) engine.infer(imageCodes(dataset, image));
  };
  const terms = new Set(spec.r).size;
  print(`  ${designName(spec)}, ${terms} distinct r`, measure(run, perSecond(images)), 'images/s', 0);
}
// The alternative: what a table costs in plain JavaScript for the multiplications of one image.
const table = goldenTable({ family: 'roup', bits: 8, P: 2, r: [4, 4] });
const rng = createRng(1);
const x = Uint8Array.from({ length: 4096 }, () => rng.nextU32() & 255);
const w = Uint8Array.from({ length: 4096 }, () => rng.nextU32() & 255);
const MULTIPLICATIONS = 12_239_488;
const lookUps = () => {
  let sum = 0;
  for (let i = 0; i < MULTIPLICATIONS; i++) sum = (sum + table[(x[i & 4095] << 8) | w[(i * 7) & 4095]]) | 0;
  return sum;
};
print('  JavaScript table look-ups only, no convolution around them', measure(lookUps, perSecond(1)), 'images/s', 0);
