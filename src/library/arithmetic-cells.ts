import { type Cell, MAX_LOAD_FF } from './cell.ts';
import { inverter, parallel, series, stage, type Transistor, VDD, VSS } from './transistors.ts';

const HALF = 0.5;

/** XOR2, XNOR2, MUX2 (drives 1 and 2), half and full adder, and the two constants. */
export function arithmeticCells(): Cell[] {
  return [
    ...[1, 2].map(xor2),
    ...[1, 2].map(xnor2),
    ...[1, 2].map(mux2),
    halfAdder(),
    fullAdder(),
    constant('LOGIC0_X1', 0),
    constant('LOGIC1_X1', 1),
  ];
}

/** NOR2 and AOI21: Z = !(!(A | B) | A & B). */
function xor2(drive: number): Cell {
  return {
    name: `XOR2_X${drive}`,
    inputs: ['A', 'B'],
    outputs: [{ name: 'Z', function: '(A ^ B)', maxLoadFf: MAX_LOAD_FF[2]! * drive }],
    transistors: xorStages('Z', drive),
  };
}

/** NAND2 and OAI21: ZN = !(!(A & B) & (A | B)). */
function xnor2(drive: number): Cell {
  return {
    name: `XNOR2_X${drive}`,
    inputs: ['A', 'B'],
    outputs: [{ name: 'ZN', function: '!(A ^ B)', maxLoadFf: MAX_LOAD_FF[2]! * drive }],
    transistors: [
      ...stage('nand', series('A', 'B'), drive / 2),
      ...stage('ZN', series(parallel('A', 'B'), 'nand'), drive),
    ],
  };
}

/** AOI22 with an inverter for the select input, then an output inverter. */
function mux2(drive: number): Cell {
  return {
    name: `MUX2_X${drive}`,
    inputs: ['A', 'B', 'S'],
    outputs: [{ name: 'Z', function: '((S & B) | (!S & A))', maxLoadFf: MAX_LOAD_FF[1]! * drive }],
    transistors: [
      ...inverter('S', 'sn', HALF),
      ...stage('inner', parallel(series('A', 'sn'), series('B', 'S')), drive / 2),
      ...inverter('inner', 'Z', drive),
    ],
  };
}

function halfAdder(): Cell {
  return {
    name: 'HA_X1',
    inputs: ['A', 'B'],
    outputs: [
      { name: 'CO', function: '(A & B)', maxLoadFf: MAX_LOAD_FF[1]! },
      { name: 'S', function: '(A ^ B)', maxLoadFf: MAX_LOAD_FF[2]! },
    ],
    transistors: [...stage('con', series('A', 'B'), HALF), ...inverter('con', 'CO', 1), ...xorStages('S', 1)],
  };
}

/**
 * The 28-transistor mirror adder: both networks of the carry stage and of the sum stage have the same shape because
 * majority and parity are self-dual.
 * Source: N. Weste, D. Harris, "CMOS VLSI Design", 4th ed., section 11.2.1.
 */
function fullAdder(): Cell {
  const carry = parallel(series('CI', parallel('A', 'B')), series('A', 'B'));
  const sum = parallel(series('con', parallel('A', 'B', 'CI')), series('CI', 'A', 'B'));
  return {
    name: 'FA_X1',
    inputs: ['A', 'B', 'CI'],
    outputs: [
      { name: 'CO', function: '((A & B) | (CI & (A | B)))', maxLoadFf: MAX_LOAD_FF[1]! },
      { name: 'S', function: '(A ^ B ^ CI)', maxLoadFf: MAX_LOAD_FF[1]! },
    ],
    transistors: [
      ...stage('con', carry, HALF, carry),
      ...inverter('con', 'CO', 1),
      ...stage('sn', sum, HALF, sum),
      ...inverter('sn', 'S', 1),
    ],
  };
}

/** Tie cell: an inverter whose input is the other rail. */
function constant(name: string, value: 0 | 1): Cell {
  return {
    name,
    inputs: [],
    outputs: [{ name: 'Z', function: String(value), maxLoadFf: MAX_LOAD_FF[1]! }],
    transistors: inverter(value === 0 ? VDD : VSS, 'Z', HALF),
  };
}

function xorStages(out: string, drive: number): Transistor[] {
  return [
    ...stage('nor', parallel('A', 'B'), drive / 2),
    ...stage(out, parallel(series('A', 'B'), 'nor'), drive),
  ];
}
