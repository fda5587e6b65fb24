import { badInput, type Fault } from '../base/errors.ts';
import { evaluateBoolean } from '../liberty/boolean-expression.ts';
import { outputFunction } from './events.ts';
import { type GateNetlist, NET_ONE, portNets } from './netlist.ts';
import type { MultiplierPorts } from './simulate.ts';
import type { OperandStream } from './stream.ts';

/** Values of all nets over up to 32 operand pairs: bit i of a net's word is its value in pair i of the block. */
export interface NetWords {
  /** Words by net; the array is used again for the next block. Bits above `count` mean nothing. */
  readonly words: Int32Array;
  /** Pairs in the block, 1 … 32. */
  readonly count: number;
}

/**
 * Zero-delay values of all nets of a combinational netlist over a stream, 32 pairs at a time, by evaluating the cells'
 * Liberty functions one after the other (nothing is shared with the compiled kernels of the power simulation).
 * @throws bad-input when the netlist has registers or other inputs, or when its ports do not fit the stream
 */
export function* evaluateNets(
  netlist: GateNetlist,
  stream: OperandStream,
  ports: MultiplierPorts,
): Generator<NetWords, void, undefined> {
  checkPorts(netlist, stream, ports);
  const operands = [
    { nets: portNets(netlist, ports.a, 'input'), patterns: stream.a },
    { nets: portNets(netlist, ports.b, 'input'), patterns: stream.b },
  ];
  const gates = netlist.gates.map(({ cell, inputNets, outputNets }) => ({
    netOf: new Map(cell.inputs.map((pin, i) => [pin, inputNets[i]!])),
    outputs: outputNets.flatMap((net, o) =>
      net === undefined ? [] : [{ net, expression: outputFunction(cell, o) }],
    ),
  }));
  const words = new Int32Array(netlist.netCount);
  words[NET_ONE] = -1;
  for (let start = 0; start < stream.a.length; start += 32) {
    const count = Math.min(32, stream.a.length - start);
    for (const { nets, patterns } of operands) {
      nets.forEach((net, bit) => {
        let word = 0;
        for (let i = 0; i < count; i++) word |= ((patterns[start + i]! >>> bit) & 1) << i;
        words[net] = word;
      });
    }
    for (const { netOf, outputs } of gates) {
      for (const { net, expression } of outputs) {
        words[net] = evaluateBoolean(expression, (pin) => words[netOf.get(pin)!]!);
      }
    }
    yield { words, count };
  }
}

function checkPorts(netlist: GateNetlist, stream: OperandStream, ports: MultiplierPorts): void {
  const where = `netlist ${netlist.name}`;
  const faults: Fault[] = [];
  if (netlist.registers.length > 0) {
    faults.push({ where, wanted: 'a combinational netlist', found: `${netlist.registers.length} registers` });
  }
  for (const [name, { direction }] of netlist.ports) {
    if (direction !== 'input' || name === ports.a || name === ports.b) continue;
    faults.push({ where, wanted: `no input ports but ${ports.a} and ${ports.b}`, found: name });
  }
  for (const [name, patterns] of [
    [ports.a, stream.a],
    [ports.b, stream.b],
  ] as const) {
    const { length } = portNets(netlist, name, 'input');
    const largest = patterns.reduce((max, pattern) => Math.max(max, pattern), 0);
    if (largest < 2 ** length) continue;
    faults.push({
      where: `${where} port ${name}`,
      wanted: `patterns of ${length} bits`,
      found: `${largest}`,
    });
  }
  if (faults.length > 0) throw badInput(faults, 'Make the operand stream from the spec of this netlist.');
}
