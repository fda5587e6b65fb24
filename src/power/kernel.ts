import { type BooleanExpression, printBoolean } from '../liberty/boolean-expression.ts';
import type { CellModel } from '../liberty/model.ts';
import { BLOCK_WORDS } from './columns.ts';
import { type InputState, listPowerEvents, outputFunction, type PowerEvent } from './events.ts';

/**
 * Simulates one gate over a block of vectors and marks what costs energy.
 * @param words columns of all nets, one bit per vector; the word before a column's first one holds the last vector
 *   of the block before in its bit 31
 * @param columns index in `words` of the word before the first one, of each input and then each output
 * @param count 32-bit words in the block, at most BLOCK_WORDS
 * @param lastMask bits of the last word that are vectors; the bits above repeat the last vector
 * @param hits BLOCK_WORDS words per counter, one bit per vector in which it counts: first one counter per input state
 *   but the last, then a rise and a fall per event of `events`
 */
export type GateKernel = (
  words: Int32Array,
  columns: Int32Array,
  count: number,
  lastMask: number,
  hits: Int32Array,
) => void;

export interface CompiledCell {
  readonly kernel: GateKernel;
  readonly events: readonly PowerEvent[];
  /** Number of input-state counters that come first: 2^k − 1; the last state's count follows from the total. */
  readonly stateCounters: number;
}

/**
 * Compiles a cell to straight-line 32-bit word operations, once per cell and order in the life of the library's
 * model: thousands of netlists share the kernels and what the engine has learnt about optimising them. The source is
 * made from the parsed Liberty expressions only, so no text of the library gets into it.
 *
 * Several inputs may change between two vectors. They are applied one after the other in `order` (earliest arrival
 * first), and an output transition is caused by the last input whose change brings the output to its final value;
 * the state of the others at that moment (earlier ones new, later ones old) decides the `when`. With a single
 * changing input this is Liberty's own definition. Zero delay: intermediate flips in between are not counted.
 * @param order positions of all inputs in the order in which they are applied
 */
export function compileCell(cell: CellModel, order: readonly number[]): CompiledCell {
  const known = compiledCells.get(cell) ?? new Map<string, CompiledCell>();
  compiledCells.set(cell, known);
  const key = order.join(' ');
  const compiled = known.get(key) ?? compile(cell, order);
  known.set(key, compiled);
  return compiled;
}

const compiledCells = new WeakMap<CellModel, Map<string, CompiledCell>>();

function compile(cell: CellModel, order: readonly number[]): CompiledCell {
  const events = listPowerEvents(cell);
  const stateCounters = 2 ** cell.inputs.length - 1;
  const source = printKernel(cell, order, events, stateCounters);
  const kernel = new Function('words', 'columns', 'count', 'lastMask', 'hits', source) as GateKernel;
  return { kernel, events, stateCounters };
}

function printKernel(
  cell: CellModel,
  order: readonly number[],
  events: readonly PowerEvent[],
  stateCounters: number,
): string {
  const inputs = cell.inputs.map((_, i) => i);
  const outputs = cell.outputs.map((_, o) => o);
  const functions = outputs.map((o) => outputFunction(cell, o));
  const loop = [
    ...inputs.map((i) => `const x${i} = words[c${i} + w], y${i} = x${i} << 1 | p${i} >>> 31; p${i} = x${i};`),
    ...printStateCounts(cell.inputs.length),
    ...outputs.map(
      (o) => `const z${o} = ${print(cell, functions[o]!, named('x'))}; words[d${o} + w] = z${o};`,
    ),
    ...outputs.map((o) => `const t${o} = z${o} ^ (z${o} << 1 | q${o} >>> 31); q${o} = z${o};`),
    ...outputs.flatMap((o) => printOutputEvents(cell, o, functions[o]!, order, events, stateCounters)),
    ...printHiddenEvents(inputs, events, stateCounters),
  ];
  return [
    '"use strict";',
    ...inputs.map((i) => `const c${i} = columns[${i}]; let p${i} = words[c${i}];`),
    ...outputs.map((o) => {
      const before = print(cell, functions[o]!, named('p'));
      return `const d${o} = columns[${inputs.length + o}]; let q${o} = words[d${o}] = ${before};`;
    }),
    'for (let w = 1; w <= count; w++) {',
    ...loop,
    '}',
  ].join('\n');
}

