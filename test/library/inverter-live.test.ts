import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shippedFile } from '../../src/base/package-root.ts';
import type { LibraryModel } from '../../src/liberty/model.ts';
import { parseLiberty, readLiberty } from '../../src/liberty/read-liberty.ts';
import { CELLS } from '../../src/library/cells.ts';
import { characterise } from '../../src/library/characterise.ts';
import { CORNER_NAMES, LIBRARY_CORNERS } from '../../src/library/corners.ts';
import { emitLiberty } from '../../src/library/emit-liberty.ts';
import { toolMissing } from '../tool-missing.ts';

/** Every number of the inverter. */
function numbersOf(library: LibraryModel): number[] {
  const { pins, leakage } = library.cells.get('INV_X1')!;
  const [a, zn] = [pins.get('A')!, pins.get('ZN')!];
  const timing = zn.timing.flatMap((t) => [t.rise!, t.fall!]).flatMap((e) => [e.delayNs, e.transitionNs]);
  const power = zn.power.flatMap((p) => [p.riseFj!, p.fallFj!]);
  return [
    a.riseCapacitanceFf,
    a.fallCapacitanceFf,
    ...leakage.states.map((s) => s.leakageNw),
    ...[...timing, ...power].flatMap((table) => [...table.values]),
  ];
}

/** Numbers that differ by more than 1 % (or 1e-5 ns, 1e-3 fJ near zero). */
function differing(left: readonly number[], right: readonly number[]): number {
  return left.filter(
    (v, i) => Math.abs(v - right[i]!) > 0.01 * Math.abs(v) + 1e-5 + (i >= 4 + 4 * 49 ? 1e-3 : 0),
  ).length;
}

describe.skipIf(toolMissing('ngspice'))('live characterisation [needs ngspice]', () => {
  test.each(CORNER_NAMES)(
    'an inverter simulated now at corner %s is the committed one within 1 %',
    async (name) => {
      const corner = LIBRARY_CORNERS[name];
      const runFolder = mkdtempSync(join(tmpdir(), 'maxdnn-library-'));
      const inverter = CELLS.filter((cell) => cell.name === 'INV_X1');
      const now = emitLiberty(await characterise(inverter, { corner, runFolder }, 1), corner, 'ngspice');
      const measured = numbersOf(parseLiberty(now, 'measured now'));
      const committed = numbersOf(readLiberty(shippedFile('synth', corner.file)));
      expect(committed).toHaveLength(4 + 6 * 49);
      expect(differing(committed, measured)).toBe(0);
      const sabotaged = measured.map((v, i) => (i === 100 ? v * 1.03 : v));
      expect(differing(committed, sabotaged)).toBe(1);
      rmSync(runFolder, { recursive: true });
    },
  );
});
