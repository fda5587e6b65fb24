import { describe, expect, test } from 'vitest';
import type { Evaluation } from '../../src/explore/evaluation.ts';
import { confusionMatrix, describeMistakes } from '../../src/report/accuracy-content.ts';
import { renderAccuracyHtml, renderAccuracyMarkdown } from '../../src/report/accuracy-page.ts';
import { renderHtml } from '../../src/report/html.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { joinReport } from '../../src/report/rows.ts';
import { formatPValue } from '../../src/report/significance.ts';
import { sampleInput } from './sample.ts';

const { evaluation } = sampleInput();
const MILD = 'mul_roup_s8_p0_r2'; // −6 images of 10 000: p = 0.44
const STRONG = 'mul_roup_s8_p2_r4';
const row = (design: string) => evaluation.rows.find((entry) => entry.design === design)!;
const lineOf = (text: string, design: string): string =>
  text.split('\n').find((line) => line.includes(design) && line.includes('±'))!;

/** What `maxdnn evaluate --assign` gives: one assignment, no designs. */
const single: Evaluation = {
  ...evaluation,
  rows: [],
  assignments: [
    {
      ...row(STRONG),
      name: 'mine',
      functionSha256: 'f',
      layers: {
        conv1: row(STRONG).spec,
        dense: row(MILD).spec,
        conv2: { multipliers: [{ spec: row(MILD).spec, weights: 40 }], skippedWeights: 8 },
      },
    },
  ],
};

describe('what must not be read as a result', () => {
  test('is marked in every format, and only that', () => {
    expect([row(MILD).pValue > 0.05, row(STRONG).pValue < 0.05]).toEqual([true, true]);
    const report = joinReport(sampleInput());
    for (const text of [renderHtml(report), renderMarkdown(report, [])]) {
      expect(lineOf(text, MILD)).toContain('n.s. −0.06 ± ');
      expect(lineOf(text, STRONG)).toContain('−24.54 ± ');
      expect(lineOf(text, STRONG)).not.toContain('n.s.');
      expect(lineOf(text, 'mul_booth_s8') ?? '').not.toContain('n.s.');
      expect(text).toContain('n.s.: not distinguishable from 0 at 5 % on these images (exact McNemar test)');
    }
    let marked = 0;
    for (const { design, pValue, lost, gained } of evaluation.rows) {
      const line = lineOf(renderMarkdown(report, []), `\`${design}\``);
      expect(line?.includes('n.s.') ?? false, design).toBe(pValue >= 0.05 && lost + gained > 0);
      marked++;
    }
    expect(marked).toBe(19);
  });

  test('p-values as people read them', () => {
    expect([1, 0.0494, 0.00049, 0].map(formatPValue)).toEqual(['1.000', '0.049', '< 0.001', '< 0.001']);
  });
});

describe('the report', () => {
  test('holds classes and confusion matrices, folded away, and stays light', () => {
    const html = renderHtml(joinReport(sampleInput()));
    expect(html.match(/<details>/g)).toHaveLength(1 + 1 + 1 + 19);
    expect(html.match(/<details open>/g)).toBeNull();
    expect(html).toContain('<summary>Confusion matrix: exact int8</summary>');
    expect(html.match(/class="matrix"/g)).toHaveLength(20);
    expect(html.length).toBeLessThan(400_000);
    const cells = [...html.matchAll(/<td class="right">(\d+)<\/td>/g)].map((match) => Number(match[1]));
    expect(cells).toHaveLength(200);
    expect(cells.slice(0, 10).reduce((a, b) => a + b)).toBe(evaluation.exact.correct);
  });

  test('names the batch norm mode and the interval of the exact network', () => {
    const html = renderHtml(joinReport(sampleInput()));
    expect(html).toContain('batch norm fixed');
    const batchNormImages = { name: 'train', sha256: 'x', images: 2000 };
    const other = { ...evaluation, batchNorm: 'recalibrated' as const, batchNormImages };
    expect(renderAccuracyMarkdown(other)).toContain('batch norm recalibrated on 2000 images of train');
    expect(html).toContain('84.02 % in exact int8 (95 % interval 83.29 % to 84.73 %)');
  });
});

describe('confusion', () => {
  test('leaves out classes that do not occur, and the matrix of very many classes', () => {
    const confusion = [
      [3, 0, 1],
      [0, 0, 0],
      [2, 0, 4],
    ];
    const matrix = confusionMatrix({ ...evaluation.exact, confusion })!;
    expect(matrix.classes).toEqual([0, 2]);
    expect(matrix.cells.map((cells) => cells.map(({ count }) => count))).toEqual([
      [3, 1],
      [2, 4],
    ]);
    expect(matrix.cells[1]![0]).toEqual({ count: 2, isRight: false, share: 2 / 6 });
    expect(describeMistakes({ ...evaluation.exact, confusion }, 8)).toBe(
      'Most frequent mistakes, true→predicted (images): 2→0 (2), 0→2 (1).',
    );
    const many = Array.from({ length: 30 }, (_, i) =>
      Array.from({ length: 30 }, (_, j) => (i === j ? 1 : 0)),
    );
    expect(confusionMatrix({ ...evaluation.exact, confusion: many })).toBeUndefined();
    expect(describeMistakes({ ...evaluation.exact, confusion: many }, 8)).toBe('No mistakes.');
  });
});

describe('the page of one evaluation', () => {
  test('has accuracy, intervals, test, layers, classes and matrices in both formats', () => {
    const html = renderAccuracyHtml(single);
    const markdown = renderAccuracyMarkdown(single);
    for (const text of [html, markdown]) {
      for (const part of [
        'Accuracy of resnet8 with mine',
        '59.48',
        '58.51',
        '60.44',
        '−24.54 ± ',
        ' 0.001',
      ]) {
        expect(text).toContain(part);
      }
      for (const layer of ['conv1', STRONG, 'dense', MILD, `${MILD} (40 weights), skipped (8 weights)`])
        expect(text).toContain(layer);
    }
    expect(html.match(/<details open>/g)).toHaveLength(3);
    expect(html.match(/class="matrix"/g)).toHaveLength(2);
    const tables = markdown
      .trim()
      .split('\n\n')
      .filter((block) => block.startsWith('|'));
    expect(tables).toHaveLength(4);
    for (const table of tables) {
      const lengths = table.split('\n').map((line) => line.replaceAll('\\|', '').split('|').length);
      expect(new Set(lengths).size).toBe(1);
    }
  });

  test('works without a float network and without energies, and escapes names', () => {
    const { float: _none, ...rest } = single;
    const { energyPerImageNj: _energy, ...assignment } = single.assignments[0]!;
    const bare = { ...rest, assignments: [{ ...assignment, name: 'a<b>' }] };
    const html = renderAccuracyHtml(bare);
    expect(html).not.toMatch(/float32|Energy per image|a<b>/);
    expect(html).toContain('a&lt;b&gt;');
  });
});
