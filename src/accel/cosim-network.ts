import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MaxdnnError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import type { MixedAssignment, RoundedOperand } from '../dnn/assignment.ts';
import { type Dataset, imageCodes } from '../dnn/data/dataset.ts';
import { createEngine } from '../dnn/infer.ts';
import { multiplicationsByLayer, type QuantisedNetwork } from '../dnn/quantised-network.ts';

import type { ArraySpec } from './array-spec.ts';
import { compileNetwork } from './compile-network.ts';
import { readCounters, type StepCounters } from './counters-file.ts';
import { generateAccelerator, type MultiplierText, simulatedMultipliers } from './generate-accelerator.ts';
import type { GeneratedFile } from './generate-shell.ts';
import { imageWords, readOutput } from './memory-words.ts';
import type { AcceleratorProgram } from './program.ts';
import { runProgram } from './run-program.ts';
import { buildAccelerator, type DriverCommands, runAccelerator } from './simulate.ts';

export interface NetworkCosimRequest {
  /** With the constants of its variant (applyVariants). */
  readonly network: QuantisedNetwork;
  readonly assignment: MixedAssignment;
  readonly roundedOperand: RoundedOperand;
  readonly spec: ArraySpec;
  readonly images: Dataset;
  /** Folder of builds and runs. */
  readonly outDir: string;
  /** Cycles of the memory before data and responses, from … to; default 0 … 0. */
  readonly latency?: readonly [number, number];
  /** Per cent of the cycles in which each AXI channel holds back; default 0. */
  readonly stallPercent?: number;
  /** Default: gates up to 64 elements, words beyond, where gates take Verilator many minutes to build. */
  readonly multipliers?: MultiplierText;
  /** Other Verilog than the generator's, e.g. with changes of one's own. */
  readonly verilog?: readonly GeneratedFile[];
  /** Of latencies and stalls; default 1. */
  readonly seed?: number;
  /** Waveform to write (FST); builds a simulation of its own, which is slower. */
  readonly trace?: string;
  readonly onProgress?: OnProgress;
}

/** Numbers of one layer that were compared over all images. */
export interface LayerCosim {
  readonly layer: string;
  readonly numbersCompared: number;
  readonly mismatchCount: number;
  /** The first ones in words, at most 3. */
  readonly mismatches: readonly string[];
}

export interface NetworkCosim {
  readonly images: number;
  readonly layers: readonly LayerCosim[];
  /** Cycles of each image from start to interrupt. */
  readonly imageCycles: readonly number[];
  readonly imagesPerSecond: number;
  /** Counters of the first image, by descriptor. */
  readonly counters: readonly StepCounters[];
  readonly program: AcceleratorProgram;
  /** How the multipliers were written. */
  readonly multipliers: MultiplierText;
  /** AXI rules that were broken, with how often; none in a right design. */
  readonly brokenRules: readonly { readonly rule: string; readonly times: number }[];
  readonly verified: boolean;
}

/** Base addresses of a simulated job. */
const PROGRAM_BASES = {
  program: 0x10000000,
  input: 0x40000000,
  output: 0x80000000,
  scratch: 0xc0000000,
} as const;
const MISMATCHES_KEPT = 3;

/**
 * Runs a network on the Verilated accelerator through its AXI ports and compares the output of every layer, each image,
 * with the golden model of the accelerator (the binary program on byte-exact memories) and with `dnn/infer`.
 * @throws as compileNetwork; tool-missing, tool-failed; mismatch when the accelerator reports an error or never ends
 */
