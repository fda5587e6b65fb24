import { MaxdnnError } from '../base/errors.ts';
import { evaluateBoolean } from '../liberty/boolean-expression.ts';
import type { CellModel, LibraryModel } from '../liberty/model.ts';
import type { BlifGate, BlifModel, BlifTable } from './blif.ts';
import { isCopy } from './library-files.ts';

/** A library cell that adds: which pin plays which part. */
export interface AdderCell {
  readonly cell: string;
  /** Two addends of a half adder, three of a full adder. */
  readonly addends: readonly string[];
  readonly sum: string;
  readonly carry: string;
}

export interface AdderCells {
  readonly full: AdderCell;
  /** Absent where the library has none: half adders are then left to the mapper. */
  readonly half?: AdderCell;
}

/**
 * The library's smallest full and half adder, recognised by what their outputs compute.
 * @returns undefined for a library without a usable full adder
 */
export function findAdderCells(library: LibraryModel): AdderCells | undefined {
  const full = smallestAdder(library, 3);
  const half = smallestAdder(library, 2);
  return full === undefined ? undefined : { full, ...(half && { half }) };
}

/** A circuit cut at its adder cells. */
export interface BoxedCircuit {
  /** The circuit before. */
  readonly whole: BlifModel;
  /** What is left for abc: outputs of the adder cells are its inputs, their addends its outputs. */
  readonly logic: BlifModel;
  /** The adder cells; nets are named as in `logic`. */
  readonly boxes: readonly BlifGate[];
}

/**
 * Takes the `$fa` cells that Yosys's extract_fa found (A + B + C = 2·X + Y) out of a circuit and puts library adder
 * cells in their place: a half adder where an addend is constantly 0; plain gates where there is no cell for it.
 */
export function boxAdders(whole: BlifModel, cells: AdderCells): BoxedCircuit {
  const placed: PlacedAdder[] = [];
  const tables: BlifTable[] = [...whole.tables];
  for (const gate of whole.gates) {
    if (gate.cell !== '$fa') throw unexpectedCell(gate);
    const [a, b, c, carry, sum] = ['A', 'B', 'C', 'X', 'Y'].map((name) => gate.pins.get(name)!);
    const addends = [a!, b!, c!].filter((net) => net !== ZERO);
    const cell = addends.length === 3 ? cells.full : addends.length === 2 ? cells.half : undefined;
    if (cell === undefined || addends.includes(ONE)) tables.push(...plainAdder(addends, carry!, sum!));
    else placed.push({ cell, addends, carry: carry!, sum: sum! });
  }
  const inputs = [...whole.inputs, ...placed.flatMap(({ carry, sum }) => [carry, sum])];
  const outputs = new Set([...whole.outputs, ...placed.flatMap(({ addends }) => addends)]);
  for (const net of inputs) outputs.delete(net);
  return {
    whole,
    logic: { name: whole.name, inputs, outputs: [...outputs], gates: [], tables },
    boxes: placed.map(placeAdder),
  };
}

/** The circuit before, with plain gates in the place of `$fa` cells. */
export function withoutAdders(whole: BlifModel): BlifModel {
  const adders = whole.gates.flatMap(({ pins }) => {
    const [a, b, c, carry, sum] = ['A', 'B', 'C', 'X', 'Y'].map((name) => pins.get(name)!);
    return plainAdder([a!, b!, c!], carry!, sum!);
  });
  return { ...whole, gates: [], tables: [...whole.tables, ...adders] };
}

/**
 * Puts the adder cells back into what abc made of `logic`, without the buffers that abc put between adder cells and
 * behind them only because no output may be an input or another output.
 */
