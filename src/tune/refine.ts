import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import { applyVariants } from '../dnn/apply-variants.ts';
import type { RoundedOperand } from '../dnn/assignment.ts';
import type { Dataset } from '../dnn/data/dataset.ts';
import { sampleLayers } from '../dnn/layer-samples.ts';
import type { NetworkVariant } from '../dnn/layer-variant.ts';
import { isWeighted, type QuantisedNetwork } from '../dnn/quantised-network.ts';
import { type ExactSamples, type SampleChoice, sampleExact } from './sample-exact.ts';
import { tuneLayer } from './tune-layer.ts';
import type { TuningChoice } from './tuning.ts';

/** Output positions per layer: 8 per image, within what sums of products hold and tuning has time for. */
export function refineSampling(images: number): SampleChoice {
  return { samples: Math.min(32_768, Math.max(8192, 8 * images)), seed: 1 };
}

export interface RefineRequest {
  readonly network: QuantisedNetwork;
  /** Training images. */
  readonly images: Dataset;
  readonly roundedOperand: RoundedOperand;
  readonly choice: TuningChoice;
  /** What the exact layers read on these images; default: sampled here. */
  readonly exact?: ExactSamples;
  readonly onProgress?: OnProgress;
}

/**
 * Tunes the layers of a variant one after the other, each on what it reads behind the layers before it as they are tuned
 * by then, so that with "compensated" weights a layer also makes up for the errors of those. Multipliers and activation
 * scales stay as they are.
 * Source of the order: E. Frantar et al., "GPTQ", ICLR 2023.
 * @param from number of the first weighted layer to tune; those before it stay as they are
 */
export function refineVariant(request: RefineRequest, variant: NetworkVariant, from = 0): NetworkVariant {
  const { network, images, roundedOperand, choice, onProgress = ignoreProgress } = request;
  const known = request.exact ?? sampleExact(network, images, roundedOperand, refineSampling(images.images));
  const weighted = network.layers.filter(isWeighted);
  let tuned: NetworkVariant = variant;
  for (const [done, layer] of weighted.entries()) {
    if (done < from) continue;
    const { multiplier, inputScaleFactor: factor = 1 } = tuned.get(layer.name)!;
    const applied = applyVariants(network, tuned);
    const positions = new Map([[layer.name, known.positions.get(layer.name)!]]);
    const read = sampleLayers(applied.network, applied.assignment, roundedOperand, images, positions);
    const own = read.get(layer.name)!;
    const exact = known.samples.get(layer.name)!;
    const next = tuneLayer({
      network,
      layer,
      multiplier,
      roundedOperand,
      exact,
      own,
      factor,
      rescale: false,
      choice,
    });
    tuned = new Map(tuned).set(layer.name, next);
    onProgress({ stage: 'tune', done: done + 1, total: weighted.length, note: layer.name });
  }
  return tuned;
}
