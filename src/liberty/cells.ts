import { badInput, show } from '../base/errors.ts';
import { type ArcContext, expressionOf, readConstraint, readPower, readTiming } from './arcs.ts';
import { type BooleanExpression, pinsOf } from './boolean-expression.ts';
import { readTemplates } from './lookup-table.ts';
import type { CellModel, FlipFlopModel, LeakageModel, PinModel } from './model.ts';
import { addNote, type NoteBook } from './notes.ts';
import { groundPins, noteCell, reasonToLeaveOut } from './support.ts';
import { type LibertyGroup, numberOf, textOf } from './syntax.ts';
import type { LibertyUnits } from './units.ts';

/** The cells of a library, and those that are left out with the reason. */
export interface ReadCells {
  readonly cells: ReadonlyMap<string, CellModel>;
  readonly leftOut: ReadonlyMap<string, string>;
}

/**
 * Models of all cells of a library group.
 * @param notes receives what is not, or not exactly, modelled
 * @throws bad-input naming file, line and cell for anything that is missing or not understood
 */
export function readCells(
  library: LibertyGroup,
  units: LibertyUnits,
  where: string,
  notes: NoteBook,
): ReadCells {
  const defaults = {
    input: numberOf(library, 'default_input_pin_cap', where) ?? 0,
    output: numberOf(library, 'default_output_pin_cap', where) ?? 0,
    leakage: numberOf(library, 'default_cell_leakage_power', where) ?? 0,
  };
  const context: Context = { where, units, templates: readTemplates(library, where), notes, defaults };
  const cells = new Map<string, CellModel>();
  const leftOut = new Map<string, string>();
  for (const group of library.groups) {
    if (group.name !== 'cell') continue;
    const name = nameOf(group, context);
    if (cells.has(name) || leftOut.has(name))
      addNote(notes, 'there more than once, the last one counts', name);
    cells.delete(name);
    leftOut.delete(name);
    const reason = reasonToLeaveOut(group, context.templates);
    if (reason === undefined) {
      const cell = readCell(group, name, context);
      cells.set(name, cell);
      noteCell(group, cell, notes);
    } else leftOut.set(name, reason);
  }
  if (cells.size + leftOut.size === 0) {
    throw badInput(
      { where, wanted: 'at least one cell (NAME) group', found: 'none' },
      'Give a standard-cell library.',
    );
  }
  return { cells, leftOut };
}

interface Context extends ArcContext {
  readonly defaults: { readonly input: number; readonly output: number; readonly leakage: number };
}

function nameOf(group: LibertyGroup, context: Context): string {
  const name = group.args[0] ?? '';
  if (name !== '') return name;
  throw badInput(
    { where: `${context.where}:${group.line}`, wanted: 'cell (NAME)', found: 'a cell without a name' },
    'The library file is damaged: fetch it again.',
  );
}

function readCell(group: LibertyGroup, name: string, context: Context): CellModel {
  const ff = group.groups.find((inner) => inner.name === 'ff');
  const flipFlop = ff && readFlipFlop(ff, name, context);
  const clocks = flipFlop === undefined ? [] : pinsOf(flipFlop.clockedOn);
  const pins = new Map<string, PinModel>();
  for (const pinGroup of group.groups) {
    if (pinGroup.name !== 'pin') continue;
    for (const pinName of pinGroup.args.flatMap((arg) => arg.split(/\s+/))) {
      const pin = readPin(pinGroup, pinName, name, context);
      pins.set(pinName, clocks.includes(pinName) ? { ...pin, isClock: true } : pin);
    }
  }
  const namesOf = (direction: PinModel['direction']): string[] =>
    [...pins.values()].filter((pin) => pin.direction === direction).map((pin) => pin.name);
  const has = (kind: string): boolean => group.groups.some((inner) => inner.name === kind);
  return {
    name,
    areaUm2: numberOf(group, 'area', context.where) ?? 0,
    dontUse: textOf(group, 'dont_use') === 'true',
    pins,
    inputs: namesOf('input'),
    outputs: namesOf('output'),
    leakage: readLeakage(group, name, context),
    ...(flipFlop === undefined ? {} : { flipFlop }),
    storage: flipFlop ? 'flip-flop' : has('latch') ? 'latch' : has('statetable') ? 'statetable' : 'none',
  };
}

