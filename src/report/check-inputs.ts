import { digestOf } from '../base/artifact.ts';
import { type Fault, show } from '../base/errors.ts';
import type { AcceleratorEnergy } from '../explore/accelerator-energy.ts';
import type { Evaluation, EvaluationRow } from '../explore/evaluation.ts';
import type { ErrorMetrics } from '../multiplier/error-metrics.ts';
import { designName, exactTwin } from '../multiplier/spec.ts';
import type { EnergyRow, EnergyTable } from '../synth/energy-table.ts';
import { selectRows } from '../synth/select-rows.ts';
import type { DesignVerdict } from '../verify/verdict.ts';
import { bestBaseline, isFullWidthExact, operandBits, twinRows } from './baseline.ts';
import { findCountFaults } from './check-accuracy.ts';
import { designKind } from './design-label.ts';
import type { ReportInput } from './rows.ts';

/** Relative difference that two computations of one number may have. */
const ROUNDING = 1e-3;

/** Everything that keeps the artifacts from being one report; empty when they belong together. */
export function findFaults(input: ReportInput): readonly Fault[] {
  const { table, verdict, errors, evaluation } = input;
  const costs = selectRows(table);
  const priced = costs.map((row) => row.design);
  if (priced.length === 0)
    return [
      {
        where: 'energy table',
        wanted: 'at least one design',
        found: 'none at the nominal clock target with uniform operands',
      },
    ];
  const sets: [string, readonly string[]][] = [
    ['energy table', priced],
    ['verdict', verdict.designs.map((entry) => entry.design)],
    ['error metrics', Object.keys(errors)],
  ];
  if (evaluation !== undefined) sets.push(['evaluation', evaluatedDesigns(evaluation, costs)]);
  return [
    ...findSetFaults(sets),
    ...costs.flatMap((row) => [
      ...findCostFaults(costs, row),
      ...findVerdictFaults(row, verdict.designs),
      ...findErrorFaults(row, errors[row.design]),
    ]),
    ...(evaluation === undefined ? [] : findEvaluationFaults(evaluation, costs)),
    ...findAcceleratorFaults(input),
  ];
}

/** Designs that have an accuracy: those with a row, and the full-width exact ones (the exact network itself). */
function evaluatedDesigns(evaluation: Evaluation, rows: readonly EnergyRow[]): readonly string[] {
  const own = evaluation.rows.map((row) => row.design);
  const exact = rows.filter((row) => isFullWidthExact(row.spec) && !own.includes(row.design));
  return [...own, ...exact.map((row) => row.design)];
}

function findSetFaults(sets: readonly (readonly [string, readonly string[]])[]): readonly Fault[] {
  const all = [...new Set(sets.flatMap(([, designs]) => designs))];
  return sets.flatMap(([where, designs]) =>
    all.flatMap((design) => {
      const count = designs.filter((entry) => entry === design).length;
      if (count === 1) return [];
      return [{ where, wanted: `one row for ${design}`, found: count === 0 ? 'none' : String(count) }];
    }),
  );
}

function findCostFaults(costs: readonly EnergyRow[], row: EnergyRow): readonly Fault[] {
  const where = `energy table, ${row.design}`;
  const faults: Fault[] = [];
  if (designName(row.spec) !== row.design) {
    faults.push({ where, wanted: `the spec of ${row.design}`, found: `that of ${designName(row.spec)}` });
  }
  for (const key of ['areaUm2', 'delayNs', 'energyPj'] as const) {
    if (!(row[key] > 0 && Number.isFinite(row[key]))) {
      faults.push({ where, wanted: `${key} above 0`, found: show(row[key]) });
    }
  }
  const parts = row.internalPj + row.switchingPj + row.leakagePj;
  if (!agree(parts, row.energyPj)) {
    faults.push({
      where,
      wanted: `energyPj = internal + switching + leakage = ${parts}`,
      found: show(row.energyPj),
    });
  }
  if (bestBaseline(costs, row.spec) === undefined) {
    const n = operandBits(row.spec);
    faults.push({
      where,
      wanted: `an exact signed ${n}×${n} multiplier in the same table as baseline`,
      found: 'none',
    });
  }
  const twin = exactTwin(row.spec);
  if (twin !== undefined && twinRows(costs, row.spec).length === 0) {
    faults.push({
      where,
      wanted: `its exact narrow twin ${designName(twin)} in the same table`,
      found: 'none',
    });
  }
  return faults;
}

function findVerdictFaults(row: EnergyRow, designs: readonly DesignVerdict[]): readonly Fault[] {
  const entry = designs.find(({ design }) => design === row.design);
  if (entry === undefined) return [];
  const where = `verdict, ${row.design}`;
  const faults: Fault[] = [];
  if (!entry.verified || entry.mismatchCount > 0 || entry.pairsCompared === 0) {
    faults.push({
      where,
      wanted: 'a verified design',
      found: `${entry.mismatchCount} mismatches in ${entry.pairsCompared} pairs`,
    });
  }
  if (entry.rtlSha256 !== row.rtlSha256) {
    faults.push({
      where,
      wanted: `the RTL that was priced (sha256 ${row.rtlSha256.slice(0, 12)})`,
      found: `sha256 ${entry.rtlSha256.slice(0, 12)}`,
    });
  }
  if (entry.pairsCompared !== row.pairsCosimulated) {
    faults.push({
      where,
      wanted: `${row.pairsCosimulated} compared pairs, as in the energy table`,
      found: String(entry.pairsCompared),
    });
  }
  return [...faults, ...findSpecFaults(where, row, entry)];
}

