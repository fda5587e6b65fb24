import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { sha256, writeFileAtomic } from '../../src/base/files.ts';
import type { ProgressEvent } from '../../src/base/progress.ts';
import { parseSpec } from '../../src/multiplier/parse-spec.ts';
import { makeStream, type StreamSource } from '../../src/power/stream.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { buildEnergyTable, type TableResult } from '../../src/synth/build-table.ts';
import { type EnergyTable, type OperandOrigin, readEnergyTable } from '../../src/synth/energy-table.ts';
import { prepareLibrary, type SynthesisLibrary } from '../../src/synth/library-files.ts';
import { checkProducts, type PricingSubject } from '../../src/synth/map-design.ts';
import { DEFAULT_CONDITIONS } from '../../src/synth/price.ts';
import { designsOf, selectRows } from '../../src/synth/select-rows.ts';
import type { DesignVerdict } from '../../src/verify/verdict.ts';
import { SYNTHESIS_MISSING, TEST_LIBRARY } from '../liberty/test-library.ts';

const roup = (P: number, r: number[]) => generateRtl(parseSpec({ family: 'roup', bits: 8, P, r }, 'spec'));
const EXACT = generateRtl(
  parseSpec({ family: 'booth', aBits: 8, bBits: 8, aSigned: true, bSigned: true }, 'spec'),
);
const MILD = roup(1, [3, 1, 0]);
const STRONG = roup(2, [4, 4]);
const DESIGNS: readonly PricingSubject[] = [EXACT, MILD, STRONG];
const CONDITIONS = { ...DEFAULT_CONDITIONS, clockTargetsNs: [1, 0.3], operandPairs: 2048 };
/** Operands of a made-up layer: small activations on port a, a weight that changes every eighth pair on port b. */
const LAYER: StreamSource = {
  identity: { kind: 'layer-stream', layer: 'conv1', role: 'weight-on-b' },
  streamFor: () => {
    const a = Uint32Array.from({ length: 512 }, (_, i) => (i * 7) % 32);
    return makeStream(
      'conv1',
      a,
      Uint32Array.from({ length: 512 }, (_, i) => (i >> 3) & 0xff),
    );
  },
};
/** Operands that no design has ports for. */
const UNFIT: StreamSource = { identity: { kind: 'file' }, streamFor: () => undefined };
const ORIGIN: OperandOrigin = {
  sha256: sha256('operands'),
  network: { name: 'tiny', sha256: sha256('network') },
  dataset: { name: 'images', sha256: sha256('dataset'), images: 1 },
  seed: 1,
  array: { rows: 4, columns: 4, accumulatorDepth: 8 },
  layers: [{ layer: 'conv1', multiplicationsPerImage: 100, activationsPerWeight: 8 }],
};

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
      operands: { streams: [LAYER, UNFIT], origin: ORIGIN },
      outFolder: join(folder, 'out'),
      onProgress: (event) => progress.push(event),
    });
  }

  test('less multiplier, less area and energy; every row was proved, cosimulated and checked', () => {
    const { table, results } = result;
    expect(table.rows.length).toBe(12); // 3 designs × 2 clock targets × 2 streams
    expect(designsOf(table).map(({ design }) => design)).toEqual(DESIGNS.map(({ design }) => design));
    expect(new Set(table.rows.map(({ stream }) => stream.kind))).toEqual(
      new Set(['uniform', 'layer-stream']),
    );
    const rows = selectRows(table);
    expect(rows.map(({ design, clockNs }) => [design, clockNs])).toEqual(
      DESIGNS.map(({ design }) => [design, 1]),
    );
    for (const [index, row] of rows.slice(1).entries()) {
      expect(row.areaUm2).toBeLessThan(rows[index]!.areaUm2);
      expect(row.energyPj).toBeLessThan(rows[index]!.energyPj);
    }
    const checked = results.map(({ mapped, productsCompared }) => [
      mapped.productsCompared,
      productsCompared,
    ]);
    expect(checked).toEqual(Array.from({ length: 6 }, () => [65536, 2048 + 512]));
    expect(results.map(({ mapped }) => mapped.proof.outputBits)).toEqual([16, 16, 16, 16, 16, 16]);
    expect(rows.map(({ pairsCosimulated }) => pairsCosimulated)).toEqual([65536, 65536, 65536]);
    expect(rows[0]!.energyPj).toBeGreaterThan(0.3);
    expect(rows[0]!.energyPj).toBeLessThan(0.9);
  });

  test('each clock target has its netlists; one that cannot be met is reported as not met', () => {
    const slow = selectRows(result.table);
    const fast = selectRows(result.table, { clockNs: 0.3 });
    expect(slow.map(({ meetsClock }) => meetsClock)).toEqual([true, true, true]);
    expect(fast.map(({ meetsClock }) => meetsClock)).toEqual([false, false, false]);
    for (const [index, row] of fast.entries()) expect(row.delayNs).toBeLessThan(slow[index]!.delayNs);
  });

  test('glitches of the uniform stream stand beside its energy', () => {
    const uniform = [1, 0.3].flatMap((clockNs) => selectRows(result.table, { clockNs }));
    expect(uniform.length).toBe(6);
    for (const { glitchPj, energyPj } of uniform) {
      expect(glitchPj).toBeGreaterThan(0.2 * energyPj);
      expect(glitchPj).toBeLessThan(3 * energyPj);
    }
    expect(result.table.rows.filter(({ glitchPj }) => glitchPj !== undefined).length).toBe(6);
  });

  test('each stream has its energy and its key', () => {
    const { rows } = result.table;
    expect(new Set(rows.map(({ key }) => key)).size).toBe(12);
    for (const row of selectRows(result.table)) {
      const layer = selectRows(result.table, LAYER.identity).find(({ design }) => design === row.design)!;
      expect(layer.netlistSha256).toBe(row.netlistSha256);
      expect(layer.stream).toMatchObject({ ...LAYER.identity, pairs: 512 });
      expect(layer.energyPj).toBeLessThan(0.6 * row.energyPj);
    }
  });

  test('JSON and CSV on disk hold the same numbers', () => {
    expect(readEnergyTable(result.jsonPath)).toEqual(result.table);
    const [header, ...lines] = readFileSync(result.csvPath, 'utf8').trimEnd().split('\n');
    const columns = header!.split(',');
    expect(lines.length).toBe(12);
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
    expect(progress.map(({ done, total, reused }) => [done, total, reused])).toEqual(
      Array.from({ length: 6 }, (_, i) => [i + 1, 6, true]),
    );
    expect(again.table).toEqual(result.table);
    expect(readFileSync(result.jsonPath).equals(before)).toBe(true);
  });

  test('after an interruption only what is missing or damaged is priced, with the same result', async () => {
    const file = (design: string, name: string) => join(folder, 'out', 'designs', design, '1ns', name);
    const kept = statSync(file(EXACT.design, 'mapped.json')).mtimeMs;
    rmSync(join(folder, 'out', 'designs', MILD.design), { recursive: true });
    const half = readFileSync(file(STRONG.design, 'mapped.json')).subarray(0, 500);
    writeFileAtomic(file(STRONG.design, 'mapped.json'), half);
    const again = await build();
    expect(again.results.map(({ reused }) => reused)).toEqual([true, true, false, false, false, true]);
    expect(statSync(file(EXACT.design, 'mapped.json')).mtimeMs).toBe(kept);
    expect(again.table).toEqual(result.table);
    writeFileAtomic(file(EXACT.design, 'netlist.json'), '{}');
    rmSync(file(MILD.design, 'netlist.v'));
    rmSync(file(STRONG.design, 'energies.json'));
    const repaired = await build();
    expect(repaired.results.map(({ reused }) => reused)).toEqual([false, true, false, true, false, true]);
    expect(repaired.table).toEqual(result.table);
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
      /^netlist of mul_roup_s8_p2_r4 differs from the golden model in \d+ of 65536 products, first at a = -?\d+, b = /,
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
  });

  test('clock targets that are none, twice or not positive are refused', async () => {
    for (const clockTargetsNs of [[], [1, 1], [0], [Number.NaN]]) {
      const refused = buildEnergyTable({
        designs: DESIGNS,
        verdict: { designs: DESIGNS.map(verdictOn) },
        library,
        conditions: { ...CONDITIONS, clockTargetsNs },
        outFolder: join(folder, 'refused'),
      });
      await expect(refused).rejects.toThrow(
        'clock targets: wanted at least one period above 0 ns, each once',
      );
    }
  });

  test.each<readonly [string, (table: Mutable) => void, string | RegExp]>([
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
    [
      'a layer stream without its layer',
      (t) => delete t.rows[1].stream.layer,
      /rows\[1\]\.stream: wanted layer and role with a layer stream, and only with one, found \{"kind":"layer-stream","role"/,
    ],
    [
      'a clock target that is none of its own',
      (t) => (t.rows[0].clockNs = 2),
      'rows[0].clockNs: wanted one of the clock targets 1, 0.3, found 2',
    ],
    [
      'a target called met that is not',
      (t) => (t.rows[2].meetsClock = true),
      /rows\[2\]\.meetsClock: wanted false: [\d.]+ ns at 0.3 ns, found true/,
    ],
    [
      'a stream exchanged',
      (t) => (t.rows[0].stream.pairs = 4096),
      /rows\[0\]\.key: wanted [0-9a-f]{64}, the digest of the row, found "[0-9a-f]{64}"/,
    ],
    [
      'no proof',
      (t) => (t.rows[0].equivalence = 'none'),
      'rows[0].equivalence: wanted "abc-cec", found "none"',
    ],
    [
      'a row twice',
      (t) => (t.rows[2] = t.rows[1]),
      `rows[2]: wanted each row once, found ${EXACT.design} at 1 ns, layer-stream conv1 weight-on-b again`,
    ],
    [
      'a name that is not the name of the spec',
      (t) => (t.rows[4].design = 'mul_x'),
      `rows[4].design: wanted "${MILD.design}", the name of its spec, found "mul_x"`,
    ],
  ])('sabotage: a table with %s is refused', (_what, sabotage, message) => {
    const path = join(folder, 'edited.json');
    const table: Mutable = JSON.parse(readFileSync(result.jsonPath, 'utf8'));
    sabotage(table);
    writeFileAtomic(path, JSON.stringify(table));
    const error = caughtFrom(() => readEnergyTable(path));
    expect(error).toMatchObject({
      code: 'bad-input',
      hint: 'The table is damaged or was edited: make it again with "maxdnn table".',
    });
    if (typeof message === 'string') expect(error.message).toBe(`${path}: ${message}`);
    else expect(error.message).toMatch(message);
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
});

// biome-ignore lint/suspicious/noExplicitAny: JSON that a test damages on purpose
type Mutable = any & EnergyTable;

function caughtFrom(action: () => unknown): MaxdnnError {
  try {
    action();
  } catch (error) {
    if (error instanceof MaxdnnError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

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