function readPin(group: LibertyGroup, name: string, cell: string, context: Context): PinModel {
  const { where, units, defaults } = context;
  const direction = textOf(group, 'direction');
  if (direction !== 'input' && direction !== 'output' && direction !== 'inout' && direction !== 'internal') {
    throw badInput(
      {
        where: `${where}:${group.line}: ${cell}/${name}`,
        wanted: 'direction input, output, inout or internal',
        found: direction === undefined ? 'none' : show(direction),
      },
      'The library file is damaged: fetch it again.',
    );
  }
  const capacitance =
    numberOf(group, 'capacitance', where) ?? (direction === 'input' ? defaults.input : defaults.output);
  const maxCapacitance = numberOf(group, 'max_capacitance', where);
  const func =
    direction === 'output' || direction === 'inout'
      ? expressionOf(group, 'function', cell, context)
      : undefined;
  const inner = (kind: string): readonly LibertyGroup[] => group.groups.filter((g) => g.name === kind);
  return {
    name,
    direction,
    capacitanceFf: capacitance * units.capacitanceFf,
    riseCapacitanceFf: (numberOf(group, 'rise_capacitance', where) ?? capacitance) * units.capacitanceFf,
    fallCapacitanceFf: (numberOf(group, 'fall_capacitance', where) ?? capacitance) * units.capacitanceFf,
    ...(maxCapacitance === undefined ? {} : { maxCapacitanceFf: maxCapacitance * units.capacitanceFf }),
    isClock: textOf(group, 'clock') === 'true',
    isThreeState: textOf(group, 'three_state') !== undefined,
    ...(func === undefined ? {} : { function: func }),
    timing: inner('timing').flatMap((arc) => readTiming(arc, cell, context)),
    power: inner('internal_power').flatMap((arc) => readPower(arc, cell, context)),
    constraints: inner('timing').flatMap((arc) => readConstraint(arc, name, cell, context)),
  };
}

/** Leakage per state; what a library lists for ground pins is the same current once more and left out. */
function readLeakage(group: LibertyGroup, cell: string, context: Context): LeakageModel {
  const { where, units } = context;
  const own = numberOf(group, 'cell_leakage_power', where);
  const grounds = groundPins(group);
  const states = group.groups.filter(
    (inner) => inner.name === 'leakage_power' && !grounds.includes(textOf(inner, 'related_pg_pin')),
  );
  if (units.leakageNw === undefined && (own !== undefined || states.length > 0)) {
    throw badInput(
      {
        where,
        wanted: 'the library attribute leakage_power_unit, e.g. "1nW"',
        found: `none, but cell ${cell} leaks`,
      },
      'Without it the leakage has no unit: add it, or fetch the library again.',
    );
  }
  const scale = units.leakageNw ?? 0;
  let withoutWhen: number | undefined;
  const conditional: { when: BooleanExpression; leakageNw: number }[] = [];
  for (const state of states) {
    const value = numberOf(state, 'value', where);
    if (value === undefined) {
      throw badInput(
        { where: `${where}:${state.line}: ${cell} leakage_power`, wanted: 'value : NUMBER ;', found: 'none' },
        'The library file is damaged: fetch it again.',
      );
    }
    const when = expressionOf(state, 'when', cell, context);
    if (when === undefined) withoutWhen = (withoutWhen ?? 0) + value;
    else conditional.push({ when, leakageNw: value * scale });
  }
  return { defaultNw: (withoutWhen ?? own ?? context.defaults.leakage) * scale, states: conditional };
}

function readFlipFlop(group: LibertyGroup, cell: string, context: Context): FlipFlopModel {
  const needed = (name: string): BooleanExpression => {
    const expression = expressionOf(group, name, cell, context);
    if (expression !== undefined) return expression;
    throw badInput(
      { where: `${context.where}:${group.line}: ${cell} ff`, wanted: `the attribute ${name}`, found: 'none' },
      'The library file is damaged: fetch it again.',
    );
  };
  const clear = expressionOf(group, 'clear', cell, context);
  const preset = expressionOf(group, 'preset', cell, context);
  return {
    state: group.args[0] ?? 'IQ',
    stateInverted: group.args[1] ?? 'IQN',
    nextState: needed('next_state'),
    clockedOn: needed('clocked_on'),
    ...(clear === undefined ? {} : { clear }),
    ...(preset === undefined ? {} : { preset }),
  };
}
