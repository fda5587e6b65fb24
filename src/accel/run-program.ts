import { badInput } from '../base/errors.ts';
import { type ArraySpec, externalBytes } from './array-spec.ts';
import type { Base } from './descriptor.ts';
import { DESCRIPTOR_BYTES, decodeDescriptor, type TransferStep } from './encode-descriptor.ts';
import { type ConvModel, convModel, runConv } from './golden-conv.ts';
import { type LocalMemories, localMemories, outside } from './golden-memory.ts';
import { runVector } from './golden-vector.ts';

/** What the accelerator is given. */
export interface GoldenRequest {
  readonly spec: ArraySpec;
  /** The bytes at the program base, descriptors first. */
  readonly image: Uint8Array;
  readonly descriptors: number;
  /** The bytes at the input base (imageWords). */
  readonly input: Uint8Array;
  /** Sizes of the areas at the output and scratch base, in bytes. */
  readonly outputBytes: number;
  readonly scratchBytes: number;
}

export interface GoldenOptions {
  /** Transfers run beside the computation: a right program gives the same results either way. Default "before". */
  readonly transfers?: 'before' | 'after';
  /** Every byte of the local memories at first, 0 … 255; default 165. */
  readonly content?: number;
}

export interface GoldenRun {
  /** The bytes at the output base. */
  readonly output: Uint8Array;
  /** Per descriptor the positions that entered the array: its active cycles. */
  readonly activeCycles: readonly number[];
}

const models = new WeakMap<ArraySpec, ConvModel>();

/**
 * The golden model of the accelerator: runs the binary descriptors on byte-exact memories and knows nothing of the
 * network.
 * @throws bad-input for a program that is damaged: unknown operations, addresses outside a memory
 */
export function runProgram(request: GoldenRequest, options: GoldenOptions = {}): GoldenRun {
  const { spec, image, descriptors } = request;
  const { transfers = 'before', content = 165 } = options;
  const model = models.get(spec) ?? convModel(spec);
  models.set(spec, model);
  if (image.length < descriptors * DESCRIPTOR_BYTES) {
    const wanted = `${descriptors} descriptors of ${DESCRIPTOR_BYTES} bytes`;
    throw badInput(
      { where: 'accelerator program', wanted, found: `${image.length} bytes` },
      'The program is cut off.',
    );
  }
  const memories = localMemories(spec, content);
  const areas: Areas = {
    program: image,
    input: request.input,
    output: new Uint8Array(request.outputBytes),
    scratch: new Uint8Array(request.scratchBytes),
  };
  const activeCycles = Array.from({ length: descriptors }, (_, number) => {
    const bytes = image.subarray(number * DESCRIPTOR_BYTES, (number + 1) * DESCRIPTOR_BYTES);
    const { compute, transfers: steps } = decodeDescriptor(bytes, `descriptor ${number}`);
    const move = (): void => {
      for (const step of steps) transfer(spec, memories, areas, step);
    };
    if (transfers === 'before') move();
    let active = 0;
    if (compute.operation === 'conv') active = runConv(model, spec, memories, compute);
    else runVector(spec, memories, compute);
    if (transfers === 'after') move();
    return active;
  });
  return { output: areas.output, activeCycles };
}

type Areas = Readonly<Record<Base, Uint8Array>>;

function transfer(
  spec: ArraySpec,
  memories: LocalMemories,
  areas: Areas,
  { kind, base, offset, local, words }: TransferStep,
): void {
  const [memory, wordBytes, name] = {
    loadActivations: [memories.activations, spec.rows, 'activation'] as const,
    storeActivations: [memories.activations, spec.rows, 'activation'] as const,
    loadWeights: [memories.weights, spec.columns, 'weight'] as const,
    loadParameters: [memories.parameters, 8 * spec.lanes, 'parameter'] as const,
  }[kind];
  const area = areas[base];
  const stride = externalBytes(wordBytes);
  if ((local + words) * wordBytes > memory.length) {
    throw outside(`${name} word`, local + words - 1, memory.length / wordBytes);
  }
  if (offset + words * stride > area.length) {
    throw outside(`byte of the ${base} area`, offset + words * stride - 1, area.length);
  }
  for (let word = 0; word < words; word++) {
    const inside = (local + word) * wordBytes;
    const at = offset + word * stride;
    if (kind === 'storeActivations') area.set(memory.subarray(inside, inside + wordBytes), at);
    else memory.set(area.subarray(at, at + wordBytes), inside);
  }
}
