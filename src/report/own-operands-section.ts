import { selectRows } from '../synth/select-rows.ts';
import { bestBaseline } from './baseline.ts';
import { formatNumber } from './columns.ts';
import type { FigureLine, FigureTable } from './figure-table.ts';
import type { Report } from './rows.ts';

/** Energy on the operand pairs that the user gave, beside uniform ones; undefined where the table has none. */
export function ownOperandsTable({ table, rows }: Report): FigureTable | undefined {
  const own = new Map(selectRows(table, { kind: 'file' }).map((row) => [row.design, row]));
  const [first] = own.values();
  if (first === undefined) return undefined;
  const costs = [...own.values()];
  const lines = rows.map(({ design, label, cost, spec, twinOf, energyGainPercent }): FigureLine => {
    const row = own.get(design);
    const baseline = bestBaseline(costs, spec);
    const gain = row && baseline && (1 - row.energyPj / baseline.energyPj) * 100;
    return {
      name: cost.meetsClock ? label : `${label}, late`,
      code: design,
      isSub: twinOf !== undefined,
      cells: [
        formatNumber(cost.energyPj * 1000, 1),
        formatNumber(energyGainPercent, 1, true),
        row === undefined ? '–' : formatNumber(row.energyPj * 1000, 1),
        gain === undefined ? '–' : formatNumber(gain, 1, true),
      ],
    };
  });
  return {
    id: 'own-operands',
    caption:
      `Mean energy per multiplication on ${formatNumber(first.stream.pairs, 0)} operand pairs of a file, in its order, without ` +
      'glitches. Gain against the exact full-width design that needs least on the same pairs. "–": the pairs do not fit the ports.',
    nameHead: 'Multiplier',
    heads: [
      { title: 'Uniform', unit: 'fJ' },
      { title: 'Gain', unit: '%' },
      { title: 'Own pairs', unit: 'fJ' },
      { title: 'Gain', unit: '%' },
    ],
    lines,
  };
}
