import { badInput } from '../base/errors.ts';
import type { MixedAssignment, RoundedOperand } from '../dnn/assignment.ts';
import { checkOperands, inputOf, portsOf, usedWeights } from '../dnn/layer-operands.ts';
import { isWeighted, type QuantisedNetwork, quantisedShapes } from '../dnn/quantised-network.ts';
import type { ArraySpec } from './array-spec.ts';
import { checkClasses } from './check-classes.ts';
import { convOnArray } from './conv-on-array.ts';
import { filterParameters, type SumBound } from './filter-parameters.ts';
import { filterTiles } from './filter-tiles.ts';
import { layerNumbers } from './layer-numbers.ts';
import { lowerNetwork } from './lower-network.ts';
import { checkArraySpec } from './parse-array-spec.ts';
import { placeProgram } from './place-program.ts';
import type { AcceleratorProgram } from './program.ts';
import { refuseLayers } from './refuse-layers.ts';
import { planTensors } from './tensors.ts';
import { chunkWeights, type LayerWeights } from './weight-chunks.ts';

export interface CompileRequest {
  /** With the constants of its variant (applyVariants). */
  readonly network: QuantisedNetwork;
  /** A multiplier, or a mixture, of each convolution and dense layer. */
  readonly assignment: MixedAssignment;
  readonly spec: ArraySpec;
  /** Which operand is on port a of the multipliers; the array's weightPort must say the same. */
  readonly roundedOperand: RoundedOperand;
  /** Leave out passes whose weights are all 0 or skipped; default true. */
  readonly skipsPasses?: boolean;
  /** Store the output of every layer, not only of the last one; default false. */
  readonly dumpsLayers?: boolean;
  /**
   * Where the maps exceed the activation memory, keep the largest outside and compute them in bands of rows; default
   * true.
   */
  readonly usesBands?: boolean;
}

/**
 * Descriptors and memory image of a network: docs/accelerator.md.
 * @throws bad-input for layers that the accelerator does not have, multipliers that the array does not have where the
 *   assignment wants them, accumulators too narrow, memories too small; with what would work
 */
export function compileNetwork(request: CompileRequest): AcceleratorProgram {
  const {
    network,
    assignment,
    spec,
    roundedOperand,
    skipsPasses = true,
    dumpsLayers = false,
    usesBands = true,
  } = request;
  checkArraySpec(spec, 'array');
  const wanted = portsOf(roundedOperand).weight;
  if (spec.weightPort !== wanted) {
    throw badInput(
      {
        where: 'array: weightPort',
        wanted: `${wanted} (rounded operand: ${roundedOperand})`,
        found: spec.weightPort,
      },
      'The array and the accuracy of the assignment must have the same operand on port a.',
    );
  }
  refuseLayers(network, spec);
  const layers = network.layers
    .filter(isWeighted)
    .map(({ name }) => layerWeights(request, name, skipsPasses));
  checkAccumulators(layers, spec);
  const chunks = chunkWeights(layers, spec);
  const plan = planTensors(network, spec);
  const lowered = lowerNetwork(network, spec, plan, chunks);
  return placeProgram({
    network,
    spec,
    plan,
    lowered,
    dumpsLayers,
    usesBands,
    assignment,
    roundedOperand,
    skipsPasses,
  });
}

function layerWeights(
  { network, assignment, spec, roundedOperand }: CompileRequest,
  name: string,
  skipsPasses: boolean,
): LayerWeights & { readonly widest: SumBound } {
  const layer = network.layers.filter(isWeighted).find((one) => one.name === name)!;
  const multiplier = assignment.get(name);
  if (multiplier === undefined) {
    throw badInput(
      { where: `layer ${name}`, wanted: 'a multiplier in the assignment', found: 'none' },
      'Name a multiplier for each convolution and dense layer.',
    );
  }
  const shapes = quantisedShapes(network);
  const geometry = convOnArray(layer, shapes.get(layer.inputs[0]!)!, shapes.get(name)!);
  const numberOf = layerNumbers(spec, layer, multiplier);
  const { activations } = inputOf(network, layer);
  for (const [number, one] of spec.multipliers.entries()) {
    const weights = usedWeights(layer, numberOf, number);
    const isUsed = layer.weights.some((_, tap) => numberOf(tap) === number);
    if (isUsed) checkOperands(layer, one, roundedOperand, activations, weights);
  }
  checkClasses(spec, layer, geometry, numberOf);
  const { filters, widest } = filterParameters(spec, network, layer, multiplier, numberOf);
  return {
    name,
    widest,
    parameters: filters,
    tiles: filterTiles({ spec, layer, geometry, numberOf, skipsPasses }),
  };
}

function checkAccumulators(
  layers: readonly { readonly name: string; readonly widest: SumBound }[],
  { accumulatorBits }: ArraySpec,
): void {
  const wide = layers.filter(({ widest }) => widest.bits > accumulatorBits);
  if (wide.length === 0) return;
  throw badInput(
    wide.map(({ name, widest }) => ({
      where: `layer ${name}, filter ${widest.filter}`,
      wanted: `sums within ${accumulatorBits} bits`,
      found: `${widest.low} … ${widest.high}`,
    })),
    `The accumulators need accumulatorBits ${Math.max(...wide.map(({ widest }) => widest.bits))} (--accumulator-bits).`,
  );
}
