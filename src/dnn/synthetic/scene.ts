import type { Rng } from '../../base/rng.ts';
import {
  blurOnce,
  type Canvas,
  type Colour,
  type Coverage,
  clamp01,
  type Paint,
  type Pattern,
  PLANE,
  type Placement,
  paintShape,
  SIDE,
  sharpEdge,
} from './canvas.ts';
import {
  bar,
  crescent,
  cross,
  type Direction,
  directionFrom,
  disk,
  hexagon,
  ring,
  type ShapeDistance,
  square,
  star,
  triangle,
  triangleWave,
} from './shapes.ts';

/** What an image can show; the label is the index. */
export const SYNTHETIC_CLASSES = [
  'disk',
  'ring',
  'square',
  'triangle',
  'star',
  'cross',
  'crescent',
  'blob',
  'stripes',
  'checker',
] as const;

export type SyntheticClass = (typeof SYNTHETIC_CLASSES)[number];

/**
 * How hard the images are. Set so that the trained network, quantised to int8, recognises about nine in ten and
 * its margins are thin (docs/synthetic-dataset.md has the trials).
 */
const NUISANCE = {
  /** Radius of the object, pixels. */
  radiusPx: [6, 12],
  /** Distance of the object's centre from the image's, at most, each axis, pixels. */
  offsetPx: 5,
  /** Largest difference over the colour channels between object and background. */
  contrast: [0.2, 0.7],
  /** Small distractor shapes behind the object. */
  distractors: [1, 5],
  distractorRadiusPx: [1.5, 4],
  /** Probability that a bar in the background's colours lies over part of the object. */
  occluderProbability: 0.5,
  /** Amplitude of the smooth random texture of the background. */
  textureAmplitude: 0.2,
  /** Probability of faint stripes in the background. */
  backgroundStripeProbability: 0.3,
  /** Largest number of blur passes. */
  blurPasses: 1,
  /** Amplitude of the pixel noise (standard deviation, share of the full range). */
  noise: [0.01, 0.08],
  /** Contrast factor and brightness shift of the whole image. */
  gain: [0.55, 1.15],
  shift: 0.15,
} as const;

/**
 * Draws one image of a class: background, distractors, object, occluder, blur, exposure, noise.
 * @returns 3 × 32 × 32 bytes, red, green, blue plane
 */
export function drawScene(kind: SyntheticClass, rng: Rng): Uint8Array {
  const canvas: Canvas = new Float64Array(3 * PLANE);
  const ground = randomColour(rng);
  paintBackground(canvas, ground, rng);
  const distractorCount = rng.nextInt(NUISANCE.distractors[0], NUISANCE.distractors[1]);
  for (let k = 0; k < distractorCount; k++) paintDistractor(canvas, rng);
  const placement = randomPlacement(rng);
  paintObject(canvas, kind, placement, ground, rng);
  if (rng.nextFloat() < NUISANCE.occluderProbability) paintOccluder(canvas, placement, ground, rng);
  const passes = rng.nextInt(0, NUISANCE.blurPasses);
  for (let k = 0; k < passes; k++) blurOnce(canvas);
  return expose(canvas, rng);
}

/** Outline, edge and pattern of each class; textures come in any of a few outlines. */
const OBJECTS: Readonly<
  Record<
    SyntheticClass,
    (radiusPx: number, rng: Rng) => { shape: ShapeDistance; edge: Coverage; pattern: Pattern }
  >
> = {
  disk: (_radiusPx, rng) => ({ shape: disk, edge: sharpEdge, pattern: shading(rng) }),
  ring: (_radiusPx, rng) => ({ shape: ring, edge: sharpEdge, pattern: shading(rng) }),
  square: (_radiusPx, rng) => ({ shape: square, edge: sharpEdge, pattern: shading(rng) }),
  triangle: (_radiusPx, rng) => ({ shape: triangle, edge: sharpEdge, pattern: shading(rng) }),
  star: (_radiusPx, rng) => ({ shape: star, edge: sharpEdge, pattern: shading(rng) }),
  cross: (_radiusPx, rng) => ({ shape: cross, edge: sharpEdge, pattern: shading(rng) }),
  crescent: (_radiusPx, rng) => ({ shape: crescent, edge: sharpEdge, pattern: shading(rng) }),
  blob: (radiusPx, rng) => ({ shape: disk, edge: fadingEdge(radiusPx), pattern: shading(rng) }),
  stripes: (radiusPx, rng) => ({
    shape: pick(OUTLINES, rng),
    edge: sharpEdge,
    pattern: stripes(between(rng, STRIPE_PERIOD_PX) / radiusPx, radiusPx, rng),
  }),
  checker: (radiusPx, rng) => ({
    shape: pick(OUTLINES, rng),
    edge: sharpEdge,
    pattern: checker(between(rng, CHECKER_PERIOD_PX) / radiusPx, radiusPx, rng),
  }),
};

