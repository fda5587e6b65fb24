import type { AcceleratorEnergy, AcceleratorRow, EnergyTotals } from '../explore/accelerator-energy.ts';
import { formatNumber } from './columns.ts';
import type { Statement } from './content.ts';
import type { FigureHead, FigureLine, FigureTable } from './figure-table.ts';
import type { Report } from './rows.ts';

/** What each part of the energy is called, in the order in which it is printed. */
const PARTS: readonly (readonly [string, (total: EnergyTotals) => number])[] = [
  ['Multiply', (total) => total.multiplyNj],
  ['Accumulate', (total) => total.accumulateNj],
  ['Operand registers', (total) => total.operandRegistersNj],
  ['Clock pins', (total) => total.clockNj],
  ['Idle', (total) => total.idleNj],
  ['SRAM', (total) => total.activationSramNj + total.weightSramNj + total.accumulatorSramNj],
  ['DRAM', (total) => total.dramNj],
  ['Total', (total) => total.totalNj],
];

/** Where the energy of one image goes with each design, and what is left of its gain. */
export function acceleratorTable({ rows }: Report, energy: AcceleratorEnergy): FigureTable {
  const heads: readonly FigureHead[] = [
    ...PARTS.map(([title]): FigureHead => ({ title, unit: 'nJ' })),
    { title: 'Gain, multipliers', unit: '%' },
    { title: 'Gain, array', unit: '%' },
    { title: 'Gain, total', unit: '%' },
  ];
  const labels = new Map(rows.map((row) => [row.design, row]));
  const line = (row: AcceleratorRow, tag?: string): FigureLine => {
    const known = labels.get(row.name);
    const { multiplyPercent, macPercent, totalPercent } = row.gains;
    return {
      name: known?.label ?? row.name,
      ...(known === undefined ? {} : { code: row.name }),
      ...(tag === undefined ? {} : { tag }),
      isSub: known?.twinOf !== undefined && tag === undefined,
      cells: [
        ...PARTS.map(([, of]) => formatNumber(of(row.total), 0)),
        ...[multiplyPercent, macPercent, totalPercent].map((gain) => formatNumber(gain, 1, true)),
      ],
    };
  };
  const { baseline } = energy;
  const isBaseline = ({ name, role }: AcceleratorRow): boolean =>
    name === baseline.name && role === baseline.role;
  const own = energy.rows.filter((row) => !isBaseline(row));
  const byName = new Map(own.map((row) => [row.name, row]));
  const inOrder = rows.flatMap(({ design }) => byName.get(design) ?? []);
  const others = own.filter(({ name }) => !labels.has(name));
  return {
    id: 'accelerator',
    caption: caption(energy),
    nameHead: 'Multiplier',
    heads,
    lines: [line(baseline, 'best exact'), ...[...inOrder, ...others].map((row) => line(row))],
  };
}

/** What the split says about gains. */
export function describeAccelerator({ baseline, rows, clockNs }: AcceleratorEnergy): readonly Statement[] {
  const { multiplyNj, macNj, storageNj, totalNj } = baseline.total;
  const share = (part: number): string => `${formatNumber((100 * part) / totalNj, 1)} %`;
  return [
    {
      lead: `Multipliers are ${share(multiplyNj)} of the energy modelled for the best exact design.`,
      text:
        `The array around them (sums, registers, clock pins, idle elements) is ${share(macNj - multiplyNj)}, memories are ${share(storageNj)}. ` +
        'No choice of multipliers can save more than its share.',
    },
    ...describeLate([baseline, ...rows], clockNs),
  ];
}

/** Multiplier and adder stand in one clock cycle, which may be too short for both. */
function describeLate(rows: readonly AcceleratorRow[], clockNs: number): readonly Statement[] {
  const late = rows.filter(({ meetsClock }) => !meetsClock);
  if (late.length === 0) return [];
  const longest = formatNumber(Math.max(...late.map(({ delayNs }) => delayNs)), 2);
  return [
    {
      lead: `${late.length} of ${rows.length} processing elements do not meet ${clockNs} ns (longest path ${longest} ns).`,
      text: 'Multiplier and adder share a cycle: they need a slower clock, or a register between them that is not in these figures.',
    },
  ];
}

function caption(energy: AcceleratorEnergy): string {
  const { network, array, accumulatorBits, stream, clockNs } = energy;
  const { activationSram } = energy.storage;
  return (
    `Energy of one image of ${network.name} in a weight-stationary ${array.rows} × ${array.columns} array ` +
    `(${array.accumulatorDepth} sums of ${accumulatorBits} bits per column) at ${clockNs} ns on "${stream}" operands. ` +
    `Multiply: the verified multiplier. Accumulate, registers, clock: the shell of the processing element, synthesised ` +
    `and proved too. Memories: energy per access for ${activationSram.nodeNm} nm, ${activationSram.voltageV} V (${activationSram.source}). Not modelled: control, wires, ` +
    `clock tree, glitches, leakage of memories; so the total is no chip.`
  );
}
