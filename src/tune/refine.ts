import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import { applyVariants } from '../dnn/apply-variants.ts';
import { EXACT_INT8, type RoundedOperand, uniformAssignment } from '../dnn/assignment.ts';
import type { Dataset } from '../dnn/data/dataset.ts';
import { inputOf } from '../dnn/layer-operands.ts';
import {
  drawPositions,
  type LayerSamples,
  type SamplePositions,
  sampleLayers,
} from '../dnn/layer-samples.ts';
import type { LayerVariant, NetworkVariant } from '../dnn/layer-variant.ts';
import { isWeighted, type QuantisedNetwork, type WeightedLayer } from '../dnn/quantised-network.ts';
import { compensateLayer } from './compensate-layer.ts';
import { measureInputs } from './input-statistics.ts';

export interface RefineOptions {
  /** Output positions per layer over all images, about. */
  readonly samples: number;
  readonly seed: number;
  readonly weightScales: boolean;
}

export const REFINE_OPTIONS: RefineOptions = { samples: 8192, seed: 1, weightScales: true };

/**
 * Tunes the layers of a variant one after the other: each with compensateLayer on what it reads behind the layers before
 * it as they are tuned by then, so that a layer also makes up for the errors of those. Multipliers and activation scales
 * stay as they are.
 * Source of the order: E. Frantar et al., "GPTQ", ICLR 2023.
 * @param images training images
 */
export function refineVariant(
  network: QuantisedNetwork,
  images: Dataset,
  roundedOperand: RoundedOperand,
  variant: NetworkVariant,
  options: RefineOptions = REFINE_OPTIONS,
  onProgress: OnProgress = ignoreProgress,
  known: ExactSamples = sampleExact(network, images, roundedOperand, options),
  from = 0,
): NetworkVariant {
  const weighted = network.layers.filter(isWeighted);
  let tuned: NetworkVariant = variant;
  for (const [done, layer] of weighted.entries()) {
    if (done < from) continue;
    const own = tuned.get(layer.name)!;
    const applied = applyVariants(network, tuned);
    const positions = new Map([[layer.name, known.positions.get(layer.name)!]]);
    const read = sampleLayers(applied.network, applied.assignment, roundedOperand, images, positions);
    const factor = own.inputScaleFactor ?? 1;
    const { activations, inputZeroPoint } = inputOf(applied.network, layer);
    const statistics = measureInputs(
      known.samples.get(layer.name)!,
      read.get(layer.name)!,
      factor,
      false,
      activations,
      inputZeroPoint,
    );
    const { multiplier } = own;
    const { weightScales } = options;
    const request = { network, layer, multiplier, roundedOperand, statistics, weightScales };
    const { variant: next } = compensateLayer(request);
    tuned = new Map(tuned).set(layer.name, next satisfies LayerVariant);
    onProgress({ stage: 'tune', done: done + 1, total: weighted.length, note: layer.name });
  }
  return tuned;
}

/** What the layers of the exact network read. */
export interface ExactSamples {
  readonly positions: ReadonlyMap<string, SamplePositions>;
  readonly samples: ReadonlyMap<string, LayerSamples>;
}

export function sampleExact(
  network: QuantisedNetwork,
  images: Dataset,
  roundedOperand: RoundedOperand,
  { samples, seed }: Pick<RefineOptions, 'samples' | 'seed'>,
): ExactSamples {
  const draw = (layer: WeightedLayer, i: number): SamplePositions =>
    drawPositions(network, layer, images.images, samples, seed + i);
  const positions = new Map(
    network.layers.filter(isWeighted).map((layer, i) => [layer.name, draw(layer, i)]),
  );
  const exact = uniformAssignment(network, EXACT_INT8);
  return { positions, samples: sampleLayers(network, exact, roundedOperand, images, positions) };
}
