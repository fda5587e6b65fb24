import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { createRng } from '../../src/base/rng.ts';
import { evaluateBoolean } from '../../src/liberty/boolean-expression.ts';
import type { CellModel, LibraryModel } from '../../src/liberty/model.ts';
import { readLiberty } from '../../src/liberty/read-liberty.ts';
import { goldenTable } from '../../src/multiplier/golden.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { listPowerEvents, type PowerEvent } from '../../src/power/events.ts';
import { type GateNetlist, parseNetlist } from '../../src/power/netlist.ts';
import { type PowerReport, simulatePower } from '../../src/power/power.ts';
import { simulateActivity } from '../../src/power/simulate.ts';
import { makeStream, type OperandStream, uniformStream } from '../../src/power/stream.ts';
import { propagateTiming } from '../../src/power/timing.ts';
import { smallLibrary } from '../liberty/small-library.ts';
import { DATA_DIR } from '../tool-missing.ts';

const library = smallLibrary();
const PORTS = { a: 'a', b: 'b', p: 'p' };
const CONDITIONS = { vectorPeriodNs: 2, inputTransitionNs: 0.02, outputLoadFf: 4 };

describe('by hand', () => {
  it('one inverter: energies, ½CV² and leakage', () => {
    // A: 0 1 1 0 1: output falls, -, rises, falls. Input 20 ps: +0.2 fJ; load 4 fF: +0.4 fJ.
    const report = priceCell('INV', [0, 1, 1, 0, 1]);
    const internalFj = 1.6 + 2 * 3.6;
    expect(report.instances).toHaveLength(1);
    expect(report.instances[0]).toMatchObject({ instance: 'u', cell: 'INV', transitions: 3 });
    expect(report.internalPj).toBeCloseTo(internalFj / 4 / 1000, 12);
    expect(report.switchingPj).toBeCloseTo((3 * 0.5 * 4 * 1) / 4 / 1000, 12);
    expect(report.leakageUw).toBeCloseTo((3 * 4 + 2 * 2) / 5 / 1000, 12);
    expect(report.totalUw).toBeCloseTo(report.internalUw + report.switchingUw + report.leakageUw, 12);
    expect(report.energyPj).toBeCloseTo((report.totalUw * 2) / 1000, 12);
    expect(report.arrivalNs).toBeCloseTo(0.024, 12);
    expect(Array.from(report.products!)).toEqual([1, 0, 0, 1, 0]);
  });

  it('one NAND: cause, hidden energy, default leakage', () => {
    // States b a: 00 → 01 hidden rise of A (B low): 0.5 + 0.2; → 11 falls because of B: 8.6; → 01 rises because
    // of B: 4.6; → 11 falls because of B: 8.6; → 10 rises because of A: 1.6; → 00: nothing (B has no tables).
    const report = priceCell('NAND', [0b00, 0b01, 0b11, 0b01, 0b11, 0b10, 0b00]);
    expect(report.internalPj).toBeCloseTo((0.7 + 8.6 + 4.6 + 8.6 + 1.6) / 6 / 1000, 12);
    expect(report.instances[0]!.transitions).toBe(4);
    expect(report.leakageUw).toBeCloseTo((2 * 9 + 5 * 5) / 7 / 1000, 12);
    expect(report.transitionsWithoutEnergy).toBe(0);
  });

  it('an input table without `when` counts at every change of the input, also of one that gets through', () => {
    const from = smallLibrary('when : "!B";\n        rise_power (hidden)', 'rise_power (hidden)');
    // 00 → 11: A rises 0.7, output falls because of B 8.6; → 00: A falls 0.25, output rises because of A 1.6.
    const report = priceCell('NAND', [0b00, 0b11, 0b00], from);
    expect(report.internalPj).toBeCloseTo((0.7 + 8.6 + 0.25 + 1.6) / 2 / 1000, 12);
  });

  it('one XOR: `when` chooses the table, the default covers the rest', () => {
    // A rises with B low: 2.6; B rises: 3.6; A falls with B high (output rises): 1.6; both change: nothing.
    const report = priceCell('XOR', [0b00, 0b01, 0b11, 0b10, 0b01]);
    expect(report.internalPj).toBeCloseTo((2.6 + 3.6 + 1.6) / 4 / 1000, 12);
  });

  it('simultaneous changes: the input that arrives last is the cause', () => {
    // B comes through an inverter, so it arrives after A: 00 → 11 of the NAND's inputs is caused by B.
    const cells = { inv: cellOf('INV', { A: [3], Y: [4] }), u: cellOf('NAND', { A: [2], B: [4], Y: [5] }) };
    const ports = { a: input([2]), b: input([3]), p: output([5]) };
    const report = price(
      netlistOf(ports, cells),
      makeStream('s', Uint32Array.of(0, 1), Uint32Array.of(1, 0)),
    );
    const nand = report.instances.find((instance) => instance.instance === 'u')!;
    // The inverter drives B: rise load 1.5 fF, so its transition is 10 + 2·1.5 = 13 ps: 8 + 0.13 + 0.4.
    expect(nand.internalUw * 2).toBeCloseTo(8.53, 12);
  });

  it('a tie cell only leaks, and what it drives is constant', () => {
    const cells = { tie: cellOf('TIE', { Y: [4] }), u: cellOf('NAND', { A: [2], B: [4], Y: [5] }) };
    const ports = { a: input([2]), b: input([3]), p: output([5]) };
    const report = price(
      netlistOf(ports, cells),
      makeStream('s', Uint32Array.of(0, 1, 0), new Uint32Array(3)),
    );
    expect(report.instances[0]).toMatchObject({ instance: 'tie', totalUw: 0.003, transitions: 0 });
    expect(report.instances[1]).toMatchObject({ transitions: 2 });
    expect(Array.from(report.products!)).toEqual([1, 0, 1]);
  });

  it('says when the library has no energy for a transition', () => {
    const silent = smallLibrary(
      'internal_power () {\n        related_pin : "A";\n        \n        rise_power (energy)',
      'ignored () {\n rise_power (energy)',
    );
    expect(priceCell('INV', [0, 1, 0], silent)).toMatchObject({ internalUw: 0, transitionsWithoutEnergy: 2 });
  });

  it('notices one changed table value', () => {
    const changed = smallLibrary('values ("3, 4", "4, 5")', 'values ("3, 4", "4.1, 5")');
    const states = [0, 1, 1, 0, 1];
    expect(priceCell('INV', states, changed).internalUw).not.toBe(priceCell('INV', states).internalUw);
  });

  it.skipIf(DATA_DIR === undefined)(
    `INV_X1 of Nangate45${DATA_DIR ? '' : ' (skipped: MAXDNN_DATA is not set)'}`,
    () => {
      const nangate = readLiberty(join(DATA_DIR!, 'liberty', 'nangate45_typ.lib.gz'));
      const cells = { u: cellOf('INV_X1', { A: [2], ZN: [5] }) };
      const netlist = netlistOf({ a: input([2]), b: input([3]), p: output([5]) }, cells, nangate);
      const toggling = makeStream('s', Uint32Array.of(0, 1, 0), new Uint32Array(3));
      const report = simulatePower(
        netlist,
        nangate,
        toggling,
        { ...CONDITIONS, vectorPeriodNs: 1 },
        { ports: PORTS },
      );
      expect(report.internalUw).toBeCloseTo(0.971, 3);
      expect(report.switchingUw).toBeCloseTo(2.42, 6);
    },
  );
});

