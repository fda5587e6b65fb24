import type { ArraySpec } from '../../src/accel/array-spec.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';

export const BOOTH: MultiplierSpec = { family: 'booth', aBits: 8, bBits: 8, aSigned: true, bSigned: true };

export function roup(P: number, ...r: readonly number[]): MultiplierSpec {
  return { family: 'roup', bits: 8, P, r };
}

export function narrow(aBits: number, bBits: number, unsigned?: 'a' | 'b'): MultiplierSpec {
  const spec = { family: 'narrow', bits: 8, aBits, bBits, architecture: 'baugh-wooley' } as const;
  return unsigned === undefined ? spec : { ...spec, unsigned };
}

const SMALL: ArraySpec = {
  rows: 4,
  columns: 4,
  elements: 'static',
  multipliers: [BOOTH],
  weightPort: 'b',
  accumulatorBits: 24,
  accumulatorDepth: 16,
  lanes: 2,
  productRegister: false,
  zeroGating: false,
  activationWords: 1000,
  weightWords: 1024,
  parameterWords: 64,
  addressBits: 32,
};

/** Small arrays that have every feature at least once. */
export const SPECS: Readonly<Record<string, ArraySpec>> = {
  static: {
    ...SMALL,
    columns: 6,
    lanes: 1,
    multipliers: [BOOTH, roup(2, 4, 4), narrow(5, 6)],
    classes: { by: 'row', multiplierOf: [0, 1, 2, 1] },
    productRegister: true,
    zeroGating: true,
  },
  bank: {
    ...SMALL,
    elements: 'bank',
    multipliers: [BOOTH, roup(1, 3, 1, 0), narrow(5, 6), narrow(4, 5, 'a')],
    zeroGating: true,
  },
  dynamic: {
    ...SMALL,
    rows: 4,
    columns: 8,
    lanes: 4,
    elements: 'dynamic',
    multipliers: [BOOTH, roup(1, 3, 1, 0), roup(2, 4, 4), roup(0, 6, 4, 2, 0), roup(3, 7)],
    weightPort: 'a',
    accumulatorBits: 32,
    productRegister: true,
  },
  plain: SMALL,
  columns: {
    ...SMALL,
    rows: 8,
    lanes: 4,
    multipliers: [BOOTH, roup(1, 3, 1, 0), narrow(5, 6), narrow(6, 6)],
    classes: { by: 'column', multiplierOf: [0, 1, 2, 3] },
    zeroGating: true,
  },
  single: {
    ...SMALL,
    rows: 1,
    columns: 1,
    lanes: 1,
    elements: 'bank',
    multipliers: [narrow(4, 4), narrow(4, 6)],
    accumulatorBits: 22,
    productRegister: true,
    weightWords: 8192,
    parameterWords: 64,
  },
};
