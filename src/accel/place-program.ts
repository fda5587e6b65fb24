import { digestOf } from '../base/artifact.ts';
import { sha256 } from '../base/files.ts';
import { isMixture, type MixedAssignment, type RoundedOperand } from '../dnn/assignment.ts';
import { INPUT_NAME } from '../dnn/network.ts';
import { type QuantisedNetwork, quantisedNetworkDigest, quantisedShapes } from '../dnn/quantised-network.ts';
import { allocate, type Lifetime } from './allocate.ts';
import { type ArraySpec, externalBytes } from './array-spec.ts';
import {
  computeStep,
  DESCRIPTOR_BYTES,
  type Descriptor,
  encodeDescriptor,
  type TransferStep,
} from './encode-descriptor.ts';
import { estimateCycles } from './estimate-cycles.ts';
import type { LoweredNetwork, LoweredStep } from './lower-network.ts';
import { placeOutputs, placeStores } from './place-outputs.ts';
import { type PlacedWeights, placeWeights } from './place-weights.ts';
import type { AcceleratorProgram, ProgramDescriptor } from './program.ts';
import type { TensorPlan } from './tensors.ts';

export interface PlaceRequest {
  readonly network: QuantisedNetwork;
  readonly assignment: MixedAssignment;
  readonly roundedOperand: RoundedOperand;
  readonly spec: ArraySpec;
  readonly plan: TensorPlan;
  readonly lowered: LoweredNetwork;
  readonly skipsPasses: boolean;
  readonly dumpsLayers: boolean;
}

/**
 * Gives tensors, weights and outputs their addresses. Descriptor 0 loads the image and the first weights, descriptor
 * k + 1 is step k, the last one stores the network's output.
 * @throws bad-input when the maps do not fit the activation memory or a field its bits
 */
export function placeProgram(request: PlaceRequest): AcceleratorProgram {
  const { network, spec, plan, lowered, dumpsLayers, assignment } = request;
  const { steps, layouts } = lowered;
  const count = steps.length + 2;
  const outputs = placeOutputs(network, plan, spec, dumpsLayers);
  const stores = placeStores(steps, outputs.offsets);
  const { bases, used } = allocate(lifetimes(lowered, stores), spec.activationWords);
  const weights = placeWeights(
    steps.map(({ chunk }) => chunk),
    spec,
    count * DESCRIPTOR_BYTES,
  );
  const loadInput: TransferStep = {
    kind: 'loadActivations',
    base: 'input',
    offset: 0,
    local: bases.get(INPUT_NAME)!,
    words: layouts.get(INPUT_NAME)!.words,
  };
  const descriptors = Array.from({ length: count }, (_, number): ProgramDescriptor => {
    const step = steps[number - 1];
    const stored = stores.filter((store) => store.descriptor === number);
    const transfers: TransferStep[] = [
      ...(number === 0 ? [loadInput] : []),
      ...(weights.loads.get(number) ?? []),
      ...stored.map(
        ({ tensor }): TransferStep => ({
          kind: 'storeActivations',
          base: 'output',
          offset: outputs.offsets.get(tensor)!,
          local: bases.get(tensor)!,
          words: layouts.get(tensor)!.words,
        }),
      ),
    ];
    const compute = step === undefined ? computeStep('none') : placeStep(step, number, bases, weights);
    return describe(spec, { compute, transfers }, step);
  });
  const image = new Uint8Array(weights.end);
  for (const [number, descriptor] of descriptors.entries()) {
    const where = `descriptor ${number} (${network.layers[descriptor.compute.layer]?.name})`;
    image.set(encodeDescriptor(descriptor, where), number * DESCRIPTOR_BYTES);
  }
  for (const { offset, bytes } of weights.pieces) image.set(bytes, offset);
  const shapes = quantisedShapes(network);
  return {
    spec,
    network: { name: network.name, sha256: quantisedNetworkDigest(network) },
    roundedOperand: request.roundedOperand,
    assignmentSha256: assignmentDigest(assignment),
    skipsPasses: request.skipsPasses,
    dumpsLayers,
    layers: network.layers.map(({ name, op, inputs }, layer) => ({
      name,
      op,
      inputs,
      shape: shapes.get(name)!,
      descriptors: steps.flatMap((step, k) => (step.layer === layer ? [k + 1] : [])),
    })),
    descriptors,
    memory: {
      programBytes: image.length,
      inputBytes: layouts.get(INPUT_NAME)!.words * externalBytes(spec.rows),
      outputBytes: outputs.bytes,
      scratchBytes: 0,
      activationWords: used,
      weightWords: weights.weightWords,
      parameterWords: weights.parameterWords,
      input: shapes.get(INPUT_NAME)!,
      outputs: outputs.locations,
    },
    image,
  };
}

/** A tensor is written from its first step on and needed until its last reader, its store included. */
function lifetimes(
  { steps, layouts }: LoweredNetwork,
  stores: readonly { readonly tensor: string; readonly descriptor: number }[],
): readonly Lifetime[] {
  const spans = new Map<string, { first: number; last: number }>([[INPUT_NAME, { first: 0, last: 0 }]]);
  const touch = (tensor: string, at: number): void => {
    const span = spans.get(tensor);
    if (span === undefined) spans.set(tensor, { first: at, last: at });
    else span.last = Math.max(span.last, at);
  };
  for (const [k, { input, second, output }] of steps.entries()) {
    for (const tensor of [input, second, output]) if (tensor !== undefined) touch(tensor, k + 1);
  }
  for (const { tensor, descriptor } of stores) touch(tensor, descriptor);
  return [...spans].map(([name, span]) => ({ name, words: layouts.get(name)!.words, ...span }));
}

function placeStep(
  { compute, input, second, output, chunk }: LoweredStep,
  number: number,
  bases: ReadonlyMap<string, number>,
  weights: PlacedWeights,
): Descriptor['compute'] {
  const baseOf = (tensor: string | undefined): number => (tensor === undefined ? 0 : bases.get(tensor)!);
  return {
    ...compute,
    inputBase: compute.inputBase + baseOf(input),
    secondBase: compute.secondBase + baseOf(second),
    outputBase: compute.outputBase + baseOf(output),
    ...(chunk === undefined ? {} : weights.bases.get(number)!),
  };
}

function describe(spec: ArraySpec, descriptor: Descriptor, step: LoweredStep | undefined): ProgramDescriptor {
  const tiles = step?.chunk?.tiles ?? [];
  const passes = tiles.map((tile) => tile.passes.length);
  return {
    ...descriptor,
    passes,
    skippedPasses: tiles.reduce((sum, { skipped }) => sum + skipped, 0),
    multipliers: [...new Set(tiles.flatMap(({ multipliers }) => multipliers))].sort((a, b) => a - b),
    estimate: estimateCycles(spec, descriptor, passes),
  };
}

/** SHA-256 over the multiplier of each layer, or of each weight. */
function assignmentDigest(assignment: MixedAssignment): string {
  return digestOf(
    [...assignment].map(([name, multiplier]) => [
      name,
      isMixture(multiplier) ? { specs: multiplier.specs, index: sha256(multiplier.index) } : multiplier,
    ]),
  );
}