const OUTLINES: readonly ShapeDistance[] = [disk, square, triangle, hexagon];
const DISTRACTORS: readonly ShapeDistance[] = [disk, ring, square, triangle, star, cross, crescent, bar];
const STRIPE_PERIOD_PX = [3.5, 6] as const;
const CHECKER_PERIOD_PX = [4.5, 8] as const;

function paintObject(canvas: Canvas, kind: SyntheticClass, at: Placement, ground: Colour, rng: Rng): void {
  const { shape, edge, pattern } = OBJECTS[kind](at.radiusPx, rng);
  const first = contrastingColour([ground], rng);
  const textured = kind === 'stripes' || kind === 'checker';
  const second = textured ? contrastingColour([first], rng) : nearbyColour(first, 0.2, rng);
  paintShape(canvas, shape, at, { first, second, pattern }, edge);
}

/** Linear gradient, smooth noise on a 5 × 5 grid, sometimes faint stripes. */
function paintBackground(canvas: Canvas, ground: Colour, rng: Rng): void {
  const { cos, sin } = randomDirection(rng);
  const slope = nearbyColour([0, 0, 0], 0.25, rng);
  const amplitude = NUISANCE.textureAmplitude * rng.nextFloat();
  const grids = Array.from({ length: 3 }, () =>
    Float64Array.from({ length: GRID * GRID }, () => signed(rng)),
  );
  const striped = rng.nextFloat() < NUISANCE.backgroundStripeProbability;
  const stripeAmplitude = striped ? between(rng, [0.05, 0.2]) : 0;
  const stripe = randomDirection(rng);
  const frequency = 1 / between(rng, [3.5, 9]);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const along = (cos * (column - MIDDLE) + sin * (row - MIDDLE)) / MIDDLE;
      const wave =
        stripeAmplitude * (triangleWave((stripe.cos * column + stripe.sin * row) * frequency) - 0.5);
      for (let c = 0; c < 3; c++) {
        canvas[c * PLANE + row * SIDE + column] =
          ground[c]! + slope[c]! * along + wave + amplitude * smoothNoise(grids[c]!, column, row);
      }
    }
  }
}

/** Bilinear interpolation of a GRID × GRID lattice of values, one each CELL pixels. */
function smoothNoise(grid: Float64Array, column: number, row: number): number {
  const x = Math.floor(column / CELL);
  const y = Math.floor(row / CELL);
  const fx = column / CELL - x;
  const fy = row / CELL - y;
  const at = y * GRID + x;
  const top = grid[at]! + (grid[at + 1]! - grid[at]!) * fx;
  const bottom = grid[at + GRID]! + (grid[at + GRID + 1]! - grid[at + GRID]!) * fx;
  return top + (bottom - top) * fy;
}

function paintDistractor(canvas: Canvas, rng: Rng): void {
  const placement = {
    x: rng.nextFloat() * SIDE,
    y: rng.nextFloat() * SIDE,
    radiusPx: between(rng, NUISANCE.distractorRadiusPx),
    direction: randomDirection(rng),
  };
  const first = randomColour(rng);
  paintShape(canvas, pick(DISTRACTORS, rng), placement, plain(first));
}

/** Bar across one side of the object: it hides at most its outer half. */
function paintOccluder(canvas: Canvas, object: Placement, ground: Colour, rng: Rng): void {
  const direction = randomDirection(rng);
  const distance = object.radiusPx * between(rng, [0.5, 1.1]);
  const placement = {
    x: object.x + direction.sin * -distance,
    y: object.y + direction.cos * distance,
    radiusPx: between(rng, [8, 14]),
    direction,
  };
  paintShape(canvas, bar, placement, plain(nearbyColour(ground, 0.3, rng)));
}

