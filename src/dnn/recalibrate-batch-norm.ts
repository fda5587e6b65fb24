import { badInput } from '../base/errors.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import type { MixedAssignment, RoundedOperand } from './assignment.ts';
import type { Dataset } from './data/dataset.ts';
import { checkImages } from './float-inference.ts';
import { groupLayers, type LayerGroup } from './fold.ts';
import { measureSums, type SumStatistics } from './measure-sums.ts';
import type { BatchNormLayer, FloatNetwork } from './network.ts';
import { isWeighted, type QuantisedNetwork, type WeightedLayer } from './quantised-network.ts';
import { fitRescale } from './requantise.ts';
import { fitTfliteRescale } from './requantise-tflite.ts';

/**
 * The integer network with its batch norms measured again under the given multipliers: layer by layer in order, each
 * convolution's sums of approximate products over the training images give a new mean and variance per output
 * channel, and the batch norm is folded with these. Weights, activation scales and everything that hardware is built
 * of stay; only biases, multipliers and shifts of the requantisation change. No labels, no gradients.
 *
 * Channels whose sums do not vary, or whose batch norm has gamma 0, keep their constants.
 * @param network the float network that `quantised` was made from
 * @param images training images, some hundreds or thousands; never those that the accuracy is measured on
 * @throws bad-input when there is no batch norm, or the networks or the images do not belong together
 */
export function recalibrateBatchNorm(
  network: FloatNetwork,
  quantised: QuantisedNetwork,
  assignment: MixedAssignment,
  roundedOperand: RoundedOperand,
  images: Dataset,
  onProgress: OnProgress = ignoreProgress,
): QuantisedNetwork {
  checkImages(quantised, images);
  const groups = normalisedGroups(network, quantised);
  let result = quantised;
  for (const [done, { group, index }] of groups.entries()) {
    const layer = result.layers[index] as WeightedLayer;
    const expected = expectedSums(network, group.batchNorm, layer, inputScaleOf(result, layer));
    const measured = measureSums(result, index, expected, assignment, roundedOperand, images);
    const refolded = foldAgain(network, group.batchNorm, layer, inputScaleOf(result, layer), measured);
    result = { ...result, layers: result.layers.with(index, refolded) };
    onProgress({ stage: 'batch norm', done: done + 1, total: groups.length, note: layer.name });
  }
  return result;
}

type NormalisedGroup = LayerGroup & { readonly batchNorm: BatchNormLayer };

/** The convolutions with a batch norm, in order, with their places in the integer network. */
function normalisedGroups(
  network: FloatNetwork,
  quantised: QuantisedNetwork,
): readonly { readonly group: NormalisedGroup; readonly index: number }[] {
  const groups = groupLayers(network).filter(
    (group): group is NormalisedGroup => group.batchNorm !== undefined,
  );
  const hint = 'Give the float network that the int8 network was quantised from.';
  if (groups.length === 0) {
    throw badInput({ where: `network ${network.name}`, wanted: 'a batch norm', found: 'none' }, hint);
  }
  return groups.map((group) => {
    const index = quantised.layers.findIndex(({ name }) => name === group.main.name);
    const layer = quantised.layers[index];
    const channels = network.tensors.get(group.batchNorm.gamma)!.data.length;
    if (layer && isWeighted(layer) && layer.bias.length === channels) return { group, index };
    throw badInput(
      {
        where: `network ${quantised.name}`,
        wanted: `a convolution ${group.main.name} of ${channels} channels, as in the float network`,
        found: layer ? `${layer.op}${isWeighted(layer) ? ` of ${layer.bias.length} channels` : ''}` : 'none',
      },
      hint,
    );
  });
}

function inputScaleOf({ input, layers }: QuantisedNetwork, { inputs }: WeightedLayer): number {
  return layers.find(({ name }) => name === inputs[0])?.outputScale ?? input.scale;
}

/** Scale from a channel's sums to the input of its batch norm, 0 where gamma is 0 and nothing can be said. */
function inputSteps(
  network: FloatNetwork,
  { gamma, variance, epsilon }: BatchNormLayer,
  layer: WeightedLayer,
  inputScale: number,
): Float64Array {
  const data = (name: string): Float32Array => network.tensors.get(name)!.data;
  return Float64Array.from(layer.weightScales, (scale, o) => {
    const factor = data(gamma)[o]! / Math.sqrt(data(variance!)[o]! + epsilon);
    return factor === 0 ? 0 : (scale * inputScale) / factor;
  });
}

/** Mean and standard deviation that the stored statistics promise for the sums without bias. */
function expectedSums(
  network: FloatNetwork,
  batchNorm: BatchNormLayer,
  layer: WeightedLayer,
  inputScale: number,
): SumStatistics {
  const steps = inputSteps(network, batchNorm, layer, inputScale);
  const mean = network.tensors.get(batchNorm.mean!)!.data;
  const variance = network.tensors.get(batchNorm.variance!)!.data;
  return {
    mean: steps.map((step, o) => (step === 0 ? 0 : mean[o]! / step)),
    deviation: steps.map((step, o) => (step === 0 ? 0 : Math.sqrt(variance[o]!) / Math.abs(step))),
  };
}

/**
 * gamma · (u − m)/√(v + epsilon) + beta with u = sum · step, m and v from the measured sums, as bias and rescaling of
 * the sum: one step of the sum then stands for |step · gamma| / √(v + epsilon).
 */
function foldAgain(
  network: FloatNetwork,
  batchNorm: BatchNormLayer,
  layer: WeightedLayer,
  inputScale: number,
  measured: SumStatistics,
): WeightedLayer {
  const steps = inputSteps(network, batchNorm, layer, inputScale);
  const gamma = network.tensors.get(batchNorm.gamma)!.data;
  const beta = network.tensors.get(batchNorm.beta)!.data;
  const bias = layer.bias.slice();
  const multipliers = [...layer.multipliers];
  const shifts = [...layer.shifts];
  const weightScales = [...layer.weightScales];
  for (let o = 0; o < bias.length; o++) {
    const deviation = measured.deviation[o]!;
    if (steps[o] === 0 || deviation === 0) continue;
    const spread = Math.sqrt((deviation * steps[o]!) ** 2 + batchNorm.epsilon);
    const step = (steps[o]! * gamma[o]!) / spread;
    const ratio = step / layer.outputScale;
    const fit = layer.rounding === 'tflite' ? fitTfliteRescale(ratio) : fitRescale(ratio);
    bias[o] = Math.round(beta[o]! / step - measured.mean[o]!);
    multipliers[o] = fit.multiplier;
    shifts[o] = fit.shift;
    weightScales[o] = step / inputScale;
  }
  return { ...layer, bias, multipliers, shifts, weightScales };
}
