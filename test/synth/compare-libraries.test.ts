import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readArtifact } from '../../src/base/artifact.ts';
import { shippedFile } from '../../src/base/package-root.ts';
import { parseLiberty } from '../../src/liberty/read-liberty.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { writeLibraryReport } from '../../src/report/library-report.ts';
import { compareCells } from '../../src/synth/compare-cells.ts';
import { compareLibraries } from '../../src/synth/compare-libraries.ts';
import { COMPARISON_MULTIPLIERS, comparisonFamily } from '../../src/synth/comparison-multipliers.ts';
import {
  LIBRARY_COMPARISON_FORMAT_VERSION,
  type LibraryComparison,
  type MultiplierComparison,
  summariseErrors,
} from '../../src/synth/library-comparison.ts';
import { prepareLibrary, type SynthesisLibrary } from '../../src/synth/library-files.ts';
import { DATA_DIR, toolMissing } from '../tool-missing.ts';

const EMBEDDED = shippedFile('synth', 'maxdnn45_typ.lib');
const TEXT = readFileSync(EMBEDDED, 'utf8');
const LIBRARY = parseLiberty(TEXT, EMBEDDED);

/** Text of the embedded library with one cell changed. */
function edited(cell: string, change: (text: string) => string): string {
  const start = TEXT.indexOf(`cell (${cell})`);
  const next = TEXT.indexOf('\n  cell (', start);
  return TEXT.slice(0, start) + change(TEXT.slice(start, next)) + TEXT.slice(next);
}

describe('cell by cell', () => {
  test('a library against itself: every quantity the same, setup, hold and clock energy of flip-flops only', () => {
    const cells = compareCells(LIBRARY, LIBRARY, 'itself');
    const pairs = cells.flatMap(({ figures }) => Object.values(figures));
    expect(cells).toHaveLength(LIBRARY.cells.size);
    expect(pairs.length).toBeGreaterThan(300);
    expect(pairs.filter(({ ours, other }) => ours !== other)).toEqual([]);
    const sequential = cells.filter(
      ({ figures }) => figures.setupNs && figures.holdNs && figures.clockPinEnergyFj,
    );
    expect(sequential.map(({ cell }) => cell)).toEqual(['DFFR_X1', 'DFFR_X2', 'DFF_X1', 'DFF_X2']);
  });

  test('sabotage: another area and another pin capacitance of one cell are noticed, and nothing else', () => {
    const text = edited('NOR2_X1', (cell) =>
      cell.replace(/area : [\d.]+/, 'area : 1.596').replace(/(?<= )capacitance : [\d.]+/, 'capacitance : 3'),
    );
    const differing = compareCells(LIBRARY, parseLiberty(text, 'edited'), 'edited').flatMap(
      ({ cell, figures }) =>
        Object.entries(figures).flatMap(([name, { ours, other: theirs }]) =>
          ours === theirs ? [] : [`${cell} ${name}`],
        ),
    );
    expect(differing).toEqual(['NOR2_X1 pinCapacitanceFf', 'NOR2_X1 areaUm2']);
  });

  test('a library without a shared cell is refused by its name', () => {
    const foreign = parseLiberty(TEXT.replaceAll(/cell \((\w+)\)/g, 'cell (my_$1)'), 'foreign.lib');
    expect(() => compareCells(LIBRARY, foreign, 'foreign.lib')).toThrow(
      /^foreign\.lib: wanted at least one cell that maxdnn45_typ has too, e\.g\. AND2_X1, found 60 others, e\.g\. my_AND2_X1$/,
    );
  });
});

describe('errors of a mapping', () => {
  const priced = (design: string, errorPercent: number): MultiplierComparison => {
    const price = {
      energyPj: 1,
      internalPj: 1,
      switchingPj: 0,
      leakagePj: 0,
      arrivalNs: 1,
      relativeEnergy: 1,
    };
    const netlist = { sha256: '', cells: 1 };
    return {
      design,
      family: 'exact',
      netlists: { ours: netlist, other: netlist },
      prices: { ours: { ours: price, other: price, errorPercent } },
      missingCells: [],
    };
  };

  test('root mean square and largest by size, baseline left out', () => {
    const designs = [priced('base', 0), priced('x', 3), priced('y', -4)];
    expect(summariseErrors(designs, 'ours', 'base')).toEqual({
      multipliers: 2,
      rmsPercent: Math.sqrt(12.5),
      worstPercent: -4,
      worstDesign: 'y',
    });
    expect(summariseErrors(designs, 'other', 'base')).toBeUndefined();
  });
});

