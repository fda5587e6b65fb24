import { exactTwin, type MultiplierSpec, portShape } from '../multiplier/spec.ts';
import type { EnergyRow, EnergyTable } from '../synth/energy-table.ts';
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
 * The exact N×N design with the lowest energy of the table (so at the same delay target and operand stream), for
 * the smallest N that holds the operands of `spec`; undefined where the table has none.
 */
export function bestBaseline(table: EnergyTable, spec: MultiplierSpec): EnergyRow | undefined {
  const wide = table.rows.filter(
    (row) => isFullWidthExact(row.spec) && operandBits(row.spec) >= operandBits(spec),
  );
  return wide.sort((x, y) => operandBits(x.spec) - operandBits(y.spec) || x.energyPj - y.energyPj)[0];
}

/** The narrow designs of the table that compute what a uniform ROUP computes, whatever their architecture. */
export function twinRows(table: EnergyTable, spec: MultiplierSpec): readonly EnergyRow[] {
  const twin = exactTwin(spec);
  if (twin === undefined) return [];
  return table.rows.filter(
    ({ spec: other }) =>
      other.family === 'narrow' &&
      other.bits === twin.bits &&
      other.aBits === twin.aBits &&
      other.bBits === twin.bBits,
  );
}
