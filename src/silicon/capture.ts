import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArraySpec } from '../accel/array-spec.ts';
import { compileNetwork } from '../accel/compile-network.ts';
import { programCommands } from '../accel/cosim-network.ts';
import { generateAccelerator, simulatedMultipliers } from '../accel/generate-accelerator.ts';
import { imageWords, readOutput } from '../accel/memory-words.ts';
import type { AcceleratorProgram } from '../accel/program.ts';
import { buildAccelerator, runAccelerator } from '../accel/simulate.ts';
import { MaxdnnError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import type { MixedAssignment, RoundedOperand } from '../dnn/assignment.ts';
import { createEngine } from '../dnn/infer.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import { addProbe, MOST_WINDOWS, PROBE_FILES, type ProbedBlock, type ProbedMemory } from './probe.ts';
import { parseTrace, type Trace, type TraceBoundary } from './trace.ts';

export interface CaptureRequest {
  readonly network: QuantisedNetwork;
  readonly assignment: MixedAssignment;
  readonly roundedOperand: RoundedOperand;
  readonly spec: ArraySpec;
  /** Codes of the image. */
  readonly image: Int8Array;
  readonly blocks: readonly ProbedBlock[];
  readonly memories: readonly ProbedMemory[];
  /** Windows over the whole image, about; every descriptor gets at least one. */
  readonly windows: number;
  readonly windowCycles: number;
  readonly outDir: string;
  readonly onProgress?: OnProgress;
}

/** One image on the Verilated accelerator, with what the probe wrote. */
export interface Capture {
  readonly trace: Trace;
  readonly program: AcceleratorProgram;
  readonly cycles: number;
  /** Bytes between the accelerator and the external memory. */
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Numbers of the network's output that were compared with `dnn/infer`, all equal. */
  readonly outputsCompared: number;
}

/**
 * Runs one image twice: once to see when each descriptor begins, once to write down windows that are spread evenly over
 * each of them. The multipliers of large arrays are written on words; replayWindow compares what they give with circuits.
 * @throws mismatch when the accelerator reports an error or the network's output differs from `dnn/infer`
 */
export async function captureActivity(request: CaptureRequest): Promise<Capture> {
  const { network, assignment, roundedOperand, spec, image, blocks, memories, outDir } = request;
  const { windowCycles, onProgress = ignoreProgress } = request;
  const program = compileNetwork({ network, assignment, spec, roundedOperand, dumpsLayers: false });
  mkdirSync(outDir, { recursive: true });
  const verilog = addProbe(
    generateAccelerator(spec, simulatedMultipliers(spec)),
    blocks,
    memories,
    windowCycles,
  );
  onProgress({ stage: 'trace', done: 0, total: 3, unit: 'steps', note: 'build' });
  const simulation = await buildAccelerator(verilog, { outDir, isUnlinted: true });
  onProgress({ stage: 'trace', done: 1, total: 3, unit: 'steps', note: 'boundaries' });
  writeFileAtomic(join(outDir, 'program.bin'), program.image);
  writeFileAtomic(join(outDir, 'input.bin'), imageWords(image, program.memory.input, spec));
  await run(simulation, program, outDir, []);
  const { boundaries } = readTrace(outDir, blocks);
  const starts = placeWindows(boundaries, request.windows, windowCycles);
  onProgress({ stage: 'trace', done: 2, total: 3, unit: 'steps', note: `${starts.length} windows` });
  const result = await run(simulation, program, outDir, starts);
  const trace = readTrace(outDir, blocks);
  const cycles = trace.boundaries.at(-1)!.cycle;
  const location = program.memory.outputs.at(-1)!;
  const found = readOutput(readFileSync(join(outDir, 'output.bin')), location, spec);
  const wanted = createEngine(network, assignment, roundedOperand).infer(image);
  const differing = wanted.filter((value, i) => value !== found[i]).length;
  if (differing > 0 || found.length !== wanted.length) {
    throw new MaxdnnError(
      'mismatch',
      `${differing} of ${wanted.length} numbers of the output differ from infer`,
      {
        hint: 'maxdnn cosim-network names the layer.',
      },
    );
  }
  onProgress({ stage: 'trace', done: 3, total: 3, unit: 'steps', note: `${cycles} cycles` });
  const { readBytes, writtenBytes } = result;
  return { trace, program, cycles, readBytes, writtenBytes, outputsCompared: wanted.length };
}

function readTrace(outDir: string, blocks: readonly ProbedBlock[]): Trace {
  return parseTrace(readFileSync(join(outDir, PROBE_FILES.trace), 'utf8'), blocks);
}

async function run(simulation: string, program: AcceleratorProgram, cwd: string, windows: readonly number[]) {
  const lines = windows.map((cycle) => cycle.toString(16));
  writeFileAtomic(join(cwd, PROBE_FILES.windows), `${[...lines, 'ffffffff'].join('\n')}\n`);
  // Zeros at first: registers without a reset that synthesis merges must not differ.
  const result = await runAccelerator(
    simulation,
    { ...programCommands(program), random_content: 0 },
    { cwd },
  );
  if (result.imageCycles.length === 1) return result;
  throw new MaxdnnError('mismatch', `the accelerator did not end well: ${JSON.stringify(result.errors)}`, {
    hint: `Its log: ${cwd}/accelerator.log`,
  });
}

/**
 * First cycles of windows: as many per descriptor as its share of the cycles asks for, at least one, in the middle of
 * equal parts of it. Windows of a descriptor shorter than a window reach into the next one.
 */
export function placeWindows(
  boundaries: readonly Pick<TraceBoundary, 'cycle'>[],
  windows: number,
  windowCycles: number,
): readonly number[] {
  const first = boundaries[0]!.cycle;
  const end = boundaries.at(-1)!.cycle;
  const starts: number[] = [];
  for (let d = 0; d + 1 < boundaries.length; d++) {
    const [from, to] = [boundaries[d]!.cycle, boundaries[d + 1]!.cycle];
    const room = Math.max(1, Math.floor((to - from) / windowCycles));
    const count = Math.min(room, Math.max(1, Math.round((windows * (to - from)) / (end - first))));
    for (let k = 0; k < count; k++) {
      const middle = from + ((k + 0.5) * (to - from)) / count;
      const start = Math.floor(Math.max(from, middle - windowCycles / 2));
      const earliest = (starts.at(-1) ?? -Infinity) + windowCycles;
      if (start >= earliest) starts.push(start);
    }
  }
  return starts.filter((start) => start + windowCycles <= end).slice(0, MOST_WINDOWS - 1);
}