test('at least 40 multipliers of different families, each once', () => {
  const names = COMPARISON_MULTIPLIERS.map(designName);
  expect(names.length).toBeGreaterThanOrEqual(40);
  expect(new Set(names).size).toBe(names.length);
  expect([...new Set(COMPARISON_MULTIPLIERS.map(comparisonFamily))]).toEqual([
    'exact, Booth',
    'exact, Baugh-Wooley',
    'exact, behavioural',
    'ROUP, perforation only',
    'ROUP, rounding only',
    'ROUP, uniform',
    'ROUP, asymmetric',
  ]);
});

/** The baseline, and designs that are far from it in size and make. */
const FEW = ['mul_baugh_wooley_s8', 'mul_baugh_wooley_s4', 'mul_roup_s8_p3_r0', 'mul_roup_s8_p2_r5_2'];

const missing = [
  ...(DATA_DIR === undefined ? ['MAXDNN_DATA is not set'] : []),
  ...['yosys', 'berkeley-abc', 'sta'].filter(toolMissing).map((tool) => `no ${tool}`),
];

describe.skipIf(missing.length > 0)(
  `embedded library against Nangate45${missing.length > 0 ? ` (skipped: ${missing.join(', ')})` : ''}`,
  () => {
    let folder: string;
    let ours: SynthesisLibrary;
    let other: SynthesisLibrary;
    const otherPath = join(DATA_DIR ?? 'no-data', 'liberty', 'nangate45_typ.lib.gz');
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'maxdnn-compare-'));
      const cacheFolder = join(folder, 'library');
      ours = await prepareLibrary({ path: EMBEDDED, origin: 'embedded', cacheFolder });
      other = await prepareLibrary({ path: otherPath, origin: 'user', cacheFolder });
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    const compare = (multipliers: readonly MultiplierSpec[]): Promise<LibraryComparison> =>
      compareLibraries({ ours, other, otherPath, outFolder: join(folder, 'out'), multipliers });

    test('relative energies of a few multipliers within 1.5 % rms and 4 %, on netlists of either', async () => {
      const comparison = await compare(COMPARISON_MULTIPLIERS.filter((s) => FEW.includes(designName(s))));
      expect(comparison.multipliers.map(({ design }) => design)).toEqual(FEW);
      expect(comparison.cells.length).toBe(60);
      for (const mapping of ['ours', 'other'] as const) {
        const summary = comparison.summary[mapping]!;
        expect(summary.multipliers).toBe(3);
        expect(summary.rmsPercent).toBeLessThan(1.5);
        expect(Math.abs(summary.worstPercent)).toBeLessThan(4);
      }
      const written = writeLibraryReport(comparison, join(folder, 'report'));
      const again = readArtifact<LibraryComparison>(
        written.jsonPath,
        'library-comparison',
        LIBRARY_COMPARISON_FORMAT_VERSION,
      );
      expect(again).toEqual(JSON.parse(JSON.stringify(comparison)));
      const html = readFileSync(written.htmlPath, 'utf8');
      expect(FEW.filter((design) => html.includes(design))).toEqual(FEW);
      expect(html).toContain(ours.model.sha256);
      expect(html).toContain(other.model.sha256);
    }, 300_000);

    test('sabotage: XOR gates that cost three times as much are noticed', async () => {
      const path = join(folder, 'broken.lib');
      const thrice = (values: string): string => values.replace(/\d+\.\d+/g, (n) => String(3 * Number(n)));
      writeFileSync(
        path,
        edited('XOR2_X1', (cell) =>
          cell.replace(/(?<=_power \(power_7_7\)[^}]*)values[^}]*/g, (values) => thrice(values)),
        ),
      );
      const cacheFolder = join(folder, 'library');
      const broken = await prepareLibrary({ path, origin: 'user', cacheFolder });
      const comparison = await compareLibraries({
        ours: broken,
        other,
        otherPath,
        outFolder: join(folder, 'out'),
        multipliers: COMPARISON_MULTIPLIERS.filter((spec) => FEW.includes(designName(spec))),
      });
      expect(comparison.summary.other!.multipliers).toBe(3);
      expect(comparison.summary.other!.rmsPercent).toBeGreaterThan(1.5);
    }, 300_000);

    test.skipIf(process.env.MAXDNN_FULL !== '1')(
      'all 48 multipliers: rms at most 1.5 %, worst at most 4 % [npm run test:full]',
      async () => {
        const { multipliers, summary } = await compare(COMPARISON_MULTIPLIERS);
        expect(multipliers).toHaveLength(COMPARISON_MULTIPLIERS.length);
        expect(summary.ours!.multipliers).toBe(COMPARISON_MULTIPLIERS.length - 1);
        expect(summary.other!.multipliers).toBeGreaterThanOrEqual(40);
        for (const mapping of ['ours', 'other'] as const) {
          expect(summary[mapping]!.rmsPercent).toBeLessThan(1.5);
          expect(Math.abs(summary[mapping]!.worstPercent)).toBeLessThan(4);
        }
      },
      1_800_000,
    );
  },
);
