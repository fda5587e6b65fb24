import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { evaluateBoolean, parseBoolean, pinsOf, printBoolean } from '../../src/liberty/boolean-expression.ts';
import { lookUpTable, type NldmTable } from '../../src/liberty/lookup-table.ts';
import { parseLiberty, readLiberty } from '../../src/liberty/read-liberty.ts';
import { DATA_DIR } from '../tool-missing.ts';
import { editedLibrary, SMALL_LIBRARY_TEXT, smallLibrary } from './small-library.ts';

describe('boolean expressions', () => {
  const names = ['A', 'B', 'C'];
  const cases: readonly [string, (a: boolean, b: boolean, c: boolean) => boolean][] = [
    ['!(A & B)', (a, b) => !(a && b)],
    ["(A B)' + C", (a, b, c) => !(a && b) || c],
    ["A'' * !!B", (a, b) => a && b],
    ['A | B & C', (a, b, c) => a || (b && c)],
    ['A ^ B C', (a, b, c) => a !== b && c],
    ['A + B ^ C', (a, b, c) => a || b !== c],
    ['!A^B', (a, b) => !a !== b],
    ['1 & A | 0', (a) => a],
    ['((A)(B))', (a, b) => a && b],
  ];
  it.each(cases)('%s', (text, truth) => {
    const expression = parseBoolean(text, 'here');
    const compiled = new Function(...names, `return ${printBoolean(expression, (pin) => pin)}`);
    for (let state = 0; state < 8; state++) {
      const bits = names.map((_, i) => (state >> i) & 1);
      const want = truth(bits[0] === 1, bits[1] === 1, bits[2] === 1) ? -1 : 0;
      expect(evaluateBoolean(expression, (pin) => -bits[names.indexOf(pin)]!)).toBe(want);
      expect(compiled(...bits.map((bit) => -bit))).toBe(want);
    }
  });

  it('lists pins', () => expect(pinsOf(parseBoolean('B & (A | B[1])', 'here'))).toEqual(['B', 'A', 'B[1]']));

  it.each([
    ['', '"" (ends too early)'],
    ['A &', '"A &" (ends too early)'],
    ['A & | B', '"A & | B" (at "|")'],
    ['(A', '"(A" (ends too early)'],
    ['A ? B', '"A ? B" (at "?")'],
  ])('rejects %s', (text, found) => {
    const wanted = "a boolean expression of pin names, 0, 1, ! ' ^ & * | + ( )";
    expect(messageOf(() => parseBoolean(text, 'x.lib:7: INV function'))).toBe(
      `x.lib:7: INV function: wanted ${wanted}, found ${found}`,
    );
  });
});

describe('NLDM look-up', () => {
  const table: NldmTable = {
    transitionsNs: Float64Array.of(0, 1, 3),
    loadsFf: Float64Array.of(1, 2, 4),
    values: Float64Array.of(0, 10, 20, 100, 110, 120, 300, 310, 400),
  };
  it.each([
    [0, 1, 0],
    [3, 4, 400],
    [0.5, 1.5, 55],
    [2, 3, 235],
    [-1, 1, -100],
    [4, 1, 400],
    [0, 6, 30],
    [5, 6, 850],
  ])('at %d ns, %d fF', (transitionNs, loadFf, want) => {
    expect(lookUpTable(table, transitionNs, loadFf)).toBeCloseTo(want, 9);
  });
});

