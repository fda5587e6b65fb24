import type { ExactFamily, ExactSpec, MultiplierSpec, RoupSpec } from '../multiplier/spec.ts';

const exact = (
  family: ExactFamily,
  aBits: number,
  bBits: number,
  signs: 'ss' | 'su' | 'us' = 'ss',
): ExactSpec => ({ family, aBits, bBits, aSigned: signs[0] === 's', bSigned: signs[1] === 's' });
const roup = (P: number, ...r: readonly number[]): RoupSpec => ({ family: 'roup', bits: 8, P, r });

/** The full-width exact designs, of which the best one is the baseline of the relative energies. */
export const BASELINE_CANDIDATES: readonly MultiplierSpec[] = [
  exact('booth', 8, 8),
  exact('baugh-wooley', 8, 8),
  exact('behavioural', 8, 8),
];

/**
 * The multipliers that libraries are compared on: exact ones of three constructions, square, m×n and signed ×
 * unsigned, and ROUP by perforation only, by rounding only, uniform and asymmetric. 48 designs.
 */
export const COMPARISON_MULTIPLIERS: readonly MultiplierSpec[] = [
  ...BASELINE_CANDIDATES,
  ...[4, 6, 7].flatMap((n) => [exact('baugh-wooley', n, n), exact('behavioural', n, n)]),
  exact('booth', 4, 4),
  exact('booth', 6, 6),
  exact('baugh-wooley', 8, 6),
  exact('baugh-wooley', 6, 8),
  exact('baugh-wooley', 5, 7),
  exact('baugh-wooley', 3, 8),
  exact('booth', 5, 8),
  exact('booth', 7, 6),
  exact('behavioural', 5, 6),
  exact('behavioural', 3, 5),
  exact('baugh-wooley', 8, 7, 'su'),
  exact('booth', 8, 7, 'su'),
  exact('behavioural', 8, 8, 'su'),
  exact('baugh-wooley', 7, 8, 'us'),
  exact('booth', 7, 8, 'us'),
  exact('behavioural', 6, 8, 'us'),
  roup(1, 0, 0, 0),
  roup(2, 0, 0),
  roup(3, 0),
  roup(0, 1, 1, 1, 1),
  roup(0, 2, 2, 2, 2),
  roup(0, 3, 3, 3, 3),
  roup(0, 4, 4, 4, 4),
  roup(1, 1, 1, 1),
  roup(1, 2, 2, 2),
  roup(1, 4, 4, 4),
  roup(2, 2, 2),
  roup(2, 4, 4),
  roup(3, 4),
  roup(0, 4, 2, 0, 0),
  roup(0, 5, 3, 1, 0),
  roup(0, 6, 4, 2, 0),
  roup(0, 7, 5, 3, 1),
  roup(0, 6, 6, 1, 0),
  roup(1, 3, 1, 0),
  roup(1, 4, 2, 0),
  roup(1, 6, 3, 1),
  roup(2, 2, 0),
  roup(2, 5, 2),
];

/** How the page groups the designs. */
export function comparisonFamily(spec: MultiplierSpec): string {
  if (spec.family !== 'roup') {
    const name = { booth: 'Booth', 'baugh-wooley': 'Baugh-Wooley', behavioural: 'behavioural' };
    return spec.family in name ? `exact, ${name[spec.family as ExactFamily]}` : spec.family;
  }
  const isRounded = spec.r.some((r) => r > 0);
  if (spec.P > 0 && !isRounded) return 'ROUP, perforation only';
  const uniform = spec.r.every((r) => r === spec.r[0]);
  if (!uniform) return 'ROUP, asymmetric';
  return spec.P === 0 ? 'ROUP, rounding only' : 'ROUP, uniform';
}
