import { Document, isMap, isSeq } from 'yaml';
import { csvLine } from '../base/csv.ts';
import type { ReferenceComponent } from './reference-components.ts';

/** Version of the input format of Accelergy that is written. */
const ACCELERGY_VERSION = 0.4;

/** What every line of a file is for: where the energies come from and under which conditions. */
export interface ReferenceOrigin {
  /** Comment lines at the head. */
  readonly comment: readonly string[];
  /** Put before the name of each component, e.g. "system.chip"; empty: none. */
  readonly prefix: string;
}

/**
 * Energy reference table in the form of Accelergy 0.4, which Timeloop reads too: energies in pJ, no arguments.
 * Source: github.com/Accelergy-Project/accelergy, examples/hierarchy/output/reference/ERT.yaml.
 */
export function energyReferenceTable(
  components: readonly ReferenceComponent[],
  origin: ReferenceOrigin,
): string {
  const tables = components.map(({ name, actions }) => ({
    name: fullName(name, origin),
    actions: actions.map((action) => ({ name: action.name, arguments: null, energy: action.energyPj })),
  }));
  return printTables('ERT', tables, components, origin, 'energy in pJ per action');
}

/** Area reference table, µm²; components whose area is not known are left out. */
export function areaReferenceTable(
  components: readonly ReferenceComponent[],
  origin: ReferenceOrigin,
): string {
  const known = components.filter(({ areaUm2 }) => areaUm2 !== undefined);
  const tables = known.map(({ name, areaUm2 }) => ({ name: fullName(name, origin), area: areaUm2 }));
  return printTables('ART', tables, known, origin, 'area in square micrometres');
}

/** The same energies as CSV (RFC 4180, LF), a line per action. */
export function referenceCsv(components: readonly ReferenceComponent[], origin: ReferenceOrigin): string {
  const lines = components.flatMap(({ name, note, areaUm2, actions }) =>
    actions.map((action) => [
      fullName(name, origin),
      action.name,
      String(action.energyPj),
      areaUm2 === undefined ? '' : String(areaUm2),
      note,
      origin.comment.join('; '),
    ]),
  );
  const heads = ['component', 'action', 'energyPj', 'areaUm2', 'note', 'origin'];
  return [heads, ...lines].map((cells) => `${csvLine(cells)}\n`).join('');
}

function printTables(
  kind: 'ERT' | 'ART',
  tables: readonly object[],
  components: readonly ReferenceComponent[],
  { comment }: ReferenceOrigin,
  unit: string,
): string {
  const document = new Document({ [kind]: { version: ACCELERGY_VERSION, tables } });
  document.commentBefore = [...comment, unit].map((line) => ` ${line}`).join('\n');
  const list = document.getIn([kind, 'tables']);
  if (isSeq(list)) {
    for (const [index, item] of list.items.entries()) {
      if (isMap(item)) item.commentBefore = ` ${components[index]!.note}`;
    }
  }
  return document.toString({ lineWidth: 0 });
}

function fullName(name: string, { prefix }: ReferenceOrigin): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}
