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

/** Constraint time over the transitions of the constrained and the related pin, ns. Axes ascend. */
export interface ConstraintTable {
  /** One entry: the value does not depend on it. */
  readonly constrainedNs: Float64Array;
  /** One entry: the value does not depend on it. */
  readonly relatedNs: Float64Array;
  /** constrainedNs.length × relatedNs.length, the related index changes fastest. */
  readonly valuesNs: Float64Array;
}

/** Value at a point, as lookUpTable. */
export function lookUpConstraint(
  table: ConstraintTable,
  constrainedTransitionNs: number,
  relatedTransitionNs: number,
): number {
  const { constrainedNs, relatedNs, valuesNs } = table;
  const axes = { transitionsNs: constrainedNs, loadsFf: relatedNs, values: valuesNs };
  return lookUpTable(axes, constrainedTransitionNs, relatedTransitionNs);
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
  const { rows, columns, values } = readGrid(group, templates, where, TRANSITION, LOAD);
  return {
    transitionsNs: rows.map((index) => index * units.timeNs),
    loadsFf: columns.map((index) => index * units.capacitanceFf),
    values: values.map((value) => value * valueScale),
  };
}

/** Reads one table group such as rise_constraint (TEMPLATE) { … }. @throws bad-input as readTable */
export function readConstraintTable(
  group: LibertyGroup,
  templates: ReadonlyMap<string, TableTemplate>,
  units: LibertyUnits,
  where: string,
): ConstraintTable {
  const { rows, columns, values } = readGrid(group, templates, where, CONSTRAINED, RELATED);
  const toNs = (time: number): number => time * units.timeNs;
  return { constrainedNs: rows.map(toNs), relatedNs: columns.map(toNs), valuesNs: values.map(toNs) };
}

/** First variable of a table that is none of its known axes; undefined when all are known. */
export function foreignVariable(
  group: LibertyGroup,
  templates: ReadonlyMap<string, TableTemplate>,
  kind: 'transition × load' | 'constraint',
): string | undefined {
  const known = kind === 'constraint' ? [...CONSTRAINED, ...RELATED] : [...TRANSITION, ...LOAD];
  return templates.get(group.args[0] ?? 'scalar')?.variables.find((variable) => !known.includes(variable));
}

/** Names of the quantities on the axes. Source: Synopsys, "Liberty User Guide", vol. 1, table templates. */
const TRANSITION: readonly string[] = ['input_net_transition', 'input_transition_time'];
const LOAD: readonly string[] = ['total_output_net_capacitance'];
const CONSTRAINED: readonly string[] = ['constrained_pin_transition'];
const RELATED: readonly string[] = ['related_pin_transition'];

/** Table of the library's numbers; an axis that the table does not have is the single index 0. */
interface Grid {
  readonly rows: Float64Array;
  readonly columns: Float64Array;
  readonly values: Float64Array;
}

function readGrid(
  group: LibertyGroup,
  templates: ReadonlyMap<string, TableTemplate>,
  where: string,
  rowVariables: readonly string[],
  columnVariables: readonly string[],
): Grid {
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
  const foreign = template.variables.find((v) => !rowVariables.includes(v) && !columnVariables.includes(v));
  if (foreign !== undefined) {
    const wanted = `a table over ${[...rowVariables, ...columnVariables].join(', ')}`;
    throw badInput({ where: place, wanted, found: `variable ${foreign}` }, 'Only such tables are supported.');
  }
  const axes = template.variables.map((variable, position) => ({
    variable,
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
  const axisOf = (variables: readonly string[]): Float64Array => {
    const indices = axes.find((axis) => variables.includes(axis.variable))?.indices ?? [0];
    assertAscending(indices, place);
    return Float64Array.from(indices);
  };
  const rows = axisOf(rowVariables);
  const columns = axisOf(columnVariables);
  const values = new Float64Array(raw.length);
  const columnFirst = axes.length === 2 && columnVariables.includes(axes[0]!.variable);
  for (let r = 0; r < rows.length; r++) {
    for (let c = 0; c < columns.length; c++) {
      const from = columnFirst ? c * rows.length + r : r * columns.length + c;
      values[r * columns.length + c] = raw[from]!;
    }
  }
  return { rows, columns, values };
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