describe.each(['INV', 'NAND', 'XOR', 'ADD'])('counts of %s', (name) => {
  const cell = library.cells.get(name)!;
  // Not a multiple of 32, and more than one block of 2048.
  it.each([2, 31, 33, 2048, 2049, 5000])('equal a count one by one over %d vectors', (length) => {
    const rng = createRng(length);
    const states = Array.from({ length }, () => rng.nextInt(0, 2 ** cell.inputs.length - 1));
    const netlist = netlistOfCell(cell);
    const timing = propagateTiming(netlist, 0.02, 4);
    const { gates, products } = simulateActivity(netlist, timing, streamOf(states), PORTS, true);
    const want = countOneByOne(cell, states);
    expect(Array.from(gates[0]!.stateCounts)).toEqual(want.states);
    expect(Array.from(gates[0]!.eventCounts)).toEqual(want.events);
    expect(Array.from(products!)).toEqual(states.map((state) => outputsOf(cell, state)));
    expect(want.states.reduce((sum, count) => sum + count, 0)).toBe(length);
    if (length > 2000) expect(want.events.every((count) => count > 0)).toBe(true);
  });
});

describe('operand streams', () => {
  const roup: MultiplierSpec = { family: 'roup', bits: 8, P: 1, r: [3, 1, 0] };
  const narrow: MultiplierSpec = {
    family: 'narrow',
    bits: 8,
    aBits: 5,
    bBits: 6,
    architecture: 'baugh-wooley',
  };

  it('are reproducible and cover the range', () => {
    const stream = uniformStream(roup, 20_000, 3);
    expect(uniformStream(roup, 20_000, 3)).toEqual(stream);
    expect(uniformStream(roup, 20_000, 4).sha256).not.toBe(stream.sha256);
    expect(new Set(stream.a).size).toBe(256);
    expect(Math.max(...stream.b)).toBe(255);
    expect(goldenTable(roup)).toHaveLength(65_536);
  });

  it('carry the rounded codes of the same operands to narrow multipliers', () => {
    const wide = uniformStream(roup, 1000, 3);
    const { a, b } = uniformStream(narrow, 1000, 3);
    expect(Math.max(...a)).toBe(31);
    expect(Math.max(...b)).toBe(63);
    const rounded = Array.from(
      wide.a,
      (pattern) => Math.min(Math.round(((pattern << 24) >> 24) / 8), 15) & 31,
    );
    expect(Array.from(a)).toEqual(rounded);
    expect(rounded).toHaveLength(1000);
  });
});

