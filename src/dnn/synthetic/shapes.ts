/** Signed distance (in units of the shape's radius, below 0 inside) of the point (u, v); the shape fills |u|, |v| ≤ 1. */
export type ShapeDistance = (u: number, v: number) => number;

/*
 * Only + − × ÷ and Math.sqrt, which IEEE 754 rounds the same way on every machine; no Math.sin and the like, whose
 * last bits are up to the JavaScript engine. So the bytes of the images can be a published constant.
 */

/** Disk of radius 1. */
export const disk: ShapeDistance = (u, v) => Math.sqrt(u * u + v * v) - 1;

/** Ring with radii 0.5 and 1. */
export const ring: ShapeDistance = (u, v) => Math.abs(Math.sqrt(u * u + v * v) - 0.75) - 0.25;

/** Square with half side 0.85. */
export const square: ShapeDistance = (u, v) => Math.max(Math.abs(u), Math.abs(v)) - 0.85;

/** Equilateral triangle with its corners on the circle of radius 1.1. */
export const triangle: ShapeDistance = (u, v) => Math.max(v, -0.5 * v + SIN_60 * Math.abs(u)) - 0.55;

/** Five-pointed star: the points on the inner side of at least four of a pentagon's five lines. */
export const star: ShapeDistance = (u, v) => {
  let largest = -Infinity;
  let second = -Infinity;
  for (let k = 0; k < 5; k++) {
    const d = PENTAGON_X[k]! * u + PENTAGON_Y[k]! * v;
    if (d > largest) {
      second = largest;
      largest = d;
    } else if (d > second) second = d;
  }
  return second - 0.37;
};

/** Plus sign with arms of half width 0.32. */
export const cross: ShapeDistance = (u, v) => {
  const x = Math.abs(u);
  const y = Math.abs(v);
  return Math.min(Math.max(x - 1, y - 0.32), Math.max(y - 1, x - 0.32));
};

/** Unit disk without the disk of radius 0.85 around (0.5, 0). */
export const crescent: ShapeDistance = (u, v) =>
  Math.max(disk(u, v), 0.85 - Math.sqrt((u - 0.5) * (u - 0.5) + v * v));

/** Regular hexagon with its corners on the unit circle. */
export const hexagon: ShapeDistance = (u, v) =>
  Math.max(Math.abs(v), SIN_60 * Math.abs(u) + 0.5 * Math.abs(v)) - SIN_60;

/** Bar along u with half width 0.25. */
export const bar: ShapeDistance = (u, v) => Math.max(Math.abs(u) - 1, Math.abs(v) - 0.25);

/** Unit vector of a random direction: rational points of the circle, in one of the four quadrants. */
export interface Direction {
  readonly cos: number;
  readonly sin: number;
}

/**
 * Direction from two uniform numbers in [0, 1): ((1 − t²)/(1 + t²), 2t/(1 + t²)) in a quadrant; density within 2:1 of even.
 */
export function directionFrom(t: number, quadrantNumber: number): Direction {
  const norm = 1 + t * t;
  const cos = (1 - t * t) / norm;
  const sin = (2 * t) / norm;
  switch (Math.floor(quadrantNumber * 4)) {
    case 0:
      return { cos, sin };
    case 1:
      return { cos: -sin, sin: cos };
    case 2:
      return { cos: -cos, sin: -sin };
    default:
      return { cos: sin, sin: -cos };
  }
}

/** Wave of period 1 that goes linearly 1 → 0 → 1. */
export function triangleWave(x: number): number {
  return Math.abs(2 * (x - Math.floor(x)) - 1);
}

const SIN_60 = 0.8660254037844386;
/** Sine and cosine of k · 72°. */
const PENTAGON_X = [0, 0.9510565162951535, 0.5877852522924731, -0.5877852522924731, -0.9510565162951535];
const PENTAGON_Y = [1, 0.30901699437494745, -0.8090169943749475, -0.8090169943749475, 0.30901699437494745];
