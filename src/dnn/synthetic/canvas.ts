import type { Direction, ShapeDistance } from './shapes.ts';

/** Side of every image in pixels. */
export const SIDE = 32;
/** Pixels of one colour plane. */
export const PLANE = SIDE * SIDE;

/** Red, green, blue; 0 … 1 is the visible range. */
export type Colour = readonly [number, number, number];

/** Three colour planes of SIDE × SIDE, red first, row by row. */
export type Canvas = Float64Array;

/** Where a shape lies: local coordinates are the pixel's offset from the centre, turned and divided by the radius. */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly radiusPx: number;
  readonly direction: Direction;
}

/** Mix of the two colours of a paint at the local point (u, v): 0 first, 1 second. */
export type Pattern = (u: number, v: number) => number;

/** Colours of a shape. */
export interface Paint {
  readonly first: Colour;
  readonly second: Colour;
  readonly pattern: Pattern;
}

/** Share of a pixel that a shape covers, from its signed distance in pixels. */
export type Coverage = (distancePx: number) => number;

/** Edge one pixel wide. */
export const sharpEdge: Coverage = (distancePx) => clamp01(0.5 - distancePx);

/** Paints a shape over the canvas. */
export function paintShape(
  canvas: Canvas,
  shape: ShapeDistance,
  { x, y, radiusPx, direction }: Placement,
  paint: Paint,
  coverage: Coverage = sharpEdge,
): void {
  const reach = radiusPx * REACH + 1;
  const { first, second, pattern } = paint;
  const scale = 1 / radiusPx;
  for (let row = Math.max(0, Math.floor(y - reach)); row <= Math.min(SIDE - 1, y + reach); row++) {
    for (let column = Math.max(0, Math.floor(x - reach)); column <= Math.min(SIDE - 1, x + reach); column++) {
      const u = (direction.cos * (column - x) + direction.sin * (row - y)) * scale;
      const v = (direction.cos * (row - y) - direction.sin * (column - x)) * scale;
      const alpha = coverage(shape(u, v) * radiusPx);
      if (alpha <= 0) continue;
      const mix = pattern(u, v);
      const at = row * SIDE + column;
      for (let c = 0; c < 3; c++) {
        const colour = first[c]! + (second[c]! - first[c]!) * mix;
        canvas[c * PLANE + at]! += (colour - canvas[c * PLANE + at]!) * alpha;
      }
    }
  }
}

/** One pass of the separable binomial filter 1-2-1 over each plane; the border repeats its edge pixels. */
export function blurOnce(canvas: Canvas): void {
  const line = new Float64Array(SIDE);
  for (let plane = 0; plane < 3; plane++) {
    for (let k = 0; k < SIDE; k++) {
      blurLine(canvas, line, plane * PLANE + k * SIDE, 1);
    }
    for (let k = 0; k < SIDE; k++) {
      blurLine(canvas, line, plane * PLANE + k, SIDE);
    }
  }
}

/** x limited to 0 … 1. */
export function clamp01(x: number): number {
  return Math.min(Math.max(x, 0), 1);
}

/** Shapes reach at most this many radii from their centre (corners of the square, the star's points). */
const REACH = 1.25;

function blurLine(canvas: Canvas, line: Float64Array, start: number, step: number): void {
  for (let k = 0; k < SIDE; k++) line[k] = canvas[start + k * step]!;
  for (let k = 0; k < SIDE; k++) {
    const before = line[k === 0 ? 0 : k - 1]!;
    const after = line[k === SIDE - 1 ? k : k + 1]!;
    canvas[start + k * step] = 0.25 * before + 0.5 * line[k]! + 0.25 * after;
  }
}
