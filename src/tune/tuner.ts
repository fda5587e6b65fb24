import type { LayerMultiplier, RoundedOperand } from '../dnn/assignment.ts';
import type { Dataset } from '../dnn/data/dataset.ts';
import { inputOf } from '../dnn/layer-operands.ts';
import type { LayerVariant } from '../dnn/layer-variant.ts';
import { isWeighted, type QuantisedNetwork, type WeightedLayer } from '../dnn/quantised-network.ts';
import { bestActivationScale } from './activation-scale.ts';
import { type InputStatistics, measureInputs } from './input-statistics.ts';
import { type SampleChoice, sampleExact } from './sample-exact.ts';
import { tuneLayer } from './tune-layer.ts';
import type { TuningChoice } from './tuning.ts';

/** Tunes single layers for multipliers, all others exact. */
export interface Tuner {
  /**
   * The layer's constants for a multiplier, on what the layer reads in the exact network.
   * @param layer name of a convolution or dense layer
   */
  variantOf(layer: string, multiplier: LayerMultiplier): LayerVariant;
}

/** Output positions per layer: enough to tell multipliers apart; refineVariant takes more. */
const SAMPLES: SampleChoice = { samples: 4096, seed: 1 };

/**
 * @param images training images, some hundreds; read only where something is to be tuned
 */
export function createTuner(
  network: QuantisedNetwork,
  images: Dataset,
  roundedOperand: RoundedOperand,
  choice: TuningChoice,
  sampling: SampleChoice = SAMPLES,
): Tuner {
  if (choice.weights === 'none' && !choice.bias && !choice.activationScale) {
    return { variantOf: (_, multiplier) => ({ multiplier }) };
  }
  const layers = new Map(network.layers.filter(isWeighted).map((layer) => [layer.name, layer]));
  const { samples } = sampleExact(network, images, roundedOperand, sampling);
  /** The latest ones only: they are large. */
  let latest: { layer: WeightedLayer; factor: number; statistics: InputStatistics } | undefined;
  const statisticsOf = (layer: WeightedLayer, factor: number): InputStatistics => {
    if (latest?.layer !== layer || latest.factor !== factor) {
      const exact = samples.get(layer.name)!;
      const { activations, inputZeroPoint } = inputOf(network, layer);
      const statistics = measureInputs(exact, exact, factor, true, activations, inputZeroPoint);
      latest = { layer, factor, statistics };
    }
    return latest.statistics;
  };
  const histograms = new Map([...samples].map(([name, { codes }]) => [name, histogramOf(codes)]));
  return {
    variantOf(name, multiplier) {
      const layer = layers.get(name)!;
      const exact = samples.get(name)!;
      const factor = choice.activationScale
        ? bestActivationScale(network, layer, multiplier, roundedOperand, histograms.get(name)!)
        : 1;
      const request = { network, layer, multiplier, roundedOperand, exact, own: exact, factor, choice };
      const moments = choice.weights === 'compensated' ? { statistics: statisticsOf(layer, factor) } : {};
      return tuneLayer({ ...request, rescale: true, ...moments });
    },
  };
}

/** Share of each code, index code + 128. */
export function histogramOf(codes: Int8Array): Float64Array {
  const histogram = new Float64Array(256);
  for (const code of codes) histogram[code + 128]! += 1 / codes.length;
  return histogram;
}
