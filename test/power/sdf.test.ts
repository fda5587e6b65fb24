import { describe, expect, it } from 'vitest';
import { shippedFile } from '../../src/base/package-root.ts';
import { readLiberty } from '../../src/liberty/read-liberty.ts';
import { listPathDelays, mergePaths } from '../../src/power/glitch-delays.ts';
import { writeSdf } from '../../src/power/sdf.ts';
import { propagateTiming } from '../../src/power/timing.ts';
import { smallLibrary } from '../liberty/small-library.ts';
import { cellOf, input, netlistOf, output } from './small-netlist.ts';

/** y = (a nand b) ^ b in the made-up library: delay = input transition + 1 ps/fF. */
const PORTS = { a: input([2]), b: input([3]), p: output([5]) };
const CELLS = {
  'u_0.x$1': cellOf('NAND', { A: [2], B: [3], Y: [4] }),
  u_xor: cellOf('XOR', { A: [4], B: [3], Y: [5] }),
};
const netlist = netlistOf(smallLibrary(), PORTS, CELLS);

describe('SDF', () => {
  it('has a path per input, two where the edge of the input matters, and escaped names', () => {
    // Rising inputs take 20 ps here, so that all edges alike: NAND 20 + 1, XOR from A (12 ps) and B (20 ps) + 4.
    const timing = propagateTiming(netlist, 0.02, 4);
    const skewed = { ...timing, fallTransitionNs: timing.fallTransitionNs.map((slew) => slew + 0.001) };
    expect(writeSdf(netlist, skewed, { conditional: true }).replace(/"\d+\.\d+\.\d+"/, '"V"')).toBe(
      [
        '(DELAYFILE',
        '  (SDFVERSION "3.0")',
        '  (DESIGN "top")',
        '  (PROGRAM "maxdnn")',
        '  (VERSION "V")',
        '  (DIVIDER /)',
        '  (TIMESCALE 1ps)',
        '  (CELL (CELLTYPE "NAND") (INSTANCE u_0\\.x\\$1) (DELAY (ABSOLUTE',
        '    (IOPATH A Y (22.000) (21.000))',
        '    (IOPATH B Y (22.000) (21.000))',
        '  )))',
        '  (CELL (CELLTYPE "XOR") (INSTANCE u_xor) (DELAY (ABSOLUTE',
        '    (IOPATH (posedge A) Y (16.000) (16.000))',
        '    (IOPATH (negedge A) Y (17.000) (17.000))',
        '    (IOPATH (posedge B) Y (24.000) (24.000))',
        '    (IOPATH (negedge B) Y (25.000) (25.000))',
        '  )))',
        ')',
        '',
      ].join('\n'),
    );
    const merged = writeSdf(netlist, skewed, { conditional: false });
    expect(merged.match(/\(IOPATH .*/g)).toEqual([
      '(IOPATH A Y (22.000) (21.000))',
      '(IOPATH B Y (22.000) (21.000))',
      '(IOPATH A Y (17.000) (17.000))',
      '(IOPATH B Y (25.000) (25.000))',
    ]);
  });

  it('has the conditions of the library; without them the slowest delay', () => {
    const embedded = readLiberty(shippedFile('synth', 'maxdnn45_typ.lib'));
    const adder = netlistOf(
      embedded,
      { a: input([2, 3]), b: input([4]), p: output([5, 6]) },
      { u: cellOf('FA_X1', { A: [2], B: [3], CI: [4], S: [5], CO: [6] }) },
    );
    const timing = propagateTiming(adder, 0.02, 4);
    const conditions = writeSdf(adder, timing, { conditional: true }).match(/\(COND .*(?= \(IOPATH)/g);
    expect(conditions).toHaveLength(6);
    expect(conditions![0]).toBe("(COND ((B == 1'b0) && (CI == 1'b0)) || ((B == 1'b1) && (CI == 1'b1))");
    const paths = listPathDelays(adder.gates[0]!, timing);
    const merged = mergePaths(paths);
    expect([paths.length, merged.length]).toEqual([9, 6]);
    for (const { input: from, output: to, riseToRise, fallToRise } of merged) {
      const own = paths.filter((path) => path.input === from && path.output === to);
      const rises = own.flatMap((path) => [path.riseToRise ?? 0, path.fallToRise ?? 0]);
      expect([riseToRise, fallToRise]).toEqual([Math.max(...rises), Math.max(...rises)]);
    }
  });

  it('notices another load', () => {
    const text = (loadFf: number): string =>
      writeSdf(netlist, propagateTiming(netlist, 0.02, loadFf), { conditional: true });
    expect(text(4)).not.toBe(text(5));
  });
});
