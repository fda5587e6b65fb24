import { badInput } from '../base/errors.ts';
import type { Gate } from './netlist.ts';

/**
 * Orders gates so that each comes after the gates that drive it (Kahn's algorithm; stable for equal input).
 * @throws bad-input naming the gates of a combinational loop
 */
export function levelise(gates: readonly Gate[], where: string): readonly Gate[] {
  const driverOf = new Map<number, number>();
  gates.forEach((gate, index) => {
    for (const net of gate.outputNets) if (net !== undefined) driverOf.set(net, index);
  });
  const readersOf: number[][] = gates.map(() => []);
  const waiting = gates.map((gate, index) => {
    const drivers = new Set(gate.inputNets.map((net) => driverOf.get(net)).filter((d) => d !== undefined));
    for (const driver of drivers) readersOf[driver]!.push(index);
    return drivers.size;
  });
  const order = gates.flatMap((_, index) => (waiting[index] === 0 ? [index] : []));
  for (let at = 0; at < order.length; at++) {
    for (const reader of readersOf[order[at]!]!) if (--waiting[reader]! === 0) order.push(reader);
  }
  if (order.length === gates.length) return order.map((index) => gates[index]!);
  const loop = findLoop(gates, driverOf, waiting);
  throw badInput(
    { where, wanted: 'combinational logic without loops', found: `the loop ${loop.join(' → ')}` },
    'Break the loop in the RTL.',
  );
}

/** Names along one loop, first gate repeated at the end; long loops are shortened in the middle. */
function findLoop(
  gates: readonly Gate[],
  driverOf: ReadonlyMap<number, number>,
  waiting: readonly number[],
): readonly string[] {
  const path: number[] = [];
  let at = waiting.findIndex((count) => count > 0);
  while (!path.includes(at)) {
    path.push(at);
    const drivers = gates[at]!.inputNets.map((net) => driverOf.get(net));
    at = drivers.find((driver) => driver !== undefined && waiting[driver]! > 0)!;
  }
  const loop = [...path.slice(path.indexOf(at)), at].reverse();
  const names = loop.map((index) => `${gates[index]!.instance} (${gates[index]!.cell.name})`);
  return names.length <= 10 ? names : [...names.slice(0, 5), '…', ...names.slice(-4)];
}
