import { badInput } from '../base/errors.ts';
import type { ErrorMetrics } from '../multiplier/error-metrics.ts';
import { isUniform, type MultiplierSpec } from '../multiplier/spec.ts';
import type { EnergyRow, EnergyTable } from '../synth/energy-table.ts';
import { nominalClockNs, selectRows } from '../synth/select-rows.ts';
import { bestBaseline, energyWithGlitchesPj, twinRows } from './baseline.ts';
import { designLabel } from './design-label.ts';
import { findUndominated } from './pareto.ts';
import { type SpaceClass, spaceClass } from './space-class.ts';

/** Error that a front is drawn over. */
export type SpaceError = 'mae' | 'wce' | 'mre' | 'mred' | 'mse';

/** What each error is called and how it is read; percents of MAE and WCE are of 2^(2N). */
export const SPACE_ERRORS: Readonly<
  Record<
    SpaceError,
    { readonly title: string; readonly unit: string; readonly of: (e: ErrorMetrics) => number }
  >
> = {
  mae: { title: 'MAE', unit: '% of 2^(2N)', of: (errors) => errors.maePercent },
  wce: { title: 'WCE', unit: '% of 2^(2N)', of: (errors) => errors.wcePercent },
  mre: { title: 'MRE', unit: '%', of: (errors) => errors.mrePercent },
  mred: { title: 'MRED', unit: '%', of: (errors) => errors.mredPercent },
  mse: { title: 'MSE', unit: '1', of: (errors) => errors.mse },
};

/** A multiplier from outside that was added to the work folder: only its products are known, not its circuit. */
export interface SpaceReference {
  readonly name: string;
  readonly operands: 'signed' | 'unsigned' | 'sign-magnitude';
  readonly errors: ErrorMetrics;
  /** File that it was read from. */
  readonly file: string;
  /** Figures as printed in that file, by EvoApproxLib's names; power, area and delay of another library and tool. */
  readonly published: Readonly<Record<string, string>>;
}

/** Which energy a space is looked at by: that of settled values (zero delay), or that with glitches on top. */
export type SpaceEnergy = 'settled' | 'with-glitches';

export interface SpaceInput {
  readonly table: EnergyTable;
  /** Error metrics by design name. */
  readonly errors: Readonly<Record<string, ErrorMetrics>>;
  readonly error: SpaceError;
  readonly energy: SpaceEnergy;
  readonly references: readonly SpaceReference[];
}

/** A design and the energy that it is looked at by. */
export interface SpacePrice {
  readonly design: string;
  readonly spec: MultiplierSpec;
  readonly energyPj: number;
}

/** One design of a space with its place in it; at the nominal clock target, uniform operands. */
export interface SpaceRow {
  readonly design: string;
  readonly label: string;
  readonly spec: MultiplierSpec;
  readonly class: SpaceClass;
  /** A ROUP whose rows are all rounded alike: an exact narrow multiplier in disguise. */
  readonly isUniform: boolean;
  readonly cost: EnergyRow;
  readonly errors: ErrorMetrics;
  /** The error and the energy that the front is over. */
  readonly error: number;
  readonly energyPj: number;
  /** (1 − energy / energy of the best exact N×N design) · 100. */
  readonly gainPercent: number;
  /** The cheapest narrow design that a uniform ROUP equals. */
  readonly twin?: SpacePrice;
  /** The cheapest exact or narrow design of at most this error; it may be the design itself. */
  readonly rival: SpacePrice;
  /** (energy / energy of the rival − 1) · 100; negative: needs less than any exact or narrow design as good. */
  readonly toRivalPercent: number;
  /** On the front of error × energy × delay over all designs. */
  readonly onFront: boolean;
  /** On the front of error × energy over all designs. */
  readonly onErrorEnergyFront: boolean;
  /** On the front of error × energy × delay of its class. */
  readonly onClassFront: boolean;
}

export interface SpaceReport extends SpaceInput {
  readonly clockNs: number;
  /** The best exact N×N design. */
  readonly baseline: SpacePrice;
  readonly rows: readonly SpaceRow[];
}

