import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeAgreement, summariseRatios } from '../../src/report/library-content.ts';
import { renderCellsCsv, renderMultipliersCsv } from '../../src/report/library-csv.ts';
import { renderLibraryHtml } from '../../src/report/library-html.ts';
import { renderLibraryMarkdown } from '../../src/report/library-markdown.ts';
import { libraryPlots } from '../../src/report/library-plot.ts';
import { writeLibraryReport } from '../../src/report/library-report.ts';
import type {
  LibraryComparison,
  MultiplierComparison,
  MultiplierPrices,
} from '../../src/synth/library-comparison.ts';

function prices(energyPj: number, errorPercent: number): MultiplierPrices {
  const other = {
    energyPj,
    internalPj: energyPj / 2,
    switchingPj: energyPj / 2,
    leakagePj: 0,
    arrivalNs: 1,
    relativeEnergy: energyPj / 0.5,
  };
  const factor = 1 + errorPercent / 100;
  return {
    ours: { ...other, energyPj: energyPj * factor, relativeEnergy: other.relativeEnergy * factor },
    other,
    errorPercent,
  };
}

function multiplier(
  design: string,
  family: string,
  of: MultiplierComparison['prices'],
  missingCells: readonly string[] = [],
): MultiplierComparison {
  const netlist = { sha256: 'c'.repeat(64), cells: 12 };
  return { design, family, netlists: { ours: netlist, other: netlist }, prices: of, missingCells };
}

/** Made up: three multipliers, one of which the other library cannot price; names that would break markup. */
const SAMPLE: LibraryComparison = {
  kind: 'library-comparison',
  formatVersion: 1,
  maxdnnVersion: '0.0.0',
  inputs: {},
  tools: { yosys: '0.23' },
  ours: { name: 'mine', sha256: 'a'.repeat(64), voltageV: 1.1, temperatureC: 25, cells: 3 },
  other: { name: 'theirs<b>', sha256: 'b'.repeat(64), voltageV: 1.1, temperatureC: 25, cells: 4 },
  conditions: { clockNs: 1, inputTransitionNs: 0.02, outputLoadFf: 4, operandPairs: 64, seed: 1 },
  cells: [
    {
      cell: 'INV_X1',
      instances: 7,
      figures: { delayNs: { ours: 0.011, other: 0.01 }, areaUm2: { ours: 1, other: 1 } },
    },
    {
      cell: 'DFF_X1',
      instances: 0,
      figures: {
        delayNs: { ours: 0.09, other: 0.1 },
        areaUm2: { ours: 4, other: 5 },
        setupNs: { ours: 0.03, other: 0.04 },
        holdNs: { ours: -0.01, other: 0.001 },
        clockPinEnergyFj: { ours: 3.25, other: 3.5 },
      },
    },
  ],
  onlyOurs: [],
  onlyOther: ['TBUF|X1'],
  baseline: 'mul_booth_s8',
  multipliers: [
    multiplier('mul_booth_s8', 'exact, Booth', { ours: prices(0.5, 0), each: prices(0.5, 0) }),
    multiplier('mul_roup_s8_p2_r4', 'ROUP, uniform', { ours: prices(0.15, 1.25), each: prices(0.15, -2) }),
    multiplier('mul_roup_s8_p1_r3_1_0', 'ROUP, asymmetric', { each: prices(0.3, 3.5) }, ['TBUF|X1']),
  ],
  summary: {
    each: { multipliers: 2, rmsPercent: 2.85, worstPercent: 3.5, worstDesign: 'mul_roup_s8_p1_r3_1_0' },
  },
};

