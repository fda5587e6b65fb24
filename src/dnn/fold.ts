import { badInput } from '../base/errors.ts';
import type { BatchNormLayer, ClipLayer, FloatLayer, FloatNetwork } from './network.ts';

/** Float layers that become one integer layer. */
export interface LayerGroup {
  /** The layer that names the group and reads its inputs. */
  readonly main: FloatLayer;
  readonly batchNorm?: BatchNormLayer;
  readonly hasRelu: boolean;
  /** A clip, instead of the ReLU. */
  readonly clip?: ClipLayer;
  /** Name of the last float layer of the group, whose output is the group's. */
  readonly output: string;
}

/**
 * Groups convolutions (and dense layers) with the batch norm and the ReLU or clip that alone read them, additions,
 * concatenations and average pools with the ReLU or clip that alone reads them. A batch norm that stays alone is a group of its own.
 */
export function groupLayers(network: FloatNetwork): readonly LayerGroup[] {
  const readers = new Map<string, FloatLayer[]>();
  for (const layer of network.layers) {
    for (const name of layer.inputs) readers.set(name, [...(readers.get(name) ?? []), layer]);
  }
  const onlyReader = (name: string): FloatLayer | undefined => {
    const all = readers.get(name) ?? [];
    return all.length === 1 ? all[0] : undefined;
  };
  const taken = new Set<string>();
  const groups: LayerGroup[] = [];
  for (const main of network.layers) {
    if (taken.has(main.name)) continue;
    let output = main.name;
    const next = onlyReader(output);
    const isWeighted = main.op === 'conv2d' || main.op === 'dense';
    const batchNorm = isWeighted && next?.op === 'batchNorm' ? next : undefined;
    if (batchNorm) output = batchNorm.name;
    const activation = ABSORBS_ACTIVATION.includes(main.op) ? onlyReader(output) : undefined;
    const hasRelu = activation?.op === 'relu';
    const clip = activation?.op === 'clip' ? activation : undefined;
    if (activation && (hasRelu || clip)) output = activation.name;
    taken
      .add(main.name)
      .add(batchNorm?.name ?? main.name)
      .add(output);
    groups.push({ main, hasRelu, output, ...(batchNorm ? { batchNorm } : {}), ...(clip ? { clip } : {}) });
  }
  return groups;
}

const ABSORBS_ACTIVATION: readonly FloatLayer['op'][] = [
  'conv2d',
  'dense',
  'add',
  'concat',
  'averagePool',
  'globalAveragePool',
];

/** Weights (tap-major, output channel innermost) and bias of a group in float64, with its batch norm folded in. */
export function foldBatchNorm(
  network: FloatNetwork,
  group: LayerGroup,
): { weights: Float64Array; bias: Float64Array } {
  const { main, batchNorm } = group;
  if (main.op !== 'conv2d' && main.op !== 'dense') throw new TypeError(main.op);
  const data = (name: string): Float32Array => network.tensors.get(name)!.data;
  const weights = Float64Array.from(data(main.weights));
  const channels = network.tensors.get(main.weights)!.shape.at(-1)!;
  const bias = main.bias === undefined ? new Float64Array(channels) : Float64Array.from(data(main.bias));
  if (!batchNorm) return { weights, bias };
  if (batchNorm.mean === undefined || batchNorm.variance === undefined) {
    throw badInput(
      { where: `batch norm ${batchNorm.name}`, wanted: 'mean and variance', found: 'none' },
      'Calibrate it first: maxdnn import with training images as calibration set.',
    );
  }
  const [gamma, beta] = [data(batchNorm.gamma), data(batchNorm.beta)];
  const [mean, variance] = [data(batchNorm.mean), data(batchNorm.variance)];
  for (let o = 0; o < channels; o++) {
    const scale = gamma[o]! / Math.sqrt(variance[o]! + batchNorm.epsilon);
    bias[o] = beta[o]! + (bias[o]! - mean[o]!) * scale;
    for (let i = o; i < weights.length; i += channels) weights[i]! *= scale;
  }
  return { weights, bias };
}
