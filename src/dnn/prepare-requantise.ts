import { BLOCK } from './filter-blocks.ts';
import type { Kernels } from './kernels.ts';
import type { Shape } from './network.ts';
import type { WeightedLayer } from './quantised-network.ts';

/** Accumulators of a layer and the steps that fill them. */
export interface Sums {
  readonly steps: readonly (() => void)[];
  /** Address of i32 [height][rowBytes / 4 / padded][padded], the bias included, channels in the order of `order`. */
  readonly accumulators: number;
  readonly rowBytes: number;
  /** Output channel of each accumulator. */
  readonly order: readonly number[];
}

/** The way from accumulators to codes. */
export interface RequantiseRequest extends Omit<Sums, 'steps'> {
  readonly kernels: Kernels;
  readonly layer: WeightedLayer;
  readonly to: Shape;
  /** Addresses of the output codes and of the int32 logits (used where the results are not int8). */
  readonly out: number;
  readonly logits: number;
}

/**
 * Lays out the requantisation of a layer. The vector kernel where the rounding is half-up and each factor
 * multiplier / 2^shift is a whole number of 2^−32 below 1/2, which covers what our own quantisation gives; else the
 * kernel for any factor and TensorFlow Lite's rounding; float64 for int32 logits. All are exact.
 */
export function prepareRequantise(request: RequantiseRequest): () => void {
  const { kernels, layer, to, order, out, accumulators, rowBytes } = request;
  const { run } = kernels;
  const { low, high, zeroPoint = 0 } = layer;
  if (high > 127) return prepareLogits(request);
  const padded = BLOCK * Math.ceil(order.length / BLOCK);
  const { height, width, channels } = to;
  const isPermuted = order.some((filter, lane) => filter !== lane);
  const codes = isPermuted ? kernels.allocate(height * width * channels) : out;
  const fixed = order.map((o) => layer.multipliers[o]! * 2 ** (32 - layer.shifts[o]!));
  const isSimple =
    layer.rounding !== 'tflite' && fixed.every((factor) => Number.isInteger(factor) && factor < 2 ** 31);
  const steps: (() => void)[] = [];
  if (isSimple) {
    const factors = kernels.allocate(4 * padded);
    new Int32Array(kernels.memory.buffer, factors, padded).set(fixed);
    steps.push(() =>
      run.requantise(
        accumulators,
        rowBytes,
        factors,
        codes,
        height,
        width,
        channels,
        padded,
        zeroPoint,
        low,
        high,
      ),
    );
  } else {
    const multipliers = placeInts(
      kernels,
      order.map((o) => layer.multipliers[o]!),
      padded,
    );
    const shifts = placeInts(
      kernels,
      order.map((o) => layer.shifts[o]!),
      padded,
    );
    const noBias = kernels.allocate(4 * padded);
    const isTflite = layer.rounding === 'tflite' ? 1 : 0;
    steps.push(() => {
      for (let y = 0; y < height; y++) {
        const sums = accumulators + y * rowBytes;
        const at = codes + y * width * channels;
        const around = [isTflite, zeroPoint, low, high] as const;
        run.requantiseAround(sums, noBias, multipliers, shifts, at, width, channels, padded, ...around);
      }
    });
  }
  if (isPermuted) {
    const lanes = order.map(() => 0);
    for (const [lane, filter] of order.entries()) lanes[filter] = lane;
    const address = placeInts(kernels, lanes, lanes.length);
    steps.push(() => run.permuteCodes(codes, out, address, height * width, channels));
  }
  return () => {
    for (const step of steps) step();
  };
}

/** The int32 results of the last layer, one pixel. */
function prepareLogits({ kernels, layer, accumulators, order, logits }: RequantiseRequest): () => void {
  const { run, memory } = kernels;
  const padded = BLOCK * Math.ceil(order.length / BLOCK);
  const factors = kernels.allocate(8 * padded);
  const values = new Float64Array(memory.buffer, factors, padded);
  for (const [lane, o] of order.entries()) values[lane] = layer.multipliers[o]! / 2 ** layer.shifts[o]!;
  const results = kernels.allocate(4 * padded);
  return () => {
    run.requantiseWide(accumulators, factors, results, padded);
    const ordered = new Int32Array(memory.buffer, results, order.length);
    const out = new Int32Array(memory.buffer, logits, order.length);
    for (let lane = 0; lane < order.length; lane++) out[order[lane]!] = ordered[lane]!;
  };
}

function placeInts(kernels: Kernels, values: readonly number[], room: number): number {
  const address = kernels.allocate(4 * room);
  new Int32Array(kernels.memory.buffer, address, room).set(values);
  return address;
}
