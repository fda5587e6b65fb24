import type { ConvGeometry } from '../dnn/quantised-network.ts';
import type { ArrayShape } from '../dnn/record-operands-schedule.ts';

/** What a layer does in the weight-stationary array and to its memories, per image. */
export interface LayerAccesses {
  /** Clock cycles of the array. */
  readonly cycles: number;
  /** Cycles of single processing elements, idle ones included: cycles × rows × columns. */
  readonly elementCycles: number;
  /** Elements (int8) read from the activation SRAM; padding is not read. */
  readonly activationReads: number;
  /** Outputs (int8) written to the activation SRAM. */
  readonly activationWrites: number;
  /** Weights (int8) read from the weight SRAM. */
  readonly weightReads: number;
  /** Partial sums read from and written to the accumulator SRAM. */
  readonly accumulatorReads: number;
  readonly accumulatorWrites: number;
}

/**
 * Counts over the loops of record-operands-schedule.ts:
 *
 *     tile of accumulatorDepth output positions → group → tile of `columns` filters → kernel row → kernel column
 *       → tile of `rows` input channels → output position of the tile
 *
 * - An activation is read once for each kernel place, channel tile and filter tile that needs it, and passed on from
 *   column to column.
 * - A weight is read once per tile of output positions, one row of the array per cycle while the tile before is still
 *   under way: a tile takes as many cycles as it has positions, but at least as many as rows to load. The element
 *   before the first and after the last tile (filling and draining the array, rows + columns cycles a layer) is not
 *   counted.
 * - The sums of all but the last of the K tiles (kernel places × channel tiles) of a filter tile are written to the
 *   accumulator SRAM, and all but the first read them back; the last one's go on to requantisation.
 * - Each output is written once.
 */
export function countAccesses(geometry: ConvGeometry, array: ArrayShape): LayerAccesses {
  const { from, to, kernel, groups } = geometry;
  const channels = from.channels / groups;
  const filters = to.channels / groups;
  const places = kernel[0] * kernel[1];
  const positions = to.height * to.width;
  const filterTiles = groups * Math.ceil(filters / array.columns);
  const rowsUsed = tileSizes(channels, array.rows);
  const cyclesPerPass = tileSizes(positions, array.accumulatorDepth).reduce(
    (sum, length) => sum + rowsUsed.reduce((inner, rows) => inner + Math.max(length, rows), 0),
    0,
  );
  const cycles = filterTiles * places * cyclesPerPass;
  const partialSums = (places * rowsUsed.length - 1) * positions * to.channels;
  return {
    cycles,
    elementCycles: cycles * array.rows * array.columns,
    activationReads: filterTiles * channels * placesInside(geometry),
    activationWrites: positions * to.channels,
    weightReads: to.channels * places * channels * Math.ceil(positions / array.accumulatorDepth),
    accumulatorReads: partialSums,
    accumulatorWrites: partialSums,
  };
}

/** Pairs of an output position and a kernel place that read the map and not the padding. */
function placesInside({ from, to, kernel, stride, pads }: ConvGeometry): number {
  const inside = (outputs: number, taps: number, step: number, pad: number, size: number): number => {
    let count = 0;
    for (let out = 0; out < outputs; out++) {
      for (let tap = 0; tap < taps; tap++) {
        const at = out * step + tap - pad;
        if (at >= 0 && at < size) count += 1;
      }
    }
    return count;
  };
  return (
    inside(to.height, kernel[0], stride[0], pads[0], from.height) *
    inside(to.width, kernel[1], stride[1], pads[1], from.width)
  );
}

/** Sizes of the tiles that `count` things fall into. */
function tileSizes(count: number, size: number): readonly number[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, tile) => Math.min(size, count - tile * size));
}
