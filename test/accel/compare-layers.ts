import { expect } from 'vitest';
import { type ArraySpec, defaultArray } from '../../src/accel/array-spec.ts';
import { type CompileRequest, compileNetwork } from '../../src/accel/compile-network.ts';
import { imageWords, readOutput } from '../../src/accel/memory-words.ts';
import type { AcceleratorProgram } from '../../src/accel/program.ts';
import { type GoldenOptions, runProgram } from '../../src/accel/run-program.ts';
import type { MixedAssignment, RoundedOperand } from '../../src/dnn/assignment.ts';
import type { QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import { inferReference } from '../../src/dnn/reference-inference.ts';

/** A small array: 4 × 4 with few positions per tile, so that small networks need several tiles of everything. */
export function smallArray(fields: Partial<ArraySpec> = {}): ArraySpec {
  const { rows = 4, columns = 4 } = fields;
  return { ...defaultArray(rows, columns), accumulatorDepth: 16, ...fields };
}

/** Compiles with all layers stored. */
export function compileSmall(
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  spec: ArraySpec,
  options: Pick<CompileRequest, 'skipsPasses' | 'usesBands'> = {},
): AcceleratorProgram {
  const roundedOperand = spec.weightPort === 'b' ? 'activations' : 'weights';
  return compileNetwork({ network, assignment, spec, roundedOperand, dumpsLayers: true, ...options });
}

/** The output of each layer that the program stores, from the golden model. */
export function goldenLayers(
  program: AcceleratorProgram,
  codes: Int8Array,
  options: GoldenOptions = {},
): ReadonlyMap<string, Int32Array> {
  const { spec, image, memory } = program;
  const input = imageWords(codes, memory.input, spec);
  const sizes = { outputBytes: memory.outputBytes, scratchBytes: memory.scratchBytes };
  const run = runProgram({ spec, image, descriptors: program.descriptors.length, input, ...sizes }, options);
  return new Map(memory.outputs.map((place) => [place.layer, readOutput(run.output, place, spec)]));
}

type Layers = ReadonlyMap<string, Int32Array>;

const known = new WeakMap<Int8Array, Map<string, readonly [QuantisedNetwork, MixedAssignment, Layers]>>();

/** inferReference, kept while the next question is the same. */
function referenceLayers(
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  codes: Int8Array,
  rounded: RoundedOperand,
): Layers {
  const ofCodes = known.get(codes) ?? new Map();
  known.set(codes, ofCodes);
  const before = ofCodes.get(rounded);
  if (before?.[0] === network && before[1] === assignment) return before[2];
  const layers = inferReference(network, assignment, codes, rounded);
  ofCodes.set(rounded, [network, assignment, layers]);
  return layers;
}

/** Names of the layers in which golden model and definition differ, and how many numbers were compared. */
export function compareLayers(
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  program: AcceleratorProgram,
  codes: Int8Array,
  options: GoldenOptions = {},
): { readonly compared: number; readonly different: readonly string[] } {
  const rounded = program.spec.weightPort === 'b' ? 'activations' : 'weights';
  const wanted = referenceLayers(network, assignment, codes, rounded);
  const found = goldenLayers(program, codes, options);
  expect(found.size).toBe(network.layers.length);
  let compared = 0;
  const different: string[] = [];
  for (const [layer, values] of found) {
    const want = wanted.get(layer)!;
    expect(values.length).toBe(want.length);
    compared += values.length;
    if (values.some((value, i) => value !== want[i])) different.push(layer);
  }
  return { compared, different };
}
