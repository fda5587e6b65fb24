import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { sha256, writeFileAtomic } from '../../src/base/files.ts';
import type { ProgressEvent } from '../../src/base/progress.ts';
import { parseSpec } from '../../src/multiplier/parse-spec.ts';
import { makeStream } from '../../src/power/stream.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { buildEnergyTable, type TableResult } from '../../src/synth/build-table.ts';
import { type EnergyTable, findEnergyRow, readEnergyTable } from '../../src/synth/energy-table.ts';
import { prepareLibrary, type SynthesisLibrary } from '../../src/synth/library-files.ts';
import {
  checkProducts,
  DEFAULT_CONDITIONS,
  type PricingSubject,
  priceDesign,
} from '../../src/synth/price.ts';
import type { DesignVerdict } from '../../src/verify/verdict.ts';
import { SYNTHESIS_MISSING, TEST_LIBRARY } from '../liberty/test-library.ts';

const roup = (P: number, r: number[]) => generateRtl(parseSpec({ family: 'roup', bits: 8, P, r }, 'spec'));
const EXACT = generateRtl(
  parseSpec({ family: 'booth', aBits: 8, bBits: 8, aSigned: true, bSigned: true }, 'spec'),
);
const MILD = roup(1, [3, 1, 0]);
const STRONG = roup(2, [4, 4]);
const DESIGNS: readonly PricingSubject[] = [EXACT, MILD, STRONG];
const CONDITIONS = { ...DEFAULT_CONDITIONS, operandPairs: 2048 };