function findErrorFaults(row: EnergyRow, errors: ErrorMetrics | undefined): readonly Fault[] {
  if (errors === undefined) return [];
  const where = `error metrics, ${row.design}`;
  const faults: Fault[] = [];
  if (!(errors.pairs > 0))
    faults.push({ where, wanted: 'metrics over at least one pair', found: show(errors.pairs) });
  if (designKind(row.spec) === 'exact' && errors.wceAbs !== 0) {
    faults.push({ where, wanted: 'no error in an exact multiplier', found: `WCE ${errors.wceAbs}` });
  }
  if (!(errors.maeAbs <= errors.wceAbs)) {
    faults.push({ where, wanted: `MAE of at most the WCE ${errors.wceAbs}`, found: show(errors.maeAbs) });
  }
  if ('bits' in row.spec) {
    const percent = (errors.maeAbs / 2 ** (2 * row.spec.bits)) * 100;
    if (!agree(percent, errors.maePercent)) {
      faults.push({ where, wanted: `MAE ${percent} % of 2^(2N)`, found: `${errors.maePercent} %` });
    }
  }
  return faults;
}

/** An accelerator energy of another library, clock or network tells nothing about these designs. */
function findAcceleratorFaults({ table, evaluation, accelerator }: ReportInput): readonly Fault[] {
  if (accelerator === undefined) return [];
  const faults: Fault[] = [];
  const check = (what: string, wanted: unknown, found: unknown): void => {
    if (wanted === found) return;
    faults.push({ where: `accelerator energy: ${what}`, wanted: show(wanted), found: show(found) });
  };
  check('library', table.library.sha256, accelerator.library.sha256);
  if (!table.conditions.clockTargetsNs.includes(accelerator.clockNs)) {
    check('clock target', table.conditions.clockTargetsNs.join(', '), accelerator.clockNs);
  }
  if (evaluation !== undefined) check('network', evaluation.network.sha256, accelerator.network.sha256);
  return [...faults, ...findMultiplyFaults(table, accelerator).slice(0, 5)];
}

/** Layers with one multiplier whose energy is not that of the table: it was made again since. */
function findMultiplyFaults(table: EnergyTable, accelerator: AcceleratorEnergy): readonly Fault[] {
  const { clockNs, stream, baseline, rows } = accelerator;
  return [baseline, ...rows].flatMap(({ name, role, layers }) =>
    layers.flatMap(({ layer, multiplications, designs, energy }) => {
      const selection = stream === 'uniform' ? { clockNs } : { clockNs, kind: stream, layer, role };
      const row = selectRows(table, selection).find(({ design }) => design === designs[0]?.design);
      if (row === undefined || designs.length !== 1) return [];
      const multiplyNj = (multiplications * row.energyPj) / 1000;
      if (agree(multiplyNj, energy.multiplyNj)) return [];
      const found = `${energy.multiplyNj} nJ (another energy table?)`;
      return [{ where: `accelerator energy: ${name}, ${layer}`, wanted: `${multiplyNj} nJ`, found }];
    }),
  );
}

function findEvaluationFaults(evaluation: Evaluation, costs: readonly EnergyRow[]): readonly Fault[] {
  const { exact } = evaluation;
  return [
    ...findCountFaults('evaluation, exact int8', exact, exact),
    ...evaluation.rows.flatMap((row) => {
      const cost = costs.find(({ design }) => design === row.design);
      return cost === undefined ? [] : findAccuracyFaults(evaluation, row, cost);
    }),
  ];
}

function findAccuracyFaults(
  { exact, network }: Evaluation,
  row: EvaluationRow,
  cost: EnergyRow,
): readonly Fault[] {
  const where = `evaluation, ${row.design}`;
  const faults: Fault[] = [];
  if (row.images !== exact.images) {
    faults.push({ where, wanted: `${exact.images} images, as the exact network`, found: String(row.images) });
  }
  if (!agree(row.accuracy, row.correct / row.images)) {
    faults.push({ where, wanted: `accuracy ${row.correct}/${row.images}`, found: show(row.accuracy) });
  }
  const change = (row.accuracy - exact.accuracy) * 100;
  if (!(Math.abs(change - row.changePoints) < 1e-6)) {
    faults.push({ where, wanted: `a change of ${change} points`, found: show(row.changePoints) });
  }
  if (isFullWidthExact(row.spec) && row.correct !== exact.correct) {
    faults.push({
      where,
      wanted: `${exact.correct} correct, as the exact network`,
      found: String(row.correct),
    });
  }
  if (row.energyPerImageNj !== undefined) {
    const energyNj = (network.multiplicationsPerImage * cost.energyPj) / 1000;
    if (!agree(energyNj, row.energyPerImageNj)) {
      const found = `${row.energyPerImageNj} nJ (another energy table?)`;
      faults.push({ where, wanted: `${energyNj} nJ per image`, found });
    }
  }
  return [...faults, ...findCountFaults(where, row, exact, row), ...findSpecFaults(where, cost, row)];
}

function findSpecFaults(where: string, row: EnergyRow, other: { readonly spec: unknown }): readonly Fault[] {
  if (digestOf(other.spec) === digestOf(row.spec)) return [];
  return [
    { where, wanted: `the spec of the energy table ${show(row.spec, 200)}`, found: show(other.spec, 200) },
  ];
}

function agree(x: number, y: number): boolean {
  return Math.abs(x - y) <= ROUNDING * Math.max(Math.abs(x), Math.abs(y));
}