describe('a library', () => {
  it('is read in our units', () => {
    const library = smallLibrary();
    expect([...library.cells.keys()]).toEqual(['INV', 'NAND', 'XOR', 'ADD', 'TIE', 'DFF']);
    const nand = library.cells.get('NAND')!;
    expect(nand.inputs).toEqual(['A', 'B']);
    expect(nand.pins.get('B')).toMatchObject({
      capacitanceFf: 2,
      riseCapacitanceFf: 1.5,
      fallCapacitanceFf: 2,
    });
    const output = nand.pins.get('Y')!;
    expect(output.maxCapacitanceFf).toBe(50);
    expect(output.timing.map((arc) => arc.relatedPin)).toEqual(['A', 'B']);
    expect(lookUpTable(output.timing[0]!.rise!.delayNs, 0.05, 4)).toBeCloseTo(0.054, 12);
    expect(lookUpTable(output.timing[0]!.fall!.transitionNs, 0.05, 4)).toBeCloseTo(0.018, 12);
    expect(lookUpTable(output.power[1]!.fallFj!, 0.05, 4)).toBeCloseTo(8 + 0.5 + 0.4, 12);
    expect(nand.leakage).toMatchObject({ defaultNw: 5, states: [{ leakageNw: 9 }] });
    expect(library.cells.get('DFF')).toMatchObject({ storage: 'flip-flop', flipFlop: { state: 'IQ' } });
    expect(library).toMatchObject({ name: 'small', voltageV: 1, temperatureC: 25 });
  });

  it('reads the same from .lib and .lib.gz', () => {
    const folder = mkdtempSync(join(tmpdir(), 'maxdnn-liberty-'));
    writeFileSync(join(folder, 'a.lib'), SMALL_LIBRARY_TEXT);
    writeFileSync(join(folder, 'b.lib'), gzipSync(SMALL_LIBRARY_TEXT));
    expect(readLiberty(join(folder, 'b.lib'))).toEqual(readLiberty(join(folder, 'a.lib')));
    expect(readLiberty(join(folder, 'a.lib'))).not.toEqual(
      smallLibrary('capacitance : 1;', 'capacitance : 1.1;'),
    );
  });

  it('does not count leakage once more at the ground pin', () => {
    const ground =
      'pg_pin (VSS) { pg_type : primary_ground; } leakage_power () { related_pg_pin : VSS; value : 2; when : "!A"; }';
    const cell = smallLibrary('cell_leakage_power : 7;', `cell_leakage_power : 7; ${ground}`).cells.get(
      'INV',
    )!;
    expect(cell.leakage).toEqual(smallLibrary().cells.get('INV')!.leakage);
    expect(cell.leakage.states).toHaveLength(2);
  });

  it('takes the operating conditions before the nominal ones', () => {
    const conditions = 'operating_conditions (slow) { voltage : 0.9; temperature : 125; }';
    const library = smallLibrary(
      'nom_voltage',
      `${conditions} default_operating_conditions : slow; nom_voltage`,
    );
    expect([library.voltageV, library.temperatureC]).toEqual([0.9, 125]);
  });

  it.skipIf(DATA_DIR === undefined)(
    `reads Nangate45 in well below a second${DATA_DIR ? '' : ' (skipped: MAXDNN_DATA is not set)'}`,
    () => {
      const path = join(DATA_DIR!, 'liberty', 'nangate45_typ.lib.gz');
      const started = process.cpuUsage();
      const library = readLiberty(path);
      const { user, system } = process.cpuUsage(started);
      expect((user + system) / 1e6).toBeLessThan(1.5);
      expect(library.cells.size).toBe(134);
      expect(library.voltageV).toBe(1.1);
    },
  );
});

