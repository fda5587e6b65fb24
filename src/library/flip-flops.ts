import { type Cell, MAX_LOAD_FF } from './cell.ts';
import { inverter, series, stage, type Transistor, transmissionGate } from './transistors.ts';

const HALF = 0.5;

/** Rising-edge D flip-flops with Q and QN, without and with an active-low asynchronous reset, drives 1 and 2. */
export function flipFlopCells(): Cell[] {
  return [1, 2].map((drive) => flipFlop(drive, false)).concat([1, 2].map((drive) => flipFlop(drive, true)));
}

/**
 * Master and slave latch with transmission gates (╳), each a loop of two inverters:
 *
 *     D ─▷o─ dn ─╳(CK=0)─ m ─▷o─ mb ─▷o─ mf ─╳(CK=1)─ s ─▷o─ sb ─▷o─ sf ─▷o─ Q
 *                         └──────╳(CK=1)─┘            │       └─▷o─ QN │
 *                                                     └──────╳(CK=0)───┘
 *
 * With a reset, mb→mf and sb→sf are NAND2 with RN: both loops then hold 0 whatever the clock does.
 */
function flipFlop(drive: number, hasReset: boolean): Cell {
  const withReset = (input: string, out: string): Transistor[] =>
    hasReset ? stage(out, series(input, 'RN'), HALF) : inverter(input, out, HALF);
  const transistors: Transistor[] = [
    ...inverter('CK', 'ckn', HALF),
    ...inverter('ckn', 'ckp', HALF),
    ...inverter('D', 'dn', HALF),
    ...transmissionGate('dn', 'm', 'ckn', 'ckp', HALF),
    ...inverter('m', 'mb', HALF),
    ...withReset('mb', 'mf'),
    ...transmissionGate('mf', 'm', 'ckp', 'ckn', HALF),
    ...transmissionGate('mf', 's', 'ckp', 'ckn', HALF),
    ...inverter('s', 'sb', HALF),
    ...withReset('sb', 'sf'),
    ...transmissionGate('sf', 's', 'ckn', 'ckp', HALF),
    ...inverter('sf', 'Q', drive),
    ...inverter('sb', 'QN', drive),
  ];
  const maxLoadFf = MAX_LOAD_FF[1]! * drive;
  return {
    name: `${hasReset ? 'DFFR' : 'DFF'}_X${drive}`,
    inputs: hasReset ? ['D', 'RN', 'CK'] : ['D', 'CK'],
    outputs: [
      { name: 'Q', function: 'IQ', maxLoadFf },
      { name: 'QN', function: 'IQN', maxLoadFf },
    ],
    transistors,
    flipFlop: {
      clock: 'CK',
      data: 'D',
      ...(hasReset ? { resetBar: 'RN' } : {}),
      stateNets: [
        { net: 's', inverted: true },
        { net: 'sb', inverted: false },
        { net: 'sf', inverted: true },
      ],
      masterNets: [
        { net: 'm', inverted: true },
        { net: 'mb', inverted: false },
        { net: 'mf', inverted: true },
      ],
    },
  };
}
