import { EXACT_INT8, type RoundedOperand, uniformAssignment } from '../dnn/assignment.ts';
import type { Dataset } from '../dnn/data/dataset.ts';
import {
  drawPositions,
  type LayerSamples,
  type SamplePositions,
  sampleLayers,
} from '../dnn/layer-samples.ts';
import { isWeighted, type QuantisedNetwork, type WeightedLayer } from '../dnn/quantised-network.ts';

export interface SampleChoice {
  /** Output positions per layer over all images, about. */
  readonly samples: number;
  readonly seed: number;
}

/** What the layers of the exact network read at sampled output positions. */
export interface ExactSamples {
  readonly positions: ReadonlyMap<string, SamplePositions>;
  readonly samples: ReadonlyMap<string, LayerSamples>;
}

export function sampleExact(
  network: QuantisedNetwork,
  images: Dataset,
  roundedOperand: RoundedOperand,
  { samples, seed }: SampleChoice,
): ExactSamples {
  const draw = (layer: WeightedLayer, i: number): SamplePositions =>
    drawPositions(network, layer, images.images, samples, seed + i);
  const positions = new Map(
    network.layers.filter(isWeighted).map((layer, i) => [layer.name, draw(layer, i)]),
  );
  const exact = uniformAssignment(network, EXACT_INT8);
  return { positions, samples: sampleLayers(network, exact, roundedOperand, images, positions) };
}
