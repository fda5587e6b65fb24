import { describe, expect, it } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { shippedFile } from '../../src/base/package-root.ts';
import { lookUpTable } from '../../src/liberty/lookup-table.ts';
import type { LibraryModel } from '../../src/liberty/model.ts';
import { readLiberty } from '../../src/liberty/read-liberty.ts';
import { holds } from '../../src/power/events.ts';
import { listPathDelays, tabulateDelays, tabulateFunction } from '../../src/power/glitch-delays.ts';
import {
  assertSettled,
  type GlitchReport,
  type PulseModel,
  simulateGlitchPower,
} from '../../src/power/glitch-power.ts';
import { simulateGlitches } from '../../src/power/glitch-simulate.ts';
import { tabulateNetlist } from '../../src/power/glitch-tables.ts';
import type { Gate, GateNetlist } from '../../src/power/netlist.ts';
import { simulatePower } from '../../src/power/power.ts';
import { makeStream, type OperandStream } from '../../src/power/stream.ts';
import { sampleStream } from '../../src/power/stream-sample.ts';
import { type NetTiming, propagateTiming } from '../../src/power/timing.ts';
import { smallLibrary } from '../liberty/small-library.ts';
import { cellOf, input, netlistOf, output } from './small-netlist.ts';

const library = smallLibrary();
const PORTS = { a: 'a', b: 'b', p: 'p' };

/** p[0] = a ^ a, the second a two inverters later; b is there and does nothing. */
function glitcher(from: LibraryModel = library): GateNetlist {
  return netlistOf(
    from,
    { a: input([2]), b: input([3]), p: output([6]) },
    {
      inv1: cellOf('INV', { A: [2], Y: [4] }),
      inv2: cellOf('INV', { A: [4], Y: [5] }),
      xor: cellOf('XOR', { A: [2], B: [5], Y: [6] }),
    },
  );
}

describe('an XOR whose second input comes later', () => {
  // Delays are input transition + 1 ps/fF, output transitions 10 ps + 2 ps/fF; the input has 20 ps.
  // inv1: 20 + 1 = 21 ps, then 12 ps wide; inv2: 12 + 1 = 13 ps. B changes at 34 ps, A at 0.
  // XOR with a load of L fF: from A 20 + L ps, from B 12 + L ps: a pulse of 26 ps that begins at 20 + L.
  // Its edges take 10 + 2 L ps between 20 and 80 %, so (10 + 2 L) / 0.6 ps for a full swing.
  it('passes a pulse that is longer than its delay: energy by hand', () => {
    const report = price(glitcher(), [0, 1, 0], { outputLoadFf: 2 });
    expect(report).toMatchObject({ transitionsFunctional: 4, transitionsTotal: 8 });
    expect(report).toMatchObject({ pulsesNarrow: 0, pulsesSwallowed: 0, glitchFactor: 2 });
    expect(report.settleNs).toBeCloseTo(0.048, 12);
    const xor = report.instances.find(({ instance }) => instance === 'xor')!;
    // A rises with B low: 2 + .2 + .2; B rises, caused by a 12 ps input: 3 + .12 + .2; A falls with B high; B falls.
    const internalFj = 2.4 + 3.32 + 1.4 + 3.32;
    const switchingFj = 4 * 0.5 * 2;
    expect(xor).toMatchObject({ transitionsFunctional: 0, transitionsTotal: 4, zeroDelayPj: 0 });
    expect(report.instances.map(({ glitchFactor }) => glitchFactor)).toEqual([
      1,
      1,
      Number.POSITIVE_INFINITY,
    ]);
    expect(xor.energyPj).toBeCloseTo((internalFj + switchingFj) / 2 / 1000, 12);
    expect(xor.glitchPj).toBe(xor.energyPj);
    expect(report.glitchPj).toBeCloseTo(xor.glitchPj, 12);
    expect(report.zeroDelayPj).toBeCloseTo(report.zeroDelay.energyPj, 12);
    expect(report.energyPj).toBeCloseTo(report.internalPj + report.switchingPj + report.leakagePj, 12);
    expect(report.productsCompared).toBe(3);
  });

  it('narrows a pulse that has no time for a full swing, and takes the share of the energy that it reaches', () => {
    // 4 fF: a full swing takes 18 / 0.6 = 30 ps. Up from 9 ps to 26/30 of the supply at 35 ps, then down: the middle
    // is crossed at 24 ps and again at 35 + 26 − 15 = 46 ps instead of 50.
    const report = price(glitcher(), [0, 1, 0], { outputLoadFf: 4 });
    expect(report).toMatchObject({ transitionsTotal: 8, pulsesNarrow: 2, pulsesSwallowed: 0 });
    expect(report.settleNs).toBeCloseTo(0.046, 12);
    const fullFj = 2.6 + 3.52 + 1.6 + 3.52 + 4 * 0.5 * 4;
    expect(report.glitchPj).toBeCloseTo(((26 / 30) * fullFj) / 2 / 1000, 9);
    const inertial = price(glitcher(), [0, 1, 0], { outputLoadFf: 4 }, library, undefined, 'inertial');
    expect(inertial).toMatchObject({ pulses: 'inertial', transitionsTotal: 8, pulsesNarrow: 0 });
    expect(inertial.settleNs).toBeCloseTo(0.05, 12);
    expect(inertial.glitchPj).toBeCloseTo(fullFj / 2 / 1000, 12);
  });

  it('swallows a pulse that is shorter than its delay', () => {
    // 15 fF: from A 35 ps, and B changes at 34 ps.
    const report = price(glitcher(), [0, 1, 0], { outputLoadFf: 15 });
    expect(report).toMatchObject({ transitionsFunctional: 4, transitionsTotal: 4, pulsesSwallowed: 2 });
    expect(report.glitchPj).toBeCloseTo(0, 15);
    expect(report.settleNs).toBeCloseTo(0.034, 12);
  });

  it('passes a pulse exactly as long as its delay', () => {
    expect(price(glitcher(), [0, 1, 0], { outputLoadFf: 14 })).toMatchObject({ transitionsTotal: 8 });
  });

  it('notices a longer delay', () => {
    const slow = smallLibrary('values ("0, 10", "100, 110");', 'values ("0, 10", "150, 160");');
    expect(price(glitcher(slow), [0, 1], { outputLoadFf: 4 }, slow).settleNs).toBeGreaterThan(0.046);
  });

  it('counts pairs that take longer than the period, and still settles them', () => {
    const inTime = price(glitcher(), [0, 1, 0, 0], { outputLoadFf: 4, vectorPeriodNs: 0.046 });
    const late = price(glitcher(), [0, 1, 0, 0], { outputLoadFf: 4, vectorPeriodNs: 0.045 });
    expect([inTime.pairsLate, late.pairsLate]).toEqual([0, 2]);
    expect(late.internalPj).toBe(inTime.internalPj);
    expect(late.productsCompared).toBe(4);
  });
});

