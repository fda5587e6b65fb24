// npm run bench: speeds, side by side with the alternatives in one run; median and spread (min … max) over repetitions.
// Options: --images N (default: all of the set), --repetitions N (default 3). Beside each rate stands that per second of
// CPU time over all threads, which other programs on the machine disturb less; ratios are of those.
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { EXACT_INT8, uniformAssignment } from '../dist/dnn/assignment.js';
import { calibrateBatchNorm } from '../dist/dnn/calibrate-batch-norm.js';
import { imageCodes, readCifarRecords, sliceDataset } from '../dist/dnn/data/dataset.js';
import { readFloatNetwork } from '../dist/dnn/float-network-file.js';
import { importTensorflowGraph } from '../dist/dnn/tensorflow/import-tensorflow.js';
import { createEngine } from '../dist/dnn/infer.js';
import { quantiseNetwork } from '../dist/dnn/quantise.js';
import { isWeighted } from '../dist/dnn/quantised-network.js';
import { generateSyntheticImages } from '../dist/dnn/synthetic/dataset.js';
import { createPredictor, startPool } from '../dist/explore/predict.js';
import { CATALOGUE } from '../dist/multiplier/catalogue.js';
import { goldenTable, portProduct } from '../dist/multiplier/golden.js';
import { designName } from '../dist/multiplier/spec.js';
import { channelsFirst, startOnnxruntime } from './bench-onnxruntime.mjs';
import { tableConvolutions } from './bench-table.mjs';

const { values: options } = parseArgs({
  options: { images: { type: 'string' }, repetitions: { type: 'string' } },
});
const repetitions = Number(options.repetitions ?? 3);
const roup = (P, ...r) => ({ family: 'roup', bits: 8, P, r });

function spreadOf(rates) {
  const sorted = rates.sort((x, y) => x - y);
  return { median: sorted[sorted.length >> 1], low: sorted[0], high: sorted.at(-1) };
}

/** Milliseconds of each repetition, on the clock and of CPU time, after one that does not count. */
async function measure(work, count = repetitions) {
  await work();
  const elapsed = [];
  const cpu = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    const used = process.cpuUsage();
    await work();
    elapsed.push(performance.now() - start);
    const { user, system } = process.cpuUsage(used);
    cpu.push((user + system) / 1000);
  }
  return { elapsed, cpu };
}

function print(what, { median, low, high }, unit, digits, note = '') {
  const figure = (value) => value.toFixed(digits);
  const spread = `(${figure(low)} … ${figure(high)})`;
  console.log(`  ${what.padEnd(58)} ${figure(median).padStart(8)} ${unit} ${spread.padEnd(20)} ${note}`.trimEnd());
}

/** @returns images per second of the clock and of CPU time */
async function throughput(what, images, work, note = () => '') {
  const { elapsed, cpu } = await measure(work);
  const [rates, perCpu] = [elapsed, cpu].map((list) => spreadOf(list.map((ms) => (1000 * images) / ms)));
  const result = { rate: rates.median, perCpu: perCpu.median };
  print(what, rates, 'images/s', 0, `${perCpu.median.toFixed(0).padStart(6)} per CPU s  ${note(result)}`);
  return result;
}

const megabytes = () => `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`;

console.log('Golden table of all 65 536 pairs of one N=8 multiplier, against calling the definition for each pair');
for (const spec of [roup(0, 7, 5, 3, 1), roup(2, 4, 4)]) {
  print(`goldenTable ${designName(spec)}`, spreadOf((await measure(() => goldenTable(spec), 7)).elapsed), 'ms', 2);
  const direct = () => {
    let sum = 0;
    for (let a = -128; a < 128; a++) for (let b = -128; b < 128; b++) sum += portProduct(spec, a, b);
    return sum;
  };
  print(`portProduct ${designName(spec)}`, spreadOf((await measure(direct, 7)).elapsed), 'ms', 2);
}
const times = [];
for (const { spec } of CATALOGUE) {
  const { elapsed } = await measure(() => goldenTable(spec), 7);
  times.push([spreadOf(elapsed).median, designName(spec)]);
}
const slowest = times.sort(([x], [y]) => y - x)[0];
console.log(`  slowest of the catalogue: ${slowest[1]}, median ${slowest[0].toFixed(2)} ms`);

const { network, dataset } = openSubject();
const count = dataset.images;
console.log(`\nInference of ${network.name} on ${count} images of ${dataset.name}, pixels to ranked classes`);
const rates = new Map();
for (const [terms, spec] of [
  [1, roup(2, 4, 4)],
  [2, roup(0, 4, 4, 0, 0)],
  [4, roup(0, 7, 5, 3, 1)],
]) {
  const job = { network, assignment: uniformAssignment(network, spec), roundedOperand: 'activations' };
  for (const workers of [1, 2]) {
    const pool = startPool(dataset, workers, 0);
    const what = `${terms} distinct r, ${designName(spec)}, ${workers} worker${workers > 1 ? 's' : ''}`;
    const one = rates.get(`${terms} 1`);
    const note = ({ rate }) => (workers > 1 ? `× ${(rate / one.rate).toFixed(2)}` : '');
    rates.set(`${terms} ${workers}`, await throughput(what, count, () => pool.predict(job), note));
    await pool.close();
  }
}
console.log(`  peak memory up to here: ${megabytes()}`);
const fastest = rates.get('1 1').perCpu;
const ratio = ({ perCpu }) => `1 distinct r is ${(fastest / perCpu).toFixed(2)} × that`;

