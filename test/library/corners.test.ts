import { describe, expect, test } from 'vitest';
import { shippedFile } from '../../src/base/package-root.ts';
import { evaluateBoolean } from '../../src/liberty/boolean-expression.ts';
import { lookUpTable } from '../../src/liberty/lookup-table.ts';
import type { CellModel, LibraryModel } from '../../src/liberty/model.ts';
import { readLiberty } from '../../src/liberty/read-liberty.ts';
import { CELLS } from '../../src/library/cells.ts';
import { CORNER_NAMES, LIBRARY_CORNERS } from '../../src/library/corners.ts';
import { modelCards } from '../../src/library/device.ts';

const [TYP, SLOW, FAST] = CORNER_NAMES.map((name) =>
  readLiberty(shippedFile('synth', LIBRARY_CORNERS[name].file)),
) as [LibraryModel, LibraryModel, LibraryModel];

const SLEW_NS = 0.02;
const LOAD_FF = 4;

/** Every delay of a cell at one point, in the order of the file. */
function delaysNs(cell: CellModel): number[] {
  return [...cell.pins.values()].flatMap((pin) =>
    pin.timing.flatMap((arc) =>
      [arc.rise, arc.fall].flatMap((edge) => (edge ? [lookUpTable(edge.delayNs, SLEW_NS, LOAD_FF)] : [])),
    ),
  );
}

/** Cells in which not every delay of the first library is above that of the second. */
function notSlower(slower: LibraryModel, faster: LibraryModel): { compared: number; faults: string[] } {
  let compared = 0;
  const faults: string[] = [];
  for (const cell of slower.cells.values()) {
    const [a, b] = [delaysNs(cell), delaysNs(faster.cells.get(cell.name)!)];
    expect(a).toHaveLength(b.length);
    compared += a.length;
    if (a.some((delay, i) => !(delay > b[i]! * 1.05))) faults.push(cell.name);
  }
  return { compared, faults };
}

describe('corners of the embedded library', () => {
  test('each has every cell and its own voltage and temperature', () => {
    const conditions = [TYP, SLOW, FAST].map((l) => [l.name, l.voltageV, l.temperatureC, l.cells.size]);
    expect(conditions).toEqual([
      ['maxdnn45_typ', 1.1, 25, CELLS.length],
      ['maxdnn45_slow', 0.95, 125, CELLS.length],
      ['maxdnn45_fast', 1.25, 0, CELLS.length],
    ]);
  });

  test('slow is slower than typical and typical slower than fast, in every arc of every cell', () => {
    for (const [slower, faster] of [
      [SLOW, TYP],
      [TYP, FAST],
    ] as const) {
      const { compared, faults } = notSlower(slower, faster);
      expect(faults).toEqual([]);
      expect(compared).toBeGreaterThan(350);
    }
  });

  test('sabotage: corners that are swapped are noticed', () => {
    expect(notSlower(TYP, SLOW).faults).toHaveLength(CELLS.filter((c) => c.inputs.length > 0).length);
  });

  test('leakage: the fast one leaks most, the slow one neither vanishes nor explodes', () => {
    let compared = 0;
    for (const [name, typical] of TYP.cells) {
      const [slow, fast] = [SLOW, FAST].map(
        (l) => l.cells.get(name)!.leakage.defaultNw / typical.leakage.defaultNw,
      );
      expect([name, fast! > 2 && fast! < 8, slow! > 0.2 && slow! < 2]).toEqual([name, true, true]);
      compared++;
    }
    expect(compared).toBe(CELLS.length);
  });

  test('a flip-flop leaks differently with Q = 0 and Q = 1: no DC analysis lost the state', () => {
    let compared = 0;
    for (const library of [TYP, SLOW, FAST]) {
      for (const { name } of CELLS.filter((cell) => cell.flipFlop !== undefined)) {
        const { states } = library.cells.get(name)!.leakage;
        const leakageNw = (D: 0 | 1, CK: 0 | 1, Q: 0 | 1): number => {
          const levels: Record<string, 0 | 1> = { D, CK, Q, RN: 1 };
          return states.find((s) => (evaluateBoolean(s.when, (pin) => levels[pin]!) & 1) === 1)!.leakageNw;
        };
        for (const [D, CK] of [
          [0, 0],
          [0, 1],
          [1, 0],
          [1, 1],
        ] as const) {
          expect([name, D, CK, leakageNw(D, CK, 0)]).not.toEqual([name, D, CK, leakageNw(D, CK, 1)]);
          compared++;
        }
      }
    }
    expect(compared).toBe(3 * 4 * 4);
  });

  test('energy follows the supply: less at 0.95 V, more at 1.25 V', () => {
    const energyFj = (library: LibraryModel, name: string): number =>
      [...library.cells.get(name)!.pins.values()]
        .flatMap((pin) =>
          pin.power.flatMap((p) => (p.relatedPin && p.riseFj && p.fallFj ? [p.riseFj, p.fallFj] : [])),
        )
        .reduce((sum, table) => sum + lookUpTable(table, SLEW_NS, LOAD_FF), 0);
    const gates = CELLS.filter((cell) => cell.inputs.length > 0);
    const ordered = gates.filter(
      ({ name }) => energyFj(SLOW, name) < energyFj(TYP, name) && energyFj(TYP, name) < energyFj(FAST, name),
    );
    expect(ordered.map((c) => c.name)).toEqual(gates.map((c) => c.name));
    expect(gates.length).toBe(CELLS.length - 2);
  });

  test('the device cards differ in the parameters that a corner names and in no other', () => {
    const lines = CORNER_NAMES.map((name) => modelCards(LIBRARY_CORNERS[name]).split('\n'));
    for (const [i, name] of CORNER_NAMES.entries()) {
      const { shifts, factors } = LIBRARY_CORNERS[name];
      const changed = lines[i]!.filter((line, j) => line !== lines[0]![j]).map(
        (line) => /\w+/.exec(line)![0],
      );
      expect([...new Set(changed)].sort()).toEqual([...Object.keys(shifts), ...Object.keys(factors)].sort());
    }
    expect(lines[0]).toContain('+ vth0=0.466');
    expect(lines[1]).toContain('+ vth0=0.501');
    expect(lines[2]).toContain('+ vth0=-0.3808');
  });
});
