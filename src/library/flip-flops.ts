import { type Cell, MAX_LOAD_FF } from './cell.ts';
import { inverter, series, stage, type Transistor, transmissionGate } from './transistors.ts';

const HALF = 0.5;

/** Rising-edge D flip-flops with Q and QN, without and with an active-low asynchronous reset, drives 1 and 2. */
export function flipFlopCells(): Cell[] {
  return [1, 2].map((drive) => flipFlop(drive, false)).concat([1, 2].map((drive) => flipFlop(drive, true)));
}

/**
 * Master and slave latch with transmission gates:
 *
 *     D ─▷o─ dn ─╳(CK=0)─ m ─▷o─ mb ─╳(CK=1)─ s ─▷o─ sb ─▷o─ Q
 *                         │      │            │      ├─▷o─ f ─▷o─ QN
 *                         └╳(CK=1)─ fb ◁o─────┘      └ f ─╳(CK=0)─ s
 *
 * With a reset the inverters m→(feedback) and s→sb become NAND2 with RN, so that Q falls at once and stays.
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
    ...transmissionGate('mb', 's', 'ckp', 'ckn', HALF),
    ...withReset('s', 'sb'),
    ...inverter('sb', 'sf', HALF),
    ...transmissionGate('sf', 's', 'ckn', 'ckp', HALF),
    ...inverter('sb', 'Q', drive),
    ...inverter('sf', 'QN', drive),
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
        { net: 's', inverted: false },
        { net: 'sb', inverted: true },
        { net: 'sf', inverted: false },
      ],
    },
  };
}
