import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { artifactHeader } from '../../src/base/artifact.ts';
import { EXACT_INT8 } from '../../src/dnn/assignment.ts';
import {
  renderReproductionCsv,
  writeReproduction,
  writeReproductionPage,
} from '../../src/report/write-reproduction.ts';
import type {
  Correct,
  Reproduction,
  ReproductionBase,
  ReproductionPart,
} from '../../src/reproduce/reproduction.ts';

const folder = mkdtempSync(join(tmpdir(), 'reproduction-'));
afterAll(() => rmSync(folder, { recursive: true }));

const correct = (fixed: number): Correct => ({ fixed, recalibrated: fixed + 3, alwann: fixed - 2 });
const saved = (uniform: number) => ({ uniform, 'layer-stream': uniform / 2 });

/** Made-up figures on 200 images. */
const base: ReproductionBase = {
  network: { name: 'net_8', sha256: 'a' },
  graph: { name: 'net_8_quant', sha256: 'b' },
  test: { name: 'test[0..199]', sha256: 'c', images: 200 },
  recalibration: { name: 'train', sha256: 'd', images: 64 },
  exact: correct(170),
  palette: ['exact', 'mild', 'medium', 'strong'].map((title, digit) => ({
    title,
    design: `mul_${title}`,
    spec: EXACT_INT8,
    savingPercentByStream: saved(20 * digit),
  })),
  energy: {
    library: 'lib45',
    clockNs: 1,
    streams: ['uniform', 'layer-stream'],
    baselines: { uniform: 'mul_best', 'layer-stream': 'mul_best' },
  },
};

const made = (part: ReproductionPart, own: ReproductionBase = base): Reproduction => ({
  ...artifactHeader('reproduction', 1, {}),
  base: own,
  part,
});

const fig3a = made({
  kind: 'fig3a',
  rows: ['conv0', 'conv1'].map((label, i) => ({
    label,
    correct: [160, 150, 140].map((n) => correct(n - i)),
  })),
});
const fig3b = made({
  kind: 'fig3b',
  rows: ['0', '1', '2'].map((label, i) => ({
    label,
    correct: [170, 170, 170].map((n) => correct(n - 9 * i)),
  })),
});
const fig4 = made({
  kind: 'fig4',
  maxLossPoints: 8,
  stream: 'uniform',
  levels: [
    {
      title: 'LLAM',
      evaluated: 5,
      points: [
        { name: 'LLAM_0', savingPercentByStream: saved(0), correctFixed: 170 },
        { name: 'LLAM_1', savingPercentByStream: saved(20), correctFixed: 160 },
        { name: 'LLAM_2', savingPercentByStream: saved(30), correctFixed: 165 },
      ],
      front: [
        { name: 'LLAM_0', savingPercentByStream: saved(0), correct: correct(170) },
        { name: 'LLAM_2', savingPercentByStream: saved(30), correct: correct(165) },
      ],
    },
    { title: 'KLMS', evaluated: 2, points: [], front: [] },
  ],
});
const table1 = made({
  kind: 'table1',
  proposed: [
    {
      name: 'FLAM-3clas_2_1_1',
      why: 'name of a row',
      savingPercentByStream: saved(41.25),
      correct: correct(161),
    },
  ],
  evoapprox: [
    {
      name: '7C1',
      correct: correct(120),
      tuned: correct(150),
      tunedMeasured: correct(155),
      remapped: { unsigned: 39, signed: 12 },
      savingPercentPublished: 15.857,
      otherBatches: [{ batch: 'with 800 training images', correct: 111, correctTuned: 144 }],
    },
  ],
});

/** Cells of the line of a Markdown text that starts with `start`. */
function cells(text: string, start: string): readonly string[] {
  const line = text.split('\n').find((own) => own.startsWith(`| ${start} |`));
  if (line === undefined) throw new Error(`no line ${start}`);
  return line.slice(2, -2).split(' | ');
}

function writtenPage(reproduction: Reproduction): string {
  return readFileSync(writeReproduction(reproduction, folder).markdownPath, 'utf8');
}