function printHit(counter: number, word: string): string {
  return `hits[${counter * BLOCK_WORDS} + w - 1] = ${word};`;
}

/** Words of all states of the first 0, 1, … k inputs, each split in two by the next input; all but the last counted. */
function printStateCounts(inputCount: number): readonly string[] {
  const lines = ['const s0_0 = w === count ? lastMask : -1;'];
  for (let i = 0; i < inputCount; i++) {
    for (let state = 0; state < 2 ** i; state++) {
      const high = `s${i + 1}_${state + 2 ** i}`;
      lines.push(`const ${high} = s${i}_${state} & x${i}, s${i + 1}_${state} = s${i}_${state} ^ ${high};`);
    }
  }
  for (let state = 0; state < 2 ** inputCount - 1; state++)
    lines.push(printHit(state, `s${inputCount}_${state}`));
  return lines;
}

/** From the last applied input to the first: what flips the output for the last time is the cause. */
function printOutputEvents(
  cell: CellModel,
  output: number,
  expression: BooleanExpression,
  order: readonly number[],
  events: readonly PowerEvent[],
  firstCounter: number,
): readonly string[] {
  const lines = [`{ let rest = t${output}, after = z${output};`];
  for (let step = order.length - 1; step >= 0; step--) {
    const input = order[step]!;
    const own = events.filter((event) => event.output === output && event.input === input);
    if (own.length === 0) continue;
    const mixed = (i: number): string => (order.indexOf(i) < step ? `x${i}` : `y${i}`);
    const others = order.filter((i) => i !== input).sort((a, b) => a - b);
    lines.push(
      `{ const before = ${print(cell, expression, mixed)}, hit = rest & (after ^ before); rest ^= hit; after = before;`,
      ...own.flatMap((event) => printCount(event, events, firstCounter, 'hit', `z${output}`, others, mixed)),
      '}',
    );
  }
  return [...lines, '}'];
}

function printHiddenEvents(
  inputs: readonly number[],
  events: readonly PowerEvent[],
  firstCounter: number,
): readonly string[] {
  return events
    .filter((event) => event.kind === 'hidden')
    .flatMap((event) => {
      const hit = `(x${event.input} ^ y${event.input})`;
      return printCount(event, events, firstCounter, hit, `x${event.input}`, inputs, named('x'));
    });
}

/** Marks the rises (where `risen` is 1 afterwards) and the falls of one event for its two counters. */
function printCount(
  event: PowerEvent,
  events: readonly PowerEvent[],
  firstCounter: number,
  hit: string,
  risen: string,
  inputs: readonly number[],
  wordOf: (input: number) => string,
): readonly string[] {
  const counter = firstCounter + 2 * events.indexOf(event);
  const own = event.always ? hit : `${hit} & ${printStates(event.states, inputs, wordOf)}`;
  return [
    `{ const e = ${own}, up = e & ${risen};`,
    printHit(counter, 'up'),
    printHit(counter + 1, 'e ^ up'),
    '}',
  ];
}

/** Word that is 1 where the given inputs are in one of the states. */
function printStates(
  states: readonly InputState[],
  inputs: readonly number[],
  wordOf: (input: number) => string,
): string {
  const minterms = states.map((state) =>
    inputs.map((i) => ((state >> i) & 1 ? wordOf(i) : `~${wordOf(i)}`)).join(' & '),
  );
  return `(${minterms.map((minterm) => minterm || '-1').join(' | ')})`;
}

function print(cell: CellModel, expression: BooleanExpression, wordOf: (input: number) => string): string {
  return printBoolean(expression, (pin) => wordOf(cell.inputs.indexOf(pin)));
}

function named(letter: string): (input: number) => string {
  return (input) => `${letter}${input}`;
}
