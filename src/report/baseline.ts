import { exactTwin, type MultiplierSpec, portShape } from '../multiplier/spec.ts';
import type { EnergyRow } from '../synth/energy-table.ts';
import { designKind } from './design-label.ts';

/** Operand width N of the application that a design serves; for an exact one its wider port. */
export function operandBits(spec: MultiplierSpec): number {
  if ('bits' in spec) return spec.bits;
  const { aBits, bBits } = portShape(spec);
  return Math.max(aBits, bBits);
}

/** True for an exact signed N×N multiplier, the only kind that savings are quoted against. */
export function isFullWidthExact(spec: MultiplierSpec): boolean {
  return (
    designKind(spec) === 'exact' &&
    'aSigned' in spec &&
    spec.aSigned &&
    spec.bSigned &&
    spec.aBits === spec.bBits
  );
}

/**
 * The exact N×N design with the lowest energy, for the smallest N that holds the operands of `spec`; one that meets
 * the clock target goes before one that does not. Undefined where there is none.
 * @param rows of one clock target and one stream (selectRows)
 * @param energyPj what is compared; default: the energy without glitches
 */
export function bestBaseline(
  rows: readonly EnergyRow[],
  spec: MultiplierSpec,
  energyPj: (row: EnergyRow) => number = (row) => row.energyPj,
): EnergyRow | undefined {
  const wide = rows.filter((row) => isFullWidthExact(row.spec) && operandBits(row.spec) >= operandBits(spec));
  return wide.sort(
    (x, y) =>
      operandBits(x.spec) - operandBits(y.spec) ||
      Number(y.meetsClock) - Number(x.meetsClock) ||
      energyPj(x) - energyPj(y),
  )[0];
}

/** Energy of one multiplication with its glitches; undefined where they were not simulated. */
export function energyWithGlitchesPj({ energyPj, glitchPj }: EnergyRow): number | undefined {
  return glitchPj === undefined ? undefined : energyPj + glitchPj;
}

/** The narrow designs among the rows that compute what a uniform ROUP computes, whatever their architecture. */
export function twinRows(rows: readonly EnergyRow[], spec: MultiplierSpec): readonly EnergyRow[] {
  const twin = exactTwin(spec);
  if (twin === undefined) return [];
  return rows.filter(
    ({ spec: other }) =>
      other.family === 'narrow' &&
      other.bits === twin.bits &&
      other.unsigned === undefined &&
      other.aBits === twin.aBits &&
      other.bBits === twin.bBits,
  );
}
