import { digestOf } from '../base/artifact.ts';
import { sha256 } from '../base/files.ts';
import { isMixture, type MixedAssignment, type RoundedOperand } from '../dnn/assignment.ts';
import { INPUT_NAME } from '../dnn/network.ts';
import { type QuantisedNetwork, quantisedNetworkDigest, quantisedShapes } from '../dnn/quantised-network.ts';
import { type ArraySpec, externalBytes } from './array-spec.ts';
import {
  DESCRIPTOR_BYTES,
  type Descriptor,
  encodeDescriptor,
  type TransferStep,
} from './encode-descriptor.ts';
import { estimateCycles } from './estimate-cycles.ts';
import { fitActivations } from './fit-activations.ts';
import type { LoweredNetwork } from './lower-network.ts';
import { placeOutputs } from './place-outputs.ts';
import { type PlacedWeights, placeWeights } from './place-weights.ts';
import type { AcceleratorProgram, ProgramDescriptor } from './program.ts';
import type { StagedStep } from './staged-step.ts';
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
  readonly usesBands: boolean;
}

/**
 * Gives tensors, weights and outputs their addresses. Descriptor 0 loads the image (unless it is read in bands) and
 * the first weights; the last one stores the network's output.
 * @throws bad-input when the maps do not fit the activation memory or a field its bits
 */
export function placeProgram(request: PlaceRequest): AcceleratorProgram {
  const { network, spec, plan, lowered, dumpsLayers, usesBands, assignment } = request;
  const outputs = placeOutputs(network, plan, spec, dumpsLayers);
  const { steps, bases, used, scratchBytes } = fitActivations(lowered, outputs.offsets, spec, usesBands);
  const weights = placeWeights(
    steps.map(({ chunk }) => chunk),
    spec,
    steps.length * DESCRIPTOR_BYTES,
  );
  const descriptors = steps.map((step, number): ProgramDescriptor => {
    const transfers: readonly TransferStep[] = [
      ...(weights.loads.get(number) ?? []),
      ...step.transfers.map(({ tensor, ...transfer }) => ({ ...transfer, local: bases.get(tensor)! })),
    ];
    return describe(spec, { compute: placeStep(step, number, bases, weights), transfers }, step);
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
      descriptors: steps.flatMap((step, k) => (step.layer === layer ? [k] : [])),
    })),
    descriptors,
    memory: {
      programBytes: image.length,
      inputBytes: lowered.layouts.get(INPUT_NAME)!.words * externalBytes(spec.rows),
      outputBytes: outputs.bytes,
      scratchBytes,
      activationWords: used,
      weightWords: weights.weightWords,
      parameterWords: weights.parameterWords,
      input: shapes.get(INPUT_NAME)!,
      outputs: outputs.locations,
    },
    image,
  };
}

function placeStep(
  { compute, input, second, output, chunk }: StagedStep,
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

function describe(spec: ArraySpec, descriptor: Descriptor, step: StagedStep): ProgramDescriptor {
  const tiles = step.chunk?.tiles ?? [];
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
