import { CONSTRAINT_SLEWS_NS, loadsOf, SLEWS_NS } from './axes.ts';
import type { OutputPin } from './cell.ts';
import type { CellMeasurement } from './characterise.ts';
import { inputPin, outputPin, powerTables, timingTables } from './emit-gate.ts';
import { fixed, type Group, group, quoted, type Statement, tableGroup } from './liberty-text.ts';
import type { Table } from './measure-gate.ts';
import { conditionOf } from './states.ts';

/** The ff group and the pins of a flip-flop. */
export function flipFlopGroups(measured: CellMeasurement): Group[] {
  const { cell, capacitance, reset } = measured;
  const { clock, data, resetBar } = cell.flipFlop!;
  const { constraints, pulses } = measured.flipFlop!;
  const extra: Readonly<Record<string, readonly Statement[]>> = {
    [clock]: [
      ['clock', 'true'],
      ['min_pulse_width_high', fixed(pulses.high, 6)],
      ['min_pulse_width_low', fixed(pulses.low, 6)],
      ...hiddenPower(measured, clock),
    ],
    [data]: [
      constraintGroup(clock, 'setup_rising', constraints.setupRise, constraints.setupFall),
      constraintGroup(clock, 'hold_rising', constraints.holdRise, constraints.holdFall),
      ...hiddenPower(measured, data),
    ],
    ...(resetBar === undefined || reset === undefined
      ? {}
      : {
          [resetBar]: [
            ['min_pulse_width_low', fixed(reset.constraints.pulse, 6)],
            constraintGroup(clock, 'recovery_rising', reset.constraints.recovery),
            constraintGroup(clock, 'removal_rising', reset.constraints.removal),
            ...hiddenPower(measured, resetBar),
          ],
        }),
  };
  return [
    group('ff', 'IQ, IQN', [
      ['next_state', quoted(data)],
      ['clocked_on', quoted(clock)],
      ...(resetBar === undefined ? [] : [['clear', quoted(`!${resetBar}`)] as const]),
    ]),
    ...cell.inputs.map((pin) => inputPin(pin, capacitance.get(pin)!, extra[pin] ?? [])),
    ...cell.outputs.map((output) => {
      const arc = measured.flipFlop!.arcs.find((a) => a.output === output.name)!;
      const [resetTiming, resetPower] = resetGroups(measured, output);
      return outputPin(output, [
        group('timing', '', [
          ['related_pin', quoted(clock)],
          ['timing_type', 'rising_edge'],
          ['timing_sense', 'non_unate'],
          ...timingTables(output, arc.rise, arc.fall),
        ]),
        ...resetTiming,
        group('internal_power', '', [
          ['related_pin', quoted(clock)],
          ...powerTables(output, arc.rise.energyFj, arc.fall.energyFj),
        ]),
        ...resetPower,
      ]);
    }),
  ];
}

/** Timing and power of an output that the reset moves: Q falls (clear), QN rises (preset). */
function resetGroups({ cell, reset }: CellMeasurement, output: OutputPin): [timing: Group[], power: Group[]] {
  const tables = reset?.arcs.get(output.name);
  if (tables === undefined) return [[], []];
  const falls = output.function === 'IQ';
  const edge = falls ? 'fall' : 'rise';
  const axes = [SLEWS_NS, loadsOf(output)];
  const related = ['related_pin', quoted(cell.flipFlop!.resetBar!)] as const;
  const timing = group('timing', '', [
    related,
    ['timing_type', falls ? 'clear' : 'preset'],
    ['timing_sense', falls ? 'positive_unate' : 'negative_unate'],
    tableGroup(`cell_${edge}`, 'timing_7_7', axes, tables.delayNs, 6),
    tableGroup(`${edge}_transition`, 'timing_7_7', axes, tables.transitionNs, 6),
  ]);
  const power = group('internal_power', '', [
    related,
    tableGroup(`${edge}_power`, 'power_7_7', axes, tables.energyFj, 4),
    // The opposite edge never follows the reset; some readers want both tables.
    group(falls ? 'rise_power' : 'fall_power', 'scalar', [{ list: 'values', values: [quoted('0')] }]),
  ]);
  return [[timing], [power]];
}

function constraintGroup(clock: string, type: string, rise: Table, fall?: Table): Group {
  const axes = [CONSTRAINT_SLEWS_NS, CONSTRAINT_SLEWS_NS];
  return group('timing', '', [
    ['related_pin', quoted(clock)],
    ['timing_type', type],
    tableGroup('rise_constraint', 'constraint_3_3', axes, rise, 6),
    ...(fall === undefined ? [] : [tableGroup('fall_constraint', 'constraint_3_3', axes, fall, 6)]),
  ]);
}

function hiddenPower({ flipFlop, reset }: CellMeasurement, pin: string): Group[] {
  return [...flipFlop!.hidden, ...(reset?.hidden ?? [])]
    .filter((h) => h.pin === pin)
    .map((h) =>
      group('internal_power', '', [
        ['when', quoted(conditionOf(h.state))],
        tableGroup('rise_power', 'hidden_power_7', [SLEWS_NS], [h.riseFj], 4),
        tableGroup('fall_power', 'hidden_power_7', [SLEWS_NS], [h.fallFj], 4),
      ]),
    );
}