describe.skipIf(SYNTHESIS_MISSING !== '')(`energy table${SYNTHESIS_MISSING}`, () => {
  let folder: string;
  let library: SynthesisLibrary;
  let result: TableResult;
  let progress: ProgressEvent[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'maxdnn table-'));
    library = await prepareLibrary({ ...TEST_LIBRARY!, cacheFolder: join(folder, 'library') });
    result = await build();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function build(designs = DESIGNS, verdicts = designs.map(verdictOn)): Promise<TableResult> {
    progress = [];
    return buildEnergyTable({
      designs,
      verdict: { designs: verdicts },
      library,
      conditions: CONDITIONS,
      outFolder: join(folder, 'out'),
      onProgress: (event) => progress.push(event),
    });
  }

  test('less multiplier, less area and energy; every row was proved, cosimulated and checked', () => {
    const { rows } = result.table;
    expect(rows.map(({ design }) => design)).toEqual(DESIGNS.map(({ design }) => design));
    for (const [index, row] of rows.slice(1).entries()) {
      expect(row.areaUm2).toBeLessThan(rows[index]!.areaUm2);
      expect(row.energyPj).toBeLessThan(rows[index]!.energyPj);
    }
    expect(result.results.map(({ priced }) => priced.productsCompared)).toEqual([
      2048 + 65536,
      2048 + 65536,
      2048 + 65536,
    ]);
    expect(result.results.map(({ priced }) => priced.proof.outputBits)).toEqual([16, 16, 16]);
    expect(rows.map(({ pairsCosimulated }) => pairsCosimulated)).toEqual([65536, 65536, 65536]);
    expect(rows[0]!.energyPj).toBeGreaterThan(0.3);
    expect(rows[0]!.energyPj).toBeLessThan(0.9);
  });

  test('JSON and CSV on disk hold the same numbers', () => {
    expect(readEnergyTable(result.jsonPath)).toEqual(result.table);
    const [header, ...lines] = readFileSync(result.csvPath, 'utf8').trimEnd().split('\n');
    const columns = header!.split(',');
    expect(lines.length).toBe(3);
    for (const [index, line] of lines.entries()) {
      const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
      );
      const row = result.table.rows[index]!;
      expect(cells.length).toBe(columns.length);
      expect(JSON.parse(cells[columns.indexOf('spec')]!)).toEqual(row.spec);
      for (const key of [
        'areaUm2',
        'delayNs',
        'energyPj',
        'internalPj',
        'switchingPj',
        'leakagePj',
      ] as const) {
        expect(Number(cells[columns.indexOf(key)])).toBe(row[key]);
      }
      expect(cells[columns.indexOf('librarySha256')]).toBe(library.model.sha256);
    }
  });

  test('the same again is not priced again and gives the same bytes', async () => {
    const before = readFileSync(result.jsonPath);
    const again = await build();
    expect(progress.map(({ done, total, reused }) => [done, total, reused])).toEqual([
      [1, 3, true],
      [2, 3, true],
      [3, 3, true],
    ]);
    expect(again.table).toEqual(result.table);
    expect(readFileSync(result.jsonPath).equals(before)).toBe(true);
  });

  test('after an interruption only what is missing or damaged is priced, with the same result', async () => {
    const priced = (design: string) => join(folder, 'out', 'designs', design, 'priced.json');
    const kept = statSync(priced(EXACT.design)).mtimeMs;
    rmSync(join(folder, 'out', 'designs', MILD.design), { recursive: true });
    const half = readFileSync(priced(STRONG.design)).subarray(0, 500);
    writeFileAtomic(priced(STRONG.design), half);
    const again = await build();
    expect(again.results.map(({ reused }) => reused)).toEqual([true, false, false]);
    expect(statSync(priced(EXACT.design)).mtimeMs).toBe(kept);
    expect(again.table).toEqual(result.table);
  });

  test('designs that are not verified, or not with this RTL, are refused before any work', async () => {
    const [exact, mild, strong] = DESIGNS.map(verdictOn);
    const other = sha256('other');
    const faulty = [
      { ...exact!, verified: false, mismatchCount: 7 },
      { ...mild!, rtlSha256: other },
    ];
    const refused = build([...DESIGNS, STRONG], faulty);
    await expect(refused).rejects.toMatchObject({
      code: 'bad-input',
      message: [
        `${EXACT.design}: wanted a verified design, found 7 mismatches in 65536 cosimulated pairs`,
        `${MILD.design}: wanted the RTL that was verified (SHA-256 ${other}), found other RTL ("${MILD.rtlSha256}")`,
        `${STRONG.design}: wanted a verdict on it, found none`,
        `${STRONG.design}: wanted it once, found it again`,
      ].join('\n'),
      hint: 'Only verified designs are priced: run "maxdnn verify" on exactly these designs.',
    });
    expect(progress).toEqual([]);
    await expect(build([STRONG], [{ ...strong!, pairsCompared: 0 }])).rejects.toThrow(
      `${STRONG.design}: wanted a cosimulation of at least one pair, found a verdict on 0 pairs`,
    );
    await expect(build([], [])).rejects.toThrow('designs: wanted at least one design, found none');
  });

  test('sabotage: RTL of another spec is noticed by its products, although the netlist equals it', async () => {
    const impostor = {
      ...STRONG,
      verilog: roup(2, [2, 0]).verilog.replaceAll('mul_roup_s8_p2_r2_0', STRONG.design),
    };
    const error: unknown = await build([impostor]).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(MaxdnnError);
    expect((error as MaxdnnError).code).toBe('mismatch');
    expect((error as MaxdnnError).message).toMatch(
      /^netlist of mul_roup_s8_p2_r4 differs from the golden model in \d+ of 2048 products, first at a = -?\d+, b = /,
    );
  });

  test('sabotage: RTL that is wrong for a single operand pair is noticed, although the stream misses it', async () => {
    const spec = parseSpec(
      { family: 'behavioural', aBits: 8, bBits: 8, aSigned: true, bSigned: true },
      'spec',
    );
    const design = 'mul_behavioural_s8';
    const verilog = `module ${design}(input signed [7:0] a_i, b_i, output signed [15:0] p_o);
      assign p_o = a_i == 19 && b_i == 87 ? 16'sd0 : a_i * b_i;
    endmodule\n`;
    await expect(build([{ design, spec, verilog }])).rejects.toMatchObject({
      code: 'mismatch',
      message: `netlist of ${design} differs from the golden model in 1 of 65536 products, first at a = 19, b = 87: pattern 0x0 instead of 0x675`,
    });
  });

  test('sabotage: one wrong product among many is noticed', () => {
    const stream = makeStream('two', Uint32Array.of(3, 0xff), Uint32Array.of(5, 2));
    expect(checkProducts(EXACT, stream, Uint32Array.of(15, 0xfffe))).toBe(2);
    expect(() => checkProducts(EXACT, stream, Uint32Array.of(15, 0xfffd))).toThrow(
      'netlist of mul_booth_s8 differs from the golden model in 1 of 2 products, first at a = -1, b = 2: pattern 0xfffd instead of 0xfffe',
    );
    expect(() => checkProducts(EXACT, stream, Uint32Array.of(15))).toThrow(
      'mul_booth_s8: 1 products of 2 pairs',
    );
  });

  test('widths and options that cannot be priced are refused', async () => {
    const wide = {
      design: 'wide',
      spec: parseSpec({ family: 'roup', bits: 18, P: 7, r: 12 }, 'spec'),
      verilog: '',
    };
    await expect(build([wide])).rejects.toThrow('wide: wanted a product of at most 32 bits, found 36 bits');
    const conditions = { ...CONDITIONS, glitches: true };
    const runFolder = join(folder, 'glitches');
    await expect(priceDesign({ subject: EXACT, library, conditions, runFolder })).rejects.toThrow(
      'conditions: glitches: wanted false, found true',
    );
  });

  test.each<readonly [string, (table: Mutable) => void, string]>([
    ['a missing number', (t) => delete t.rows[1].areaUm2, 'rows[1]: wanted field "areaUm2", found none'],
    [
      'a renamed field',
      (t) => (t.rows[0].energyFj = 1),
      'rows[0]: wanted no other fields, found field "energyFj"',
    ],
    [
      'a negative area',
      (t) => (t.rows[2].areaUm2 = -1),
      'rows[2].areaUm2: wanted a number above 0, found -1',
    ],
    ['a number as text', (t) => (t.rows[0].delayNs = '1'), 'rows[0].delayNs: wanted a number, found "1"'],
    ['no rows', (t) => (t.rows = []), 'rows: wanted at least 1 items, found []'],
    ['a cut hash', (t) => (t.library.sha256 = 'ab'), 'library.sha256: wanted a SHA-256 in hex, found "ab"'],
    ['another stream', (t) => (t.conditions.stream = 'x'), 'conditions.stream: wanted "uniform", found "x"'],
    [
      'no proof',
      (t) => (t.rows[0].equivalence = 'none'),
      'rows[0].equivalence: wanted "abc-cec", found "none"',
    ],
    [
      'a design twice',
      (t) => (t.rows[2] = t.rows[1]),
      `rows[2].design: wanted each design once, found "${MILD.design}" again`,
    ],
    [
      'a name that is not the name of the spec',
      (t) => (t.rows[1].design = 'mul_x'),
      `rows[1].design: wanted "${MILD.design}", the name of its spec, found "mul_x"`,
    ],
  ])('sabotage: a table with %s is refused', (_what, sabotage, message) => {
    const path = join(folder, 'edited.json');
    const table: Mutable = JSON.parse(readFileSync(result.jsonPath, 'utf8'));
    sabotage(table);
    writeFileAtomic(path, JSON.stringify(table));
    expect(() => readEnergyTable(path)).toThrow(
      new MaxdnnError('bad-input', `${path}: ${message}`, {
        hint: 'The table is damaged or was edited: make it again with "maxdnn table".',
      }),
    );
  });

  test('sabotage: an energy that is not the sum of its parts is refused', () => {
    const path = join(folder, 'edited.json');
    const table: Mutable = JSON.parse(readFileSync(result.jsonPath, 'utf8'));
    table.rows[1].energyPj *= 1.001;
    writeFileAtomic(path, JSON.stringify(table));
    expect(() => readEnergyTable(path)).toThrow(
      /rows\[1\]\.energyPj: wanted .* \(internalPj \+ switchingPj \+ leakagePj\), found /,
    );
  });

  test('an unknown row names those that are there', () => {
    expect(findEnergyRow(result.table, MILD.design)).toBe(result.table.rows[1]);
    expect(() => findEnergyRow(result.table, 'mul_x')).toThrow(
      `energy table: wanted a row for mul_x, found rows for ${DESIGNS.map(({ design }) => design).join(', ')}`,
    );
  });
});

// biome-ignore lint/suspicious/noExplicitAny: JSON that a test damages on purpose
type Mutable = any & EnergyTable;

/** What cosimulating all pairs of a correct 8 × 8 design says. */
function verdictOn({ design, spec, verilog }: PricingSubject): DesignVerdict {
  return {
    design,
    spec,
    rtlSha256: sha256(verilog),
    coverage: 'exhaustive',
    pairsCompared: 65536,
    mismatchCount: 0,
    mismatches: [],
    verified: true,
  };
}
