import { badInput, show } from './errors.ts';

/** Seeded pseudo-random numbers; the same seed gives the same numbers on every machine. */
export interface Rng {
  /** Uniform integer in 0 … 2^32 − 1. */
  nextU32(): number;
  /** Uniform float in [0, 1) with 32 random bits. */
  nextFloat(): number;
  /** Uniform integer in lo … hi (both inclusive, hi − lo < 2^32), by scaling; bias below 2^−32·(hi−lo). */
  nextInt(lo: number, hi: number): number;
  /** Standard normal variate (Box-Muller, one of the pair). */
  nextGaussian(): number;
  /** Where the sequence stands now; restoreRng goes on from there. */
  state(): RngState;
}

/** Four integers in 0 … 2^32 − 1, not all 0. */
export type RngState = readonly [number, number, number, number];

/**
 * xoshiro128** seeded through splitmix32.
 * Source: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47(4), 2021.
 * @param seed any integer; only its low 32 bits count.
 */
export function createRng(seed: number): Rng {
  let mix = seed >>> 0;
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  return rngAt([splitmix(), splitmix(), splitmix(), splitmix()]);
}

/**
 * A generator that goes on exactly where another one was saved by state().
 * @throws bad-input when the numbers are no state of this generator
 */
export function restoreRng(state: RngState): Rng {
  const isState =
    Array.isArray(state) &&
    state.length === 4 &&
    state.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32) &&
    state.some((word) => word !== 0);
  if (!isState) {
    throw badInput(
      {
        where: 'state of the random numbers',
        wanted: 'four integers in 0 … 4294967295, not all 0',
        found: show(state),
      },
      'The file that it came from is damaged: begin again from the seed.',
    );
  }
  return rngAt(state);
}

function rngAt(state: RngState): Rng {
  let [s0, s1, s2, s3] = state;
  const nextU32 = (): number => {
    const scrambled = Math.imul(rotl(Math.imul(s1, 5), 7), 9) >>> 0;
    const t = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = rotl(s3, 11);
    return scrambled;
  };
  const nextFloat = (): number => nextU32() / 4294967296;
  return {
    nextU32,
    nextFloat,
    nextInt: (lo, hi) => lo + Math.floor(nextFloat() * (hi - lo + 1)),
    nextGaussian: () => Math.sqrt(-2 * Math.log(1 - nextFloat())) * Math.cos(2 * Math.PI * nextFloat()),
    state: () => [s0 >>> 0, s1 >>> 0, s2 >>> 0, s3 >>> 0],
  };
}

function rotl(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}
