import { describe, expect, it } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { simulatePower } from '../../src/power/power.ts';
import type { SequentialStimulus } from '../../src/power/sequential-activity.ts';
import { simulateSequentialPower } from '../../src/power/sequential-power.ts';
import { makeStream } from '../../src/power/stream.ts';
import { registerLibrary } from './register-library.ts';
import { cellOf, input, netlistOf, output, stimulusOf } from './small-netlist.ts';

const library = registerLibrary();
const CONDITIONS = { clockPeriodNs: 2, clockTransitionNs: 0.02, inputTransitionNs: 0.02, outputLoadFf: 4 };

describe('a netlist that cannot be simulated', () => {
  const ports = { clk_i: input([2]), d_i: input([3]), q_o: output([4]) };
  const ff = cellOf('FF', { D: [3], CK: [2], Q: [4] });
  const run =
    (cells: object, more: object = {}, edit: Partial<SequentialStimulus> = {}): (() => unknown) =>
    () =>
      simulateSequentialPower(
        netlistOf(library, { ...ports, ...more }, cells),
        library,
        { ...stimulusOf({ d_i: [0, 1, 0] }), ...edit },
        CONDITIONS,
      );
  const reset = (type: string, rn: readonly (number | string)[]): object =>
    cellOf(type, { D: [3], CK: [2], RN: rn, Q: [4] });

  it.each<[string, () => unknown, string]>([
    [
      'a latch',
      run({ u: cellOf('LATCH', { D: [3], G: [2], Q: [4] }) }),
      'n.json: instance u: wanted a gate or a flip-flop, found LATCH, a latch',
    ],
    [
      'a clock gate',
      run({ u: cellOf('GATE', { E: [3], CK: [2], GCK: [4] }) }),
      'n.json: instance u: wanted a gate or a flip-flop, found GATE, a statetable',
    ],
    [
      'an open D',
      run({ u: cellOf('FF', { CK: [2], Q: [4] }) }),
      'n.json: instance u (FF) pin D: wanted a net, found no connection',
    ],
    [
      'an undefined D',
      run({ u: cellOf('FF', { D: ['x'], CK: [2], Q: [4] }) }),
      'n.json: instance u (FF) pin D: wanted a net, 0 or 1, found the undefined value "x"',
    ],
    [
      'no clock port',
      run({ u: ff }, {}, { clock: 'clk' }),
      'netlist top: wanted input port "clk", found ports input clk_i, input d_i, output q_o',
    ],
    [
      'no registers',
      run({ u: cellOf('INV', { A: [3], Y: [4] }) }),
      'netlist top: wanted registers, found none',
    ],
    [
      'two clocks',
      run({ u: ff, v: cellOf('FF', { D: [3], CK: [8], Q: [9] }) }, { clk2: input([8]) }),
      'netlist top register v (FF) pin CK: wanted the clock port clk_i itself, found port clk2',
    ],
    [
      'a constant clock',
      run({ u: ff, v: cellOf('FF', { D: [3], CK: ['1'], Q: [9] }) }),
      'netlist top register v (FF) pin CK: wanted the clock port clk_i itself, found constant 1',
    ],
    [
      'a clock through a gate',
      run({ u: ff, i: cellOf('INV', { A: [2], Y: [8] }), v: cellOf('FF', { D: [3], CK: [8], Q: [9] }) }),
      'netlist top register v (FF) pin CK: wanted the clock port clk_i itself, found the output of i (INV)\n' +
        'netlist top instance i (INV) pin A: wanted data, found the clock clk_i',
    ],
    [
      'both edges',
      run({ u: ff, v: cellOf('FFN', { D: [3], CK: [2], Q: [9] }) }),
      'netlist top register v (FFN): wanted the clock edge of u (FF), found the falling edge',
    ],
    [
      'a clock read as data',
      run({ u: ff, v: cellOf('FF', { D: [2], CK: [2], Q: [9] }) }),
      'netlist top register v (FF) pin D: wanted data, found the clock clk_i',
    ],
    [
      'a clock of two pins',
      run({ u: cellOf('FFX', { D: [3], CK: [2], Q: [4] }) }),
      'cell FFX clocked_on: wanted an input pin or its complement, found an expression of CK, D',
    ],
    [
      'a register that clears registers',
      run({ u: reset('FFR', [4]) }),
      'netlist top register u (FFR): wanted asynchronous clear and preset that depend on ports only, found the output of u (FFR)',
    ],
    [
      'clear and preset at once',
      run({ u: reset('FFB', ['0']) }),
      'netlist top, one of the registers u: wanted clear or preset, found both at once',
    ],
    [
      'a missing input',
      run({ u: ff }, { e_i: input([8]) }),
      'netlist top port e_i: wanted 3 words (3 cycles of 1 bits), found none',
    ],
    [
      'an unknown input',
      run(
        { u: ff },
        {},
        {
          inputs: new Map([
            ['x', new Uint32Array(3)],
            ['d_i', new Uint32Array(3)],
          ]),
        },
      ),
      'netlist top: wanted patterns of input ports other than clock and reset only, found "x"',
    ],
    [
      'a pattern out of range',
      run({ u: ff }, {}, { inputs: new Map([['d_i', Uint32Array.of(0, 1, 2)]]) }),
      'netlist top port d_i: wanted patterns of 1 bits, found 2 in cycle 2',
    ],
    [
      'a short stimulus',
      run({ u: ff }, {}, { cycles: 4 }),
      'netlist top port d_i: wanted 4 words (4 cycles of 1 bits), found 3',
    ],
    [
      'one cycle',
      run({ u: ff }, {}, { cycles: 1, inputs: new Map([['d_i', new Uint32Array(1)]]) }),
      'stimulus: wanted at least 2 cycles, found 1',
    ],
    [
      'bad conditions',
      () =>
        simulateSequentialPower(netlistOf(library, ports, { u: ff }), library, stimulusOf({ d_i: [0, 1] }), {
          clockPeriodNs: 0,
          clockTransitionNs: -1,
          inputTransitionNs: Number.NaN,
          outputLoadFf: 0,
        }),
      'clockPeriodNs: wanted a number above 0, found 0\nclockTransitionNs: wanted a number ≥ 0, found -1\ninputTransitionNs: wanted a number ≥ 0, found NaN',
    ],
    [
      'registers given to simulatePower',
      () =>
        simulatePower(
          netlistOf(library, { a: input([3]), b: input([2]), p: output([4]) }, { u: ff }),
          library,
          makeStream('s', new Uint32Array(2), new Uint32Array(2)),
          { vectorPeriodNs: 1, inputTransitionNs: 0.02, outputLoadFf: 4 },
          { ports: { a: 'a', b: 'b', p: 'p' } },
        ),
      'netlist top: wanted a combinational netlist, found u (FF)',
    ],
  ])('%s', (_name, action, message) => {
    expect(messageOf(action)).toBe(message);
  });

  it('a loop without a register', () => {
    const cells = { u: ff, i: cellOf('INV', { A: [9], Y: [8] }), j: cellOf('INV', { A: [8], Y: [9] }) };
    expect(messageOf(run(cells))).toBe(
      'n.json: wanted combinational logic without loops, found the loop i (INV) → j (INV) → i (INV)',
    );
  });
});

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(MaxdnnError);
    expect((error as MaxdnnError).code).toBe('bad-input');
    return (error as MaxdnnError).message;
  }
  throw new Error('nothing was thrown');
}