describe('inputs that change at the same instant', () => {
  const xorOf = (cell: string): GateNetlist =>
    netlistOf(
      library,
      { a: input([2]), b: input([3]), p: output([4]) },
      { u: cellOf(cell, { A: [2], B: [3], Y: [4] }) },
    );

  it('make no pulse', () => {
    const report = price(xorOf('XOR'), [0, 1, 0], {}, library, [1, 0, 1]);
    expect(report).toMatchObject({ transitionsTotal: 0, pulsesSwallowed: 0, settleNs: 0 });
  });

  it('cost what zero delay says, and the gate takes its smallest delay', () => {
    const report = price(xorOf('NAND'), [0, 1, 0, 1, 1], { outputLoadFf: 4 }, library, [0, 1, 0, 1, 0]);
    expect(report).toMatchObject({ transitionsTotal: 4, transitionsFunctional: 4 });
    expect(report.energyPj).toBeCloseTo(report.zeroDelayPj, 15);
    expect(report.settleNs).toBeCloseTo(0.024, 12);
  });
});

describe('delays of the embedded library', () => {
  const embedded = readLiberty(shippedFile('synth', 'maxdnn45_typ.lib'));
  const cells = [...embedded.cells.values()].filter(({ storage }) => storage === 'none');

  it('are the table at the slew of the input and the load of the output, under the right condition', () => {
    let compared = 0;
    for (const cell of cells) {
      const nets = Array.from({ length: cell.inputs.length + cell.outputs.length }, (_, i) => i);
      const timing = timingOf(nets.length);
      const gate: Gate = {
        instance: 'u',
        cell,
        inputNets: nets.slice(0, cell.inputs.length),
        outputNets: nets.slice(cell.inputs.length),
      };
      for (const [output, pin] of cell.outputs.entries()) {
        const table = tabulateDelays(gate, output, listPathDelays(gate, timing));
        const values = tabulateFunction(cell, output);
        for (let i = 0; i < table.length; i++) {
          const input = i % cell.inputs.length;
          const state = (i - input) / cell.inputs.length;
          if (values[state] === values[state ^ (1 << input)]) continue;
          const arcs = cell.pins.get(pin)!.timing.filter(({ relatedPin, when }) => {
            return relatedPin === cell.inputs[input] && (when === undefined || holds(cell, when, state));
          });
          expect(arcs, `${cell.name} ${pin} ${state}`).toHaveLength(1);
          const rises = values[state] === 1;
          const inputRises = ((state >> input) & 1) === 1;
          const slewNs = (inputRises ? timing.riseTransitionNs : timing.fallTransitionNs)[input]!;
          const loadFf = (rises ? timing.riseLoadFf : timing.fallLoadFf)[gate.outputNets[output]!]!;
          const tables = (rises ? arcs[0]!.rise : arcs[0]!.fall)!;
          expect(table[i]).toBe(Math.max(1, Math.round(lookUpTable(tables.delayNs, slewNs, loadFf) * 1e6)));
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(400);
  });
});

describe('what cannot be right', () => {
  const netlist = glitcher();
  const stream = streamOf([0, 1, 0]);

  it('a product or a settled transition that differs from zero delay is an internal error', () => {
    const zeroDelay = simulatePower(netlist, library, stream, conditionsOf({}), {
      ports: PORTS,
      products: true,
    });
    const tables = tabulateNetlist(netlist, propagateTiming(netlist, 0.02, 4), 2);
    const activity = simulateGlitches(netlist, tables, stream, PORTS, 1e6);
    expect(assertSettled(netlist, tables, activity, zeroDelay)).toBe(3);
    const wrongProduct = { ...activity, products: activity.products.with(1, 1) };
    expect(messageOf(() => assertSettled(netlist, tables, wrongProduct, zeroDelay))).toBe(
      'internal: netlist top: with delays pair 1 settles to 1 instead of 0',
    );
    const wrongCount = { ...activity, functional: activity.functional.with(0, 3) };
    expect(messageOf(() => assertSettled(netlist, tables, wrongCount, zeroDelay))).toBe(
      'internal: netlist top: with delays inv1 settles otherwise',
    );
  });

  it('a cell without a timing arc is refused', () => {
    const silent = smallLibrary(
      'timing () {\n        related_pin : "A";',
      'ignored () {\n related_pin : "A";',
    );
    expect(messageOf(() => price(glitcher(silent), [0, 1], {}, silent))).toBe(
      'bad-input: instance inv1 (INV): wanted a timing arc from A to a rising Y, found none',
    );
  });

  it('flip-flops are refused', () => {
    const withRegister = netlistOf(
      library,
      { a: input([2]), b: input([3]), clk: input([7]), p: output([6]) },
      { r: cellOf('DFF', { D: [2], CK: [7], Q: [6] }) },
    );
    const timing = timingOf(withRegister.netCount);
    expect(messageOf(() => tabulateNetlist(withRegister, timing, 2))).toBe(
      'bad-input: netlist top: wanted combinational cells only, found 1 flip-flops',
    );
  });
});

describe('a sample of a stream', () => {
  const stream = makeStream(
    'counted',
    Uint32Array.from({ length: 1000 }, (_, i) => i),
    new Uint32Array(1000).fill(1),
  );

  it('is made of blocks of consecutive pairs from the whole stream', () => {
    const { name, a, b, sha256 } = sampleStream(stream, 100, 32);
    expect(name).toBe('counted, 100 of 1000 pairs');
    expect([a.length, b.length]).toEqual([100, 100]);
    expect([a[0], a[24], a[25], a[50], a[99]]).toEqual([0, 24, 325, 650, 999]);
    expect(a.filter((value, i) => i > 0 && value !== a[i - 1]! + 1)).toHaveLength(3);
    expect(sha256).not.toBe(stream.sha256);
  });

  it('is the stream itself when it is short enough', () => {
    expect(sampleStream(stream, 1000)).toBe(stream);
  });

  it('has at least one transition', () => {
    expect(messageOf(() => sampleStream(stream, 1, 1.5))).toBe(
      'bad-input: pairs: wanted a whole number ≥ 2, found 1\nblockPairs: wanted a whole number ≥ 2, found 1.5',
    );
  });
});

interface Conditions {
  readonly vectorPeriodNs: number;
  readonly inputTransitionNs: number;
  readonly outputLoadFf: number;
}

function conditionsOf(own: Partial<Conditions>): Conditions {
  return { vectorPeriodNs: 1, inputTransitionNs: 0.02, outputLoadFf: 4, ...own };
}

function price(
  netlist: GateNetlist,
  a: readonly number[],
  own: Partial<Conditions>,
  from: LibraryModel = library,
  b: readonly number[] = a.map(() => 0),
  pulses: PulseModel = 'ramp',
): GlitchReport {
  return simulateGlitchPower(netlist, from, streamOf(a, b), conditionsOf(own), { ports: PORTS, pulses });
}

function streamOf(a: readonly number[], b: readonly number[] = a.map(() => 0)): OperandStream {
  return makeStream('s', Uint32Array.from(a), Uint32Array.from(b));
}

/** Different slews and loads for every net and edge. */
function timingOf(nets: number): NetTiming {
  const ramp = (first: number, step: number): Float64Array =>
    Float64Array.from({ length: nets }, (_, i) => first + step * i);
  return {
    riseLoadFf: ramp(3, 0.7),
    fallLoadFf: ramp(2.5, 0.9),
    riseTransitionNs: ramp(0.02, 0.003),
    fallTransitionNs: ramp(0.015, 0.004),
    riseArrivalNs: ramp(0, 0),
    fallArrivalNs: ramp(0, 0),
  };
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(MaxdnnError);
    return `${(error as MaxdnnError).code}: ${(error as MaxdnnError).message}`;
  }
  throw new Error('nothing was thrown');
}
