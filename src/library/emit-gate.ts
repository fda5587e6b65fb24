import { loadsOf, SLEWS_NS } from './axes.ts';
import type { PinCapacitance } from './capacitance.ts';
import type { OutputPin } from './cell.ts';
import type { CellMeasurement } from './characterise.ts';
import { fixed, type Group, group, quoted, type Statement, tableGroup } from './liberty-text.ts';
import type { Arc, EdgeTables, Table } from './measure-gate.ts';
import { conditionOf } from './states.ts';

/** Pins of a combinational cell with their timing and internal power. */
export function gatePinGroups({ cell, capacitance, arcs }: CellMeasurement): Group[] {
  return [
    ...cell.inputs.map((pin) => inputPin(pin, capacitance.get(pin)!)),
    ...cell.outputs.map((output) => {
      const own = arcs.filter((arc) => arc.output === output.name);
      return outputPin(output, [
        ...cell.inputs.flatMap((pin) =>
          timingGroups(
            output,
            own.filter((arc) => arc.input === pin),
          ),
        ),
        ...cell.inputs.flatMap((pin) =>
          powerGroups(
            output,
            own.filter((arc) => arc.input === pin),
          ),
        ),
      ]);
    }),
  ];
}

/** Input pin group; its plain capacitance is the mean of both edges. */
export function inputPin(name: string, cap: PinCapacitance, more: readonly Statement[] = []): Group {
  return group('pin', name, [
    ['direction', 'input'],
    ['capacitance', fixed((cap.riseFf + cap.fallFf) / 2, 4)],
    ['rise_capacitance', fixed(cap.riseFf, 4)],
    ['fall_capacitance', fixed(cap.fallFf, 4)],
    ...more,
  ]);
}

export function outputPin(output: OutputPin, more: readonly Statement[]): Group {
  return group('pin', output.name, [
    ['direction', 'output'],
    ['max_capacitance', fixed(output.maxLoadFf, 3)],
    ['function', quoted(output.function)],
    ...more,
  ]);
}

/** The four tables of a timing group. */
export function timingTables(output: OutputPin, rise: EdgeTables, fall: EdgeTables): Group[] {
  const axes = [SLEWS_NS, loadsOf(output)];
  return [
    tableGroup('cell_rise', 'timing_7_7', axes, rise.delayNs, 6),
    tableGroup('cell_fall', 'timing_7_7', axes, fall.delayNs, 6),
    tableGroup('rise_transition', 'timing_7_7', axes, rise.transitionNs, 6),
    tableGroup('fall_transition', 'timing_7_7', axes, fall.transitionNs, 6),
  ];
}

/** The two tables of an output's internal power. */
export function powerTables(output: OutputPin, riseFj: Table, fallFj: Table): Group[] {
  const axes = [SLEWS_NS, loadsOf(output)];
  return [
    tableGroup('rise_power', 'power_7_7', axes, riseFj, 4),
    tableGroup('fall_power', 'power_7_7', axes, fallFj, 4),
  ];
}

/**
 * One timing group per sense; where both senses occur (XOR, adders) each with its condition. Over the states of one
 * sense the largest delay and transition time count, point by point.
 */
function timingGroups(output: OutputPin, arcs: readonly Arc[]): Group[] {
  const senses = [true, false].map((positive) => arcs.filter((arc) => arc.positive === positive));
  const both = senses.every((same) => same.length > 0);
  return senses.flatMap((same, i) =>
    same.length === 0
      ? []
      : [
          group('timing', '', [
            ['related_pin', quoted(same[0]!.input)],
            ['timing_sense', i === 0 ? 'positive_unate' : 'negative_unate'],
            ...(both ? [['when', quoted(anyOf(same))] as const] : []),
            ...timingTables(output, worst(same.map((a) => a.rise)), worst(same.map((a) => a.fall))),
          ]),
        ],
  );
}

/** One internal power group per state in which the output follows the pin. */
function powerGroups(output: OutputPin, arcs: readonly Arc[]): Group[] {
  return arcs.map((arc) =>
    group('internal_power', '', [
      ['related_pin', quoted(arc.input)],
      ...(arcs.length > 1 ? [['when', quoted(conditionOf(arc.others))] as const] : []),
      ...powerTables(output, arc.rise.energyFj, arc.fall.energyFj),
    ]),
  );
}

function anyOf(arcs: readonly Arc[]): string {
  const conditions = arcs.map((arc) => conditionOf(arc.others));
  return conditions.length === 1 ? conditions[0]! : conditions.map((c) => `(${c})`).join(' | ');
}

function worst(tables: readonly EdgeTables[]): EdgeTables {
  const max = (pick: (t: EdgeTables) => Table): Table =>
    pick(tables[0]!).map((row, s) => row.map((_, l) => Math.max(...tables.map((t) => pick(t)[s]![l]!))));
  return {
    delayNs: max((t) => t.delayNs),
    transitionNs: max((t) => t.transitionNs),
    energyFj: max((t) => t.energyFj),
  };
}
