import { fromPattern, maxValue, minValue, toPattern } from '../base/bits.ts';
import { createRng } from '../base/rng.ts';
import type { PortShape } from '../multiplier/spec.ts';

/** Operand pairs for a simulation, as bit patterns of the ports. */
export interface Vectors {
  readonly coverage: 'exhaustive' | 'sampled';
  /** a, b, a, b, … */
  readonly patterns: Uint32Array;
}

/** Ports with at most this many operand bits in all are simulated on every pair. */
export const EXHAUSTIVE_BITS = 20;

/** Random pairs beside the corners, where not all pairs are simulated. */
export const RANDOM_PAIRS = 1_000_000;

/** All pairs where there are at most 2^20, else all pairs of corner values and RANDOM_PAIRS seeded ones. */
export function makeVectors(shape: PortShape, seed: number): Vectors {
  const { aBits, bBits } = shape;
  if (aBits + bBits <= EXHAUSTIVE_BITS) {
    const patterns = new Uint32Array(2 * 2 ** (aBits + bBits));
    for (let index = 0; index < patterns.length / 2; index++) {
      patterns[2 * index] = index >>> bBits;
      patterns[2 * index + 1] = index & (2 ** bBits - 1);
    }
    return { coverage: 'exhaustive', patterns };
  }
  const aCorners = cornerPatterns(aBits, shape.aSigned);
  const bCorners = cornerPatterns(bBits, shape.bSigned);
  const corners = aCorners.flatMap((a) => bCorners.flatMap((b) => [a, b]));
  const patterns = new Uint32Array(corners.length + 2 * RANDOM_PAIRS);
  patterns.set(corners);
  const rng = createRng(seed);
  for (let index = corners.length; index < patterns.length; index += 2) {
    patterns[index] = rng.nextU32() >>> (32 - aBits);
    patterns[index + 1] = rng.nextU32() >>> (32 - bBits);
  }
  return { coverage: 'sampled', patterns };
}

/** Values where multipliers break: 0, ±1, extremes and their neighbours, ±2^k, ±(2^k − 1), checker patterns. */
export function cornerPatterns(bits: number, signed: boolean): readonly number[] {
  const low = minValue(bits, signed);
  const high = maxValue(bits, signed);
  const powers = Array.from({ length: bits }, (_, k) => 2 ** k);
  const checkers = [0x55555555, 0xaaaaaaaa].map((pattern) => fromPattern(pattern, bits, signed));
  const values = [
    0,
    low,
    low + 1,
    high,
    high - 1,
    ...checkers,
    ...powers.flatMap((p) => [p, p - 1, -p, 1 - p]),
  ];
  return [...new Set(values.filter((v) => v >= low && v <= high).map((v) => toPattern(v, bits)))];
}
