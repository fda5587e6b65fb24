import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shippedFile } from '../../src/base/package-root.ts';
import { evaluateBoolean } from '../../src/liberty/boolean-expression.ts';
import { lookUpTable } from '../../src/liberty/lookup-table.ts';
import type { CellModel, LibraryModel } from '../../src/liberty/model.ts';
import { readLiberty } from '../../src/liberty/read-liberty.ts';
import type { GateNetlist } from '../../src/power/netlist.ts';
import { type SequentialConditions, simulateSequentialPower } from '../../src/power/sequential-power.ts';
import { powerLoadFf, propagateTiming } from '../../src/power/timing.ts';
import { DATA_DIR } from '../tool-missing.ts';
import { registerLibrary } from './register-library.ts';
import { cellOf, input, netlistOf, output, stimulusOf } from './small-netlist.ts';

const library = registerLibrary();
const CONDITIONS: SequentialConditions = {
  clockPeriodNs: 2,
  clockTransitionNs: 0.02,
  inputTransitionNs: 0.02,
  outputLoadFf: 4,
};

describe('one register by hand', () => {
  const ports = { clk_i: input([2]), d_i: input([3]), q_o: output([4]) };
  const one = (type: string): GateNetlist =>
    netlistOf(library, ports, { u: cellOf(type, { D: [3], CK: [2], Q: [4] }) });
  // D: 0 1 1 0 1; stored: 0 0 1 1 0. Four counted cycles of 2 ns.
  const stimulus = stimulusOf({ d_i: [0, 1, 1, 0, 1] });

  it('clock edges, outputs, data pin, loads and leakage', () => {
    const report = simulateSequentialPower(one('FF'), library, stimulus, CONDITIONS);
    // Rising edges at D, Q = 00, 10, 11, 01; falling edges at 10, 11, 01, 10.
    const clockFj = 1.5 + 2 + 1 + 2.5 + (4 + 1.25 + 5 + 4);
    // Q rises and falls (4 fF: +0.4, 20 ps: +0.2), QN falls and rises (open: +0.2); D rises, falls, rises while the
    // clock is high, since ports change with the rising edge.
    const otherFj = 6.6 + 9.2 + 7.6 + 8.2 + (0.5 + 0.25 + 0.5);
    expect(report.registers.clockPinUw).toBeCloseTo(clockFj / 8, 12);
    expect(report.internalUw).toBeCloseTo((clockFj + otherFj) / 8, 12);
    expect(report.switchingUw).toBeCloseTo((2 * 0.5 * 4) / 8, 12);
    // D, Q = 10, 11, 01, 10 with the clock high for half of the time; 11 with the clock high has no entry: 100.
    const leakageNw = (70 + 30 + (100 + 40) + (60 + 20) + (70 + 30)) / 8;
    expect(report.leakageUw).toBeCloseTo(leakageNw / 1000, 12);
    expect(report.totalUw).toBeCloseTo(report.internalUw + report.switchingUw + report.leakageUw, 12);
    expect(report.energyPj).toBeCloseTo((report.totalUw * 2) / 1000, 12);
    expect(report.clockNetUw).toBeCloseTo(1.5 / 2, 12);
    expect(report.combinational.totalUw).toBe(0);
    expect(report.instances).toHaveLength(1);
    expect(report.instances[0]).toMatchObject({ instance: 'u', cell: 'FF', transitions: 4 });
    expect(report.transitionsWithoutEnergy).toBe(0);
    expect([...report.outputs.get('q_o')!]).toEqual([0, 0, 1, 1, 0]);
    expect(report.arrivals).toEqual({
      registerToRegisterNs: 0,
      inputToRegisterNs: 0,
      registerToOutputNs: expect.closeTo(0.024, 12),
      inputToOutputNs: 0,
    });
  });

  it('data that arrives after the falling edge meets an open master latch', () => {
    // Half a period is 20 ps; the inverter's output arrives 21 ps after the edge (20 ps transition, 1 fF).
    const cells = { i: cellOf('INV', { A: [3], Y: [5] }), u: cellOf('FF', { D: [5], CK: [2], Q: [4] }) };
    const conditions = { ...CONDITIONS, clockPeriodNs: 0.04 };
    const flipped = stimulusOf({ d_i: [1, 0, 0, 1, 0] });
    const report = simulateSequentialPower(netlistOf(library, ports, cells), library, flipped, conditions);
    const register = report.instances[1]!;
    // Falling edges now see the data before the change: 00, 11, 11, 00. D's transition time is 12 ps: +0.12.
    const clockFj = 1.5 + 2 + 1 + 2.5 + (1.75 + 1.25 + 1.25 + 1.75);
    const otherFj = 6.6 + 9.2 + 7.6 + 8.2 + (2.12 + 3.12 + 2.12);
    expect(register).toMatchObject({ instance: 'u', transitions: 4 });
    expect(register.internalUw).toBeCloseTo((clockFj + otherFj) / 0.16, 9);
    // Clock high at 00, 11, 11, 00, then low at 10, 11, 01, 10.
    const leakageNw = (50 + 100 + 100 + 50 + (30 + 40 + 20 + 30)) / 8;
    expect(register.leakageUw).toBeCloseTo(leakageNw / 1000, 12);
    expect(report.registers.totalUw + report.combinational.totalUw).toBeCloseTo(report.totalUw, 12);
    expect(report.combinational.totalUw).toBeGreaterThan(0);
    expect(report.arrivals.inputToRegisterNs).toBeCloseTo(0.021, 12);
  });

  it('a falling-edge register stores on the falling edge', () => {
    const report = simulateSequentialPower(one('FFN'), library, stimulus, CONDITIONS);
    expect([...report.outputs.get('q_o')!]).toEqual([0, 0, 1, 1, 0]);
    // Falling edges at 00, 10, 11, 01; rising edges at 10, 11, 01, 10.
    expect(report.registers.clockPinUw).toBeCloseTo((1.75 + 4 + 1.25 + 5 + (2 + 1 + 2.5 + 2)) / 8, 12);
    // D changes while the clock is low: 20 ps give +0.2.
    expect(report.internalUw - report.registers.clockPinUw).toBeCloseTo(
      (6.6 + 9.2 + 7.6 + 8.2 + (2.2 + 3.2 + 2.2)) / 8,
      12,
    );
  });

  it('an asynchronous clear acts at once and is the cause of the change', () => {
    const resettable = { ...ports, rst_ni: input([6]) };
    const netlist = netlistOf(library, resettable, {
      u: cellOf('FFR', { D: [3], CK: [2], RN: [6], Q: [4] }),
    });
    const inputs = stimulusOf({ d_i: [1, 1, 1, 1, 1], rst_ni: [1, 1, 0, 0, 1] });
    const report = simulateSequentialPower(netlist, library, inputs, CONDITIONS);
    // Stored: 0 1 0 0 0 (the clear still holds at the edge into cycle 4).
    expect([...report.outputs.get('q_o')!]).toEqual([0, 1, 0, 0, 0]);
    // Clock edges at D, Q = 10, 11, 10, 10, then 11, 10, 10, 10.
    expect(report.registers.clockPinUw).toBeCloseTo((2 + 1 + 2 + 2 + (1.25 + 4 + 4 + 4)) / 8, 12);
    // Clock: Q 6.6, QN 9.2. RN: Q 20.6 (its own edge is not hidden then), QN has no table for it; RN rises at Q = 0: 0.7.
    expect(report.internalUw - report.registers.clockPinUw).toBeCloseTo((6.6 + 9.2 + 20.6 + 0.7) / 8, 12);
    expect(report.transitionsWithoutEnergy).toBe(1);
  });

  it('a reset port holds the registers before cycle 0', () => {
    const resettable = { ...ports, rst_ni: input([6]) };
    const cells = {
      u: cellOf('FFR', { D: [3], CK: [2], RN: [6], Q: [4] }),
      v: cellOf('FF', { D: [3], CK: [2], Q: [7] }),
    };
    const netlist = netlistOf(library, { ...resettable, v_o: output([7]) }, cells);
    const held = { ...stimulusOf({ d_i: [1, 0, 0] }), reset: { port: 'rst_ni', inactive: 1 as const } };
    const { outputs } = simulateSequentialPower(netlist, library, held, CONDITIONS);
    expect([...outputs.get('q_o')!]).toEqual([0, 1, 0]);
    expect([...outputs.get('v_o')!]).toEqual([1, 1, 0]);
    const { outputs: free } = simulateSequentialPower(
      netlist,
      library,
      stimulusOf({ d_i: [1, 0, 0], rst_ni: [1, 1, 1] }),
      CONDITIONS,
    );
    expect([...free.get('v_o')!]).toEqual([0, 1, 0]);
  });

  it('ports of more than 32 bits take two words per cycle', () => {
    const bits = Array.from({ length: 40 }, (_, i) => 10 + i);
    const stored = Array.from({ length: 40 }, (_, i) => 60 + i);
    const cells = Object.fromEntries(
      bits.map((bit, i) => [`u${i}`, cellOf('FF', { D: [bit], CK: [2], Q: [stored[i]!] })]),
    );
    const wide = { clk_i: input([2]), d_i: input(bits), q_o: output(stored) };
    const netlist = netlistOf(library, wide, cells);
    const words = [0x8000_0001, 0x81, 0x7fff_fffe, 0x7e, 0xffff_ffff, 0xff];
    const stimulus = { ...stimulusOf({ d_i: words }), cycles: 3 };
    const { outputs } = simulateSequentialPower(netlist, library, stimulus, CONDITIONS);
    expect([...outputs.get('q_o')!]).toEqual([0, 0, ...words.slice(0, 4)]);
    const outOfRange = { ...stimulusOf({ d_i: words.with(3, 0x100) }), cycles: 3 };
    expect(() => simulateSequentialPower(netlist, library, outOfRange, CONDITIONS)).toThrow(
      'netlist top port d_i: wanted patterns of 40 bits, found 256 in cycle 1 (highest word)',
    );
  });

  it('a reset port may reach the clear through gates', () => {
    const cells = {
      i: cellOf('INV', { A: [6], Y: [7] }),
      u: cellOf('FFR', { D: [3], CK: [2], RN: [7], Q: [4] }),
    };
    const netlist = netlistOf(library, { ...ports, rst_i: input([6]) }, cells);
    const { outputs } = simulateSequentialPower(
      netlist,
      library,
      stimulusOf({ d_i: [1, 1, 1, 1], rst_i: [0, 0, 1, 0] }),
      CONDITIONS,
    );
    expect([...outputs.get('q_o')!]).toEqual([0, 1, 0, 0]);
  });

  it.skipIf(DATA_DIR === undefined)(
    `a scan flip-flop with set and reset${DATA_DIR ? '' : ' (skipped: MAXDNN_DATA is not set)'}`,
    () => {
      const nangate = readLiberty(join(DATA_DIR!, 'liberty', 'nangate45_typ.lib.gz'));
      const pins = { D: [3], SI: [4], SE: [5], RN: [6], SN: [7], CK: [2], Q: [8], QN: [9] };
      const scanPorts = {
        clk_i: input([2]),
        d_i: input([3]),
        si_i: input([4]),
        se_i: input([5]),
        rst_ni: input([6]),
        set_ni: input([7]),
        q_o: output([8]),
        qn_o: output([9]),
      };
      const netlist = netlistOf(nangate, scanPorts, { u: cellOf('SDFFRS_X1', pins) });
      const inputs = {
        d_i: [1, 1, 0, 0, 1, 1, 1, 0],
        si_i: [0, 0, 1, 1, 0, 0, 0, 0],
        se_i: [0, 0, 0, 1, 1, 0, 0, 0],
        rst_ni: [1, 1, 1, 1, 1, 1, 0, 1],
        set_ni: [1, 1, 1, 1, 0, 1, 1, 1],
      };
      const report = simulateSequentialPower(netlist, nangate, stimulusOf(inputs), CONDITIONS);
      // 0 at first; D = 1, 1, 0; SI = 1; SI = 0 overruled by the set held over the edge; D = 1 twice overruled by the reset.
      const want = [0, 1, 1, 0, 1, 1, 0, 0];
      expect([...report.outputs.get('q_o')!]).toEqual(want);
      expect([...report.outputs.get('qn_o')!]).toEqual(want.map((bit) => 1 - bit));
      expect(report.transitionsWithoutEnergy).toBe(0);
      expect(report.registers.internalUw).toBeGreaterThan(report.registers.clockPinUw);
    },
  );
});

