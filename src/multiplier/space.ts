import { badInput } from '../base/errors.ts';
import { type ExactFamily, type ExactSpec, exactTwin, type NarrowSpec, type RoupSpec } from './spec.ts';

/**
 * Design spaces as lists of specs, in a fixed order: nothing here is sampled, and the counts follow closed formulae
 * (roupSpaceSize and the docs of each function).
 */

/**
 * How the r of the partial products may follow each other: `non-increasing` r_P ≥ r_{P+1} ≥ … (a row of higher weight
 * is never rounded more than one of lower weight), or `any`.
 */
export type RoundingOrder = 'non-increasing' | 'any';

/** Every way to build an exact multiplier. */
export const EXACT_FAMILIES: readonly ExactFamily[] = ['booth', 'baugh-wooley', 'behavioural'];

/** Spaces above this are refused: at the measured second per design this is more than half a day. */
export const MAX_SPACE = 50_000;

/** Which part of the ROUP space; all P = 0 … N/2−1 without `P`. */
export interface RoupSpaceOptions {
  /** Operand width N, even, 4 … 24. */
  readonly bits: number;
  readonly order: RoundingOrder;
  /** Only this perforation, 0 … N/2−1. */
  readonly P?: number;
}

/** Designs of roupSpace. With k = N/2 − P kept rows: C(N+k−1, k) non-increasing and N^k any vectors r per P. */
export function roupSpaceSize({ bits, order, P }: RoupSpaceOptions): number {
  const size = (perforation: number): number => {
    const kept = bits / 2 - perforation;
    return order === 'any' ? bits ** kept : choose(bits + kept - 1, kept);
  };
  return perforations(bits, P).reduce((sum, perforation) => sum + size(perforation), 0);
}

/**
 * The ROUP space of N bits, by P and then lexicographically by r; N = 8: 494 designs non-increasing, 4680 any.
 * @throws bad-input for a P out of range or a space of more than MAX_SPACE designs
 */
export function roupSpace(options: RoupSpaceOptions): readonly RoupSpec[] {
  const { bits, order, P } = options;
  if (P !== undefined && !(Number.isInteger(P) && P >= 0 && P < bits / 2)) {
    throw badInput(
      { where: 'P', wanted: `0..${bits / 2 - 1} for bits=${bits}`, found: String(P) },
      'Leave it out for all.',
    );
  }
  const size = roupSpaceSize(options);
  if (size > MAX_SPACE) {
    throw badInput(
      {
        where: `ROUP space of ${bits} bits${P === undefined ? '' : `, P=${P}`}, r ${order}`,
        wanted: `at most ${MAX_SPACE} designs`,
        found: String(size),
      },
      'Take one perforation (--P), or fewer bits.',
    );
  }
  const specs: RoupSpec[] = [];
  const extend = (perforation: number, r: readonly number[]): void => {
    if (r.length === bits / 2 - perforation) {
      specs.push({ family: 'roup', bits, P: perforation, r });
      return;
    }
    const highest = order === 'any' ? bits - 1 : (r.at(-1) ?? bits - 1);
    for (let next = 0; next <= highest; next++) extend(perforation, [...r, next]);
  };
  for (const perforation of perforations(bits, P)) extend(perforation, []);
  return specs;
}

/** The exact signed N×N multipliers, one per way to build them: what savings are quoted against. */
export function baselineSpace(bits: number): readonly ExactSpec[] {
  return EXACT_FAMILIES.map((family) => ({ family, aBits: bits, bBits: bits, aSigned: true, bSigned: true }));
}

/**
 * Exact m×n multipliers, m, n = `from` … `to`, in all architectures: signed × signed, signed × unsigned and unsigned ×
 * signed (the two differ: a Booth multiplier encodes b). 3 · 3 · (to − from + 1)² designs; 324 for 3 … 8.
 */
export function exactSpace(from: number, to: number): readonly ExactSpec[] {
  const signs = [
    [true, true],
    [true, false],
    [false, true],
  ] as const;
  return EXACT_FAMILIES.flatMap((family) =>
    signs.flatMap(([aSigned, bSigned]) =>
      widths(from, to).map(([aBits, bBits]) => ({ family, aBits, bBits, aSigned, bSigned })),
    ),
  );
}

/**
 * Narrow exact multipliers that serve N-bit operands, m, n = `from` … N without N×N itself, in all architectures.
 * 3 · ((N − from + 1)² − 1) designs; 144 for N = 8 from 2.
 * @param unsigned the port whose operand is never negative: signed × unsigned designs, up to N − 1 bits wide there
 */
export function narrowSpace(bits: number, from = 2, unsigned?: 'a' | 'b'): readonly NarrowSpec[] {
  const sign = unsigned === undefined ? {} : { unsigned };
  return EXACT_FAMILIES.flatMap((architecture) =>
    widths(from, bits)
      .filter(([aBits, bBits]) => aBits < bits || bBits < bits)
      .filter(([aBits, bBits]) => unsigned === undefined || (unsigned === 'a' ? aBits : bBits) < bits)
      .map(([aBits, bBits]) => ({ family: 'narrow', bits, aBits, bBits, ...sign, architecture }) as const),
  );
}

/** The exact twins of the uniform ones among ROUP specs, each in all architectures, without repetition. */
export function twinSpace(specs: readonly RoupSpec[]): readonly NarrowSpec[] {
  const twins = specs.flatMap((spec) => exactTwin(spec) ?? []);
  return EXACT_FAMILIES.flatMap((architecture) => twins.map((twin) => ({ ...twin, architecture })));
}

/** Every m×n with both widths within from … to, by m and then n. */
function widths(from: number, to: number): readonly (readonly [number, number])[] {
  const range = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return range.flatMap((m) => range.map((n) => [m, n] as const));
}

function perforations(bits: number, P: number | undefined): readonly number[] {
  return P === undefined ? Array.from({ length: bits / 2 }, (_, index) => index) : [P];
}

/** Binomial coefficient. */
function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return Math.round(result);
}