/**
 * Places every design of a space: fronts, gains, the cheapest exact or narrow design that is as good. Designs that miss
 * the clock target are on no front and rival none: their energy is for a speed that was not asked for.
 * @throws bad-input when the table has no exact N×N design, or a truth table among its rows, or errors are missing, or
 *   glitches where they are asked for
 */
export function joinSpace(input: SpaceInput): SpaceReport {
  const { table, errors: errorsOf } = input;
  const costs = selectRows(table);
  const energyOf = energyReader(input, costs);
  const priceOf = (row: EnergyRow): SpacePrice => {
    const { design, spec } = row;
    return { design, spec, energyPj: energyOf(row) };
  };
  const best = costs[0] && bestBaseline(costs, costs[0].spec, energyOf);
  if (best === undefined) {
    throw badInput(
      { where: 'energy table', wanted: 'an exact N×N design that gains are against', found: 'none' },
      'Make the table of the space again with maxdnn table --all.',
    );
  }
  const baseline = priceOf(best);
  const entries = costs.map((cost) => {
    const errors = errorsOf[cost.design];
    const { spec } = cost;
    if (errors !== undefined && spec.family !== 'table') {
      const error = SPACE_ERRORS[input.error].of(errors);
      return { cost, errors, spec, class: spaceClass(spec), error, price: priceOf(cost) };
    }
    throw badInput(
      { where: cost.design, wanted: 'a generated design with error metrics', found: 'something else' },
      'Make the table of the space again with maxdnn table --all.',
    );
  });
  type Entry = (typeof entries)[number];
  const fast = entries.filter(({ cost }) => cost.meetsClock);
  const three = ({ error, cost, price }: Entry): readonly number[] => [error, price.energyPj, cost.delayNs];
  const front = new Set(findUndominated(fast, three));
  const energyFront = new Set(findUndominated(fast, ({ error, price }) => [error, price.energyPj]));
  const classes = [...new Set(fast.map((entry) => entry.class))];
  const classFronts = new Set(
    classes.flatMap((own) =>
      findUndominated(
        fast.filter((entry) => entry.class === own),
        three,
      ),
    ),
  );
  const rivals = fast.filter((entry) => entry.class === 'exact' || entry.class === 'narrow');
  const rows = entries.map((entry): SpaceRow => {
    const { cost, spec, errors, error } = entry;
    const { energyPj } = entry.price;
    const rival =
      cheapest(rivals.filter((other) => other.error <= error).map(({ price }) => price)) ?? baseline;
    const twin = cheapest(twinRows(costs, spec).map(priceOf));
    return {
      design: cost.design,
      label: designLabel(spec),
      spec,
      class: entry.class,
      isUniform: spec.family === 'roup' && isUniform(spec),
      cost,
      errors,
      error,
      energyPj,
      gainPercent: (1 - energyPj / baseline.energyPj) * 100,
      ...(twin === undefined ? {} : { twin }),
      rival,
      toRivalPercent: (energyPj / rival.energyPj - 1) * 100,
      onFront: front.has(entry),
      onErrorEnergyFront: energyFront.has(entry),
      onClassFront: classFronts.has(entry),
    };
  });
  return { ...input, clockNs: nominalClockNs(table), baseline, rows };
}

/** @throws bad-input when glitches are asked for that a row does not have */
function energyReader({ energy }: SpaceInput, rows: readonly EnergyRow[]): (row: EnergyRow) => number {
  if (energy === 'settled') return (row) => row.energyPj;
  const without = rows.find((row) => row.glitchPj === undefined);
  if (without === undefined) return (row) => energyWithGlitchesPj(row)!;
  throw badInput(
    { where: without.design, wanted: 'its energy of glitches', found: 'none' },
    'Make the table with --glitches uniform.',
  );
}

function cheapest(prices: readonly SpacePrice[]): SpacePrice | undefined {
  return prices.reduce<SpacePrice | undefined>(
    (best, price) => (best === undefined || price.energyPj < best.energyPj ? price : best),
    undefined,
  );
}
