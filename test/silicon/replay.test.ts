import { describe, expect, it } from 'vitest';
import { blockNetlist } from '../../src/silicon/block-netlist.ts';
import { describeModule, type YosysModule } from '../../src/silicon/modules.ts';
import { addEnergy, NO_ENERGY, replayWindow, totalPj } from '../../src/silicon/replay.ts';
import type { BlockWindow } from '../../src/silicon/trace.ts';
import { registerLibrary } from '../power/register-library.ts';

const library = registerLibrary();
const CONDITIONS = { clockNs: 2, inputTransitionNs: 0.02 };

/** A register, named `kept` in the RTL, whose output goes to an inner module; what that answers goes out. */
const SOURCE: YosysModule = {
  ports: {
    clk_i: { direction: 'input', bits: [2] },
    d_i: { direction: 'input', bits: [3] },
    q_o: { direction: 'output', bits: [5] },
  },
  cells: {
    u: { type: 'FF', connections: { D: [3], CK: [2], Q: [4] } },
    u_inner: {
      type: 'inner',
      connections: { clk_i: [2], a_i: [4], b_o: [5] },
      port_directions: { clk_i: 'input', a_i: 'input', b_o: 'output' },
    },
  },
  netnames: { kept: { hide_name: 0, bits: [4] }, $no: { hide_name: 1, bits: [3] } },
};
const module = describeModule('outer', SOURCE, ['outer', 'inner'], library);
const block = blockNetlist(module, library, 'netlist.json');

/** D: 0 1 1 0 1; stored: 0 0 1 1 0, as in test/power/sequential-power.test.ts. */
function windowOf(stored: readonly number[], initial = 0): BlockWindow {
  const answers = [1, 0, 1, 0, 1];
  return {
    inputs: new Map([
      ['d_i', Uint32Array.of(0, 1, 1, 0, 1)],
      ['u_inner.b_o', Uint32Array.from(answers)],
    ]),
    outputs: new Map([
      ['q_o', Uint32Array.from(answers)],
      ['u_inner.a_i', Uint32Array.from(stored)],
    ]),
    extra: new Map(),
    initial: Uint8Array.of(initial),
    cycles: 5,
  };
}

describe('a module without the modules in it', () => {
  it('counts its own cells, and has the ports of the others turned round', () => {
    expect(module).toMatchObject({ cells: 1, registers: 1, areaUm2: 6, memories: [] });
    expect(module.children).toEqual([{ instance: 'u_inner', module: 'inner' }]);
    expect(block.inputs.map(({ name }) => name)).toEqual(['d_i', 'u_inner.b_o']);
    expect(block.outputs.map(({ name }) => name)).toEqual(['q_o', 'u_inner.a_i']);
    expect(block.states).toEqual([{ name: 'kept', width: 1 }]);
    expect(block.stateBits).toEqual([{ signal: 0, bit: 0, isInverted: false }]);
  });

  it('refuses cells that nobody knows', () => {
    const cells = { u: { type: 'RIDDLE', connections: {} } };
    expect(() => describeModule('outer', { ...SOURCE, cells }, ['outer'], library)).toThrow(
      'module outer: cell u of type RIDDLE is left after mapping',
    );
  });
});

describe('the energy of a window, by hand', () => {
  const { energy, bitsCompared, cycles } = replayWindow(
    block,
    windowOf([0, 0, 1, 1, 0]),
    library,
    CONDITIONS,
  );

  it('every part', () => {
    const clockFj = (1.5 + 2 + 1 + 2.5 + (4 + 1.25 + 5 + 4)) / 4 + 1.5; // tables, and C·V² of the pin
    expect(energy.clockPj).toBeCloseTo(clockFj / 1000, 12);
    // Q and QN without loads, D behind the active edge.
    expect(energy.registersPj).toBeCloseTo((6.2 + 9.2 + 7.2 + 8.2 + 1.25) / 4 / 1000, 12);
    expect(energy.logicPj).toBeCloseTo((0.5 * 3 * 1) / 4 / 1000, 12); // D changes three times, 1 fF
    expect(energy.multiplyPj).toBe(0);
    expect(energy.idleClockPj).toBeCloseTo(energy.clockPj / 2, 12); // it changes in two of four cycles
    expect({ bitsCompared, cycles }).toEqual({ bitsCompared: 10, cycles: 5 });
  });

  it('the idle part of the clock is not counted twice', () => {
    const { clockPj, registersPj, logicPj, leakagePj } = energy;
    expect(totalPj(energy)).toBeCloseTo(clockPj + registersPj + logicPj + leakagePj, 12);
    const twice = addEnergy(addEnergy(NO_ENERGY, energy, 1), energy, 1);
    expect(twice.idleClockPj).toBeCloseTo(2 * energy.idleClockPj, 12);
  });
});

describe('sabotage', () => {
  it('another output than the RTL had', () => {
    expect(() => replayWindow(block, windowOf([0, 0, 1, 0, 0]), library, CONDITIONS)).toThrow(
      'outer: output u_inner.a_i of the netlist is 0x1 in cycle 3 of a window, the RTL has 0x0',
    );
  });

  it('another content of a register in the first cycle', () => {
    expect(() => replayWindow(block, windowOf([0, 0, 1, 1, 0], 1), library, CONDITIONS)).toThrow(
      'in cycle 0 of a window',
    );
  });
});
