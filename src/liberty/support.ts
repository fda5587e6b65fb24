import { foreignVariable, type TableTemplate } from './lookup-table.ts';
import type { CellModel } from './model.ts';
import { addNote, type NoteBook } from './notes.ts';
import { type LibertyGroup, numberOf, textOf } from './syntax.ts';

/**
 * Why a cell cannot be modelled; undefined when it can. Such a cell is left out as a whole, so that a netlist with it
 * is refused instead of getting figures in which something is missing.
 */
export function reasonToLeaveOut(
  cell: LibertyGroup,
  templates: ReadonlyMap<string, TableTemplate>,
): string | undefined {
  for (const group of cell.groups) {
    if (group.name === 'bus' || group.name === 'bundle') {
      return `${group.name} pin ${busName(group)} is not supported`;
    }
    if (group.name === 'ff_bank' || group.name === 'latch_bank') {
      return `storage of several bits (${group.name}) is not supported`;
    }
  }
  const storages = cell.groups.filter((group) => group.name === 'ff' || group.name === 'latch');
  if (storages.length > 1) return `${storages.length} ff or latch groups are not supported`;
  for (const pin of cell.groups.filter((group) => group.name === 'pin')) {
    for (const arc of pin.groups) {
      const names = TABLES[arc.name] ?? [];
      for (const table of arc.groups.filter((group) => names.includes(group.name))) {
        const variable = foreignVariable(table, templates, 'transition × load');
        if (variable === undefined) continue;
        return `${table.name} of pin ${pin.args.join(', ')}: a table over ${variable} is not supported`;
      }
    }
  }
  return undefined;
}

/** Notes what the library as a whole has that is not, or not exactly, modelled. */
export function noteLibrary(library: LibertyGroup, where: string, notes: NoteBook): void {
  const model = textOf(library, 'delay_model');
  if (model !== undefined && model !== 'table_lookup') {
    addNote(notes, `delay_model ${model} is not supported: only NLDM tables are read`);
  }
  const derate = numberOf(library, 'slew_derate_from_library', where) ?? 1;
  if (derate !== 1) {
    addNote(
      notes,
      `slew_derate_from_library ${derate} is not applied: transition times are those of the tables`,
    );
  }
  for (const { name, args } of library.groups) {
    const kind = IGNORED_KINDS.get(name);
    if (kind !== undefined) addNote(notes, `not read: ${kind}`, args[0]);
  }
  const factors = library.attributes.filter(
    ({ name, values }) => name.startsWith('k_') && Number(values[0] ?? 0) !== 0,
  );
  if (factors.length > 0) {
    addNote(
      notes,
      `${factors.length} scaling factors (k_…) are not applied: figures are those of the tables`,
    );
  }
}

/** Notes what a cell has that is not, or not exactly, modelled. */
export function noteCell(group: LibertyGroup, cell: CellModel, notes: NoteBook): void {
  const note = (kind: string): void => addNote(notes, kind, cell.name);
  if (cell.storage === 'latch') note('latch, which no stage simulates');
  if (cell.storage === 'statetable') note('statetable (e.g. a clock gate), which no stage simulates');
  const pins = [...cell.pins.values()];
  const outputs = pins.filter((pin) => pin.direction === 'output' || pin.direction === 'inout');
  if (pins.length === 0) note('physical only, no signal pins');
  else if (outputs.some((pin) => pin.isThreeState)) note('three-state output, which no stage simulates');
  else if (cell.storage !== 'statetable' && outputs.some((pin) => pin.function === undefined)) {
    note('output without function, which no stage simulates');
  }
  if (group.groups.some((inner) => inner.name === 'test_cell')) note('scan cell, taken with all its pins');
  if (textOf(group, 'is_level_shifter') === 'true') note('level shifter, taken to work at one voltage');
  const drives = outputs.length > 0 && cell.inputs.length > 0;
  if (drives && pins.every((pin) => pin.power.length === 0)) note('no internal_power');
  if (drives && pins.every((pin) => pin.timing.length === 0)) note('no delay tables');
  const hasLeakage =
    textOf(group, 'cell_leakage_power') !== undefined ||
    group.groups.some((inner) => inner.name === 'leakage_power');
  if (drives && !hasLeakage) note('no leakage of its own, the default of the library is taken');
  const grounds = groundPins(group);
  if (pins.some((pin) => pin.power.some((arc) => grounds.includes(arc.relatedPgPin)))) {
    note('internal_power of a ground pin too, added to that of the supply as OpenSTA does');
  }
  noteIgnoredGroups(group, cell.name, notes);
}

/** Names of a cell's ground pins. */
export function groundPins(cell: LibertyGroup): readonly (string | undefined)[] {
  return cell.groups
    .filter((inner) => textOf(inner, 'pg_type')?.endsWith('ground'))
    .map((pin) => pin.args[0]);
}

/** Tables that are read, by the group that holds them. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  timing: ['cell_rise', 'cell_fall', 'rise_transition', 'fall_transition'],
  internal_power: ['power', 'rise_power', 'fall_power'],
};

/** Groups that are skipped, by what they hold. */
const IGNORED: Readonly<Record<string, readonly string[]>> = {
  'current-source delay models (CCS, ECSM)': [
    'output_current_rise',
    'output_current_fall',
    'receiver_capacitance',
    'receiver_capacitance1_rise',
    'receiver_capacitance1_fall',
    'ecsm_waveform',
    'ecsm_waveform_set',
    'ecsm_capacitance',
  ],
  'current-source power models': [
    'dynamic_current',
    'leakage_current',
    'intrinsic_parasitic',
    'gate_leakage',
  ],
  'noise models': [
    'ccsn_first_stage',
    'ccsn_last_stage',
    'noise_immunity_high',
    'noise_immunity_low',
    'propagated_noise_height_high',
    'steady_state_current_high',
  ],
  'statistical delay tables (ocv_sigma_…)': ['ocv_sigma_cell_rise', 'ocv_sigma_cell_fall'],
  'electromigration limits': ['electromigration'],
  'scaled cells and scaling factors': ['scaled_cell', 'scaling_factors'],
  'memory descriptions': ['memory'],
  'modes (mode_definition), all of which count at once': ['mode_definition'],
};

const IGNORED_KINDS: ReadonlyMap<string, string> = new Map(
  Object.entries(IGNORED).flatMap(([kind, names]) => names.map((name) => [name, kind] as const)),
);

function noteIgnoredGroups(group: LibertyGroup, cell: string, notes: NoteBook): void {
  for (const inner of group.groups) {
    const kind = IGNORED_KINDS.get(inner.name);
    if (kind !== undefined) addNote(notes, `not read: ${kind}`, cell);
    else if (inner.name === 'pin' || inner.name === 'timing') noteIgnoredGroups(inner, cell, notes);
  }
}

/** "D", "D of type bus8". */
function busName(group: LibertyGroup): string {
  const type = textOf(group, 'bus_type');
  return type === undefined ? group.args.join(', ') : `${group.args.join(', ')} of type ${type}`;
}
