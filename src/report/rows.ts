import { badInput } from '../base/errors.ts';
import type { AcceleratorEnergy } from '../explore/accelerator-energy.ts';
import type { Accuracy, Evaluation } from '../explore/evaluation.ts';
import type { ErrorMetrics } from '../multiplier/error-metrics.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import type { EnergyRow, EnergyTable } from '../synth/energy-table.ts';
import { selectRows } from '../synth/select-rows.ts';
import type { DesignVerdict, Verdict } from '../verify/verdict.ts';
import { bestBaseline, energyWithGlitchesPj, twinRows } from './baseline.ts';
import { findFaults } from './check-inputs.ts';
import { type DesignKind, designKind, designLabel } from './design-label.ts';

/** Everything a report is made from. */
export interface ReportInput {
  readonly table: EnergyTable;
  readonly verdict: Verdict;
  /** Error metrics by design name. */
  readonly errors: Readonly<Record<string, ErrorMetrics>>;
  /** Without it the report says "not evaluated". */
  readonly evaluation?: Evaluation;
  /** Without it the report has the multipliers' energy only. */
  readonly accelerator?: AcceleratorEnergy;
  /** Further limits to print, e.g. about the data. */
  readonly notes?: readonly string[];
}

/** What the network does with a design. */
export interface RowAccuracy {
  readonly images: number;
  /** Everything that was counted: interval, top 5, classes. */
  readonly counted: Accuracy;
  /** 0 … 100. */
  readonly accuracyPercent: number;
  /** Against the exact int8 network, percentage points. */
  readonly changePoints: number;
  /** Half width of the 95 % confidence interval of changePoints. */
  readonly changeHalfWidth95Points: number;
  /** Images that only the exact network, and only this one, has right. */
  readonly lost: number;
  readonly gained: number;
  /** Exact McNemar test against the exact network. */
  readonly pValue: number;
  /** #multiplications of one image × energy per multiplication. */
  readonly energyPerImageNj: number;
}

/** One design with everything that is known about it. */
export interface ReportRow {
  readonly design: string;
  readonly label: string;
  readonly kind: DesignKind;
  readonly section: 'exact' | 'roup' | 'narrow';
  readonly spec: MultiplierSpec;
  /** At the nominal clock target, uniform operands. */
  readonly cost: EnergyRow;
  readonly errors: ErrorMetrics;
  readonly verdict: DesignVerdict;
  /** The exact full-width design that the gain is against. */
  readonly baseline: string;
  /** True when the design is such a baseline itself. */
  readonly isBaseline: boolean;
  /** (1 − energy / energy of the baseline) · 100; positive: needs less. */
  readonly energyGainPercent: number;
  /** With glitches; absent where the table has them not for all designs. */
  readonly glitches?: {
    readonly energyPj: number;
    /** Against the exact full-width design that needs least with its own glitches. */
    readonly gainPercent: number;
    readonly baseline: string;
  };
  /** Absent in a report without an evaluation. */
  readonly accuracy?: RowAccuracy;
  /** Of a uniform ROUP: the narrow exact designs that compute the same; at least one of them where one exists. */
  readonly twins: readonly string[];
  /** Of a narrow design: the uniform ROUP that it is the twin of. */
  readonly twinOf?: string;
}

/** Heads of the sections of a table. */
export const SECTION_TITLES: Readonly<Record<ReportRow['section'], string>> = {
  exact: 'Exact baselines',
  roup: 'ROUP, each uniform one with its exact narrow twin',
  narrow: 'Other narrow exact multipliers',
};

/** A checked, joined report, ready to be printed in any format. */
export interface Report {
  /** Exact baselines, then each ROUP with its twins right below it, then the other narrow designs. */
  readonly rows: readonly ReportRow[];
  readonly table: EnergyTable;
  readonly verdict: Verdict;
  readonly evaluation?: Evaluation;
  readonly accelerator?: AcceleratorEnergy;
  readonly notes: readonly string[];
}

