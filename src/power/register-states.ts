import { badInput, type MaxdnnError } from '../base/errors.ts';
import { type BooleanExpression, pinsOf, printBoolean } from '../liberty/boolean-expression.ts';
import { outputFunction } from './events.ts';
import { type Gate, type GateNetlist, NET_ONE, type Register } from './netlist.ts';
import { nameDriver } from './registers.ts';

/**
 * What the registers store, cycle by cycle. A cycle begins with the clock's active edge; then the inputs change.
 * Bit 0 of each word counts, the others mean nothing.
 */
export interface RegisterMachine {
  /** Words of all nets; input ports are written here before a cycle. */
  readonly nets: Int32Array;
  /** What each register stores in this cycle, in the order of netlist.registers. */
  readonly stored: Int32Array;
  /** Computes the cycle: asynchronous clear and preset, then the logic that the registers read. */
  readonly settle: () => void;
  /** The active edge: each register takes over its next state. */
  readonly clock: () => void;
}

/**
 * Compiles the registers of a netlist and the logic that leads to them to straight-line code, one cycle per call.
 * Everything is 0 at first.
 * @throws bad-input when a clear or preset depends on a register; `settle` throws it when a register is cleared and
 *   preset at the same time
 */
export function compileRegisters(netlist: GateNetlist): RegisterMachine {
  const run = compiledLogic.get(netlist) ?? compileLogic(netlist);
  compiledLogic.set(netlist, run);
  const nets = new Int32Array(netlist.netCount);
  nets[NET_ONE] = -1;
  const stored = new Int32Array(netlist.registers.length);
  const next = new Int32Array(netlist.registers.length);
  const conflict = new Int32Array(1);
  return {
    nets,
    stored,
    settle: () => {
      run(nets, stored, next, conflict);
      if ((conflict[0]! & 1) !== 0) throw conflictFault(netlist);
    },
    clock: () => stored.set(next),
  };
}

/** One cycle: nets, stored and next states, and whether a register is cleared and preset at once. */
type Run = (nets: Int32Array, stored: Int32Array, next: Int32Array, conflict: Int32Array) => void;

/** The same netlist is often simulated with several stimuli. */
const compiledLogic = new WeakMap<GateNetlist, Run>();

function compileLogic(netlist: GateNetlist): Run {
  const { registers, gates } = netlist;
  const asyncCone = findCone(netlist, registers.flatMap(asyncNets));
  assertNoFeedback(netlist, asyncCone);
  const cone = findCone(
    netlist,
    registers.flatMap(({ inputNets }) => inputNets),
  );
  return compileStatements([
    ...gates.filter((gate) => asyncCone.gates.has(gate)).flatMap(gateStatements),
    ...registers.flatMap(storedStatements),
    ...gates.filter((gate) => cone.gates.has(gate) && !asyncCone.gates.has(gate)).flatMap(gateStatements),
    ...registers.map(nextStatement),
  ]);
}

/** Source text of one assignment to an element of n (nets), s (stored), m (next states) or x (conflict). */
interface Statement {
  readonly target: string;
  readonly source: string;
}

/** V8 does not optimise functions above a size. */
const STATEMENTS_PER_FUNCTION = 400;

function compileStatements(statements: readonly Statement[]): Run {
  const pieces: Run[] = [];
  for (let at = 0; at < statements.length; at += STATEMENTS_PER_FUNCTION) {
    const lines = statements
      .slice(at, at + STATEMENTS_PER_FUNCTION)
      .map(({ target, source }) => `${target} = ${source};`);
    pieces.push(new Function('n', 's', 'm', 'x', `"use strict";\n${lines.join('\n')}`) as Run);
  }
  return (nets, stored, next, conflict) => {
    for (const piece of pieces) piece(nets, stored, next, conflict);
  };
}

function gateStatements({ cell, inputNets, outputNets }: Gate): readonly Statement[] {
  return outputNets.flatMap((net, o) => {
    if (net === undefined) return [];
    const source = printBoolean(
      outputFunction(cell, o),
      (pin) => `n[${inputNets[cell.inputs.indexOf(pin)]!}]`,
    );
    return [{ target: `n[${net}]`, source }];
  });
}