/** Applies gain, shift and noise, and rounds to bytes. */
function expose(canvas: Canvas, rng: Rng): Uint8Array {
  const gain = between(rng, NUISANCE.gain);
  const shift = NUISANCE.shift * signed(rng);
  const noise = between(rng, NUISANCE.noise);
  const pixels = new Uint8Array(3 * PLANE);
  for (let i = 0; i < pixels.length; i++) {
    const value = 0.5 + shift + gain * (canvas[i]! - 0.5) + noise * nearlyNormal(rng.nextU32());
    pixels[i] = Math.floor(255 * clamp01(value) + 0.5);
  }
  return pixels;
}

/** About standard normal: the sum of the four bytes of a uniform 32-bit number, scaled to variance 1. */
function nearlyNormal(bits: number): number {
  const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
  return (sum - 510) * (1 / 147.8);
}

function randomPlacement(rng: Rng): Placement {
  return {
    x: MIDDLE + NUISANCE.offsetPx * signed(rng),
    y: MIDDLE + NUISANCE.offsetPx * signed(rng),
    radiusPx: between(rng, NUISANCE.radiusPx),
    direction: randomDirection(rng),
  };
}

/** Colour gradient across the object. */
function shading(rng: Rng): Pattern {
  const { cos, sin } = randomDirection(rng);
  return (u, v) => clamp01(0.5 + 0.5 * (cos * u + sin * v));
}

function stripes(period: number, radiusPx: number, rng: Rng): Pattern {
  const phase = rng.nextFloat();
  const steepness = 0.5 * period * radiusPx;
  return (u) => clamp01(0.5 + (triangleWave(u / period + phase) - 0.5) * steepness);
}

function checker(period: number, radiusPx: number, rng: Rng): Pattern {
  const phaseU = rng.nextFloat();
  const phaseV = rng.nextFloat();
  const steepness = 0.5 * period * radiusPx;
  return (u, v) => {
    const a = clamp01(0.5 + (triangleWave(u / period + phaseU) - 0.5) * steepness);
    const b = clamp01(0.5 + (triangleWave(v / period + phaseV) - 0.5) * steepness);
    return a + b - 2 * a * b;
  };
}

/** Coverage that falls smoothly from the centre of a disk to its rim: (1 − ρ²)² with ρ the share of the radius. */
function fadingEdge(radiusPx: number): Coverage {
  return (distancePx) => {
    const rho = distancePx / radiusPx + 1;
    return rho >= 1 ? 0 : (1 - rho * rho) * (1 - rho * rho);
  };
}

/** Colour whose largest channel difference from each given colour lies in NUISANCE.contrast; the last draw if none does. */
function contrastingColour(others: readonly Colour[], rng: Rng): Colour {
  let colour = randomColour(rng);
  for (let attempt = 0; attempt < 100 && !others.every((other) => contrasts(colour, other)); attempt++) {
    colour = randomColour(rng);
  }
  return colour;
}

function contrasts(a: Colour, b: Colour): boolean {
  const difference = Math.max(Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1]), Math.abs(a[2] - b[2]));
  return difference >= NUISANCE.contrast[0] && difference <= NUISANCE.contrast[1];
}

function randomColour(rng: Rng): Colour {
  return [rng.nextFloat(), rng.nextFloat(), rng.nextFloat()];
}

function nearbyColour(colour: Colour, spread: number, rng: Rng): Colour {
  return [
    colour[0] + spread * signed(rng),
    colour[1] + spread * signed(rng),
    colour[2] + spread * signed(rng),
  ];
}

function plain(colour: Colour): Paint {
  return { first: colour, second: colour, pattern: () => 0 };
}

function randomDirection(rng: Rng): Direction {
  return directionFrom(rng.nextFloat(), rng.nextFloat());
}

function pick<T>(list: readonly T[], rng: Rng): T {
  return list[rng.nextInt(0, list.length - 1)]!;
}

function between(rng: Rng, [low, high]: readonly [number, number]): number {
  return low + (high - low) * rng.nextFloat();
}

/** Uniform in [−1, 1). */
function signed(rng: Rng): number {
  return 2 * rng.nextFloat() - 1;
}

const MIDDLE = (SIDE - 1) / 2;
const GRID = 5;
const CELL = 8;
