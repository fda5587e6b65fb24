import { badInput, show } from '../base/errors.ts';
import { type BooleanExpression, parseBoolean } from './boolean-expression.ts';
import { type NldmTable, readTable, readTemplates, type TableTemplate } from './lookup-table.ts';
import type {
  CellModel,
  EdgeTables,
  FlipFlopModel,
  LeakageModel,
  PinModel,
  PowerArc,
  TimingArc,
} from './model.ts';
import { attributeOf, type LibertyGroup, numberOf, textOf } from './syntax.ts';
import type { LibertyUnits } from './units.ts';

/**
 * Models of all cells of a library group.
 * @throws bad-input naming file, line and cell for anything that is missing or not understood
 */
export function readCells(
  library: LibertyGroup,
  units: LibertyUnits,
  where: string,
): ReadonlyMap<string, CellModel> {
  const defaults = {
    input: numberOf(library, 'default_input_pin_cap', where) ?? 0,
    output: numberOf(library, 'default_output_pin_cap', where) ?? 0,
    leakage: numberOf(library, 'default_cell_leakage_power', where) ?? 0,
  };
  const context: Context = { where, units, templates: readTemplates(library, where), defaults };
  const cells = new Map<string, CellModel>();
  for (const group of library.groups) {
    if (group.name !== 'cell') continue;
    const cell = readCell(group, context);
    cells.set(cell.name, cell);
  }
  if (cells.size === 0) {
    throw badInput(
      { where, wanted: 'at least one cell (NAME) group', found: 'none' },
      'Give a standard-cell library.',
    );
  }
  return cells;
}

interface Context {
  readonly where: string;
  readonly units: LibertyUnits;
  readonly templates: ReadonlyMap<string, TableTemplate>;
  readonly defaults: { readonly input: number; readonly output: number; readonly leakage: number };
}

function readCell(group: LibertyGroup, context: Context): CellModel {
  const name = group.args[0] ?? '';
  if (name === '') {
    throw badInput(
      { where: `${context.where}:${group.line}`, wanted: 'cell (NAME)', found: 'a cell without a name' },
      'The library file is damaged: fetch it again.',
    );
  }
  const pins = new Map<string, PinModel>();
  for (const pinGroup of group.groups) {
    if (pinGroup.name !== 'pin') continue;
    for (const pinName of pinGroup.args.flatMap((arg) => arg.split(/\s+/))) {
      pins.set(pinName, readPin(pinGroup, pinName, name, context));
    }
  }
  const namesOf = (direction: PinModel['direction']): string[] =>
    [...pins.values()].filter((pin) => pin.direction === direction).map((pin) => pin.name);
  const flipFlop = group.groups.find((inner) => inner.name === 'ff');
  const has = (kind: string): boolean => group.groups.some((inner) => inner.name === kind);
  return {
    name,
    areaUm2: numberOf(group, 'area', context.where) ?? 0,
    dontUse: textOf(group, 'dont_use') === 'true',
    pins,
    inputs: namesOf('input'),
    outputs: namesOf('output'),
    leakage: readLeakage(group, name, context),
    ...(flipFlop === undefined ? {} : { flipFlop: readFlipFlop(flipFlop, name, context) }),
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
  };
}

function readTiming(group: LibertyGroup, cell: string, context: Context): TimingArc[] {
  const edge = (delayName: string, transitionName: string): EdgeTables | undefined => {
    const delayNs = tableOf(group, delayName, context, context.units.timeNs);
    const transitionNs = tableOf(group, transitionName, context, context.units.timeNs);
    return delayNs === undefined || transitionNs === undefined ? undefined : { delayNs, transitionNs };
  };
  const rise = edge('cell_rise', 'rise_transition');
  const fall = edge('cell_fall', 'fall_transition');
  if (rise === undefined && fall === undefined) return [];
  const senseText = textOf(group, 'timing_sense');
  const sense = senseText === 'positive_unate' || senseText === 'negative_unate' ? senseText : 'non_unate';
  const when = expressionOf(group, 'when', cell, context);
  return relatedPinsOf(group).map((relatedPin) => ({
    relatedPin,
    sense,
    type: textOf(group, 'timing_type') ?? 'combinational',
    ...(when === undefined ? {} : { when }),
    ...(rise === undefined ? {} : { rise }),
    ...(fall === undefined ? {} : { fall }),
  }));
}

function readPower(group: LibertyGroup, cell: string, context: Context): PowerArc[] {
  const scale = context.units.energyFj;
  const both = tableOf(group, 'power', context, scale);
  const rise = tableOf(group, 'rise_power', context, scale) ?? both;
  const fall = tableOf(group, 'fall_power', context, scale) ?? both;
  if (rise === undefined && fall === undefined) return [];
  const when = expressionOf(group, 'when', cell, context);
  const pgPin = textOf(group, 'related_pg_pin');
  const related = relatedPinsOf(group);
  return (related.length === 0 ? [undefined] : related).map((relatedPin) => ({
    ...(relatedPin === undefined ? {} : { relatedPin }),
    ...(when === undefined ? {} : { when }),
    ...(pgPin === undefined ? {} : { relatedPgPin: pgPin }),
    ...(rise === undefined ? {} : { riseFj: rise }),
    ...(fall === undefined ? {} : { fallFj: fall }),
  }));
}

/** Leakage per state; what a library lists for ground pins is the same current once more and left out. */
function readLeakage(group: LibertyGroup, cell: string, context: Context): LeakageModel {
  const { where, units } = context;
  const own = numberOf(group, 'cell_leakage_power', where);
  const grounds = group.groups
    .filter((inner) => textOf(inner, 'pg_type')?.endsWith('ground'))
    .map((pin) => pin.args[0]);
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

function relatedPinsOf(group: LibertyGroup): readonly string[] {
  return (textOf(group, 'related_pin') ?? '').split(/\s+/).filter((pin) => pin !== '');
}

function tableOf(group: LibertyGroup, name: string, context: Context, scale: number): NldmTable | undefined {
  const table = group.groups.find((inner) => inner.name === name);
  return table && readTable(table, context.templates, context.units, scale, context.where);
}

function expressionOf(
  group: LibertyGroup,
  name: string,
  cell: string,
  context: Context,
): BooleanExpression | undefined {
  const attribute = attributeOf(group, name);
  if (attribute === undefined) return undefined;
  return parseBoolean(attribute.values[0] ?? '', `${context.where}:${attribute.line}: ${cell} ${name}`);
}
