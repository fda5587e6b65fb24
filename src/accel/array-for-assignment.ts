import { badInput } from '../base/errors.ts';
import type { MixedAssignment, RoundedOperand } from '../dnn/assignment.ts';
import { EXACT_INT8 } from '../dnn/assignment.ts';
import { portsOf } from '../dnn/layer-operands.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import { type ArraySize, type ArraySpec, defaultSize, type ElementKind } from './array-spec.ts';
import { type MultiplierDemand, multiplierDemand } from './multiplier-demand.ts';
import { checkArraySpec, isRunTimeRoup } from './parse-array-spec.ts';

/** What an array should be like; the rest comes from the assignment and from defaultSize. */
export type ArrayWish = Partial<ArraySize> &
  Pick<ArraySize, 'rows' | 'columns'> & { readonly elements?: ElementKind };

const ROWS_MAX = 64;

/**
 * The array with exactly the multipliers that an assignment uses. Without a wish for the elements: static where each
 * row or each column keeps one multiplier for the whole network, else dynamic where all are ROUP or exact, else bank.
 * @throws bad-input when the wish cannot be had: static elements whose multiplier would change from tile to tile (with
 *   the rows or columns that work), more than 16 multipliers, and as checkArraySpec
 */
export function arrayForAssignment(
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  roundedOperand: RoundedOperand,
  wish: ArrayWish,
): ArraySpec {
  const demand = multiplierDemand(network, assignment);
  const multipliers = demand.multipliers.length > 0 ? demand.multipliers : [EXACT_INT8];
  const array: ArraySpec = {
    ...defaultSize(wish.rows, wish.columns),
    ...wish,
    elements: wish.elements ?? 'bank',
    multipliers,
    weightPort: portsOf(roundedOperand).weight,
  };
  // Classes cost up to 64 searches: first refuse what would be refused anyway.
  checkArraySpec({ ...array, elements: array.elements === 'static' ? 'bank' : array.elements }, 'array');
  const spec = withElements(array, wish.elements, demand);
  checkArraySpec(spec, 'array');
  return spec;
}

function withElements(
  array: ArraySpec,
  wanted: ElementKind | undefined,
  demand: MultiplierDemand,
): ArraySpec {
  if (wanted !== undefined && wanted !== 'static') return array;
  if (array.multipliers.length === 1) return { ...array, elements: 'static' };
  for (const by of ['column', 'row'] as const) {
    const places = by === 'column' ? array.columns : array.rows;
    const multiplierOf = classesFor(demand, by, places);
    if (multiplierOf !== undefined) return { ...array, elements: 'static', classes: { by, multiplierOf } };
  }
  if (wanted === undefined) {
    return { ...array, elements: array.multipliers.every(isRunTimeRoup) ? 'dynamic' : 'bank' };
  }
  throw refusal(array, demand);
}

/** The multiplier of each row or column when there are `places` of them; undefined when one would have several. */
function classesFor(
  demand: MultiplierDemand,
  by: 'row' | 'column',
  places: number,
): readonly number[] | undefined {
  const found = conflictOf(demand, by, places);
  return 'classes' in found ? found.classes : undefined;
}

interface Conflict {
  readonly place: number;
  readonly layer: string;
  readonly numbers: readonly [number, number];
}

function conflictOf(
  { layers }: MultiplierDemand,
  by: 'row' | 'column',
  places: number,
): Conflict | { readonly classes: readonly number[] } {
  const classes: (number | undefined)[] = Array.from({ length: places }, () => undefined);
  for (const { layer, byFilter, byChannel } of layers) {
    for (const [index, numbers] of (by === 'column' ? byFilter : byChannel).entries()) {
      const place = index % places;
      for (const number of numbers) {
        classes[place] ??= number;
        if (classes[place] !== number) return { place, layer, numbers: [classes[place]!, number] };
      }
    }
  }
  return { classes: classes.map((number) => number ?? 0) };
}

function refusal(array: ArraySpec, demand: MultiplierDemand): Error {
  const choices = (['column', 'row'] as const).flatMap((by) => {
    const works = Array.from({ length: ROWS_MAX }, (_, i) => i + 1).filter(
      (places) => classesFor(demand, by, places) !== undefined,
    );
    const own = by === 'column' ? array.columns : array.rows;
    const near = [works.findLast((places) => places < own), works.find((places) => places > own)];
    const named = near.filter((places) => places !== undefined);
    return named.length === 0
      ? []
      : [`${named.join(' or ')} ${by}s (--${by === 'column' ? 'cols' : 'rows'})`];
  });
  const other: ElementKind[] = array.multipliers.every(isRunTimeRoup) ? ['dynamic', 'bank'] : ['bank'];
  const conflict = conflictOf(demand, 'column', array.columns) as Conflict;
  const [one, two] = conflict.numbers.map((number) =>
    designName(array.multipliers[number] as MultiplierSpec),
  );
  return badInput(
    {
      where: `static elements, ${array.rows} × ${array.columns}`,
      wanted: 'one multiplier for ever in each column, or in each row',
      found: `${one} and ${two} in column ${conflict.place} (the latter in layer ${conflict.layer})`,
    },
    [
      choices.length === 0 ? 'No number of rows or columns avoids it' : `Use ${choices.join(', or ')}`,
      `${choices.length === 0 ? ': use' : ', or'} ${other.map((kind) => `--elements ${kind}`).join(' or ')}.`,
    ].join(''),
  );
}
