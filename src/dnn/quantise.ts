import type { Dataset } from './data/dataset.ts';
import { equaliseChannels } from './equalise-channels.ts';
import { floatShapes } from './float-shapes.ts';
import { groupLayers } from './fold.ts';
import { type FloatNetwork, INPUT_NAME } from './network.ts';
import { type MagnitudeHistogram, shareAbove } from './percentile.ts';
import { quantiseGroup } from './quantise-group.ts';
import {
  type ActivationCodes,
  type Calibration,
  checkPercentile,
  chooseMagnitude,
  measureRanges,
} from './quantise-ranges.ts';
import type { WeightScales } from './quantise-weights.ts';
import type { QuantisedLayer, QuantisedNetwork } from './quantised-network.ts';

export interface QuantiseOptions {
  /** How activation scales are chosen. Default "percentile". */
  readonly calibration?: Calibration;
  /**
   * Share of the magnitudes of a layer's outputs over the calibration images that the codes must cover, in per
   * cent; what lies above saturates. Only for calibration "percentile". Default 99.99.
   */
  readonly percentile?: number;
  /** Default "per-channel". */
  readonly weights?: WeightScales;
  /** Default "symmetric". */
  readonly activations?: ActivationCodes;
  /** Exponent α of the cross-layer channel equalisation (equaliseChannels), 0 … 1. Default: none. */
  readonly equalise?: number;
}

/** What quantising did to one layer. */
export interface LayerQuantisation {
  readonly name: string;
  readonly op: QuantisedLayer['op'];
  /** Smallest and largest value of the float layer on the calibration images. */
  readonly smallest: number;
  readonly largest: number;
  readonly outputScale: number;
  readonly zeroPoint: number;
  /** Share of the float values that the codes cut off, 0 … 1. Absent for int32 logits, which have no ends. */
  readonly saturatedShare?: number;
  /** Signal to quantisation noise of the weights in dB; absent where there are none. */
  readonly weightSqnrDb?: number;
  /** Smallest and largest scale of the layer's weights; absent where there are none. */
  readonly weightScales?: readonly [number, number];
}

export interface QuantisationReport {
  readonly calibration: Calibration;
  readonly percentile: number;
  readonly weights: WeightScales;
  readonly activations: ActivationCodes;
  /** Exponent α; absent where channels were not equalised. */
  readonly equalise?: number;
  readonly calibrationImages: number;
  readonly layers: readonly LayerQuantisation[];
}

/** quantiseWithReport without the report. */
export function quantiseNetwork(
  network: FloatNetwork,
  calibration: Dataset,
  options: QuantiseOptions = {},
): QuantisedNetwork {
  return quantiseWithReport(network, calibration, options).network;
}

/**
 * int8 network: weights symmetric (−127 … 127), activations symmetric per layer unless asked otherwise, int32 bias, batch
 * norm, ReLU and clip folded in; the last layer gives int32 logits of one common scale. Besides asymmetric activations
 * only the image has a zero point (rounded to a whole code), and what passes its codes on.
 * @param given float network
 * @param calibration training images, some hundreds; they only set the activation scales (and those of channels)
 * @throws bad-input when a batch norm has no statistics or does not follow a convolution, or the images do not fit
 */
export function quantiseWithReport(
  given: FloatNetwork,
  calibration: Dataset,
  options: QuantiseOptions = {},
): { readonly network: QuantisedNetwork; readonly report: QuantisationReport } {
  const { calibration: method = 'percentile', percentile = 99.99, weights = 'per-channel' } = options;
  const { activations = 'symmetric', equalise } = options;
  checkPercentile(percentile);
  const network = equalise === undefined ? given : equaliseChannels(given, calibration, equalise);
  const groups = groupLayers(network);
  const shapes = floatShapes(network);
  const ranges = measureRanges(network, calibration, new Set(groups.map(({ output }) => output)));
  const input = { ...network.input, zeroPoint: Math.round(network.input.zeroPoint) };
  const codings = new Map([[INPUT_NAME, { scale: input.scale, zeroPoint: input.zeroPoint - 128 }]]);
  const names = new Map<string, string>([[INPUT_NAME, INPUT_NAME]]);
  const layers: QuantisedLayer[] = [];
  const reports: LayerQuantisation[] = [];
  for (const [index, group] of groups.entries()) {
    const inputs = group.main.inputs.map((name) => names.get(name)!);
    const range = ranges.get(group.output)!;
    const { layer, sqnrDb } = quantiseGroup({
      network,
      group,
      inputs,
      codings: inputs.map((name) => codings.get(name)!),
      magnitude: chooseMagnitude(range, method, percentile),
      activations,
      isLast: index === groups.length - 1,
      weights,
      inputShape: shapes.get(group.main.inputs[0]!)!,
    });
    layers.push(layer);
    reports.push(describe(layer, range, sqnrDb));
    codings.set(layer.name, { scale: layer.outputScale, zeroPoint: layer.zeroPoint ?? 0 });
    names.set(group.output, layer.name);
  }
  const { images } = calibration;
  return {
    network: { name: network.name, input, layers },
    report: {
      calibration: method,
      percentile,
      weights,
      activations,
      ...(equalise === undefined ? {} : { equalise }),
      calibrationImages: images,
      layers: reports,
    },
  };
}

function describe(
  layer: QuantisedLayer,
  range: MagnitudeHistogram,
  sqnrDb: number | undefined,
): LayerQuantisation {
  const { name, op, outputScale, zeroPoint = 0 } = layer;
  const isLogits = 'high' in layer && layer.high > 127;
  const bound = (127.5 - zeroPoint) * outputScale;
  return {
    name,
    op,
    smallest: range.smallest,
    largest: range.largest,
    outputScale,
    zeroPoint,
    ...(isLogits ? {} : { saturatedShare: shareAbove(range, bound) }),
    ...(sqnrDb === undefined ? {} : { weightSqnrDb: sqnrDb }),
    ...('weightScales' in layer
      ? { weightScales: [Math.min(...layer.weightScales), Math.max(...layer.weightScales)] as const }
      : {}),
  };
}
