// npm run bench: images per second of the accelerator's RTL in Verilator beside its golden model and the inference
// engine, the same images and program; median and spread (min … max) over repetitions.
// Options: --repetitions N (default 3), --images N (default 2), --sizes LIST (default 8x8,16x16).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { NAMED_ARRAYS } from '../dist/accel/array-spec.js';
import { imageWords } from '../dist/accel/memory-words.js';
import { EXACT_INT8, uniformAssignment } from '../dist/dnn/assignment.js';
import { imageCodes, sliceDataset } from '../dist/dnn/data/dataset.js';
import { createEngine } from '../dist/dnn/infer.js';
import { arrayForAssignment, cosimulateNetwork, runProgram } from '../dist/index.js';
import { openBenchSubject } from './bench-subject.mjs';

const { values: options } = parseArgs({
  options: {
    repetitions: { type: 'string', default: '3' },
    images: { type: 'string', default: '2' },
    sizes: { type: 'string', default: '8x8,16x16' },
  },
});
const repetitions = Number(options.repetitions);
const { network, dataset } = openBenchSubject(Number(options.images));
const images = sliceDataset(dataset, 0, Number(options.images));
const assignment = uniformAssignment(network, EXACT_INT8);
const codes = Array.from({ length: images.images }, (_, image) => imageCodes(images, image));

console.log(
  `Accelerator, ${network.name}, exact multipliers, ${images.images} images of ${dataset.name}, images/s; needed: 0.5 at 16x16`,
);
const engine = createEngine(network, assignment, 'activations');
engine.infer(codes[0]);
const PASSES = 100; // one image takes less than a millisecond
const infer = () => {
  for (let pass = 0; pass < PASSES; pass++) for (const image of codes) engine.infer(image);
};
print('inference engine, 1 thread', measure(() => timed(infer) / PASSES));
for (const size of options.sizes.split(',')) await benchArray(size);

async function benchArray(size) {
  const spec = arrayForAssignment(network, assignment, 'activations', NAMED_ARRAYS[size]);
  const outDir = mkdtempSync(join(tmpdir(), 'bench-accelerator-'));
  try {
    const request = { network, assignment, roundedOperand: 'activations', spec, images, outDir };
    const first = await cosimulateNetwork(request); // builds
    if (!first.verified) throw new Error(`${size}: RTL and golden model differ`);
    const rates = [];
    for (let k = 0; k < repetitions; k++) rates.push((await cosimulateNetwork(request)).imagesPerSecond);
    const { memory, descriptors, image } = first.program;
    const golden = measure(() =>
      timed(() => {
        for (const own of codes) {
          runProgram({
            spec,
            image,
            descriptors: descriptors.length,
            input: imageWords(own, memory.input, spec),
            outputBytes: memory.outputBytes,
            scratchBytes: memory.scratchBytes,
          });
        }
      }),
    );
    print(`${size} golden model of the program`, golden);
    print(`${size} RTL in Verilator, multipliers as ${first.multipliers}, ${first.imageCycles[0]} cycles/image`, rates);
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

/** Images per second of each repetition. */
function measure(run) {
  return Array.from({ length: repetitions }, () => images.images / run());
}

function timed(work) {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

function print(what, rates) {
  const sorted = rates.toSorted((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)];
  console.log(
    `  ${what.padEnd(66)} ${median.toPrecision(3)} (${sorted[0].toPrecision(3)} … ${sorted.at(-1).toPrecision(3)})`,
  );
}