/** Clear and preset, then the outputs. */
function storedStatements(register: Register, r: number): readonly Statement[] {
  const { cell, flipFlop, outputNets } = register;
  const { clear, preset } = flipFlop;
  const statements: Statement[] = [];
  const text = (expression: BooleanExpression): string => printPins(register, expression, r);
  if (clear !== undefined && preset !== undefined) {
    statements.push({ target: 'x[0]', source: `x[0] | (${text(clear)} & ${text(preset)})` });
  }
  if (clear !== undefined) statements.push({ target: `s[${r}]`, source: `s[${r}] & ~${text(clear)}` });
  if (preset !== undefined) statements.push({ target: `s[${r}]`, source: `s[${r}] | ${text(preset)}` });
  cell.outputs.forEach((_, o) => {
    const net = outputNets[o];
    if (net !== undefined) {
      statements.push({ target: `n[${net}]`, source: text(outputFunction(cell, o)) });
    }
  });
  return statements;
}

/** Next state; an active clear or preset holds over the edge. */
function nextStatement(register: Register, r: number): Statement {
  const { clear, preset, nextState } = register.flipFlop;
  const next = printPins(register, nextState, r);
  const cleared = clear === undefined ? next : `(${next} & ~${printPins(register, clear, r)})`;
  const source = preset === undefined ? cleared : `${cleared} | ${printPins(register, preset, r)}`;
  return { target: `m[${r}]`, source };
}

/** Expression over inputs of a register and what it stores. */
function printPins(
  { cell, flipFlop, inputNets }: Register,
  expression: BooleanExpression,
  r: number,
): string {
  return printBoolean(expression, (pin) => {
    if (pin === flipFlop.state) return `s[${r}]`;
    if (pin === flipFlop.stateInverted) return `~s[${r}]`;
    const input = cell.inputs.indexOf(pin);
    if (input >= 0) return `n[${inputNets[input]!}]`;
    throw badInput(
      { where: `cell ${cell.name}`, wanted: 'an input pin in its ff group', found: `"${pin}"` },
      'The library file is damaged: fetch it again.',
    );
  });
}

function asyncNets({ cell, flipFlop, inputNets }: Register): readonly number[] {
  return [flipFlop.clear, flipFlop.preset].flatMap((expression) =>
    expression === undefined
      ? []
      : pinsOf(expression)
          .filter((pin) => cell.inputs.includes(pin))
          .map((pin) => inputNets[cell.inputs.indexOf(pin)]!),
  );
}

interface Cone {
  readonly nets: ReadonlySet<number>;
  readonly gates: ReadonlySet<Gate>;
}

/** Everything between registers or ports and the given nets. */
function findCone(netlist: GateNetlist, nets: readonly number[]): Cone {
  const inCone = new Set(nets);
  const gates = new Set<Gate>();
  for (const gate of [...netlist.gates].reverse()) {
    if (!gate.outputNets.some((net) => net !== undefined && inCone.has(net))) continue;
    gates.add(gate);
    for (const net of gate.inputNets) inCone.add(net);
  }
  return { nets: inCone, gates };
}

function assertNoFeedback(netlist: GateNetlist, asyncCone: Cone): void {
  const faults = netlist.registers.flatMap(({ instance, cell, outputNets }) => {
    const net = outputNets.find((output) => output !== undefined && asyncCone.nets.has(output));
    if (net === undefined) return [];
    const where = `netlist ${netlist.name} register ${instance} (${cell.name})`;
    const found = nameDriver(netlist, net);
    return [{ where, wanted: 'asynchronous clear and preset that depend on ports only', found }];
  });
  if (faults.length > 0) throw badInput(faults, 'Use a synchronous clear in the RTL.');
}

function conflictFault(netlist: GateNetlist): MaxdnnError {
  const names = netlist.registers
    .filter(({ flipFlop: { clear, preset } }) => clear !== undefined && preset !== undefined)
    .map(({ instance }) => instance);
  return badInput(
    {
      where: `netlist ${netlist.name}, one of the registers ${names.join(', ')}`,
      wanted: 'clear or preset',
      found: 'both at once',
    },
    'What they store then differs between libraries: drive only one at a time.',
  );
}
