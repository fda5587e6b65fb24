import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { shippedFile } from '../../src/base/package-root.ts';
import type { LibraryModel } from '../../src/liberty/model.ts';
import { parseLiberty } from '../../src/liberty/read-liberty.ts';
import { type LibertyGroup, parseLibertyText, textOf } from '../../src/liberty/syntax.ts';
import { areaUm2, CELLS } from '../../src/library/cells.ts';
import { sensitisations } from '../../src/library/states.ts';

const PATH = shippedFile('synth', 'maxdnn45_typ.lib');
const TEXT = readFileSync(PATH, 'utf8');
const LIBRARY = parseLiberty(TEXT, PATH);
const TREE = parseLibertyText(TEXT, PATH);

/** Delay and transition tables of all arcs, and the rows in which a larger load is not slower. */
function checkLoads(library: LibraryModel): { tables: number; faults: string[] } {
  let tables = 0;
  const faults: string[] = [];
  for (const cell of library.cells.values()) {
    for (const pin of cell.pins.values()) {
      for (const arc of pin.timing) {
        for (const table of [arc.rise, arc.fall].flatMap((e) => (e ? [e.delayNs, e.transitionNs] : []))) {
          tables++;
          const columns = table.loadsFf.length;
          if (table.transitionsNs.length !== 7 || columns !== 7)
            faults.push(`${cell.name} ${pin.name}: size`);
          for (let i = 0; i < table.values.length; i++) {
            if (i % columns > 0 && !(table.values[i]! > table.values[i - 1]!)) {
              faults.push(`${cell.name} ${arc.relatedPin} → ${pin.name}: value ${i}`);
            }
          }
        }
      }
    }
  }
  return { tables, faults };
}

function groupsOf(cell: string, kind: string): LibertyGroup[] {
  const found = TREE.groups.find((g) => g.name === 'cell' && g.args[0] === cell)!;
  const visit = (g: LibertyGroup): LibertyGroup[] => [
    ...(g.name === kind ? [g] : []),
    ...g.groups.flatMap(visit),
  ];
  return visit(found);
}

/** Smallest pulse widths by pin and level, ns. */
function pulseWidthsNs(cell: string): Record<string, number> {
  return Object.fromEntries(
    groupsOf(cell, 'pin').flatMap((pin) =>
      ['high', 'low'].flatMap((level) => {
        const text = textOf(pin, `min_pulse_width_${level}`);
        return text === undefined ? [] : [[`${pin.args[0]} ${level}`, Number(text)]];
      }),
    ),
  );
}

describe('committed library', () => {
  test('has exactly the described cells with their areas and functions', () => {
    expect(LIBRARY.name).toBe('maxdnn45_typ');
    expect([LIBRARY.voltageV, LIBRARY.temperatureC]).toEqual([1.1, 25]);
    expect([...LIBRARY.cells.keys()]).toEqual(CELLS.map((c) => c.name));
    expect(CELLS).toHaveLength(60);
    for (const cell of CELLS) {
      const model = LIBRARY.cells.get(cell.name)!;
      expect(model.areaUm2).toBeCloseTo(areaUm2(cell), 6);
      expect(model.inputs).toEqual(cell.inputs);
      expect(groupsOf(cell.name, 'pin').flatMap((p) => textOf(p, 'function') ?? [])).toEqual(
        cell.outputs.map((o) => o.function),
      );
    }
  });

  test('every way in which an output follows an input has its energy, every pair its delays', () => {
    let pairs = 0;
    for (const cell of CELLS.filter((c) => c.flipFlop === undefined)) {
      const ways = sensitisations(cell);
      for (const { name } of cell.outputs) {
        for (const input of cell.inputs) {
          const states = ways.filter((way) => way.pin === input && name in way.outputs).length;
          const pin = LIBRARY.cells.get(cell.name)!.pins.get(name)!;
          const power = pin.power.filter((p) => p.relatedPin === input);
          const timing = pin.timing.filter((t) => t.relatedPin === input);
          expect([cell.name, name, input, power.length]).toEqual([cell.name, name, input, states]);
          expect(timing.length).toBeGreaterThan(0);
          expect(timing.every((t) => t.rise && t.fall)).toBe(true);
          pairs++;
        }
      }
    }
    expect(pairs).toBe(153);
  });

  test('leakage is given for every state and is positive', () => {
    const states = CELLS.map((cell) => {
      const { leakage } = LIBRARY.cells.get(cell.name)!;
      expect(leakage.states.every((s) => s.leakageNw > 0) && leakage.defaultNw > 0).toBe(true);
      return leakage.states.length;
    });
    expect(states.reduce((sum, n) => sum + n, 0)).toBe(558);
  });

  test('a larger load is slower, in every row of every 7×7 table', () => {
    const { tables, faults } = checkLoads(LIBRARY);
    expect(faults).toEqual([]);
    expect(tables).toBe(4 * (153 + 15) + 4 * 8 + 2 * 4);
  });

  test('sabotage: one changed digit in one delay table is noticed', () => {
    const at = TEXT.indexOf(
      '"',
      TEXT.indexOf('values', TEXT.indexOf('cell_rise', TEXT.indexOf('cell (NAND2_X1)'))),
    );
    const broken = `${TEXT.slice(0, at + 1)}9${TEXT.slice(at + 2)}`;
    const { faults } = checkLoads(parseLiberty(broken, 'broken'));
    expect(faults).toEqual(['NAND2_X1 A1 → ZN: value 1']);
  });

  test('flip-flops: clock, setup and hold, reset arcs', () => {
    const types = (cell: string): string[] =>
      groupsOf(cell, 'timing').flatMap((t) => textOf(t, 'timing_type') ?? []);
    const plain = ['setup_rising', 'hold_rising', 'rising_edge', 'rising_edge'];
    expect(types('DFF_X1').sort()).toEqual([...plain].sort());
    expect(types('DFFR_X1').sort()).toEqual(
      [...plain, 'recovery_rising', 'removal_rising', 'clear', 'preset'].sort(),
    );
    for (const name of ['DFF_X1', 'DFF_X2', 'DFFR_X1', 'DFFR_X2']) {
      expect(LIBRARY.cells.get(name)!.pins.get('CK')!.isClock).toBe(true);
      const setup = groupsOf(name, 'timing').find((t) => textOf(t, 'timing_type') === 'setup_rising')!;
      const rows = setup.groups.flatMap((g) => g.attributes.find((a) => a.name === 'values')!.values);
      const numbers = rows.flatMap((row) => row.split(',').map(Number));
      expect(numbers).toHaveLength(18);
      expect(numbers.every((ns) => ns > -0.1 && ns < 0.25)).toBe(true);
      const widths = pulseWidthsNs(name);
      expect(Object.keys(widths)).toEqual(
        name.startsWith('DFFR') ? ['RN low', 'CK high', 'CK low'] : ['CK high', 'CK low'],
      );
      expect(Object.values(widths).every((ns) => ns >= 0.015 && ns < 0.2)).toBe(true);
    }
  });

  test('says what it is made from and has neither date nor path', () => {
    const head = TEXT.slice(0, 1200);
    expect(head).toContain('scripts/characterise-library');
    expect(head).toContain('threshold voltages calibrated');
    expect(head).not.toMatch(/\b20\d\d\b|\/tmp|\/work|\/home/);
  });
});
