import type { MultiplierSpec } from '../multiplier/spec.ts';

/**
 * What kind of approximation a design of a space is. A ROUP with P = 0 and all r = 0 is exact. "roup" has both
 * perforation and rounding; its two special cases have only one of them.
 */
export type SpaceClass = 'exact' | 'narrow' | 'rounding-only' | 'perforation-only' | 'roup';

/** Class of a design; truth tables have none (they are listed, not priced). */
export function spaceClass(spec: Exclude<MultiplierSpec, { family: 'table' }>): SpaceClass {
  switch (spec.family) {
    case 'roup': {
      const rounds = spec.r.some((r) => r > 0);
      if (spec.P === 0) return rounds ? 'rounding-only' : 'exact';
      return rounds ? 'roup' : 'perforation-only';
    }
    case 'narrow':
      return 'narrow';
    default:
      return 'exact';
  }
}

/** Reader's name of each class, in the order of legends. */
export const CLASS_TITLES: Readonly<Record<SpaceClass, string>> = {
  exact: 'Exact, full width',
  narrow: 'Narrow exact',
  'rounding-only': 'Rounding only (P = 0)',
  'perforation-only': 'Perforation only (r = 0)',
  roup: 'ROUP, P > 0 and r > 0',
};
