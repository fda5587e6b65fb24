import { badInput } from '../base/errors.ts';
import type { OnProgress } from '../base/progress.ts';
import type { Rng } from '../base/rng.ts';
import type { Dataset } from './data/dataset.ts';
import { checkImages } from './float-inference.ts';
import { isWeighted, type QuantisedNetwork } from './quantised-network.ts';
import { drawImages, recordInputs, rngOf } from './record-operands.ts';
import {
  type ArrayShape,
  DEFAULT_ARRAY,
  type LayerSchedule,
  nextRun,
  positionTiles,
  runPositions,
  type WeightRun,
} from './record-operands-schedule.ts';
import { activationAt, type OperandSource, operandSource, tapsOf } from './record-operands-source.ts';

/** What a processing element of the array does in a layer, one pair per entry. */
export interface MacRecord {
  readonly layer: string;
  readonly activations: Int8Array;
  readonly weights: Int8Array;
  /** 1 where the weight was loaded for this pair, 0 where it is that of the pair before. */
  readonly isLoaded: Uint8Array;
  /**
   * Partial sum that comes in from above with each pair: what the filter's earlier weights (kernel places and input
   * channels in the order of the schedule) have summed up for the output position, with the given products. The
   * accumulators feed the top row of the array; the bias is added behind.
   */
  readonly incomingSums: (product: (activation: number, weight: number) => number) => Int32Array;
}

export interface MacRecordOptions {
  /** Pairs per layer, 64 … 2^20; default 4096. */
  readonly pairs?: number;
  /** Images to draw from the data set, at most those it has; default 32, or all of a smaller set. */
  readonly images?: number;
  readonly seed?: number;
  readonly array?: ArrayShape;
  readonly onProgress?: OnProgress;
}

const DEFAULT_MAC_PAIRS = 4096;
const DEFAULT_MAC_IMAGES = 32;
/** A stretch of the schedule goes on for at least so many pairs before another random place of it is drawn. */
const STRETCH_PAIRS = 128;

/**
 * What the processing elements of a weight-stationary array get in each convolution and dense layer, in the array's
 * order (record-operands-schedule.ts), at random places of it. Partial sums depend on the products of the multiplier,
 * so they are summed up when it is known.
 * @throws bad-input when the images do not fit the network, or for fewer than 64 pairs
 */
export function recordMacOperands(
  network: QuantisedNetwork,
  dataset: Dataset,
  options: MacRecordOptions = {},
): readonly MacRecord[] {
  checkImages(network, dataset);
  const { pairs = DEFAULT_MAC_PAIRS, seed = 1, array = DEFAULT_ARRAY, onProgress = () => {} } = options;
  const count = options.images ?? Math.min(DEFAULT_MAC_IMAGES, dataset.images);
  if (!Number.isInteger(pairs) || pairs < 64 || pairs > 2 ** 20) {
    const wanted = 'an integer 64 … 1048576';
    throw badInput({ where: 'pairs per layer', wanted, found: String(pairs) }, 'Give a number within these.');
  }
  const layers = network.layers.filter(isWeighted);
  const images = drawImages(dataset.images, count, rngOf(seed, 'images'));
  const inputs = recordInputs(network, layers, dataset, images, onProgress);
  return layers.map((layer) => {
    const source = operandSource(network, layer, inputs.get(layer.inputs[0]!)!);
    const schedule = { geometry: source.geometry, array, images: count };
    return recordLayer(source, schedule, pairs, rngOf(seed, `${layer.name} processing element`));
  });
}

/** A pair of the record: the run that it is in and its output position. */
interface Visit {
  readonly run: WeightRun;
  readonly position: number;
}

function recordLayer(source: OperandSource, schedule: LayerSchedule, pairs: number, rng: Rng): MacRecord {
  const visits: Visit[] = [];
  const isLoaded = new Uint8Array(pairs);
  while (visits.length < pairs) {
    let run = drawRun(source, schedule, rng);
    const end = visits.length + STRETCH_PAIRS;
    while (visits.length < Math.min(end, pairs)) {
      isLoaded[visits.length] = 1;
      const [first, length] = runPositions(schedule, run);
      const kept = Math.min(length, pairs - visits.length);
      for (let n = 0; n < kept; n++) visits.push({ run, position: first + n });
      run = nextRun(schedule, run);
    }
  }
  const { layer } = source;
  const taps = tapsOf(layer);
  const activationOf = ({ run, position }: Visit, tap: number): number =>
    activationAt(source, run.image, position, run.filter, tap);
  // What each pair's incoming sum is made of, pair after pair.
  const ends = new Uint32Array(pairs + 1);
  for (const [pair, { run }] of visits.entries()) ends[pair + 1] = ends[pair]! + run.tap;
  const before = { activations: new Int8Array(ends[pairs]!), weights: new Int8Array(ends[pairs]!) };
  for (const [pair, visit] of visits.entries()) {
    for (let tap = 0; tap < visit.run.tap; tap++) {
      before.activations[ends[pair]! + tap] = activationOf(visit, tap);
      before.weights[ends[pair]! + tap] = layer.weights[visit.run.filter * taps + tap]!;
    }
  }
  return {
    layer: layer.name,
    activations: Int8Array.from(visits, (visit) => activationOf(visit, visit.run.tap)),
    weights: Int8Array.from(visits, ({ run }) => layer.weights[run.filter * taps + run.tap]!),
    isLoaded,
    incomingSums: (product) => {
      const products = tabulate(product);
      return Int32Array.from(visits, (_, pair) => {
        let sum = 0;
        for (let i = ends[pair]!; i < ends[pair + 1]!; i++) {
          sum += products[(before.activations[i]! + 128) * 256 + before.weights[i]! + 128]!;
        }
        return sum;
      });
    },
  };
}

function drawRun({ layer, geometry }: OperandSource, schedule: LayerSchedule, rng: Rng): WeightRun {
  return {
    image: rng.nextInt(0, schedule.images - 1),
    tile: rng.nextInt(0, positionTiles(schedule) - 1),
    filter: rng.nextInt(0, geometry.to.channels - 1),
    tap: rng.nextInt(0, tapsOf(layer) - 1),
  };
}

/** Products by (activation + 128) · 256 + weight + 128. */
function tabulate(product: (activation: number, weight: number) => number): Int32Array {
  return Int32Array.from({ length: 65536 }, (_, index) => product((index >> 8) - 128, (index & 255) - 128));
}
