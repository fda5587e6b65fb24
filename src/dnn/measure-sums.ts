import type { MixedAssignment, RoundedOperand } from './assignment.ts';
import { type Dataset, imageCodes } from './data/dataset.ts';
import { createEngine } from './infer.ts';
import {
  INT8,
  type QuantisedLayer,
  type QuantisedNetwork,
  quantisedShapes,
  type WeightedLayer,
} from './quantised-network.ts';
import { fitRescale } from './requantise.ts';

/** Mean and standard deviation per output channel. */
export interface SumStatistics {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Codes on either side of the mean stand for this many standard deviations. */
const SPAN_DEVIATIONS = 12;

/** Channels of a smaller deviation are read in steps for this one. */
const LEAST_DEVIATION = 0.5;

/** Images that find the range of the sums, and how often they may be asked. */
const RANGE_IMAGES = 64;
const RANGE_ROUNDS = 8;

/** Deviations in steps of a code between which a range is good enough to measure with. */
const LEAST_CODES = 5;
const MOST_CODES = 22;

/**
 * Mean and standard deviation of a layer's sums of products (bias left out) over images, pixels together.
 *
 * The sums are read through the layer's own requantisation, set for the purpose to codes of 127/12 per
 * standard deviation around the mean; the variance that such rounding adds (1/12 of a squared step) is taken off
 * again. So any engine and any multiplier can be measured. Sums beyond 12 standard deviations count as 12.
 * @param index of the layer; the layers before it run as they are
 * @param expected about what to expect; deviation 0: no need to measure, and 0 in the result
 */
export function measureSums(
  network: QuantisedNetwork,
  index: number,
  expected: SumStatistics,
  assignment: MixedAssignment,
  roundedOperand: RoundedOperand,
  images: Dataset,
): SumStatistics {
  const measure = (around: SumStatistics, count: number): Measurement => {
    const probe = probeLayer(network.layers[index] as WeightedLayer, around);
    const engine = createEngine(networkUpTo(network, index, probe), assignment, roundedOperand);
    const moments = createMoments(probe.bias.length);
    for (let image = 0; image < count; image++) {
      engine.infer(imageCodes(images, image));
      moments.add(engine.codesOf(probe.name));
    }
    return measured(probe, moments);
  };
  let around = expected;
  const rangeImages = Math.min(RANGE_IMAGES, images.images);
  for (let round = 0; round < RANGE_ROUNDS; round++) {
    const found = measure(around, rangeImages);
    const factors = Array.from(expected.deviation, (wanted, o) =>
      wanted === 0 || around.deviation[o]! < LEAST_DEVIATION ? 1 : rangeFactor(found, o),
    );
    const before = around;
    around = {
      mean: found.statistics.mean,
      deviation: found.statistics.deviation.map((deviation, o) =>
        factors[o] === 1 && deviation > 0 ? deviation : factors[o]! * before.deviation[o]!,
      ),
    };
    if (factors.every((factor) => factor === 1)) break;
  }
  const { mean, deviation } = measure(around, images.images).statistics;
  return { mean, deviation: deviation.map((value, o) => (expected.deviation[o] === 0 ? 0 : value)) };
}

/** By how much the range of a channel has to grow or shrink before it is measured with; 1: good as it is. */
function rangeFactor({ codeMean, codeDeviation }: Measurement, channel: number): number {
  const spread = codeDeviation[channel]!;
  if (spread > MOST_CODES || Math.abs(codeMean[channel]!) > 100) return 4;
  if (spread < LEAST_CODES) return Math.max(spread, 1) / 10;
  return 1;
}

interface Measurement {
  readonly statistics: SumStatistics;
  /** Standard deviation of the codes that were read, before the correction. */
  readonly codeDeviation: Float64Array;
  readonly codeMean: Float64Array;
}

/** The layer with a requantisation that shows its sums. */
function probeLayer(layer: WeightedLayer, { mean, deviation }: SumStatistics): WeightedLayer {
  const fits = Array.from(deviation, (value) =>
    fitRescale(127 / (SPAN_DEVIATIONS * Math.max(value, LEAST_DEVIATION))),
  );
  return {
    ...layer,
    ...INT8,
    rounding: 'half-up-16',
    zeroPoint: 0,
    bias: Int32Array.from(mean, (value) => -Math.round(value)),
    multipliers: fits.map(({ multiplier }) => multiplier),
    shifts: fits.map(({ shift }) => shift),
  };
}

/** The layers before the probe, the probe, and a pool that ends the network. */
function networkUpTo(network: QuantisedNetwork, index: number, probe: WeightedLayer): QuantisedNetwork {
  const { height, width } = quantisedShapes(network).get(probe.name)!;
  const end: QuantisedLayer = {
    name: `${probe.name}/end`,
    op: 'averagePool',
    inputs: [probe.name],
    outputScale: 1,
    ...INT8,
    kernel: [height, width],
    stride: [1, 1],
    ...fitRescale(1 / (height * width)),
  };
  return { ...network, layers: [...network.layers.slice(0, index), probe, end] };
}

interface Moments {
  /** Takes the codes of one image, channel innermost. */
  add(codes: Int8Array): void;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  count(): number;
}

function createMoments(channels: number): Moments {
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  let count = 0;
  return {
    add(codes) {
      for (let base = 0; base < codes.length; base += channels) {
        for (let c = 0; c < channels; c++) {
          const code = codes[base + c]!;
          sums[c]! += code;
          squares[c]! += code * code;
        }
      }
      count += codes.length / channels;
    },
    sums,
    squares,
    count: () => count,
  };
}

/** Variance that rounding to whole codes adds. */
const ROUNDING_VARIANCE = 1 / 12;

function measured(probe: WeightedLayer, { sums, squares, count }: Moments): Measurement {
  const steps = probe.multipliers.map((multiplier, o) => 2 ** probe.shifts[o]! / multiplier);
  const means = sums.map((sum) => sum / count());
  const variances = squares.map((square, o) => Math.max(square / count() - means[o]! ** 2, 0));
  return {
    statistics: {
      mean: means.map((mean, o) => mean * steps[o]! - probe.bias[o]!),
      deviation: variances.map((variance, o) =>
        variance === 0 ? 0 : Math.sqrt(Math.max(variance - ROUNDING_VARIANCE, 0)) * steps[o]!,
      ),
    },
    codeDeviation: variances.map(Math.sqrt),
    codeMean: means,
  };
}