export function unboxAdders(mapped: BlifModel, boxed: BoxedCircuit, library: LibraryModel): BlifModel {
  const { whole, logic, boxes } = boxed;
  const ports = new Set([...whole.inputs, ...whole.outputs]);
  const sums = new Set(logic.inputs.filter((net) => !ports.has(net)));
  const addends = new Set(logic.outputs.filter((net) => !ports.has(net)));
  const ends = new Set(logic.outputs);
  const gates: BlifGate[] = [...boxes];
  const tables: BlifTable[] = [...mapped.tables];
  for (const gate of mapped.gates) {
    const cell = library.cells.get(gate.cell);
    const [input, output] = [cell?.inputs[0] ?? '', cell?.outputs[0] ?? ''].map((pin) => gate.pins.get(pin));
    const isNeedless = addends.has(output ?? '') || (sums.has(input ?? '') && ends.has(output ?? ''));
    if (cell === undefined || !isCopy(cell, 1) || !isNeedless) gates.push(gate);
    else tables.push({ output: output!, inputs: [input!], cover: ['1 1'] });
  }
  return { name: whole.name, inputs: whole.inputs, outputs: whole.outputs, gates, tables };
}

const ZERO = '$false';
const ONE = '$true';

interface PlacedAdder {
  readonly cell: AdderCell;
  /** Nets. */
  readonly addends: readonly string[];
  readonly carry: string;
  readonly sum: string;
}

function placeAdder({ cell, addends, carry, sum }: PlacedAdder): BlifGate {
  const pins = cell.addends.map((pin, i): [string, string] => [pin, addends[i]!]);
  return { cell: cell.cell, pins: new Map([...pins, [cell.carry, carry], [cell.sum, sum]]) };
}

/** Truth tables of sum and carry of up to three addends. */
function plainAdder(addends: readonly string[], carry: string, sum: string): BlifTable[] {
  const rows = Array.from({ length: 2 ** addends.length }, (_, row) =>
    row.toString(2).padStart(addends.length, '0'),
  );
  const ones = (row: string): number => [...row].filter((bit) => bit === '1').length;
  const cover = (accept: (count: number) => boolean): string[] =>
    rows.filter((row) => accept(ones(row))).map((row) => `${row} 1`.trim());
  return [
    { output: carry, inputs: addends, cover: cover((count) => count >= 2) },
    { output: sum, inputs: addends, cover: cover((count) => count % 2 === 1) },
  ];
}

function unexpectedCell({ cell }: BlifGate): MaxdnnError {
  return new MaxdnnError('tool-failed', `Yosys left a ${cell} cell that is neither a gate nor an adder`, {
    hint: 'Only combinational RTL can be mapped.',
  });
}

function smallestAdder(library: LibraryModel, addends: 2 | 3): AdderCell | undefined {
  let best: { readonly adder: AdderCell; readonly areaUm2: number } | undefined;
  for (const cell of library.cells.values()) {
    const adder = readAdder(cell, addends);
    if (adder === undefined || cell.dontUse) continue;
    if (best === undefined || cell.areaUm2 < best.areaUm2) best = { adder, areaUm2: cell.areaUm2 };
  }
  return best?.adder;
}

/** The cell as an adder of that many bits, when its two outputs are their sum and carry. */
function readAdder(cell: CellModel, addends: 2 | 3): AdderCell | undefined {
  const { inputs, outputs, pins } = cell;
  if (cell.storage !== 'none' || inputs.length !== addends || outputs.length !== 2) return undefined;
  const columns = COLUMNS[addends];
  const mask = 2 ** (2 ** addends) - 1;
  const meaning = outputs.map((pin) => {
    const logic = pins.get(pin)!.function;
    return logic === undefined
      ? undefined
      : evaluateBoolean(logic, (name) => columns.at(inputs.indexOf(name))!) & mask;
  });
  const sum = outputs[meaning.indexOf(columns.reduce<number>((x, y) => x ^ y, 0))];
  const [a, b, c = 0] = columns as readonly [number, number, number?];
  const carry = outputs[meaning.indexOf((a & b) | (c & (a ^ b)))];
  return sum === undefined || carry === undefined
    ? undefined
    : { cell: cell.name, addends: inputs, sum, carry };
}

/** Value of each input in every state, one bit per state. */
const COLUMNS = { 2: [0b1010, 0b1100], 3: [0b10101010, 0b11001100, 0b11110000] } as const;