/**
 * Joins the artifacts into one row per design.
 * @throws bad-input that lists every fault: a design missing from one of the artifacts, hashes or numbers that do
 *   not belong together, a design that is not verified, no exact baseline, or no narrow twin beside a uniform ROUP
 */
export function joinReport(input: ReportInput): Report {
  const faults = findFaults(input);
  if (faults.length > 0) {
    throw badInput(
      faults,
      'Run verify, table, evaluate and energy again with one list of designs, then report.',
    );
  }
  const costs = selectRows(input.table);
  const rows = costs.map((cost) => joinRow(input, costs, cost));
  const { table, verdict, evaluation, accelerator, notes } = input;
  return {
    rows: arrange(rows),
    table,
    verdict,
    notes: notes ?? [],
    ...(evaluation === undefined ? {} : { evaluation }),
    ...(accelerator === undefined ? {} : { accelerator }),
  };
}

function joinRow(input: ReportInput, costs: readonly EnergyRow[], cost: EnergyRow): ReportRow {
  const { verdict, errors } = input;
  const kind = designKind(cost.spec);
  const baseline = bestBaseline(costs, cost.spec)!;
  const owner = costs.find((row) => twinRows(costs, row.spec).includes(cost));
  const accuracy = rowAccuracy(input.evaluation, cost);
  const glitches = rowGlitches(costs, cost);
  return {
    design: cost.design,
    label: designLabel(cost.spec),
    kind,
    section: kind === 'exact' || kind === 'narrow' ? kind : 'roup',
    spec: cost.spec,
    cost,
    errors: errors[cost.design]!,
    verdict: verdict.designs.find((entry) => entry.design === cost.design)!,
    baseline: baseline.design,
    isBaseline: baseline.design === cost.design,
    energyGainPercent: (1 - cost.energyPj / baseline.energyPj) * 100,
    twins: twinRows(costs, cost.spec).map((row) => row.design),
    ...(glitches === undefined ? {} : { glitches }),
    ...(accuracy === undefined ? {} : { accuracy }),
    ...(owner === undefined ? {} : { twinOf: owner.design }),
  };
}

function rowGlitches(costs: readonly EnergyRow[], cost: EnergyRow): ReportRow['glitches'] {
  if (costs.some(({ glitchPj }) => glitchPj === undefined)) return undefined;
  const energyOf = (row: EnergyRow): number => energyWithGlitchesPj(row)!;
  const baseline = bestBaseline(costs, cost.spec, energyOf)!;
  const energyPj = energyOf(cost);
  return {
    energyPj,
    gainPercent: (1 - energyPj / energyOf(baseline)) * 100,
    baseline: baseline.design,
  };
}

/** An exact full-width design that was not evaluated by itself is the exact network: its change is 0. */
function rowAccuracy(evaluation: Evaluation | undefined, cost: EnergyRow): RowAccuracy | undefined {
  if (evaluation === undefined) return undefined;
  const row = evaluation.rows.find((entry) => entry.design === cost.design);
  const count = row ?? evaluation.exact;
  return {
    images: count.images,
    counted: count,
    accuracyPercent: count.accuracy * 100,
    changePoints: row?.changePoints ?? 0,
    changeHalfWidth95Points: row?.changeHalfWidth95Points ?? 0,
    lost: row?.lost ?? 0,
    gained: row?.gained ?? 0,
    pValue: row?.pValue ?? 1,
    energyPerImageNj: (evaluation.network.multiplicationsPerImage * cost.energyPj) / 1000,
  };
}

function arrange(rows: readonly ReportRow[]): readonly ReportRow[] {
  const bySection = (section: ReportRow['section']) => rows.filter((row) => row.section === section);
  const roup = bySection('roup').flatMap((row) => [
    row,
    ...rows.filter((other) => other.twinOf === row.design),
  ]);
  return [...bySection('exact'), ...roup, ...bySection('narrow').filter((row) => row.twinOf === undefined)];
}
