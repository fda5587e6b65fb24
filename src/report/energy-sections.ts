import { acceleratorTable, describeAccelerator } from './accelerator-section.ts';
import { clockTable } from './clock-section.ts';
import type { Statement } from './content.ts';
import type { FigureTable } from './figure-table.ts';
import { ownOperandsTable } from './own-operands-section.ts';
import type { Report } from './rows.ts';
import { describeStreams, streamComparison, streamTable } from './stream-section.ts';

/** A part of the report that only some tables have figures for. */
export interface EnergySection {
  readonly title: string;
  readonly statements: readonly Statement[];
  readonly table: FigureTable;
}

/** What the energy table holds beside the nominal clock target and uniform operands. */
export function energySections(report: Report): readonly EnergySection[] {
  const comparison = streamComparison(report);
  const clocks = clockTable(report);
  const own = ownOperandsTable(report);
  const { accelerator } = report;
  return [
    ...(comparison === undefined
      ? []
      : [
          {
            title: 'Energy on the operands of the network',
            statements: describeStreams(comparison),
            table: streamTable(report, comparison),
          },
        ]),
    ...(own === undefined ? [] : [{ title: 'Energy on your operands', statements: [], table: own }]),
    ...(accelerator === undefined
      ? []
      : [
          {
            title: 'Where the energy of an image goes',
            statements: describeAccelerator(accelerator),
            table: acceleratorTable(report, accelerator),
          },
        ]),
    ...(clocks === undefined
      ? []
      : [{ title: 'Area, delay and energy by clock target', statements: [], table: clocks }]),
  ];
}
