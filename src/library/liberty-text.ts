/** One thing in a Liberty group: an attribute `name : value;`, a list `name (values);` or a group. */
export type Statement =
  | readonly [name: string, value: string | number]
  | { readonly list: string; readonly values: readonly string[] }
  | Group;

export interface Group {
  readonly group: string;
  readonly argument: string;
  readonly body: readonly Statement[];
}

export function group(name: string, argument: string, body: readonly Statement[]): Group {
  return { group: name, argument, body };
}

/** Liberty text of a group, two spaces per level. */
export function printGroup({ group: name, argument, body }: Group, indent = ''): string {
  const inner = `${indent}  `;
  const lines = body.map((statement) => {
    if ('group' in statement) return printGroup(statement, inner);
    if ('list' in statement)
      return `${inner}${statement.list} (${statement.values.join(`, \\\n${inner}  `)});`;
    return `${inner}${statement[0]} : ${statement[1]};`;
  });
  return [`${indent}${name} (${argument}) {`, ...lines, `${indent}}`].join('\n');
}

export function quoted(text: string): string {
  return `"${text}"`;
}

/** Table rows (one row for a 1-D table) as a group; `digits` after the point, trailing zeros dropped. */
export function tableGroup(
  name: string,
  template: string,
  axes: readonly (readonly number[])[],
  rows: readonly (readonly number[])[],
  digits: number,
): Group {
  const line = (values: readonly number[], places: number): string =>
    quoted(values.map((v) => fixed(v, places)).join(','));
  return group(name, template, [
    ...axes.map((axis, i) => ({ list: `index_${i + 1}`, values: [line(axis, 6)] })),
    { list: 'values', values: rows.map((row) => line(row, digits)) },
  ]);
}

/** Number with at most `places` decimals and no trailing zeros; never "-0". */
export function fixed(value: number, places: number): string {
  return String(Number(value.toFixed(places)) + 0);
}
