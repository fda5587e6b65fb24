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
}

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
  let s0 = splitmix();
  let s1 = splitmix();
  let s2 = splitmix();
  let s3 = splitmix();

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
  };
}

function rotl(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}
