import type { LayerMultiplier, RoundedOperand } from '../dnn/assignment.ts';
import type { Dataset } from '../dnn/data/dataset.ts';
import { inputOf } from '../dnn/layer-operands.ts';
import type { LayerSamples } from '../dnn/layer-samples.ts';
import type { LayerVariant } from '../dnn/layer-variant.ts';
import { isWeighted, type QuantisedNetwork, type WeightedLayer } from '../dnn/quantised-network.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { bestActivationScale } from './activation-scale.ts';
import { type InputStatistics, measureInputs } from './input-statistics.ts';
import { estimateNoise, type OperandNoise } from './noise-estimate.ts';
import { type ExactSamples, type SampleChoice, sampleExact } from './sample-exact.ts';
import { tuneLayer } from './tune-layer.ts';
import type { TuningChoice } from './tuning.ts';

/** Tunes single layers for multipliers, all others exact. */
export interface Tuner {
  /**
   * The layer's constants for a multiplier, on what the layer reads in the exact network.
   * @param layer name of a convolution or dense layer
   */
  variantOf(layer: string, multiplier: LayerMultiplier): LayerVariant;
  /** A quick forecast (estimateNoise) that needs no tuning. */
  noiseOf(layer: string, spec: MultiplierSpec): OperandNoise | undefined;
}

/** Output positions per layer: enough to tell multipliers apart; refineVariant takes more. */
const SAMPLES: SampleChoice = { samples: 4096, seed: 1 };

/**
 * @param images training images, some hundreds; looked at only where something is to be tuned or forecast
 */
export function createTuner(
  network: QuantisedNetwork,
  images: Dataset,
  roundedOperand: RoundedOperand,
  choice: TuningChoice,
  sampling: SampleChoice = SAMPLES,
): Tuner {
  const layers = new Map(network.layers.filter(isWeighted).map((layer) => [layer.name, layer]));
  let sampled: ExactSamples['samples'] | undefined;
  const samplesOf = (name: string): LayerSamples => {
    sampled ??= sampleExact(network, images, roundedOperand, sampling).samples;
    return sampled.get(name)!;
  };
  /** The latest ones only: they are large. */
  let latest: { layer: WeightedLayer; factor: number; statistics: InputStatistics } | undefined;
  const statisticsOf = (layer: WeightedLayer, factor: number): InputStatistics => {
    if (latest?.layer !== layer || latest.factor !== factor) {
      const exact = samplesOf(layer.name);
      const { activations, inputZeroPoint } = inputOf(network, layer);
      const statistics = measureInputs(exact, exact, factor, true, activations, inputZeroPoint);
      latest = { layer, factor, statistics };
    }
    return latest.statistics;
  };
  const histograms = new Map<string, Float64Array>();
  const histogramFor = (name: string): Float64Array => {
    const known = histograms.get(name) ?? histogramOf(samplesOf(name).codes);
    histograms.set(name, known);
    return known;
  };
  const isIdle = choice.weights === 'none' && !choice.bias && !choice.activationScale;
  return {
    variantOf(name, multiplier) {
      if (isIdle) return { multiplier };
      const layer = layers.get(name)!;
      const exact = samplesOf(name);
      const factor = choice.activationScale
        ? bestActivationScale(network, layer, multiplier, roundedOperand, histogramFor(name))
        : 1;
      const request = { network, layer, multiplier, roundedOperand, exact, own: exact, factor, choice };
      const moments = choice.weights === 'compensated' ? { statistics: statisticsOf(layer, factor) } : {};
      return tuneLayer({ ...request, rescale: true, ...moments });
    },
    noiseOf: (name, spec) =>
      estimateNoise(network, layers.get(name)!, spec, roundedOperand, histogramFor(name)),
  };
}

/** Share of each code, index code + 128. */
export function histogramOf(codes: Int8Array): Float64Array {
  const histogram = new Float64Array(256);
  for (const code of codes) histogram[code + 128]! += 1 / codes.length;
  return histogram;
}