describe('what cannot be simulated', () => {
  const netlist = netlistOfCell(library.cells.get('NAND')!);
  const ok = streamOf([0, 1]);
  it.each<[string, () => unknown, string]>([
    [
      'one pair',
      () => price(netlist, streamOf([0])),
      'operand stream states: wanted at least 2 pairs, found 1 a and 1 b',
    ],
    [
      'wide operands',
      () => price(netlist, makeStream('s', Uint32Array.of(0, 4), Uint32Array.of(0, 0))),
      'netlist top port a: wanted patterns of 2 bits, found 4',
    ],
    [
      'other ports',
      () => simulatePower(netlist, library, ok, CONDITIONS),
      'netlist top: wanted input port "a_i", found ports input a, input b, output p',
    ],
    [
      'more inputs',
      () => simulatePower(netlist, library, ok, CONDITIONS, { ports: { a: 'a', b: 'a', p: 'p' } }),
      'netlist top: wanted no input ports but a and a, found b',
    ],
    [
      'bad conditions',
      () =>
        simulatePower(
          netlist,
          library,
          ok,
          { vectorPeriodNs: 0, inputTransitionNs: -1, outputLoadFf: Number.NaN },
          { ports: PORTS },
        ),
      'vectorPeriodNs: wanted a number above 0, found 0\ninputTransitionNs: wanted a number ≥ 0, found -1\noutputLoadFf: wanted a number ≥ 0, found NaN',
    ],
    [
      'a three-state cell',
      () => priceCell('NAND', [0, 1], smallLibrary('max_capacitance : 50;', 'three_state : "A";')),
      'cell NAND pin Y: wanted a function of the input pins, found a three-state output',
    ],
    [
      'a cell without function',
      () => priceCell('NAND', [0, 1], smallLibrary(`function : "(A B)'";`, '')),
      'cell NAND pin Y: wanted a function of the input pins, found no function',
    ],
  ])('%s', (_name, action, message) => {
    expect(messageOf(action)).toBe(message);
  });
});

type Bits = readonly number[];