describe('a 4-bit counter of the embedded library', () => {
  const embedded = readLiberty(shippedFile('synth', 'maxdnn45_typ.lib'));
  const netlist = counterNetlist(embedded);
  const stimulus = { ...stimulusOf({}), cycles: 33 };
  const report = simulateSequentialPower(netlist, embedded, stimulus, CONDITIONS);

  it('counts', () => {
    expect([...report.outputs.get('q_o')!]).toEqual(Array.from({ length: 33 }, (_, t) => t % 16));
  });

  it.each([0, 1, 2, 3])('bit %d costs what its tables say', (bit) => {
    const register = netlist.registers[bit]!;
    const figures = report.instances[netlist.gates.length + bit]!;
    const timing = propagateTiming(netlist, 0.02, 4, { port: 'clk_i', transitionNs: 0.02 });
    const [qNet, dNet] = [register.outputNets[0]!, register.inputNets[register.cell.inputs.indexOf('D')]!];
    const cell = register.cell;
    // Over 32 cycles bit i changes 32 / 2^i times, half up, half down; D is the next value of Q.
    const changes = 32 / 2 ** bit;
    const stays = 32 - changes;
    const clock = (edge: 'rise' | 'fall', d: 0 | 1, q: 0 | 1): number =>
      energyFj(cell, 'CK', edge, { D: d, Q: q }, 0.02, 0);
    let internalFj = 0;
    for (const edge of ['rise', 'fall'] as const) {
      internalFj += (changes / 2) * (clock(edge, 0, 1) + clock(edge, 1, 0));
      internalFj += (stays / 2) * (clock(edge, 0, 0) + clock(edge, 1, 1));
    }
    const clockPinFj = internalFj;
    const qFf = powerLoadFf(timing, qNet);
    for (const edge of ['rise', 'fall'] as const) {
      const other = edge === 'rise' ? 'fall' : 'rise';
      internalFj += (changes / 2) * energyFj(cell, 'Q', edge, {}, 0.02, qFf);
      internalFj += (changes / 2) * energyFj(cell, 'QN', other, {}, 0.02, 0);
      const slope = (edge === 'rise' ? timing.riseTransitionNs : timing.fallTransitionNs)[dNet]!;
      // D follows the rising edge by its logic, long before the falling edge; Q still is what D was.
      internalFj +=
        (changes / 2) * energyFj(cell, 'D', edge, { CK: 1, Q: edge === 'rise' ? 0 : 1 }, slope, 0);
    }
    expect(figures.cell).toBe('DFF_X1');
    expect(figures.transitions).toBe(2 * changes);
    expect(figures.internalUw).toBeCloseTo(internalFj / 64, 9);
    expect(figures.internalUw).toBeGreaterThan(clockPinFj / 64);
    expect(figures.switchingUw).toBeCloseTo((changes * 0.5 * qFf * embedded.voltageV ** 2) / 64, 9);
    const leakage = (ck: 0 | 1, d: 0 | 1, q: 0 | 1): number => leakageNw(cell, { CK: ck, D: d, Q: q });
    const leakageSum = ([0, 1] as const).reduce<number>(
      (sum, ck) =>
        sum +
        (changes / 2) * (leakage(ck, 0, 1) + leakage(ck, 1, 0)) +
        (stays / 2) * (leakage(ck, 0, 0) + leakage(ck, 1, 1)),
      0,
    );
    expect(figures.leakageUw).toBeCloseTo(leakageSum / 64 / 1000, 12);
  });

  it('groups add up, the clock net stands apart', () => {
    const { combinational, registers, totalUw } = report;
    expect(combinational.totalUw + registers.totalUw).toBeCloseTo(totalUw, 9);
    expect(report.instances).toHaveLength(netlist.gates.length + 4);
    const pin = embedded.cells.get('DFF_X1')!.pins.get('CK')!;
    const pinFf = (pin.riseCapacitanceFf + pin.fallCapacitanceFf) / 2;
    expect(report.clockNetUw).toBeCloseTo((4 * pinFf * embedded.voltageV ** 2) / 2, 9);
    expect(report.arrivals.registerToRegisterNs).toBeGreaterThan(report.arrivals.registerToOutputNs);
    expect(report.arrivals).toMatchObject({ inputToRegisterNs: 0, inputToOutputNs: 0 });
  });

  it('notices one clock table that is taken from another state', () => {
    const text = { ...embedded.cells.get('DFF_X1')! };
    const pins = new Map(text.pins);
    const ck = pins.get('CK')!;
    const riseFj = ck.power[0]!.riseFj!;
    pins.set('CK', { ...ck, power: ck.power.map((arc) => ({ ...arc, riseFj })) });
    const cells = new Map(embedded.cells).set('DFF_X1', { ...text, pins });
    const changed = { ...embedded, cells };
    const other = simulateSequentialPower(counterNetlist(changed), changed, stimulus, CONDITIONS);
    expect(other.registers.clockPinUw).not.toBeCloseTo(report.registers.clockPinUw, 3);
    expect(other.switchingUw).toBe(report.switchingUw);
  });
});