describe('library comparison', () => {
  test('the page holds every multiplier, cell, hash and its command, and asks for nothing from outside', () => {
    const html = renderLibraryHtml(SAMPLE);
    const wanted = [
      ...SAMPLE.multipliers.map(({ design }) => design),
      ...SAMPLE.cells.map(({ cell }) => cell),
      SAMPLE.ours.sha256,
      SAMPLE.other.sha256,
      'maxdnn compare-library --liberty FILE',
      '+1.25',
      '−2.00',
      'theirs&lt;b&gt;',
      '2.85 % rms',
    ];
    expect(wanted.filter((text) => !html.includes(text))).toEqual([]);
    expect(html).not.toContain('theirs<b>');
    expect(html).not.toMatch(/(src|href)=|url\(|@import/);
    expect(html.match(/<svg /g)).toHaveLength(2);
    for (const tag of ['table', 'svg', 'section', 'tbody', 'tr', 'dl', 'ul']) {
      expect([tag, html.split(`<${tag}`).length]).toEqual([tag, html.split(`</${tag}>`).length]);
    }
    expect(renderLibraryHtml(SAMPLE)).toBe(html);
  });

  test('sabotage: another figure gives another page', () => {
    const changed = {
      ...SAMPLE,
      multipliers: [SAMPLE.multipliers[0]!, multiplier('mul_x', 'f', { ours: prices(0.2, 9) })],
    };
    expect(renderLibraryHtml(changed)).toContain('+9.00');
    expect(renderLibraryHtml(SAMPLE)).not.toContain('+9.00');
  });

  test('every priced multiplier is one mark in each plot', () => {
    const plots = libraryPlots(SAMPLE);
    expect(plots.map(({ svg }) => svg.match(/data-design=/g)?.length)).toEqual([2, 2]);
    expect(libraryPlots({ ...SAMPLE, multipliers: SAMPLE.multipliers.slice(2) })).toEqual([]);
  });

  test('what could not be priced is said with the cells that are missing', () => {
    const last = describeAgreement(SAMPLE).at(-1)!;
    expect(`${last.lead} ${last.text}`).toBe(
      'Not priced with both: 3 of 3 multipliers have a netlist with cells that one library lacks: TBUF|X1.',
    );
  });

  test('ratios: least, mean and greatest over the cells that have one', () => {
    expect(summariseRatios(SAMPLE.cells, 'areaUm2')).toEqual({ least: 0.8, mean: 0.9, greatest: 1 });
    expect(summariseRatios(SAMPLE.cells, 'leakageNw')).toBeUndefined();
  });

  test('Markdown escapes names and keeps tables whole', () => {
    const text = renderLibraryMarkdown(SAMPLE, []);
    const tables = text.split('\n').filter((line) => line.startsWith('|'));
    expect(tables.length).toBeGreaterThan(12);
    expect(text).toContain('TBUF\\|X1');
    expect(text).toContain('theirs\\<b\\>');
  });

  test('CSV: one line per cell and one per priced mapping, all of the same width', () => {
    const [cells, multipliers] = [renderCellsCsv(SAMPLE), renderMultipliersCsv(SAMPLE)].map((csv) =>
      csv.trimEnd().split('\r\n'),
    );
    expect(cells).toHaveLength(1 + 2);
    expect(multipliers).toHaveLength(1 + 5);
    const width = (line: string): number => line.replace(/"[^"]*"/g, '').split(',').length;
    for (const lines of [cells!, multipliers!]) expect(new Set(lines.map(width)).size).toBe(1);
    expect(multipliers![2]).toContain('"exact, Booth",mul_booth_s8,each');
  });

  test('writes page, Markdown, CSV, JSON and plots', () => {
    const folder = mkdtempSync(join(tmpdir(), 'maxdnn-library-report-'));
    const written = writeLibraryReport(SAMPLE, folder);
    expect(readdirSync(folder).sort()).toEqual([
      'library-cells.csv',
      'library-comparison.html',
      'library-comparison.json',
      'library-comparison.md',
      'library-multipliers.csv',
      'library-relative-energy-error.svg',
      'library-relative-energy.svg',
    ]);
    expect(JSON.parse(readFileSync(written.jsonPath, 'utf8'))).toEqual(SAMPLE);
    rmSync(folder, { recursive: true });
  });
});
