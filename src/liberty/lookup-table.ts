import { badInput } from '../base/errors.ts';
import { attributeOf, type LibertyGroup, parseNumber, textOf } from './syntax.ts';
import type { LibertyUnits } from './units.ts';

/** Non-linear delay (or energy) model: values over input transition and output load. Axes ascend. */
export interface NldmTable {
  /** One entry: the value does not depend on the input transition. */
  readonly transitionsNs: Float64Array;
  /** One entry: the value does not depend on the output load. */
  readonly loadsFf: Float64Array;
  /** transitionsNs.length × loadsFf.length, the load index changes fastest. Unit: that of the quantity (ns or fJ). */
  readonly values: Float64Array;
}

/**
 * Value at a point: bilinear within the grid, linear continuation of the outermost cell beyond it.
 * Source: Synopsys, "Liberty User Guide", vol. 1, "Interpolating tables"; OpenSTA extrapolates the same way.
 */
export function lookUpTable(table: NldmTable, transitionNs: number, loadFf: number): number {
  const { transitionsNs, loadsFf, values } = table;
  const columns = loadsFf.length;
  const row = cellIndex(transitionsNs, transitionNs);
  const column = cellIndex(loadsFf, loadFf);
  const alongLoad = (r: number): number => {
    const low = values[r * columns + column]!;
    return columns === 1
      ? low
      : low + (values[r * columns + column + 1]! - low) * fraction(loadsFf, column, loadFf);
  };
  const low = alongLoad(row);
  if (transitionsNs.length === 1) return low;
  return low + (alongLoad(row + 1) - low) * fraction(transitionsNs, row, transitionNs);
}

/** Axes that a table template gives; the names of the variables by position, their default indices. */
export interface TableTemplate {
  readonly variables: readonly string[];
  readonly indices: readonly (readonly number[] | undefined)[];
}

/** Reads the lu_table_template and power_lut_template groups of a library. */
export function readTemplates(library: LibertyGroup, where: string): ReadonlyMap<string, TableTemplate> {
  const templates = new Map<string, TableTemplate>([['scalar', { variables: [], indices: [] }]]);
  for (const group of library.groups) {
    if (group.name !== 'lu_table_template' && group.name !== 'power_lut_template') continue;
    const variables = [1, 2, 3].map((n) => textOf(group, `variable_${n}`)).filter((v) => v !== undefined);
    templates.set(group.args[0] ?? '', {
      variables,
      indices: [1, 2, 3].map((n) => readIndex(group, n, where)),
    });
  }
  return templates;
}

/**
 * Reads one table group such as cell_rise (TEMPLATE) { … } and turns it to transition × load.
 * @param valueScale factor from the library's unit of the values to ns or fJ
 * @throws bad-input on an unknown template, an axis that is neither input transition nor output load, wrong counts
 */
export function readTable(
  group: LibertyGroup,
  templates: ReadonlyMap<string, TableTemplate>,
  units: LibertyUnits,
  valueScale: number,
  where: string,
): NldmTable {
  const place = `${where}:${group.line}: ${group.name}`;
  const name = group.args[0] ?? 'scalar';
  const template = templates.get(name);
  if (template === undefined) {
    const known = [...templates.keys()].join(', ');
    throw badInput(
      { where: place, wanted: `a table template defined in the library (${known})`, found: `"${name}"` },
      'Add the lu_table_template or power_lut_template group, or fetch the library again.',
    );
  }
  const axes = template.variables.map((variable, position) => ({
    quantity: quantityOf(variable, place),
    indices: readIndex(group, position + 1, where) ?? template.indices[position] ?? [],
  }));
  const raw = readValues(group, where, place);
  const expected = axes.reduce((product, axis) => product * axis.indices.length, 1);
  if (raw.length !== expected || expected === 0) {
    const shape = axes.map((axis) => axis.indices.length).join(' × ');
    throw badInput(
      { where: place, wanted: `${expected} values (${shape || 'scalar'})`, found: `${raw.length} values` },
      'The library file is damaged: fetch it again.',
    );
  }
  const axisOf = (quantity: 'transition' | 'load', scale: number): Float64Array => {
    const indices = axes.find((axis) => axis.quantity === quantity)?.indices ?? [0];
    assertAscending(indices, place);
    return Float64Array.from(indices, (index) => index * scale);
  };
  const transitionsNs = axisOf('transition', units.timeNs);
  const loadsFf = axisOf('load', units.capacitanceFf);
  const values = new Float64Array(raw.length);
  const loadFirst = axes.length === 2 && axes[0]!.quantity === 'load';
  for (let t = 0; t < transitionsNs.length; t++) {
    for (let l = 0; l < loadsFf.length; l++) {
      const from = loadFirst ? l * transitionsNs.length + t : t * loadsFf.length + l;
      values[t * loadsFf.length + l] = raw[from]! * valueScale;
    }
  }
  return { transitionsNs, loadsFf, values };
}

/** Index of the grid cell (0 … n−2) that holds `at`, the outermost one beyond the grid. */
function cellIndex(axis: Float64Array, at: number): number {
  let index = 0;
  while (index < axis.length - 2 && at >= axis[index + 1]!) index++;
  return index;
}

function fraction(axis: Float64Array, index: number, at: number): number {
  return (at - axis[index]!) / (axis[index + 1]! - axis[index]!);
}

function quantityOf(variable: string, place: string): 'transition' | 'load' {
  if (variable === 'input_net_transition' || variable === 'input_transition_time') return 'transition';
  if (variable === 'total_output_net_capacitance') return 'load';
  throw badInput(
    { where: place, wanted: 'a table over input transition and output load', found: `variable ${variable}` },
    'Only two-dimensional NLDM libraries are supported.',
  );
}

function readIndex(group: LibertyGroup, position: number, where: string): readonly number[] | undefined {
  const attribute = attributeOf(group, `index_${position}`);
  if (attribute === undefined) return undefined;
  return parseList(attribute.values, `${where}:${attribute.line}: index_${position}`);
}

function readValues(group: LibertyGroup, where: string, place: string): readonly number[] {
  const attribute = attributeOf(group, 'values');
  if (attribute === undefined) {
    throw badInput(
      { where: place, wanted: 'values (…)', found: 'none' },
      'The library file is damaged: fetch it again.',
    );
  }
  return parseList(attribute.values, `${where}:${attribute.line}: values of ${group.name}`);
}

function parseList(texts: readonly string[], place: string): readonly number[] {
  const numbers: number[] = [];
  for (const text of texts) {
    for (const word of text.split(/[\s,]+/)) if (word !== '') numbers.push(parseNumber(word, place));
  }
  return numbers;
}

function assertAscending(indices: readonly number[], place: string): void {
  const at = indices.findIndex((value, i) => i > 0 && value <= indices[i - 1]!);
  if (at < 0) return;
  throw badInput(
    { where: place, wanted: 'table indices that ascend', found: `${indices[at - 1]} before ${indices[at]}` },
    'The library file is damaged: fetch it again.',
  );
}
