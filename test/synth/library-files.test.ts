import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeFileAtomic } from '../../src/base/files.ts';
import { readLibertyText } from '../../src/liberty/read-liberty.ts';
import { prepareLibrary, withoutWireLoad } from '../../src/synth/library-files.ts';
import { SYNTHESIS_MISSING, TEST_LIBRARY } from '../liberty/test-library.ts';

const POWER =
  'internal_power () { rise_power (scalar) { values ("1"); } fall_power (scalar) { values ("1"); } }';
const HEAD = `library (tiny) {
  time_unit : "1ns"; voltage_unit : "1V"; capacitive_load_unit (1, ff); leakage_power_unit : "1nW";
  nom_voltage : 1.1; nom_temperature : 25;
  cell (NAND) { area : 1; pin (A) { direction : input; capacitance : 1; } pin (B) { direction : input; capacitance : 1; }
    pin (Z) { direction : output; function : "!(A&B)"; ${POWER} } }
`;
const INVERTER = (name: string, area: number, more = ''): string =>
  `cell (${name}) { area : ${area}; ${more} pin (A) { direction : input; capacitance : 1; } pin (Z) { direction : output; function : "!A"; } }\n`;

describe.skipIf(SYNTHESIS_MISSING !== '')(`prepareLibrary${SYNTHESIS_MISSING}`, () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'maxdnn-library-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const prepare = (path: string) =>
    prepareLibrary({ path, origin: 'user', cacheFolder: join(folder, 'cache') });
  const prepareText = (text: string) => {
    writeFileAtomic(join(folder, 'user.lib'), text);
    return prepare(join(folder, 'user.lib'));
  };

  test('plain and gzip-compressed files of the same text are one library, prepared once', async () => {
    const text = readLibertyText(TEST_LIBRARY!.path);
    const plain = await prepareText(text);
    const made = statSync(plain.functionsPath).mtimeMs;
    writeFileAtomic(join(folder, 'user.lib.gz'), gzipSync(text));
    const packed = await prepare(join(folder, 'user.lib.gz'));
    expect({ ...packed, model: undefined }).toEqual({ ...plain, model: undefined });
    expect(packed.model.sha256).toBe(plain.model.sha256);
    expect(statSync(packed.functionsPath).mtimeMs).toBe(made);
    expect(readFileSync(packed.libertyPath, 'utf8')).toBe(text);
    expect(readdirSync(join(folder, 'cache')).filter((name) => name.includes('.tmp-'))).toEqual([]);
  });

  test('the smallest usable buffer drives, else the smallest inverter; tie cells may be marked dont_use', async () => {
    const inverters = `${INVERTER('INV2', 2)}${INVERTER('INV1', 1)}${INVERTER('INV0', 0.5, 'dont_use : true;')}`;
    const tie = 'cell (HI) { area : 1; dont_use : true; pin (Y) { direction : output; function : "1"; } }';
    const library = await prepareText(`${HEAD}${inverters}${tie}}\n`);
    expect(library.drivingCell).toBe('INV1');
    expect(library.tieHigh).toEqual({ cell: 'HI', pin: 'Y' });
    expect(library.tieLow).toBeUndefined();
    const buffer = INVERTER('BUF', 9).replace('!A', 'A');
    expect((await prepareText(`${HEAD}${inverters}${buffer}}\n`)).drivingCell).toBe('BUF');
  });

  test('the default wire load is taken out, and nothing else', () => {
    const text =
      'a : 1 ;\n  default_wire_load : "5K" ;\n\tdefault_wire_load_mode : enclosed;\nwire_load("5K") {}\n';
    expect(withoutWireLoad(text)).toBe(
      'a : 1 ;\n  /* default_wire_load : "5K" ; */\n\t/* default_wire_load_mode : enclosed; */\nwire_load("5K") {}\n',
    );
  });

  test('a library without buffer and inverter is refused', async () => {
    await expect(prepareText(`${HEAD}}\n`)).rejects.toMatchObject({
      code: 'bad-input',
      message: `${join(folder, 'user.lib')}: wanted a library with a buffer or an inverter, found none among 1 cells`,
      hint: 'Give a standard-cell library that multipliers can be built from.',
    });
  });

  test('a library that no logic can be built from is refused', async () => {
    const only = `${HEAD.slice(0, HEAD.indexOf('cell (NAND)'))}${INVERTER('BUF', 1).replace('!A', 'A')}}\n`;
    await expect(prepareText(only)).rejects.toMatchObject({
      code: 'bad-input',
      message: `${join(folder, 'user.lib')}: wanted a library with an inverter and a NAND, NOR, AND or OR of two inputs, found no inverter and no NAND, NOR, AND or OR of two inputs among 1 cells`,
    });
  });

  test('a library that was not characterised for power is refused before any work', async () => {
    const powerless = HEAD.replace(POWER, '');
    expect(powerless).not.toBe(HEAD);
    await expect(prepareText(`${powerless}${INVERTER('INV', 1)}}\n`)).rejects.toMatchObject({
      code: 'bad-input',
      message: `${join(folder, 'user.lib')}: wanted internal_power tables, found none in 2 cells`,
    });
    expect(readdirSync(folder)).toEqual(['user.lib']);
  });

  test('a missing, an empty and a cut-off file are refused with the reason', async () => {
    const path = join(folder, 'x.lib.gz');
    await expect(prepare(path)).rejects.toThrow(
      `${path}: wanted a Liberty file (.lib or .lib.gz), found no readable file (ENOENT)`,
    );
    writeFileAtomic(path, '');
    await expect(prepare(path)).rejects.toThrow(
      `${path}: wanted a Liberty file (.lib or .lib.gz), found an empty file (0 bytes)`,
    );
    writeFileAtomic(path, gzipSync(readLibertyText(TEST_LIBRARY!.path)).subarray(0, 5000));
    await expect(prepare(path)).rejects.toThrow(
      `${path}: wanted a complete gzip file, found damaged data (unexpected end of file)`,
    );
  });
});
