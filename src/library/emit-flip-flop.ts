import { CONSTRAINT_SLEWS_NS, SLEWS_NS } from './axes.ts';
import type { CellMeasurement } from './characterise.ts';
import { inputPin, outputPin, powerTables, timingTables } from './emit-gate.ts';
import { type Group, group, quoted, type Statement, tableGroup } from './liberty-text.ts';
import type { Table } from './measure-gate.ts';
import { conditionOf } from './states.ts';

/** The ff group and the pins of a flip-flop. */
export function flipFlopGroups(measured: CellMeasurement): Group[] {
  const { cell, capacitance } = measured;
  const { clock, data, resetBar } = cell.flipFlop!;
  const { arcs, constraints } = measured.flipFlop!;
  const extra: Readonly<Record<string, readonly Statement[]>> = {
    [clock]: [['clock', 'true'], ...hiddenPower(measured, clock)],
    [data]: [
      constraintGroup(clock, 'setup_rising', constraints.setupRise, constraints.setupFall),
      constraintGroup(clock, 'hold_rising', constraints.holdRise, constraints.holdFall),
      ...hiddenPower(measured, data),
    ],
  };
  return [
    group('ff', 'IQ, IQN', [
      ['next_state', quoted(data)],
      ['clocked_on', quoted(clock)],
      ...(resetBar === undefined ? [] : [['clear', quoted(`!${resetBar}`)] as const]),
    ]),
    ...cell.inputs.map((pin) => inputPin(pin, capacitance.get(pin)!, extra[pin] ?? [])),
    ...cell.outputs.map((output) => {
      const arc = arcs.find((a) => a.output === output.name)!;
      return outputPin(output, [
        group('timing', '', [
          ['related_pin', quoted(clock)],
          ['timing_type', 'rising_edge'],
          ['timing_sense', 'non_unate'],
          ...timingTables(output, arc.rise, arc.fall),
        ]),
        group('internal_power', '', [
          ['related_pin', quoted(clock)],
          ...powerTables(output, arc.rise.energyFj, arc.fall.energyFj),
        ]),
      ]);
    }),
  ];
}

function constraintGroup(clock: string, type: string, rise: Table, fall: Table): Group {
  const axes = [CONSTRAINT_SLEWS_NS, CONSTRAINT_SLEWS_NS];
  return group('timing', '', [
    ['related_pin', quoted(clock)],
    ['timing_type', type],
    tableGroup('rise_constraint', 'constraint_3_3', axes, rise, 6),
    tableGroup('fall_constraint', 'constraint_3_3', axes, fall, 6),
  ]);
}

function hiddenPower({ flipFlop }: CellMeasurement, pin: string): Group[] {
  return flipFlop!.hidden
    .filter((h) => h.pin === pin)
    .map((h) =>
      group('internal_power', '', [
        ['when', quoted(conditionOf(h.state))],
        tableGroup('rise_power', 'hidden_power_7', [SLEWS_NS], [h.riseFj], 4),
        tableGroup('fall_power', 'hidden_power_7', [SLEWS_NS], [h.fallFj], 4),
      ]),
    );
}