/** D_i = Q_i ^ carry_i, carry_0 = 1: an inverter, three XOR2, two AND2, four DFF with open QN. */
function counterNetlist(from: LibraryModel): GateNetlist {
  const q = [10, 11, 12, 13];
  const d = [20, 21, 22, 23];
  const register = (i: number): object => cellOf('DFF_X1', { D: [d[i]!], CK: [2], Q: [q[i]!] });
  const cells = {
    q0: register(0),
    q1: register(1),
    q2: register(2),
    q3: register(3),
    d0: cellOf('INV_X1', { A: [q[0]!], ZN: [d[0]!] }),
    d1: cellOf('XOR2_X1', { A: [q[1]!], B: [q[0]!], Z: [d[1]!] }),
    c2: cellOf('AND2_X1', { A1: [q[0]!], A2: [q[1]!], ZN: [30] }),
    d2: cellOf('XOR2_X1', { A: [q[2]!], B: [30], Z: [d[2]!] }),
    c3: cellOf('AND2_X1', { A1: [30], A2: [q[2]!], ZN: [31] }),
    d3: cellOf('XOR2_X1', { A: [q[3]!], B: [31], Z: [d[3]!] }),
  };
  return netlistOf(from, { clk_i: input([2]), q_o: output(q) }, cells);
}

/** Energy of one edge of a pin: the tables whose `when` holds for the given pins. */
function energyFj(
  cell: CellModel,
  pin: string,
  edge: 'rise' | 'fall',
  pins: Readonly<Record<string, 0 | 1>>,
  transitionNs: number,
  loadFf: number,
): number {
  const arcs = cell.pins.get(pin)!.power.filter(({ when }) => when === undefined || isTrue(when, pins));
  expect(arcs).toHaveLength(1);
  return lookUpTable((edge === 'rise' ? arcs[0]!.riseFj : arcs[0]!.fallFj)!, transitionNs, loadFf);
}

function leakageNw(cell: CellModel, pins: Readonly<Record<string, 0 | 1>>): number {
  const states = cell.leakage.states.filter(({ when }) => isTrue(when, pins));
  expect(states).toHaveLength(1);
  return states[0]!.leakageNw;
}

function isTrue(when: Parameters<typeof evaluateBoolean>[0], pins: Readonly<Record<string, 0 | 1>>): boolean {
  return evaluateBoolean(when, (name) => -pins[name]!) !== 0;
}
