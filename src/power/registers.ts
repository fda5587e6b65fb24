import { badInput, type Fault } from '../base/errors.ts';
import { pinsOf } from '../liberty/boolean-expression.ts';
import type { CellModel, FlipFlopModel } from '../liberty/model.ts';
import { type InputState, outputFunction } from './events.ts';
import { type GateNetlist, NET_ONE, NET_ZERO, portNets, type Register } from './netlist.ts';

/** How a flip-flop cell is clocked. */
export interface RegisterCell {
  readonly cell: CellModel;
  readonly flipFlop: FlipFlopModel;
  /** Position of the clock pin in cell.inputs. */
  readonly clockPin: number;
  /** True when the rising edge stores. */
  readonly activeRises: boolean;
  /** Positions of all other inputs. */
  readonly dataPins: readonly number[];
  /** Positions of the inputs that clear or preset at once, whatever the clock. */
  readonly asyncPins: readonly number[];
}

/**
 * Data pins and stored bit of a register as a number: bit i is dataPins[i], the bit behind them what is stored.
 * The clock is left out.
 */
export type RegisterState = number;

/**
 * Finds the clock of a flip-flop cell.
 * @throws bad-input for cells that are not clocked by one edge of one pin, or whose outputs read more than what they
 *   store
 */
export function describeRegister(cell: CellModel, flipFlop: FlipFlopModel): RegisterCell {
  const known = describedCells.get(cell);
  if (known !== undefined) return known;
  const { clockedOn, clear, preset } = flipFlop;
  const activeRises = clockedOn.kind !== 'not';
  const source = clockedOn.kind === 'not' ? clockedOn.of : clockedOn;
  const clockPin = source.kind === 'pin' ? cell.inputs.indexOf(source.name) : -1;
  const faults: Fault[] = [];
  if (clockPin < 0) {
    const found = `an expression of ${pinsOf(clockedOn).join(', ') || 'no pin'}`;
    faults.push({ where: `cell ${cell.name} clocked_on`, wanted: 'an input pin or its complement', found });
  }
  cell.outputs.forEach((pin, output) => {
    const read = pinsOf(outputFunction(cell, output)).find((name) => cell.inputs.includes(name));
    if (read === undefined) return;
    faults.push({
      where: `cell ${cell.name} pin ${pin}`,
      wanted: 'a function of what it stores',
      found: read,
    });
  });
  const dataPins = cell.inputs.map((_, i) => i).filter((i) => i !== clockPin);
  if (dataPins.length > MAX_DATA_PINS) {
    faults.push({
      where: `cell ${cell.name}`,
      wanted: `at most ${MAX_DATA_PINS} inputs beside the clock`,
      found: `${dataPins.length}`,
    });
  }
  if (faults.length > 0) throw badInput(faults, 'Map the design without this cell (dont_use).');
  const asyncNames = [clear, preset].flatMap((expression) => (expression ? pinsOf(expression) : []));
  const asyncPins = dataPins.filter((i) => asyncNames.includes(cell.inputs[i]!));
  const described = { cell, flipFlop, clockPin, activeRises, dataPins, asyncPins };
  describedCells.set(cell, described);
  return described;
}

/** State of all inputs and the stored bit, as `when` expressions read it. */
export function fullState(
  { cell, clockPin, activeRises, dataPins }: RegisterCell,
  state: RegisterState,
  clock: 'active' | 'inactive',
): InputState {
  const high = (clock === 'active') === activeRises;
  const stored = ((state >> dataPins.length) & 1) << cell.inputs.length;
  return dataPins.reduce(
    (full, pin, i) => full | (((state >> i) & 1) << pin),
    stored | (high ? 1 << clockPin : 0),
  );
}

/**
 * Net of the clock port, after a check that it reaches the clock pins of all registers, and only these.
 * @throws bad-input for a netlist without registers, a port that is no single-bit input, clock pins on other nets
 *   (another clock, a gated clock, a constant), a clock that is also read as data, registers on both edges
 */
export function findClock(netlist: GateNetlist, port: string): number {
  const where = `netlist ${netlist.name}`;
  const nets = portNets(netlist, port, 'input');
  const clock = nets[0]!;
  const faults: Fault[] = [];
  if (nets.length !== 1) {
    faults.push({ where: `${where} port ${port}`, wanted: 'a clock of 1 bit', found: `${nets.length} bits` });
  }
  if (netlist.registers.length === 0) {
    faults.push({ where, wanted: 'registers', found: 'none' });
  }
  for (const { instance, cell, flipFlop, inputNets } of netlist.registers) {
    const { clockPin, dataPins, activeRises } = describeRegister(cell, flipFlop);
    const place = `${where} register ${instance} (${cell.name})`;
    const pin = (i: number): string => `${place} pin ${cell.inputs[i]}`;
    if (inputNets[clockPin] !== clock) {
      const found = nameDriver(netlist, inputNets[clockPin]!);
      faults.push({ where: pin(clockPin), wanted: `the clock port ${port} itself`, found });
    }
    for (const i of dataPins) {
      if (inputNets[i] === clock) faults.push({ where: pin(i), wanted: 'data', found: `the clock ${port}` });
    }
    const first = netlist.registers[0]!;
    if (activeRises !== describeRegister(first.cell, first.flipFlop).activeRises) {
      faults.push({
        where: place,
        wanted: `the clock edge of ${first.instance} (${first.cell.name})`,
        found: `the ${activeRises ? 'rising' : 'falling'} edge`,
      });
    }
  }
  for (const { instance, cell, inputNets } of netlist.gates) {
    const pin = inputNets.indexOf(clock);
    if (pin < 0) continue;
    const place = `${where} instance ${instance} (${cell.name}) pin ${cell.inputs[pin]}`;
    faults.push({ where: place, wanted: 'data', found: `the clock ${port}` });
  }
  for (const [name, other] of netlist.ports) {
    if (name === port || !other.nets.includes(clock)) continue;
    faults.push({ where: `${where} port ${name}`, wanted: 'data', found: `the clock ${port}` });
  }
  if (faults.length === 0) return clock;
  throw badInput(
    faults,
    'Only registers on one edge of one clock that comes straight from a port are simulated.',
  );
}

/** What drives a net, in words. */
export function nameDriver(netlist: GateNetlist, net: number): string {
  if (net === NET_ZERO) return 'constant 0';
  if (net === NET_ONE) return 'constant 1';
  for (const [name, { direction, nets }] of netlist.ports) {
    const bit = nets.indexOf(net);
    if (direction === 'input' && bit >= 0) return nets.length === 1 ? `port ${name}` : `port ${name}[${bit}]`;
  }
  const drives = ({ outputNets }: Pick<Register, 'outputNets'>): boolean => outputNets.includes(net);
  const cell = netlist.gates.find(drives) ?? netlist.registers.find(drives);
  return cell === undefined ? 'nothing' : `the output of ${cell.instance} (${cell.cell.name})`;
}

/** Pairs of states of one register are counted, 4^(pins + 1) of them. */
const MAX_DATA_PINS = 6;

const describedCells = new WeakMap<CellModel, RegisterCell>();