export async function cosimulateNetwork(request: NetworkCosimRequest): Promise<NetworkCosim> {
  const { network, assignment, roundedOperand, spec, images, outDir } = request;
  const { onProgress = ignoreProgress, trace } = request;
  const { multipliers = simulatedMultipliers(spec) } = request;
  const program = compileNetwork({ network, assignment, spec, roundedOperand, dumpsLayers: true });
  onProgress({ stage: 'build', done: 0, total: 1, unit: 'simulation' });
  const { verilog = generateAccelerator(spec, multipliers) } = request;
  const simulation = await buildAccelerator(verilog, {
    outDir,
    trace: trace !== undefined,
  });
  onProgress({ stage: 'build', done: 1, total: 1, unit: 'simulation' });
  const inputs = Array.from({ length: images.images }, (_, image) =>
    imageWords(imageCodes(images, image), program.memory.input, spec),
  );
  writeFileAtomic(join(outDir, 'program.bin'), program.image);
  writeFileAtomic(join(outDir, 'input.bin'), Buffer.concat(inputs));
  const run = await runAccelerator(simulation, commandsOf(request, program), {
    cwd: outDir,
    onLine: (line) => {
      const match = /^image (\d+)\/\d+ cycles (\d+) .*images_per_s ([\d.]+)/.exec(line);
      if (match === null) return;
      const note = `${match[2]} cycles, ${match[3]} images/s`;
      onProgress({ stage: 'cosim', done: Number(match[1]), total: images.images, unit: 'images', note });
    },
  });
  if (run.imageCycles.length < images.images) {
    const [error] = run.errors;
    const what =
      error === undefined
        ? `ended with status ${run.status} after ${run.imageCycles.length} of ${images.images} images`
        : `reported "${error.code}" in descriptor ${error.descriptor} of image ${error.image}, address 0x${error.address.toString(16)}`;
    throw new MaxdnnError('mismatch', `The accelerator ${what}`, {
      hint: `Its log: ${outDir}/accelerator.log`,
    });
  }
  const results = readFileSync(join(outDir, 'output.bin'));
  const layers = compareResults(request, program, inputs, results);
  const rate = [...run.text.matchAll(/images_per_s ([\d.]+)/g)].at(-1);
  return {
    images: images.images,
    layers,
    imageCycles: run.imageCycles,
    imagesPerSecond: Number(rate?.[1] ?? 0),
    counters: readCounters(join(outDir, 'counters.txt')).filter(({ image }) => image === 0),
    program,
    multipliers,
    brokenRules: run.brokenRules,
    verified: run.brokenRules.length === 0 && layers.every(({ mismatchCount }) => mismatchCount === 0),
  };
}

/** What the driver is told of a program: program.bin, input.bin and output.bin with their addresses. */
export function programCommands({ memory, descriptors }: AcceleratorProgram): DriverCommands {
  return {
    program: 'program.bin',
    program_base: PROGRAM_BASES.program,
    descriptors: descriptors.length,
    input: 'input.bin',
    input_base: PROGRAM_BASES.input,
    input_bytes: memory.inputBytes,
    output: 'output.bin',
    output_base: PROGRAM_BASES.output,
    output_bytes: memory.outputBytes,
    ...(memory.scratchBytes > 0
      ? { scratch_base: PROGRAM_BASES.scratch, scratch_bytes: memory.scratchBytes }
      : {}),
  };
}

function commandsOf(request: NetworkCosimRequest, program: AcceleratorProgram): DriverCommands {
  const { images, latency = [0, 0], stallPercent = 0, seed = 1, trace } = request;
  return {
    ...programCommands(program),
    images: images.images,
    counters: 'counters.txt',
    latency: [...latency],
    stall: stallPercent,
    seed,
    ...(trace === undefined ? {} : { trace }),
  };
}

/**
 * Each layer's numbers in the bytes that the simulation stored, image after image, beside those of both models.
 * @param inputs of the images, as imageWords gives them
 */
export function compareResults(
  { network, assignment, roundedOperand, spec, images }: NetworkCosimRequest,
  program: AcceleratorProgram,
  inputs: readonly Uint8Array[],
  results: Uint8Array,
): readonly LayerCosim[] {
  const { outputBytes, scratchBytes, outputs } = program.memory;
  const engine = createEngine(network, assignment, roundedOperand);
  const found = outputs.map(({ layer }) => ({
    layer,
    numbersCompared: 0,
    mismatchCount: 0,
    mismatches: [] as string[],
  }));
  for (const [image, input] of inputs.entries()) {
    const logits = engine.infer(imageCodes(images, image));
    const golden = runProgram({
      spec,
      image: program.image,
      descriptors: program.descriptors.length,
      input,
      outputBytes,
      scratchBytes,
    }).output;
    const bytes = results.subarray(image * outputBytes, (image + 1) * outputBytes);
    for (const [place, location] of outputs.entries()) {
      const own = found[place]!;
      const got = readOutput(bytes, location, spec);
      const model = readOutput(golden, location, spec);
      const isLast = place === outputs.length - 1;
      const wanted = isLast ? logits : engine.codesOf(location.layer);
      if (wanted.length !== got.length || model.length !== got.length) {
        throw new MaxdnnError(
          'internal',
          `layer ${location.layer}: ${wanted.length} numbers, found ${got.length}`,
        );
      }
      own.numbersCompared += got.length;
      for (const [index, value] of got.entries()) {
        if (value === wanted[index] && value === model[index]) continue;
        own.mismatchCount++;
        if (own.mismatches.length < MISMATCHES_KEPT) {
          own.mismatches.push(
            `image ${image}, number ${index}: infer ${wanted[index]}, golden model ${model[index]}, Verilog ${value}`,
          );
        }
      }
    }
  }
  return found;
}

/** Cycles that `rows × columns` multiplications per cycle would take, by weighted layer. */
export function idealCycles(
  network: QuantisedNetwork,
  { rows, columns }: ArraySpec,
): ReadonlyMap<string, number> {
  return new Map(
    [...multiplicationsByLayer(network)].map(([layer, count]) => [layer, count / (rows * columns)]),
  );
}
