import type { RoundedOperand } from '../dnn/assignment.ts';
import type { Shape } from '../dnn/network.ts';
import type { ArraySpec } from './array-spec.ts';
import type { Descriptor } from './encode-descriptor.ts';
import type { CycleEstimate } from './estimate-cycles.ts';
import type { OutputLocation } from './memory-words.ts';

/** A descriptor with what listings and reports say of it. */
export interface ProgramDescriptor extends Descriptor {
  /** Passes of each filter tile of a convolution, else empty. */
  readonly passes: readonly number[];
  /** Kernel places × channel tiles that were left out. */
  readonly skippedPasses: number;
  /** Numbers of the multipliers that its weights use. */
  readonly multipliers: readonly number[];
  readonly estimate: CycleEstimate;
}

/** A layer and the descriptors that compute it. */
export interface ProgramLayer {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly shape: Shape;
  /** Numbers of its descriptors; none for a pad that its input's layer is computed into. */
  readonly descriptors: readonly number[];
}

/** How much memory a program takes outside and inside. */
export interface MemoryMap {
  /** Bytes from each base register. */
  readonly programBytes: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly scratchBytes: number;
  /** Local words in use, out of the spec's. */
  readonly activationWords: number;
  readonly weightWords: number;
  readonly parameterWords: number;
  readonly input: Shape;
  /** In the order of the layers; the last one is the network's output. */
  readonly outputs: readonly OutputLocation[];
}

/** All that the accelerator needs to run a network. */
export interface AcceleratorProgram {
  readonly spec: ArraySpec;
  readonly network: { readonly name: string; readonly sha256: string };
  readonly roundedOperand: RoundedOperand;
  /** SHA-256 of the assignment: multiplier of each layer or weight. */
  readonly assignmentSha256: string;
  readonly skipsPasses: boolean;
  readonly dumpsLayers: boolean;
  readonly layers: readonly ProgramLayer[];
  readonly descriptors: readonly ProgramDescriptor[];
  readonly memory: MemoryMap;
  /** The bytes at the program base, descriptors first. */
  readonly image: Uint8Array;
}

/** Expected cycles of an image. */
export function totalCycles({ descriptors }: Pick<AcceleratorProgram, 'descriptors'>): number {
  return descriptors.reduce((sum, { estimate }) => sum + estimate.total, 0);
}