console.log('\nThe alternatives, one thread');
const few = sliceDataset(dataset, 0, Math.min(count, 200));
const spec = roup(2, 4, 4);
const tableEngine = createEngine(network, uniformAssignment(network, spec), 'activations', { products: 'table' });
const fastEngine = createEngine(network, uniformAssignment(network, spec));
let different = 0;
for (let image = 0; image < 20; image++) {
  const codes = imageCodes(few, image);
  if (String(tableEngine.infer(codes)) !== String(fastEngine.infer(codes))) different++;
}
const runTable = () => {
  for (let image = 0; image < few.images; image++) tableEngine.infer(imageCodes(few, image));
};
await throughput(`WebAssembly product table (logits differ on ${different} of 20)`, few.images, runTable, ratio);
const convolutions = tableConvolutions(network, spec);
const images = 8;
let wrong = 0;
const codes = Array.from({ length: images }, (_, image) => {
  fastEngine.infer(imageCodes(few, image));
  const names = ['input', ...network.layers.slice(0, -1).map(({ name }) => name)];
  return new Map(names.map((name) => [name, fastEngine.codesOf(name)]));
});
const runJavaScript = () => {
  for (const outputs of codes) wrong += convolutions((name) => outputs.get(name));
};
await throughput('JavaScript product table, convolutions only', images, runJavaScript, ratio);
console.log(`    its codes that differ from the engine's: ${wrong}`);

const BATCH = 50;
const onnxruntime = await startOnnxruntime(network, BATCH);
if (onnxruntime.missing) {
  console.log(`  onnxruntime exact int8: skipped, onnxruntime-node cannot be loaded (${onnxruntime.missing})`);
} else {
  const part = sliceDataset(dataset, 0, Math.min(count, 2000));
  const planes = channelsFirst(part.pixels, part.images, part.height * part.width, part.channels);
  const exact = createPredictor(part, 0)({
    network,
    assignment: uniformAssignment(network, EXACT_INT8),
    roundedOperand: 'activations',
  });
  const logits = (await onnxruntime.classify(planes)).flatMap((values) => [...values]);
  const classes = logits.length / part.images;
  let same = 0;
  for (let image = 0; image < part.images; image++) {
    const row = logits.slice(image * classes, (image + 1) * classes);
    if (row.indexOf(Math.max(...row)) === exact.ranked[image * exact.ranks]) same++;
  }
  const what = `onnxruntime exact int8, batches of ${BATCH}, one thread`;
  await throughput(what, part.images, () => onnxruntime.classify(planes), ratio);
  console.log(`    same class as our exact int8 network: ${same} of ${part.images} images`);
}

console.log('\nA search that changes one of the last layers at a time: 12 assignments, one thread');
const searched = sliceDataset(dataset, 0, Math.min(count, 1000));
const late = network.layers.filter(isWeighted).slice(-3);
const assignments = Array.from({ length: 12 }, (_, i) =>
  new Map(uniformAssignment(network, roup(0, 4, 4, 0, 0))).set(late[i % 3].name, CATALOGUE[3 + i].spec),
);
const evaluated = assignments.length * searched.images;
const seen = [];
for (const cacheBytes of [0, 96 * 2 ** 20]) {
  const run = () => {
    const predict = createPredictor(searched, cacheBytes);
    return assignments.map((assignment) => predict({ network, assignment, roundedOperand: 'activations' }));
  };
  seen.push(run().map(({ ranked }) => ranked.join()).join());
  await throughput(`outputs kept: ${cacheBytes / 2 ** 20} MiB`, evaluated, run);
}
console.log(`    predictions are ${seen[0] === seen[1] ? 'the same' : 'DIFFERENT'}`);
console.log(`\nPeak memory of the whole run: ${megabytes()}`);
if (different + wrong > 0 || seen[0] !== seen[1]) process.exitCode = 1;

/** ALWANN's ResNet-8 and the CIFAR-10 test images where MAXDNN_DATA has them, else what ships with the toolkit. */
function openSubject() {
  const data = process.env.MAXDNN_DATA;
  if (!data) {
    const calibration = generateSyntheticImages({ split: 'train', count: 256 });
    const own = quantiseNetwork(readFloatNetwork('models/synthetic-resnet8.json'), calibration);
    return { network: own, dataset: generateSyntheticImages({ split: 'test', count: Number(options.images ?? 2000) }) };
  }
  const train = sliceDataset(readCifarRecords(join(data, 'cifar10/train_lossless_5085.bin')), 0, 512);
  const float = calibrateBatchNorm(importTensorflowGraph(join(data, 'models/alwann_resnet8.pb')), train);
  const all = readCifarRecords(join(data, 'cifar10/test_jpeg_10000.bin'));
  const images = sliceDataset(all, 0, Math.min(all.images, Number(options.images ?? all.images)));
  return { network: quantiseNetwork(float, train), dataset: images };
}
