import {
  type CellComparison,
  type CellQuantity,
  type ErrorSummary,
  type LibraryComparison,
  MAPPINGS,
  type Mapping,
  type MultiplierComparison,
} from '../synth/library-comparison.ts';
import { formatNumber } from './columns.ts';
import type { Statement } from './content.ts';

export const LIBRARY_TITLE = 'Two cell libraries compared';

/** Command that makes the page. */
export const LIBRARY_COMMAND = 'maxdnn compare-library --liberty FILE';

/** A quantity that is shown as the ratio ours / other. */
export const RATIO_COLUMNS: readonly { readonly quantity: CellQuantity; readonly title: string }[] = [
  { quantity: 'delayNs', title: 'Delay' },
  { quantity: 'transitionNs', title: 'Transition' },
  { quantity: 'pinCapacitanceFf', title: 'Pin cap.' },
  { quantity: 'internalEnergyFj', title: 'Internal energy' },
  { quantity: 'leakageNw', title: 'Leakage' },
  { quantity: 'areaUm2', title: 'Area' },
];

/** Quantities of flip-flops whose ratio would say little: both values are shown. */
export const FLIP_FLOP_COLUMNS: readonly {
  readonly quantity: CellQuantity;
  readonly title: string;
  readonly unit: string;
  readonly factor: number;
}[] = [
  { quantity: 'delayNs', title: 'Delay to Q, QN', unit: 'ps', factor: 1000 },
  { quantity: 'setupNs', title: 'Setup', unit: 'ps', factor: 1000 },
  { quantity: 'holdNs', title: 'Hold', unit: 'ps', factor: 1000 },
  { quantity: 'clockPinEnergyFj', title: 'Idle clock edge', unit: 'fJ', factor: 1 },
];

/** What the columns of errors are called. */
export const MAPPING_TITLES: Readonly<Record<Mapping, string>> = {
  ours: 'netlists mapped to ours, priced with both',
  other: 'netlists mapped to the other, priced with both',
  each: 'each library with its own netlists',
};

/** Ratio ours / other of a quantity; undefined where one of the two lacks it or the other's is not positive. */
export function ratioOf({ figures }: CellComparison, quantity: CellQuantity): number | undefined {
  const pair = figures[quantity];
  return pair === undefined || pair.other <= 0 ? undefined : pair.ours / pair.other;
}

export interface RatioSummary {
  readonly least: number;
  readonly mean: number;
  readonly greatest: number;
}

/** Over the cells that have the ratio; undefined when none has. */
export function summariseRatios(
  cells: readonly CellComparison[],
  quantity: CellQuantity,
): RatioSummary | undefined {
  const ratios = cells.flatMap((cell) => ratioOf(cell, quantity) ?? []);
  if (ratios.length === 0) return undefined;
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  return { least: Math.min(...ratios), mean, greatest: Math.max(...ratios) };
}

/** Cells with setup and hold times. */
export function flipFlopsOf({ cells }: LibraryComparison): readonly CellComparison[] {
  return cells.filter(({ figures }) => figures.setupNs !== undefined);
}

/** Multipliers under their families, in the order in which the families first occur. */
export function familiesOf({
  multipliers,
}: LibraryComparison): readonly (readonly [string, readonly MultiplierComparison[]])[] {
  const families = [...new Set(multipliers.map(({ family }) => family))];
  return families.map((family) => [family, multipliers.filter((m) => m.family === family)]);
}

/** Libraries, conditions and tools. */
export function describeLibrarySources(comparison: LibraryComparison): readonly Statement[] {
  const { ours, other, conditions, baseline, tools } = comparison;
  const library = (l: LibraryComparison['ours']): string =>
    `${l.name}, ${l.cells} cells, ${l.voltageV} V, ${l.temperatureC} °C, sha256 ${l.sha256}`;
  const { clockNs, inputTransitionNs, outputLoadFf, operandPairs, seed } = conditions;
  return [
    { lead: 'Ours', text: library(ours) },
    { lead: 'Other', text: library(other) },
    { lead: 'Baseline', text: `${baseline}: relative energies are shares of its energy` },
    {
      lead: 'Conditions',
      text: `clock ${clockNs} ns, ${operandPairs} uniform operand pairs (seed ${seed}), inputs with ${inputTransitionNs * 1000} ps, outputs with ${outputLoadFf} fF, zero-delay simulation`,
    },
    {
      lead: 'Tools',
      text: Object.entries({ maxdnn: comparison.maxdnnVersion, ...tools })
        .map(([tool, version]) => `${tool} ${version}`)
        .join(', '),
    },
    { lead: 'Made by', text: LIBRARY_COMMAND },
  ];
}

/** What must not be read into the page. */
export const LIBRARY_LIMITS: readonly Statement[] = [
  {
    lead: 'Agreement by design.',
    text: 'The device card of the embedded library was calibrated to a published 45 nm library, and cells have the same names and shapes: that the two agree is no independent evidence for either.',
  },
  { lead: 'Netlists without wires.', text: 'No layout, no wire load, no glitches.' },
  {
    lead: 'Energy ratios.',
    text: 'What is compared is energy against the exact baseline, which is what designs are chosen by; absolute energies differ more.',
  },
];

/** One sentence per mapping, and what keeps netlists from being priced. */
export function describeAgreement(comparison: LibraryComparison): readonly Statement[] {
  const summaries = MAPPINGS.flatMap((mapping) => {
    const summary = comparison.summary[mapping];
    return summary === undefined
      ? []
      : [{ lead: `${capital(MAPPING_TITLES[mapping])}:`, text: describeSummary(summary) }];
  });
  const unpriced = comparison.multipliers.filter(({ prices }) =>
    MAPPINGS.some((m) => prices[m] === undefined),
  );
  const missing = [...new Set(unpriced.flatMap(({ missingCells }) => missingCells))].sort();
  if (unpriced.length === 0) return summaries;
  const text = `${unpriced.length} of ${comparison.multipliers.length} multipliers have a netlist with cells that one library lacks: ${missing.join(', ')}.`;
  return [...summaries, { lead: 'Not priced with both:', text }];
}

/** "47 multipliers, rms 0.39 %, worst +1.0 % (mul_x)". */
export function describeSummary(summary: ErrorSummary): string {
  const { multipliers, rmsPercent, worstPercent, worstDesign } = summary;
  return `${multipliers} multipliers, relative energy off by ${formatNumber(rmsPercent, 2)} % rms, at worst ${formatNumber(worstPercent, 2, true)} % (${worstDesign}).`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
