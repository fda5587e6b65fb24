import { badInput } from '../base/errors.ts';
import { type BooleanExpression, evaluateBoolean, pinsOf } from '../liberty/boolean-expression.ts';
import type { CellModel, PowerArc } from '../liberty/model.ts';

/** Inputs 0 … k−1 of a cell as a number: bit i is the value of input i. In a flip-flop bit k is what it stores. */
export type InputState = number;

/** One kind of transition that costs internal energy, with everything needed to look the energy up. */
export interface PowerEvent {
  /**
   * "output": output `output` changes because of input `input`; "hidden": input `input` changes, whatever the
   * outputs do: libraries whose input tables count only while the outputs are quiet say so by `when`, and those
   * without `when` have taken the input's energy off the outputs' tables.
   */
  readonly kind: 'output' | 'hidden';
  /** Position in cell.outputs; −1 for a hidden event. */
  readonly output: number;
  /** Position in cell.inputs. */
  readonly input: number;
  /**
   * States that belong here. Output event: of the other inputs as `input` changes, its own bit is 0 and says
   * nothing. Hidden event: of all inputs after the change.
   */
  readonly states: readonly InputState[];
  /** True when these are all the states in which such an event can happen, so that no test is needed. */
  readonly always: boolean;
  /** True when the output rises as the input rises; for hidden events always true. */
  readonly positive: boolean;
  /** Tables that add up to the energy; empty when the library has none for this event. */
  readonly arcs: readonly PowerArc[];
}

/**
 * All kinds of transitions of a combinational cell, told apart as finely as its internal_power groups do.
 *
 * An output event belongs to the pair (output, causing input) and the state of the other inputs, in which the
 * output must depend on that input. Arcs with a true `when` apply; an arc without `when` is the default for
 * states in which no arc of the same pin and supply has a true one; arcs without related_pin count for any cause.
 * Source: Synopsys, "Liberty User Guide", vol. 1, internal_power group, attributes related_pin and when.
 */
export function listPowerEvents(cell: CellModel): readonly PowerEvent[] {
  const events: PowerEvent[] = [];
  cell.outputs.forEach((_, output) => {
    cell.inputs.forEach((_, input) => {
      events.push(...outputEvents(cell, output, input));
    });
  });
  cell.inputs.forEach((_, input) => {
    events.push(...hiddenEvents(cell, input));
  });
  return events;
}

/**
 * Leakage in nW of each state of a cell: the matching leakage_power groups, else the cell's default. Computed once
 * per cell; the array is shared.
 */
export function leakageByState(cell: CellModel): Float64Array {
  const known = leakages.get(cell);
  if (known !== undefined) return known;
  const bits = cell.inputs.length + (cell.flipFlop === undefined ? 0 : 1);
  const leakageNw = Float64Array.from({ length: 2 ** bits }, (_, state) => {
    const matching = cell.leakage.states.filter(({ when }) => holds(cell, when, state));
    if (matching.length === 0) return cell.leakage.defaultNw;
    return matching.reduce((sum, group) => sum + group.leakageNw, 0);
  });
  leakages.set(cell, leakageNw);
  return leakageNw;
}

const leakages = new WeakMap<CellModel, Float64Array>();

/**
 * Function of an output, which must read inputs of the cell only, or what a flip-flop stores.
 * @throws bad-input for cells whose output has no such function (tie cells without one, three-state cells …)
 */
export function outputFunction(cell: CellModel, output: number): BooleanExpression {
  const pin = cell.pins.get(cell.outputs[output]!)!;
  const expression = pin.function;
  const known = [
    ...cell.inputs,
    ...(cell.flipFlop ? [cell.flipFlop.state, cell.flipFlop.stateInverted] : []),
  ];
  const foreign = expression && pinsOf(expression).find((name) => !known.includes(name));
  if (expression !== undefined && foreign === undefined && !pin.isThreeState) return expression;
  const found = pin.isThreeState
    ? 'a three-state output'
    : foreign
      ? `"${foreign}", which is no input`
      : 'no function';
  throw badInput(
    { where: `cell ${cell.name} pin ${pin.name}`, wanted: 'a function of the input pins', found },
    'Map the design without this cell (dont_use).',
  );
}

