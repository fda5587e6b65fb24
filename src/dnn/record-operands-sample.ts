import type { Rng } from '../base/rng.ts';
import type { WeightedLayer } from './quantised-network.ts';
import { type LayerSchedule, positionsOf, positionTiles } from './record-operands-schedule.ts';
import {
  activationAt,
  type OperandPairs,
  type OperandSource,
  streamFrom,
  tapsOf,
} from './record-operands-source.ts';

/**
 * Pairs that a block of "layer-stream" has at least; runs are not cut, but for the last one of the sample. With 64 or
 * more activations per weight a block is one run: longer ones give the same mean energy with twice the standard error
 * (docs/streams.md), because the weights of a block are not spread over the layer's.
 */
const BLOCK_PAIRS = 64;

/**
 * A sample of the array's order in blocks of consecutive runs of one processing element. Each begins at a random image
 * and tile; the weights they begin with are spread over the layer's. Every multiplication is equally likely.
 */
export function drawStream(
  source: OperandSource,
  schedule: LayerSchedule,
  pairs: number,
  rng: Rng,
): { readonly pairs: OperandPairs; readonly blocks: number } {
  const positions = positionsOf(source.geometry);
  const tiles = positionTiles(schedule);
  const runsPerBlock = Math.ceil((BLOCK_PAIRS * tiles) / positions);
  const blocksWanted = Math.ceil(pairs / ((runsPerBlock * positions) / tiles));
  const activations = new Int8Array(pairs);
  const weights = new Int8Array(pairs);
  const taps = tapsOf(source.layer);
  let [filled, blocks] = [0, 0];
  while (filled < pairs) {
    for (const weight of spreadWeights(source.layer, blocksWanted, rng)) {
      if (filled === pairs) break;
      const tap = weight % taps;
      const start = {
        image: rng.nextInt(0, schedule.images - 1),
        tile: rng.nextInt(0, tiles - 1),
        filter: (weight - tap) / taps,
        tap,
      };
      const block = streamFrom(source, schedule, start, runsPerBlock);
      const kept = Math.min(block.weights.length, pairs - filled);
      activations.set(block.activations.subarray(0, kept), filled);
      weights.set(block.weights.subarray(0, kept), filled);
      filled += kept;
      blocks += 1;
    }
  }
  return { pairs: { activations, weights }, blocks };
}

/**
 * Numbers of `count` weights of a layer in random order: a systematic sample of the weights sorted by code, so that
 * each is equally likely and the codes are spread as in the layer.
 */
function spreadWeights({ weights }: WeightedLayer, count: number, rng: Rng): readonly number[] {
  const sorted = Array.from(weights, (_, index) => index).sort((x, y) => weights[x]! - weights[y]!);
  const offset = rng.nextFloat();
  const step = weights.length / count;
  const chosen = Array.from({ length: count }, (_, n) => sorted[Math.floor((n + offset) * step)]!);
  shuffle(chosen, rng);
  return chosen;
}

/** Independent pairs; every multiplication of the layer in the images is equally likely. */
export function drawPairs(source: OperandSource, images: number, pairs: number, rng: Rng): OperandPairs {
  const activations = new Int8Array(pairs);
  const weights = new Int8Array(pairs);
  const positions = positionsOf(source.geometry);
  const taps = tapsOf(source.layer);
  for (let n = 0; n < pairs; n++) {
    const image = rng.nextInt(0, images - 1);
    const position = rng.nextInt(0, positions - 1);
    const weight = rng.nextInt(0, source.layer.weights.length - 1);
    const tap = weight % taps;
    activations[n] = activationAt(source, image, position, (weight - tap) / taps, tap);
    weights[n] = source.layer.weights[weight]!;
  }
  return { activations, weights };
}

/** Fisher-Yates. */
export function shuffle(items: number[], rng: Rng): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = rng.nextInt(0, i);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
}