describe('a bad library', () => {
  const file = (content: string | Uint8Array): (() => unknown) => {
    const path = join(mkdtempSync(join(tmpdir(), 'maxdnn-liberty-')), 'bad.lib');
    writeFileSync(path, content);
    return () => readLiberty(path);
  };
  const text =
    (content: string): (() => unknown) =>
    () =>
      parseLiberty(content, 'bad.lib');
  const edit = (from: string, to: string): (() => unknown) => text(editedLibrary(from, to));
  const line = (piece: string): number =>
    SMALL_LIBRARY_TEXT.slice(0, SMALL_LIBRARY_TEXT.indexOf(piece)).split('\n').length;
  const lastLine = SMALL_LIBRARY_TEXT.split('\n').length;

  it.each<[string, () => unknown, string]>([
    [
      'missing',
      () => readLiberty('/nowhere/bad.lib'),
      '/nowhere/bad.lib: wanted a Liberty file (.lib or .lib.gz), found no readable file (ENOENT)',
    ],
    ['empty', file(''), 'bad.lib: wanted a Liberty file (.lib or .lib.gz), found an empty file (0 bytes)'],
    [
      'full of zero bytes',
      file(new Uint8Array(100)),
      'bad.lib: wanted Liberty text, found binary data (a zero byte at offset 0)',
    ],
    [
      'cut-off gzip',
      file(gzipSync(SMALL_LIBRARY_TEXT).subarray(0, 300)),
      'bad.lib: wanted a complete gzip file, found damaged data (unexpected end of file)',
    ],
    [
      'something else',
      text('module inv (a, y);\nendmodule\n'),
      'bad.lib:1: wanted Liberty text that begins with "library (NAME) {", found "module inv (a, y);"',
    ],
    [
      'only comments',
      text('/* nothing */\n'),
      'bad.lib:2: wanted Liberty text that begins with "library (NAME) {", found the end of the file',
    ],
    [
      'cut off',
      text(SMALL_LIBRARY_TEXT.slice(0, SMALL_LIBRARY_TEXT.indexOf('cell (NAND)') - 5)),
      `bad.lib:${line('cell (NAND)') - 1}: wanted the } of the cell (INV) group that begins on line ${line('cell (INV)')}, found the end of the file`,
    ],
    [
      'cut off in a string',
      text(SMALL_LIBRARY_TEXT.slice(0, SMALL_LIBRARY_TEXT.indexOf('0, 100') + 3)),
      `bad.lib:${line('0, 100')}: wanted the } of the lu_table_template (delay) group that begins on line ${line('lu_table_template')}, found the end of the file`,
    ],
    [
      'one brace too many',
      text(`${SMALL_LIBRARY_TEXT}}\n`),
      `bad.lib:${lastLine}: wanted nothing after the } of the library group, found "}"`,
    ],
    [
      'no time unit',
      edit('time_unit : "1ps";', ''),
      'bad.lib: wanted the library attribute time_unit, e.g. "1ns", found none',
    ],
    [
      'no capacitance unit',
      edit('capacitive_load_unit (0.001, pf);', ''),
      'bad.lib: wanted the library attribute capacitive_load_unit, e.g. (1, ff), found none',
    ],
    [
      'an unknown unit',
      edit('"1ps"', '"1 fortnight"'),
      'bad.lib:3: time_unit: wanted a unit ending in "s" with an optional prefix a f p n u m k, found "1 fortnight"',
    ],
    [
      'no leakage unit',
      edit('leakage_power_unit : "1nW";', ''),
      'bad.lib: wanted the library attribute leakage_power_unit, e.g. "1nW", found none, but cell INV leaks',
    ],
    [
      'no voltage',
      edit('nom_voltage : 1.0;', ''),
      'bad.lib: wanted nom_voltage, or default operating_conditions that give it, found neither',
    ],
    [
      'no cells',
      text(`${SMALL_LIBRARY_TEXT.slice(0, SMALL_LIBRARY_TEXT.indexOf('cell (INV)'))}}`),
      'bad.lib: wanted at least one cell (NAME) group, found none',
    ],
    [
      'an unknown template',
      edit('cell_rise (delay)', 'cell_rise (dealy)'),
      `bad.lib:${line('cell_rise (delay)')}: cell_rise: wanted a table template defined in the library (scalar, delay, energy, hidden), found "dealy"`,
    ],
    [
      'a missing value',
      edit('values ("0, 10", "100, 110")', 'values ("0, 10", "100")'),
      `bad.lib:${line('cell_rise (delay)')}: cell_rise: wanted 4 values (2 × 2), found 3 values`,
    ],
    [
      'a value that is no number',
      edit('values ("0, 10", "100, 110")', 'values ("0, 1O", "100, 110")'),
      `bad.lib:${line('cell_rise (delay)')}: values of cell_rise: wanted a number, found "1O"`,
    ],
    [
      'axes that do not ascend',
      edit('index_1 ("0, 100")', 'index_1 ("100, 100")'),
      `bad.lib:${line('cell_rise (delay)')}: cell_rise: wanted table indices that ascend, found 100 before 100`,
    ],
    [
      'a pin without direction',
      edit('direction : input; ', ''),
      `bad.lib:${line('pin (A)')}: INV/A: wanted direction input, output, inout or internal, found none`,
    ],
  ])('%s', (_name, read, message) => {
    const got = messageOf(read).replace(/^\/\S*\/(bad\.lib)/, (path, name) =>
      path.startsWith('/nowhere') ? path : name,
    );
    expect(got).toBe(message);
  });
});

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(MaxdnnError);
    expect((error as MaxdnnError).code).toBe('bad-input');
    expect((error as MaxdnnError).hint).toBeTruthy();
    return (error as MaxdnnError).message;
  }
  throw new Error('nothing was thrown');
}