describe('pages', () => {
  test('Fig. 3a: a line per layer, three multipliers under three semantics, per cent', () => {
    const text = writtenPage(fig3a);
    expect(cells(text, 'conv1')).toEqual([
      'conv1',
      ...['79.50', '74.50', '69.50'],
      ...['81.00', '76.00', '71.00'],
      ...['78.50', '73.50', '68.50'],
    ]);
    expect(cells(text, 'none (exact)').slice(0, 2)).toEqual(['none (exact)', '85.00']);
    expect(text).toContain('![Fig. 3a: each layer alone](fig3a.svg)');
    expect(text).toContain("The paper's values: not available to us.");
  });

  test('Fig. 4: fronts with savings of each stream', () => {
    const text = writtenPage(fig4);
    expect(cells(text, 'LLAM | `LLAM_2`')).toEqual([
      'LLAM',
      '`LLAM_2`',
      ...['+30.0', '+15.0'],
      ...['82.50', '84.00', '81.50'],
    ]);
    expect(text).toContain('LLAM 3 of 5, KLMS 0 of 2');
  });

  test('Table I: our rows say what is not available, EvoApproxLib’s stand beside the printed ones', () => {
    const text = writtenPage(table1);
    expect(cells(text, '`FLAM-3clas_2_1_1`')).toEqual([
      '`FLAM-3clas_2_1_1`',
      'name of a row',
      ...['+41.3', '+20.6'],
      ...['0.805', '0.820', '0.795'],
      'not available to us',
    ]);
    expect(cells(text, 'mul8u\\_7C1 | 39 / 12')).toEqual([
      'mul8u\\_7C1',
      '39 / 12',
      '15.9',
      ...['0.600 / 0.750 / 0.775', '0.615 / 0.765 / 0.790', '0.590 / 0.740 / 0.765'],
      '0.76',
    ]);
    expect(cells(text, 'mul8u\\_7C1 | 0.590 / 0.740')).toEqual([
      'mul8u\\_7C1',
      '0.590 / 0.740',
      '0.555 / 0.720',
      '0.671 / 0.790',
      '0.76',
    ]);
  });

  test('everything on one page, with the claims, and pictures beside it', () => {
    const paths = writeReproductionPage([fig3a, fig3b, fig4, table1], join(folder, 'docs', 'all.md'));
    expect(paths.map((path) => path.slice(folder.length + 1))).toEqual([
      'docs/all.md',
      'docs/all-fig3a.svg',
      'docs/all-fig3b.svg',
      'docs/all-fig4.svg',
    ]);
    const text = readFileSync(paths[0]!, 'utf8');
    expect(text.match(/^## .*$/gm)).toEqual([
      '## The claims',
      '## Fig. 3a: each layer alone',
      '## Fig. 3b: the first m layers',
      '## Fig. 4: all levels',
      '## Table I: proposed assignments and EvoApproxLib',
      '## Limits',
    ]);
    expect(text).toContain('- static int8, uniform operands: 30.0 % (`LLAM_2`)');
    expect(text).toContain('](all-fig4.svg)');
    expect(text.match(/not available to us/g)!.length).toBeGreaterThan(4);
    expect(text).not.toMatch(/undefined|NaN/);
  });

  test('the same input gives the same bytes, another figure others', () => {
    const once = writtenPage(fig4);
    expect(writtenPage(fig4)).toBe(once);
    const other = made({ ...fig4.part, maxLossPoints: 7 } as ReproductionPart);
    expect(writtenPage(other)).not.toBe(once);
  });

  test('without an energy table no savings are shown', () => {
    const { energy: _none, ...plain } = base;
    const text = writtenPage(made(fig3a.part, plain));
    expect(text).toContain('Without an energy table there are no energies here');
    expect(text).not.toContain('saved \\[%\\]');
  });
});

describe('CSV', () => {
  const lines = (reproduction: Reproduction): readonly string[] =>
    renderReproductionCsv(reproduction).trimEnd().split('\r\n');

  test('has a line per assignment and semantics with what was counted', () => {
    expect(lines(fig3a).length).toBe(1 + 2 * 3 * 3);
    expect(lines(fig3a)[1]).toBe('fig3a,conv0,mul_mild,fixed,160,200,0.8,,');
    expect(lines(fig4).length).toBe(1 + 3 + 2 * 3);
    expect(lines(fig4)[2]).toBe('fig4,LLAM_1,LLAM,fixed,160,200,0.8,20,10');
    expect(lines(table1).length).toBe(1 + 3 + 9);
    expect(lines(table1)[0]).toBe(
      'part,row,multiplier,semantics,correct,images,accuracy,saving_percent_uniform,saving_percent_layer_stream',
    );
    expect(lines(table1).at(-1)).toBe('table1,mul8u_7C1,tuned by histogram,alwann,153,200,0.765,,');
  });
});

describe('pictures', () => {
  const picture = (reproduction: Reproduction): string =>
    readFileSync(writeReproduction(reproduction, folder).svgPath!, 'utf8');

  test('show every point with its figures', () => {
    const tips = picture(fig3b).match(/<title>[^<]*<\/title>/g)!;
    expect(tips.length).toBe(3 * 3 * 2);
    expect(tips).toContain('<title>2, strong, static int8: 76.00 %</title>');
    const four = picture(fig4).match(/<title>[^<]*<\/title>/g)!;
    expect(four.length).toBe(3);
    expect(four).toContain('<title>LLAM_1: 20.0 % saved, 80.00 %</title>');
  });

  test('stay within their frame', () => {
    const spots = [...picture(fig4).matchAll(/transform="translate\((-?[\d.]+) (-?[\d.]+)\)"/g)];
    expect(spots.length).toBeGreaterThanOrEqual(3);
    for (const [, x, y] of spots) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(x)).toBeLessThanOrEqual(860);
      expect(Number(y)).toBeGreaterThanOrEqual(0);
      expect(Number(y)).toBeLessThanOrEqual(520);
    }
  });
});
