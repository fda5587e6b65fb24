import { CONSTRAINT_SLEWS_NS, LOAD_SHARES, SLEWS_NS } from './axes.ts';
import { areaUm2 } from './cells.ts';
import type { CellMeasurement } from './characterise.ts';
import type { Corner } from './corners.ts';
import { flipFlopGroups } from './emit-flip-flop.ts';
import { gatePinGroups } from './emit-gate.ts';
import { meanLeakageNw } from './leakage.ts';
import { fixed, type Group, group, printGroup, quoted, type Statement } from './liberty-text.ts';
import { conditionOf } from './states.ts';
import { SLEW_HIGH, SLEW_LOW } from './transient.ts';

/**
 * Liberty text of cells measured at a corner, in the given order. Units: ns, fF, V, nW; so table energies are in fF·V² = fJ.
 * The same measurements give the same text; it has no date and no path.
 */
export function emitLiberty(
  measurements: readonly CellMeasurement[],
  corner: Corner,
  simulator: string,
): string {
  const library = group('library', nameOf(corner), [
    ...headStatements(corner, simulator),
    ...measurements.map(cellGroup),
  ]);
  return `${headComment(corner)}\n${printGroup(library)}\n`;
}

/** Name of the library in its file. */
function nameOf({ file }: Corner): string {
  return file.replace('.lib', '');
}

function headComment(corner: Corner): string {
  const { supplyV, temperatureC } = corner;
  const condition = corner.condition.replace(/^./, (letter) => letter.toUpperCase());
  return `/*
 * ${nameOf(corner)}: the embedded 45 nm-class standard-cell library of maxdnn. MIT licence, like the project.
 * Made by scripts/characterise-library; do not edit.
 *
 * ${condition} corner, ${supplyV} V, ${temperatureC} C. Cells are transistor netlists of maxdnn's own (src/library), simulated with BSIM4.
 * Device card basis: 45 nm PTM-class figures; threshold voltages calibrated so that an inverter matches a published
 * 45 nm library's drive and leakage.${corner.name === 'typ' ? '' : SPREAD} It describes no foundry's process: use it to compare designs, not to sign off.
 */`;
}

/** One more line for the corners whose transistors differ from the typical ones. */
const SPREAD = ` The spread of the transistors against
 * maxdnn45_typ was chosen by the project (src/library/corners.ts).`;

function headStatements({ condition, supplyV, temperatureC }: Corner, simulator: string): Statement[] {
  const low = SLEW_LOW * 100;
  const high = SLEW_HIGH * 100;
  return [
    ['comment', quoted(`maxdnn scripts/characterise-library, ${simulator}`)],
    { list: 'technology', values: ['cmos'] },
    ['delay_model', 'table_lookup'],
    ['time_unit', quoted('1ns')],
    ['voltage_unit', quoted('1V')],
    ['current_unit', quoted('1mA')],
    ['pulling_resistance_unit', quoted('1kohm')],
    ['leakage_power_unit', quoted('1nW')],
    { list: 'capacitive_load_unit', values: ['1', 'ff'] },
    ['nom_process', 1],
    ['nom_temperature', temperatureC],
    ['nom_voltage', supplyV],
    group('operating_conditions', condition, [
      ['process', 1],
      ['temperature', temperatureC],
      ['voltage', supplyV],
      ['tree_type', 'balanced_tree'],
    ]),
    ['default_operating_conditions', condition],
    ...['rise', 'fall'].flatMap((edge): Statement[] => [
      [`input_threshold_pct_${edge}`, 50],
      [`output_threshold_pct_${edge}`, 50],
      [`slew_lower_threshold_pct_${edge}`, low],
      [`slew_upper_threshold_pct_${edge}`, high],
    ]),
    ['slew_derate_from_library', 1],
    ['default_max_transition', SLEWS_NS.at(-1)!],
    ['default_fanout_load', 1],
    ['default_inout_pin_cap', 1],
    ['default_input_pin_cap', 1],
    ['default_output_pin_cap', 0],
    ['default_cell_leakage_power', 0],
    ['default_leakage_power_density', 0],
    ...templates(),
  ];
}

function templates(): Group[] {
  const axis = (values: readonly number[]): string => quoted(values.map((v) => fixed(v, 6)).join(','));
  const make = (
    kind: string,
    name: string,
    variables: readonly string[],
    axes: readonly (readonly number[])[],
  ): Group =>
    group(kind, name, [
      ...variables.map((v, i): Statement => [`variable_${i + 1}`, v]),
      ...axes.map((a, i): Statement => ({ list: `index_${i + 1}`, values: [axis(a)] })),
    ]);
  const loads = LOAD_SHARES.map((_, i) => i + 1);
  const constraintAxes = ['constrained_pin_transition', 'related_pin_transition'];
  return [
    make(
      'lu_table_template',
      'timing_7_7',
      ['input_net_transition', 'total_output_net_capacitance'],
      [SLEWS_NS, loads],
    ),
    make('lu_table_template', 'constraint_3_3', constraintAxes, [CONSTRAINT_SLEWS_NS, CONSTRAINT_SLEWS_NS]),
    make(
      'power_lut_template',
      'power_7_7',
      ['input_transition_time', 'total_output_net_capacitance'],
      [SLEWS_NS, loads],
    ),
    make('power_lut_template', 'hidden_power_7', ['input_transition_time'], [SLEWS_NS]),
  ];
}

function cellGroup(measured: CellMeasurement): Group {
  const { cell, leakage } = measured;
  const states = leakage.length > 1 ? leakage : [];
  return group('cell', cell.name, [
    ['area', fixed(areaUm2(cell), 3)],
    ['cell_leakage_power', fixed(meanLeakageNw(leakage), 3)],
    ...states.map((l) =>
      group('leakage_power', '', [
        ['when', quoted(conditionOf(l.state))],
        ['value', fixed(l.totalNw, 3)],
      ]),
    ),
    ...(cell.flipFlop === undefined ? gatePinGroups(measured) : flipFlopGroups(measured)),
  ]);
}
