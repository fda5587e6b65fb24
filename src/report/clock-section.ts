import type { EnergyTable } from '../synth/energy-table.ts';
import { selectRows } from '../synth/select-rows.ts';
import { bestBaseline } from './baseline.ts';
import { formatNumber } from './columns.ts';
import type { FigureHead, FigureLine, FigureTable } from './figure-table.ts';
import type { Report } from './rows.ts';

/** Area, delay and energy of each design at each clock target; undefined where the table has only one. */
export function clockTable({ table, rows }: Report): FigureTable | undefined {
  const targets = table.conditions.clockTargetsNs;
  if (targets.length < 2) return undefined;
  const sorted = [...targets].sort((x, y) => x - y);
  const figures: readonly [string, string][] = [
    ['Area', 'µm²'],
    ['Delay', 'ns'],
    ['Energy', 'pJ'],
    ['Gain', '%'],
  ];
  const heads = figures.flatMap(([title, unit]) =>
    sorted.map((clockNs): FigureHead => ({ title: `${title} at ${clockNs} ns`, unit })),
  );
  const at = sorted.map((clockNs) => costsAt(table, clockNs));
  const lines = rows.map((row): FigureLine => {
    const costs = at.map((byDesign) => byDesign.get(row.design)!);
    return {
      name: row.label,
      code: row.design,
      isSub: row.twinOf !== undefined,
      cells: [
        ...costs.map(({ areaUm2 }) => formatNumber(areaUm2, 1)),
        ...costs.map(({ delayNs, meetsClock }) => `${formatNumber(delayNs, 3)}${meetsClock ? '' : ' late'}`),
        ...costs.map(({ energyPj }) => formatNumber(energyPj, 4)),
        ...costs.map(({ gainPercent }) => formatNumber(gainPercent, 1, true)),
      ],
    };
  });
  const best = sorted.map((clockNs) => {
    const costs = selectRows(table, { clockNs });
    const baselines = new Set(rows.map(({ spec }) => bestBaseline(costs, spec)!.design));
    return `${clockNs} ns: ${[...baselines].join(', ')}`;
  });
  const caption =
    `Each design synthesised for each clock target by the same recipes; one operand pair per period, uniform operands. ` +
    `Gain against the best exact full-width design at the same target (${best.join('; ')}). "late": the target is not met.`;
  return { id: 'clock-targets', caption, nameHead: 'Multiplier', heads, lines };
}

interface ClockCost {
  readonly areaUm2: number;
  readonly delayNs: number;
  readonly meetsClock: boolean;
  readonly energyPj: number;
  readonly gainPercent: number;
}

function costsAt(table: EnergyTable, clockNs: number): ReadonlyMap<string, ClockCost> {
  const costs = selectRows(table, { clockNs });
  return new Map(
    costs.map((row) => {
      const { areaUm2, delayNs, meetsClock, energyPj } = row;
      const gainPercent = (1 - energyPj / bestBaseline(costs, row.spec)!.energyPj) * 100;
      return [row.design, { areaUm2, delayNs, meetsClock, energyPj, gainPercent }];
    }),
  );
}
