import type { MultiplierSpec } from '../multiplier/spec.ts';
import type { OperandRole, StreamKind } from '../power/stream.ts';
import type { EnergyRow, EnergyTable } from './energy-table.ts';

/** What the figures of a table may be compared at: one clock target and one stream. */
export interface RowSelection {
  /** Default: the nominal clock target. */
  readonly clockNs?: number;
  /** Default: "uniform". */
  readonly kind?: StreamKind;
  readonly layer?: string;
  readonly role?: OperandRole;
}

/** The clock target that figures are for unless another one is named. */
export function nominalClockNs(table: EnergyTable): number {
  return table.conditions.clockTargetsNs[0]!;
}

/** Rows of one clock target and stream, at most one per design, in the order of the table. */
export function selectRows(table: EnergyTable, selection: RowSelection = {}): readonly EnergyRow[] {
  const { clockNs = nominalClockNs(table), kind = 'uniform', layer, role } = selection;
  return table.rows.filter(
    ({ clockNs: own, stream }) =>
      own === clockNs && stream.kind === kind && stream.layer === layer && stream.role === role,
  );
}

/** The designs of the table, each once, in its order. */
export function designsOf(
  table: EnergyTable,
): readonly { readonly design: string; readonly spec: MultiplierSpec }[] {
  return [...new Map(table.rows.map(({ design, spec }) => [design, { design, spec }])).values()];
}
