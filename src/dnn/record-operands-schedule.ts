import type { ConvGeometry } from './quantised-network.ts';

/**
 * The array that operands are recorded for: weight-stationary, rows ↔ input channels, columns ↔ filters (DESIGN §7).
 */
export interface ArrayShape {
  /** Processing elements along the input channels, 1 … 64. */
  readonly rows: number;
  /** Processing elements along the filters, 1 … 64. */
  readonly columns: number;
  /** Sums that each column can hold: the most activations that pass one weight before the next is loaded, ≥ 1. */
  readonly accumulatorDepth: number;
}

/**
 * 16 × 16 as in the accelerator's named configurations. 64 sums per column: the smallest map of the reference
 * network's convolutions (8 × 8) fits whole, weights of the next tile load (16 cycles) behind the current one, and
 * the accumulators take 16 · 64 · 4 bytes = 4 KiB.
 */
export const DEFAULT_ARRAY: ArrayShape = { rows: 16, columns: 16, accumulatorDepth: 64 };

/**
 * One weight held by one processing element while the activations of one tile of output positions pass. The loops,
 * outermost first:
 *
 *     image → tile of accumulatorDepth output positions (raster order) → group → tile of `columns` filters of the group
 *       → kernel row → kernel column → tile of `rows` input channels of the group → output position of the tile
 *
 * The element in row r and column c has the input channels r, r + rows, … and the filters c, c + columns, … of each
 * group; where a tile ends before its row or column it idles and its operands stand still. A dense layer is one
 * output position of a 1 × 1 kernel, so each of its weights sees one activation per image; a depthwise convolution
 * has one channel and one filter per group, so it uses one element, group after group.
 */
export interface WeightRun {
  readonly image: number;
  /** Number of the tile of output positions. */
  readonly tile: number;
  /** Filter (output channel) of the layer. */
  readonly filter: number;
  /** Weight within the filter: (kernel row · kernel width + kernel column) · (input channels of a group) + channel. */
  readonly tap: number;
}

/** What the schedule of a layer depends on. */
export interface LayerSchedule {
  readonly geometry: ConvGeometry;
  readonly array: ArrayShape;
  /** How many images follow each other; after the last one comes the first again. */
  readonly images: number;
}

/** Tiles of output positions of one image. */
export function positionTiles({ geometry, array }: LayerSchedule): number {
  return Math.ceil(positionsOf(geometry) / array.accumulatorDepth);
}

/** Output positions of a layer. */
export function positionsOf({ to }: ConvGeometry): number {
  return to.height * to.width;
}

/** First output position of a run and how many follow each other. */
export function runPositions(
  { geometry, array }: LayerSchedule,
  { tile }: WeightRun,
): readonly [number, number] {
  const first = tile * array.accumulatorDepth;
  return [first, Math.min(array.accumulatorDepth, positionsOf(geometry) - first)];
}

/** The run that the same processing element does next. */
export function nextRun(schedule: LayerSchedule, run: WeightRun): WeightRun {
  const { geometry, array, images } = schedule;
  const { from, to, kernel, groups } = geometry;
  const channels = from.channels / groups;
  const filters = to.channels / groups;
  const window = kernel[0] * kernel[1];
  const channel = run.tap % channels;
  const place = (run.tap - channel) / channels;
  if (channel + array.rows < channels) return { ...run, tap: run.tap + array.rows };
  const row = channel % array.rows;
  if (place + 1 < window) return { ...run, tap: (place + 1) * channels + row };
  const inGroup = run.filter % filters;
  if (inGroup + array.columns < filters) return { ...run, filter: run.filter + array.columns, tap: row };
  const group = (run.filter - inGroup) / filters;
  const column = inGroup % array.columns;
  if (group + 1 < groups) return { ...run, filter: (group + 1) * filters + column, tap: row };
  const first = { ...run, filter: column, tap: row };
  if (run.tile + 1 < positionTiles(schedule)) return { ...first, tile: run.tile + 1 };
  return { ...first, tile: 0, image: (run.image + 1) % images };
}
