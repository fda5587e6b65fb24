import type { AcceleratorEnergy, AcceleratorRow, EnergyTotals } from '../explore/accelerator-energy.ts';

/** What each column shows, nJ per image. */
const COLUMNS: readonly (readonly [string, (total: EnergyTotals) => number])[] = [
  ['multiply', (total) => total.multiplyNj],
  ['accumul.', (total) => total.accumulateNj],
  ['registers', (total) => total.operandRegistersNj],
  ['clock', (total) => total.clockNj],
  ['idle', (total) => total.idleNj],
  ['= array', (total) => total.macNj],
  ['act. SRAM', (total) => total.activationSramNj],
  ['wt. SRAM', (total) => total.weightSramNj],
  ['acc. SRAM', (total) => total.accumulatorSramNj],
  ['DRAM', (total) => total.dramNj],
  ['= storage', (total) => total.storageNj],
  ['total', (total) => total.totalNj],
];

const GAINS = ['multiplier', 'array', 'total'] as const;

/** The energy of one image as text: where it goes, with each choice of multipliers, and what is not in it. */
export function describeEnergy(energy: AcceleratorEnergy): string {
  const { network, array, library, clockNs, stream, accumulatorBits, baseline, rows } = energy;
  const all = [baseline, ...rows];
  const names = all.map(({ name }, index) => (index === 0 ? `${name} *` : name));
  const nameWidth = Math.max(...names.map(({ length }) => length), 'layer'.length);
  const figures = (row: AcceleratorRow): readonly string[] =>
    COLUMNS.map(([, of]) => of(row.total).toFixed(0).padStart(9));
  const gains = ({
    gains: { multiplyPercent, macPercent, totalPercent },
  }: AcceleratorRow): readonly string[] =>
    [multiplyPercent, macPercent, totalPercent].map((value) => `${value.toFixed(1)} %`.padStart(11));
  const pad = (text: string): string => text.padEnd(nameWidth);
  return [
    `${network.name}, ${network.multiplicationsPerImage} multiplications; array ${array.rows} × ${array.columns}, ` +
      `${array.accumulatorDepth} sums of ${accumulatorBits} bits per column; ${library.name}, clock ${clockNs} ns, ${stream} operands`,
    '',
    `Energy of one image, nJ`,
    [pad(''), ...COLUMNS.map(([head]) => head.padStart(9))].join(' '),
    ...all.map((row, index) => [pad(names[index]!), ...figures(row)].join(' ')),
    '',
    `Gain against * (best exact multiplier on this stream)`,
    [pad(''), ...GAINS.map((head) => head.padStart(11))].join(' '),
    ...rows.map((row) => [pad(row.name), ...gains(row)].join(' ')),
    '',
    ...describeDelays(all, clockNs),
    ...LIMITS,
  ].join('\n');
}

function describeDelays(rows: readonly AcceleratorRow[], clockNs: number): readonly string[] {
  const late = rows.filter(({ meetsClock }) => !meetsClock);
  if (late.length === 0) return [];
  const longest = Math.max(...late.map(({ delayNs }) => delayNs));
  return [
    `Clock ${clockNs} ns is not met by ${late.length} of ${rows.length} processing elements (longest path ${longest.toFixed(2)} ns):`,
    'they need a register between multiplier and adder, which is not in these figures, or a slower clock.',
  ];
}

const LIMITS: readonly string[] = [
  'Not in these figures: control and address generation, pooling and residual sums, wires, clock tree, glitches,',
  'leakage of the SRAMs, refresh of the DRAM. Storage energies are published ones (45 nm, 0.9 V) unless given with',
  '--storage. The total is that of the parts above, not of a chip. See docs/accelerator-energy.md.',
];
