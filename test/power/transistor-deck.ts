import { CELLS } from '../../src/library/cells.ts';
import { LIBRARY_CORNERS } from '../../src/library/corners.ts';
import { modelCards, subcircuit, transientOptions } from '../../src/library/device.ts';
import { type GateNetlist, NET_ONE, NET_ZERO } from '../../src/power/netlist.ts';
import type { OperandStream } from '../../src/power/stream.ts';
import type { Waveforms } from '../../src/tools/ngspice.ts';

const CORNER = LIBRARY_CORNERS.typ;
const SUPPLY_V = CORNER.supplyV;

/** Conditions of a transistor-level run, ns and fF. Input ramps take 20 ps between 30 % and 70 %. */
export const PERIOD_NS = 1.2;
export const INPUT_TRANSITION_NS = 0.02;
const RAMP_NS = INPUT_TRANSITION_NS / 0.4;
const FIRST_NS = 1;
const STEP_PS = 5;

export interface TransistorResult {
  /** Energy drawn from the supply per operation, fJ, leakage included. */
  readonly energyFj: number;
  /** Level of the product port at the end of each operation. */
  readonly products: readonly number[];
  /** How often outputs of cells cross half the supply. */
  readonly crossings: number;
}

/** ngspice deck of a netlist mapped to the embedded library, with the transistors that library was made from. */
export function netlistDeck(netlist: GateNetlist, stream: OperandStream, outputLoadFf: number): string {
  const used = new Set(netlist.gates.map(({ cell }) => cell.name));
  const operands = [
    { nets: netlist.ports.get('a_i')!.nets, patterns: stream.a },
    { nets: netlist.ports.get('b_i')!.nets, patterns: stream.b },
  ];
  const sources = operands.flatMap(({ nets, patterns }) =>
    nets.map((net, bit) => `vin${net} ${nodeOf(net)} 0 pwl(${corners(patterns, bit).join('\n+ ')})`),
  );
  const cells = netlist.gates.map(({ cell, inputNets, outputNets }, g) => {
    const { inputs, outputs } = CELLS.find(({ name }) => name === cell.name)!;
    const pins = [
      ...inputs.map((pin) => nodeOf(inputNets[cell.inputs.indexOf(pin)]!)),
      ...outputs.map(({ name }) => nodeOf(outputNets[cell.outputs.indexOf(name)] ?? `open${g}_${name}`)),
    ];
    return `x${g} ${pins.join(' ')} vdd 0 ${cell.name}`;
  });
  const products = productNets(netlist).filter((net) => net > NET_ONE);
  const stopNs = FIRST_NS + (stream.a.length - 1) * PERIOD_NS;
  return [
    `* maxdnn: ${netlist.name}`,
    modelCards(CORNER),
    ...CELLS.filter(({ name }) => used.has(name)).map(({ name, inputs, outputs, transistors }) =>
      subcircuit(name, [...inputs, ...outputs.map((output) => output.name)], transistors),
    ),
    transientOptions(CORNER),
    `vdd vdd 0 ${SUPPLY_V}`,
    ...sources,
    ...cells,
    ...products.map((net) => `cl${net} ${nodeOf(net)} 0 ${outputLoadFf}f`),
    `.save i(vdd) ${drivenNets(netlist)
      .map((net) => `v(${nodeOf(net)})`)
      .join('\n+ ')}`,
    `.tran ${STEP_PS}p ${stopNs.toFixed(4)}n 0 ${STEP_PS}p`,
    '.end',
    '',
  ].join('\n');
}

/** @param pairs operand pairs of the deck: pairs − 1 operations */
export function readTransistors(netlist: GateNetlist, waves: Waveforms, pairs: number): TransistorResult {
  const time = waves.get('time')!;
  const current = waves.get('i(vdd)')!;
  const beginS = (FIRST_NS - RAMP_NS) * 1e-9;
  const indexAt = (seconds: number): number => time.findIndex((t) => t >= seconds);
  let charge = 0;
  for (let p = indexAt(beginS); p < time.length; p++) {
    charge -= ((current[p]! + current[p - 1]!) / 2) * (time[p]! - time[p - 1]!);
  }
  const isHigh = (net: number, point: number): boolean =>
    net === NET_ONE || (net !== NET_ZERO && waves.get(`v(${nodeOf(net)})`)![point]! > SUPPLY_V / 2);
  const products = Array.from({ length: pairs - 1 }, (_, k) => {
    const point = indexAt((FIRST_NS + (k + 1) * PERIOD_NS - RAMP_NS) * 1e-9);
    return productNets(netlist).reduce((word, net, bit) => word + (isHigh(net, point) ? 2 ** bit : 0), 0);
  });
  let crossings = 0;
  for (const net of drivenNets(netlist)) {
    for (let p = indexAt(beginS); p < time.length; p++)
      if (isHigh(net, p) !== isHigh(net, p - 1)) crossings++;
  }
  return { energyFj: (charge * SUPPLY_V * 1e15) / (pairs - 1), products, crossings };
}

/** Time and voltage where the source of one operand bit turns; operand k crosses the middle at FIRST_NS + (k − 1)·PERIOD_NS. */
function corners(patterns: Uint32Array, bit: number): string[] {
  const level = (k: number): number => ((patterns[k]! >>> bit) & 1) * SUPPLY_V;
  const points = [`0 ${level(0)}`];
  for (let k = 1; k < patterns.length; k++) {
    if (level(k) === level(k - 1)) continue;
    const middleNs = FIRST_NS + (k - 1) * PERIOD_NS;
    points.push(`${(middleNs - RAMP_NS / 2).toFixed(6)}n ${level(k - 1)}`);
    points.push(`${(middleNs + RAMP_NS / 2).toFixed(6)}n ${level(k)}`);
  }
  return points;
}

function productNets(netlist: GateNetlist): readonly number[] {
  return netlist.ports.get('p_o')!.nets;
}

function drivenNets(netlist: GateNetlist): readonly number[] {
  return netlist.gates.flatMap(({ outputNets }) => outputNets.filter((net) => net !== undefined));
}

function nodeOf(net: number | string): string {
  if (typeof net === 'string') return net;
  return net === NET_ZERO ? '0' : net === NET_ONE ? 'vdd' : `n${net}`;
}
