import { simulate } from '../tools/ngspice.ts';
import type { Bench } from './bench.ts';
import type { Cell } from './cell.ts';
import type { Corner } from './corners.ts';
import { MAX_STEP_NS, modelCards, subcircuit, transientOptions } from './device.ts';
import { startLines } from './start-state.ts';
import { type State, statesOf } from './states.ts';
import { integrate } from './waveform.ts';

/** Capacitance of a pin for a rising and for a falling edge, fF. */
export interface PinCapacitance {
  readonly riseFf: number;
  readonly fallFf: number;
}

const LOAD_FF = 4;
/** Input ramp, rail to rail, and times of the rising edge, the falling edge and the end, ns. */
const RAMP_NS = 0.1;
const RISE_NS = 0.2;
const FALL_NS = 1.5;
const STOP_NS = 2.8;

/**
 * Charge that a full swing pushes into each input pin, divided by the supply voltage: the mean over all states of the
 * other pins (and of Q), so with and without the Miller effect of a switching output.
 */
export async function measureCapacitance(
  cell: Cell,
  { corner, runFolder }: Bench,
): Promise<Map<string, PinCapacitance>> {
  const pins = [...cell.inputs, ...cell.outputs.map((o) => o.name)];
  const copies = cell.inputs.flatMap((pin) =>
    statesOf([...cell.inputs.filter((p) => p !== pin), ...(cell.flipFlop ? ['Q'] : [])]).map((others) => ({
      pin,
      others,
    })),
  );
  const deck = [
    `* maxdnn: pin capacitances of ${cell.name}`,
    modelCards(corner),
    subcircuit(cell.name, pins, cell.transistors),
    transientOptions(corner),
    `vdd vdd 0 ${corner.supplyV}`,
    'vlow low 0 0',
    `vedge edge 0 pwl(0 0 ${RISE_NS}n 0 ${RISE_NS + RAMP_NS}n ${corner.supplyV} ${FALL_NS}n ${corner.supplyV} ${FALL_NS + RAMP_NS}n 0)`,
    ...copies.flatMap(({ pin, others }, j) => copyLines(cell, pin, others, j, corner)),
    `.save ${copies.map((_, j) => `i(vpin${j})`).join('\n+ ')}`,
    `.tran ${MAX_STEP_NS}n ${STOP_NS}n 0 ${MAX_STEP_NS}n`,
    '.end',
    '',
  ].join('\n');
  const waves = await simulate(deck, runFolder, `capacitance-${cell.name}`);
  const time = waves.get('time')!;
  const meanFf = (pin: string, fromNs: number, untilNs: number): number => {
    const charges = copies.flatMap((copy, j) =>
      copy.pin === pin
        ? [Math.abs(integrate(time, waves.get(`i(vpin${j})`)!, fromNs * 1e-9, untilNs * 1e-9))]
        : [],
    );
    return (charges.reduce((sum, q) => sum + q, 0) / charges.length / corner.supplyV) * 1e15;
  };
  return new Map(
    cell.inputs.map((pin) => [
      pin,
      { riseFf: meanFf(pin, RISE_NS, FALL_NS), fallFf: meanFf(pin, FALL_NS, STOP_NS) },
    ]),
  );
}

/** One copy of the cell; a 0 V source in its moving pin measures the charge. */
function copyLines(cell: Cell, pin: string, others: State, copy: number, corner: Corner): string[] {
  const net = (p: string): string => (p === pin ? `pin${copy}` : others[p] === 1 ? 'vdd' : 'low');
  return [
    `vpin${copy} edge pin${copy} 0`,
    `x${copy} ${[...cell.inputs.map(net), ...cell.outputs.map((o) => `out${copy}_${o.name}`)].join(' ')} vdd 0 ${cell.name}`,
    ...cell.outputs.map((o) => `cl${copy}_${o.name} out${copy}_${o.name} 0 ${LOAD_FF}f`),
    ...startLines(cell, `x${copy}`, { ...others, [pin]: 0 }, corner.supplyV),
  ];
}
