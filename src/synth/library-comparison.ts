import type { ArtifactHeader } from '../base/artifact.ts';

/** Format of the artifact below. */
export const LIBRARY_COMPARISON_FORMAT_VERSION = 1;

/** What is compared of a cell. Units: ns, fF, fJ, nW, µm². */
export const CELL_QUANTITIES = [
  'delayNs',
  'transitionNs',
  'pinCapacitanceFf',
  'internalEnergyFj',
  'clockPinEnergyFj',
  'leakageNw',
  'areaUm2',
  'setupNs',
  'holdNs',
] as const;

export type CellQuantity = (typeof CELL_QUANTITIES)[number];

/** The same quantity in both libraries, each a mean over the same pins, states and table points. */
export interface Pair {
  readonly ours: number;
  readonly other: number;
}

/** A cell that both libraries have; a quantity is absent where one of them does not give it. */
export interface CellComparison {
  readonly cell: string;
  readonly figures: Readonly<Partial<Record<CellQuantity, Pair>>>;
  /** Instances in the netlists mapped to our library, all multipliers together. */
  readonly instances: number;
}

/** One netlist priced with one library. Energies per operation. */
export interface PricedNetlist {
  readonly energyPj: number;
  readonly internalPj: number;
  readonly switchingPj: number;
  readonly leakagePj: number;
  readonly arrivalNs: number;
  /** Against the baseline's energy in the same library under the same mapping. */
  readonly relativeEnergy: number;
}

/** Which netlists are priced: those mapped to one library with both, or with each library those mapped to it. */
export const MAPPINGS = ['ours', 'other', 'each'] as const;

export type Mapping = (typeof MAPPINGS)[number];

/** A multiplier under one mapping. */
export interface MultiplierPrices {
  readonly ours: PricedNetlist;
  readonly other: PricedNetlist;
  /** 100 · (relative energy in ours / relative energy in the other − 1). */
  readonly errorPercent: number;
}

export interface MultiplierComparison {
  readonly design: string;
  readonly family: string;
  /** Netlists (SHA-256 of the Yosys JSON) mapped to each library, and their cells. */
  readonly netlists: Readonly<Record<'ours' | 'other', { readonly sha256: string; readonly cells: number }>>;
  /** Absent where a netlist has cells that the other library lacks. */
  readonly prices: Readonly<Partial<Record<Mapping, MultiplierPrices>>>;
  /** Cells that keep this netlist from being priced with the other library. */
  readonly missingCells: readonly string[];
}

/** How far the relative energies are from each other, all multipliers but the baseline. */
export interface ErrorSummary {
  readonly multipliers: number;
  readonly rmsPercent: number;
  /** Largest error by size, with its sign. */
  readonly worstPercent: number;
  readonly worstDesign: string;
}

export interface ComparedLibrary {
  readonly name: string;
  readonly sha256: string;
  readonly voltageV: number;
  readonly temperatureC: number;
  readonly cells: number;
}

/** Two Liberty libraries, cell by cell and multiplier by multiplier. */
export interface LibraryComparison extends ArtifactHeader<'library-comparison'> {
  readonly ours: ComparedLibrary;
  readonly other: ComparedLibrary;
  readonly conditions: {
    readonly clockNs: number;
    readonly inputTransitionNs: number;
    readonly outputLoadFf: number;
    readonly operandPairs: number;
    readonly seed: number;
  };
  readonly cells: readonly CellComparison[];
  readonly onlyOurs: readonly string[];
  readonly onlyOther: readonly string[];
  /** Full-width exact design that needs the least energy in the other library; all relative energies refer to it. */
  readonly baseline: string;
  readonly multipliers: readonly MultiplierComparison[];
  readonly summary: Readonly<Partial<Record<Mapping, ErrorSummary>>>;
}

/** Root mean square and largest of the errors of one mapping; undefined when fewer than 2 multipliers have one. */
export function summariseErrors(
  multipliers: readonly MultiplierComparison[],
  mapping: Mapping,
  baseline: string,
): ErrorSummary | undefined {
  const errors = multipliers.flatMap(({ design, prices }) => {
    const price = prices[mapping];
    return price === undefined || design === baseline ? [] : [{ design, percent: price.errorPercent }];
  });
  if (errors.length < 2) return undefined;
  const worst = errors.reduce((far, e) => (Math.abs(e.percent) > Math.abs(far.percent) ? e : far));
  return {
    multipliers: errors.length,
    rmsPercent: Math.sqrt(errors.reduce((sum, e) => sum + e.percent ** 2, 0) / errors.length),
    worstPercent: worst.percent,
    worstDesign: worst.design,
  };
}