/** Power of one cell whose inputs are the bits of port a; port b is there and not used. */
function priceCell(name: string, states: readonly number[], from: LibraryModel = library): PowerReport {
  return price(netlistOfCell(from.cells.get(name)!, from), streamOf(states), from);
}

function price(netlist: GateNetlist, stream: OperandStream, from: LibraryModel = library): PowerReport {
  return simulatePower(netlist, from, stream, CONDITIONS, { ports: PORTS, products: true });
}

function streamOf(states: readonly number[]): OperandStream {
  return makeStream('states', Uint32Array.from(states), new Uint32Array(states.length));
}

function netlistOfCell(cell: CellModel, from: LibraryModel = library): GateNetlist {
  const inputs = cell.inputs.map((_, i) => 10 + i);
  const outputs = cell.outputs.map((_, i) => 20 + i);
  const connections = [
    ...cell.inputs.map((pin, i) => [pin, [inputs[i]!]]),
    ...cell.outputs.map((pin, i) => [pin, [outputs[i]!]]),
  ];
  const ports = { a: input(inputs), b: input([2]), p: output(outputs) };
  return netlistOf(ports, { u: cellOf(cell.name, Object.fromEntries(connections)) }, from);
}

function netlistOf(ports: object, cells: object, from: LibraryModel = library): GateNetlist {
  return parseNetlist(JSON.stringify({ modules: { top: { ports, cells } } }), from, 'n.json');
}

function input(bits: Bits): object {
  return { direction: 'input', bits };
}

function output(bits: Bits): object {
  return { direction: 'output', bits };
}

function cellOf(type: string, connections: Record<string, Bits>): object {
  return { type, connections };
}

function outputsOf(cell: CellModel, state: number): number {
  return cell.outputs.reduce((sum, pin, o) => {
    const word = evaluateBoolean(
      cell.pins.get(pin)!.function!,
      (name) => -((state >> cell.inputs.indexOf(name)) & 1),
    );
    return sum + (word & 1) * 2 ** o;
  }, 0);
}

/** The rule of power-kernel.ts, one vector at a time: equal arrivals, so inputs change in the order of the pins. */
function countOneByOne(cell: CellModel, states: readonly number[]): { states: number[]; events: number[] } {
  const list = listPowerEvents(cell);
  const counts = {
    states: new Array<number>(2 ** cell.inputs.length).fill(0),
    events: new Array<number>(2 * list.length).fill(0),
  };
  const add = (own: (event: PowerEvent) => boolean, rises: boolean): void => {
    const matching = list.flatMap((event, e) => (own(event) ? [e] : []));
    expect(matching.length).toBeLessThanOrEqual(1);
    for (const e of matching) counts.events[2 * e + (rises ? 0 : 1)]!++;
  };
  for (const [t, now] of states.entries()) {
    counts.states[now]!++;
    const before = states[Math.max(0, t - 1)]!;
    const changed = outputsOf(cell, before) ^ outputsOf(cell, now);
    for (let o = 0; o < cell.outputs.length; o++) {
      if (!((changed >> o) & 1)) continue;
      const bit = (state: number): number => (outputsOf(cell, state) >> o) & 1;
      let state = before;
      let cause = { input: -1, side: 0 };
      for (let i = 0; i < cell.inputs.length; i++) {
        const next = (state & ~(1 << i)) | (now & (1 << i));
        if (bit(next) !== bit(state) && bit(next) === bit(now)) cause = { input: i, side: next & ~(1 << i) };
        state = next;
      }
      const { input: own, side } = cause;
      add(
        (event) => event.output === o && event.input === own && event.states.includes(side),
        bit(now) === 1,
      );
    }
    for (let i = 0; i < cell.inputs.length; i++) {
      if (!(((before ^ now) >> i) & 1)) continue;
      add(
        (event) => event.kind === 'hidden' && event.input === i && event.states.includes(now),
        ((now >> i) & 1) === 1,
      );
    }
  }
  return counts;
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(MaxdnnError);
    return (error as MaxdnnError).message;
  }
  throw new Error('nothing was thrown');
}