/** Arcs that apply in these states: `when` true in one of them, else the default of the supply. */
export function arcsIn(
  cell: CellModel,
  arcs: readonly PowerArc[],
  states: readonly InputState[],
): readonly PowerArc[] {
  const chosen = arcs.filter(
    ({ when }) => when !== undefined && states.some((state) => holds(cell, when, state)),
  );
  const defaults = arcs.filter(
    (arc) => arc.when === undefined && !chosen.some((other) => other.relatedPgPin === arc.relatedPgPin),
  );
  return [...chosen, ...defaults];
}

/** Value of an expression over inputs, outputs and what a flip-flop stores, in a state of the cell. */
export function holds(cell: CellModel, expression: BooleanExpression, state: InputState): boolean {
  const wordOf = (pin: string): number => {
    const input = cell.inputs.indexOf(pin);
    if (input >= 0) return (state >> input) & 1 ? -1 : 0;
    const stored = (state >> cell.inputs.length) & 1 ? -1 : 0;
    if (pin === cell.flipFlop?.state) return stored;
    if (pin === cell.flipFlop?.stateInverted) return ~stored;
    const output = cell.outputs.indexOf(pin);
    if (output >= 0) return holds(cell, outputFunction(cell, output), state) ? -1 : 0;
    throw badInput(
      { where: `cell ${cell.name}`, wanted: `pins ${[...cell.pins.keys()].join(', ')}`, found: `"${pin}"` },
      'A function or when expression of the library names a pin that the cell does not have.',
    );
  };
  return evaluateBoolean(expression, wordOf) !== 0;
}

function outputEvents(cell: CellModel, output: number, input: number): readonly PowerEvent[] {
  const expression = outputFunction(cell, output);
  const name = cell.inputs[input]!;
  const arcs = cell.pins
    .get(cell.outputs[output]!)!
    .power.filter((arc) => arc.relatedPin === undefined || arc.relatedPin === name);
  const bit = 1 << input;
  const classes = new Map<string, { states: InputState[]; positive: boolean; arcs: readonly PowerArc[] }>();
  for (const state of statesOf(cell)) {
    if ((state & bit) !== 0) continue;
    const low = holds(cell, expression, state);
    if (low === holds(cell, expression, state | bit)) continue;
    const matching = arcsIn(cell, arcs, [state, state | bit]);
    addToClass(classes, state, !low, matching, arcs);
  }
  return [...classes.values()].map(({ states, positive, arcs: matching }) => ({
    kind: 'output',
    output,
    input,
    states,
    always: classes.size === 1,
    positive,
    arcs: matching,
  }));
}

function hiddenEvents(cell: CellModel, input: number): readonly PowerEvent[] {
  const arcs = cell.pins.get(cell.inputs[input]!)!.power;
  if (arcs.length === 0) return [];
  const classes = new Map<string, { states: InputState[]; positive: boolean; arcs: readonly PowerArc[] }>();
  for (const state of statesOf(cell)) addToClass(classes, state, true, arcsIn(cell, arcs, [state]), arcs);
  return [...classes.values()]
    .filter(({ arcs: matching }) => matching.length > 0)
    .map(({ states, arcs: matching }) => ({
      kind: 'hidden',
      output: -1,
      input,
      states,
      always: classes.size === 1,
      positive: true,
      arcs: matching,
    }));
}

function addToClass(
  classes: Map<string, { states: InputState[]; positive: boolean; arcs: readonly PowerArc[] }>,
  state: InputState,
  positive: boolean,
  matching: readonly PowerArc[],
  all: readonly PowerArc[],
): void {
  const key = `${positive} ${matching.map((arc) => all.indexOf(arc)).join(' ')}`;
  const known = classes.get(key);
  if (known === undefined) classes.set(key, { states: [state], positive, arcs: matching });
  else known.states.push(state);
}

function statesOf(cell: CellModel): readonly InputState[] {
  return Array.from({ length: 2 ** cell.inputs.length }, (_, state) => state);
}
