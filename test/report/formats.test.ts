import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ALL_COLUMNS, formatNumber } from '../../src/report/columns.ts';
import { renderCsv } from '../../src/report/csv.ts';
import { renderHtml } from '../../src/report/html.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { escapeMarkdown } from '../../src/report/markdown-table.ts';
import { accuracyPlot, errorPlot } from '../../src/report/plots.ts';
import { joinReport, type Report } from '../../src/report/rows.ts';
import { renderScatter } from '../../src/report/svg.ts';
import { writeReport } from '../../src/report/write-report.ts';
import { sampleInput } from './sample.ts';

const DESIGNS = 19;
const report = joinReport(sampleInput());
const { evaluation: _, ...withoutEvaluation } = sampleInput();
const unevaluated = joinReport(withoutEvaluation);

/** The same report from things with names that want to break out of their format. */
function hostile(name: string): Report {
  const input = sampleInput();
  return joinReport({
    ...input,
    table: { ...input.table, library: { ...input.table.library, name }, tools: { yosys: name } },
    evaluation: { ...input.evaluation, dataset: { ...input.evaluation.dataset, name } },
    notes: [name],
  });
}

describe('HTML', () => {
  const html = renderHtml(report);

  it('has every design in the result, accuracy, error, cost and evidence tables and one mark in each plot', () => {
    for (const row of report.rows) {
      expect(count(html, `data-design="${row.design}"`), row.design).toBe(4 + 1 + 2);
    }
    expect(count(html, 'class="mark ')).toBe(2 * DESIGNS);
  });

  it('says on top where the numbers come from and in bold what they are not', () => {
    const top = html.slice(0, html.indexOf('<h2>Results'));
    const wanted = [
      'maxdnn45 (embedded',
      '65\u202f536 pairs, seed 1',
      'CIFAR-10 test, 10\u202f000 images',
      'yosys 0.23',
      'verilator 5.006',
      '1\u202f245\u202f184 products compared, 0 wrong',
      '19 of 19 mapped netlists',
    ];
    for (const text of wanted) expect(top).toContain(text);
    for (const lead of [
      'No layout.',
      'No glitches in Energy and Energy gain.',
      'Only for this operand stream.',
      'Differences below 5 % say nothing.',
    ]) {
      expect(top).toContain(`<strong>${lead}</strong>`);
    }
    expect(top).not.toContain('Synthetic dataset');
    expect(renderHtml(hostile('synthetic shapes'))).toContain('<strong>Synthetic dataset.</strong>');
  });

  it('needs nothing from outside, no date and balanced tags', () => {
    expect(html).not.toMatch(/\b(src|href)=|url\(|@import|<script|<link/);
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
    for (const tag of [
      'table',
      'tr',
      'td',
      'th',
      'svg',
      'ul',
      'li',
      'dl',
      'section',
      'g',
      'style',
      'figure',
      'caption',
    ]) {
      expect(count(html, `</${tag}>`), tag).toBe((html.match(new RegExp(`<${tag}[ >]`, 'g')) ?? []).length);
    }
    expect(html).not.toMatch(/NaN|undefined|null|Infinity/);
  });

  it('escapes whatever it is given', () => {
    const text = renderHtml(hostile(`<script>alert("1")</script> & 'x'`));
    expect(text).not.toContain('<script');
    expect(count(text, '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;')).toBe(5);
  });

  it('says so when nothing was evaluated, and leaves the accuracy columns out', () => {
    const text = renderHtml(unevaluated);
    expect(text).toContain('<strong>Accuracy: not evaluated.</strong>');
    expect(count(text, 'class="mark ')).toBe(DESIGNS);
    expect(text).not.toContain('>Accuracy<');
  });
});

describe('SVG', () => {
  it('has one mark per design, distinct shapes per kind, the front and finite numbers', () => {
    for (const plot of [accuracyPlot(report)!, errorPlot(report)]) {
      const svg = renderScatter(plot);
      const marks = [...svg.matchAll(/<path class="mark ([\w-]+)" data-design="(\w+)" d="([^"]+)"/g)];
      expect(marks.map((mark) => mark[2]).sort()).toEqual(report.rows.map((row) => row.design).sort());
      expect(new Set(marks.map((mark) => mark[3])).size).toBe(4);
      expect(new Set(marks.map((mark) => `${mark[1]} ${mark[3]}`)).size).toBe(4);
      expect(svg).toMatch(/class="front" d="M[\d.]+ [\d.]+(H[\d.]+V[\d.]+){4,}"/);
      expect(count(svg, 'class="pair" d="M')).toBe(5 + 1);
      expect(count(svg, 'class="label"')).toBe(DESIGNS);
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  it('puts lower energy further left and higher accuracy further up', () => {
    const svg = renderScatter(accuracyPlot(report)!);
    const at = (design: string) =>
      new RegExp(`data-design="${design}" d="[^"]+" transform="translate\\(([\\d.]+) ([\\d.]+)\\)`)
        .exec(svg)!
        .slice(1)
        .map(Number) as [number, number];
    const [x1, y1] = at('mul_roup_s8_p2_r4');
    const [x2, y2] = at('mul_baugh_wooley_s8');
    expect(x1).toBeLessThan(x2);
    expect(y1).toBeGreaterThan(y2);
    const moved = accuracyPlot(report)!;
    const changed = {
      ...moved,
      points: moved.points.map((p) => (p.design === 'mul_roup_s8_p2_r4' ? { ...p, y: -3 } : p)),
    };
    expect(renderScatter(changed)).not.toBe(svg);
  });

  it('keeps labels off each other', () => {
    for (const plot of [accuracyPlot(report)!, errorPlot(report)]) {
      const texts = [
        ...renderScatter(plot).matchAll(
          /class="label" x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)">([^<]+)</g,
        ),
      ];
      const boxes = texts.map(([, x, y, anchor, text]) => {
        const width = text!.length * 5.8;
        const left =
          Number(x) - { start: 0, middle: width / 2, end: width }[anchor as 'start' | 'middle' | 'end'];
        return { left, right: left + width, bottom: Number(y), top: Number(y) - 9 };
      });
      expect(boxes).toHaveLength(DESIGNS);
      const clashes = boxes.flatMap((p, i) =>
        boxes
          .slice(i + 1)
          .filter((q) => p.left < q.right && q.left < p.right && p.top < q.bottom && q.top < p.bottom),
      );
      expect(clashes).toHaveLength(0);
    }
  });
});

describe('Markdown', () => {
  const markdown = renderMarkdown(report, [{ file: 'energy-accuracy.svg', title: 'Energy and accuracy' }]);

  it('has every design in its four tables, the classes and the evidence, and rows of one length per table', () => {
    for (const row of report.rows) {
      const rows = markdown
        .split('\n')
        .filter((line) => line.startsWith('|') && line.includes(`\`${row.design}\``));
      expect(rows, row.design).toHaveLength(6);
    }
    const tables = markdown.split('\n\n').filter((block) => block.startsWith('|'));
    expect(tables).toHaveLength(8);
    for (const table of tables) {
      const lengths = table.split('\n').map((line) => line.replaceAll('\\|', '').split('|').length);
      expect(new Set(lengths).size).toBe(1);
    }
    expect(markdown).toContain('![Energy and accuracy](energy-accuracy.svg)');
    expect(markdown.slice(0, markdown.indexOf('## Results'))).toContain('- **No layout.** ');
  });

  it('escapes what would be markup', () => {
    const text = renderMarkdown(hostile('a|b*c_d<i>\ne'), []);
    expect(count(text, 'a\\|b\\*c\\_d\\<i\\> e')).toBe(4);
    expect(escapeMarkdown('[x](y) `z` #')).toBe('\\[x\\](y) \\`z\\` \\#');
  });
});

describe('CSV', () => {
  it('parses back to the same numbers', () => {
    const [heads, ...lines] = parseCsv(renderCsv(report));
    expect(lines).toHaveLength(DESIGNS);
    let compared = 0;
    report.rows.forEach((row, index) => {
      const cells = Object.fromEntries(heads!.map((head, column) => [head, lines[index]![column]!]));
      expect(cells.design).toBe(row.design);
      expect(cells.library).toBe('maxdnn45');
      expect(cells.not_included).toBe(
        'layout; wire load; glitches except where a column says so; retraining',
      );
      for (const column of ALL_COLUMNS) {
        expect(Number(cells[column.key]), column.key).toBe(column.value(row));
        compared++;
      }
    });
    expect(compared).toBe(DESIGNS * 32);
  });

  it('quotes commas, quotes and line ends, and says what was not evaluated', () => {
    const name = 'CIFAR "10", cut\nhere';
    const [heads, first] = parseCsv(renderCsv(hostile(name)));
    expect(first![heads!.indexOf('dataset')]).toBe(name);
    const [heads2, ...lines] = parseCsv(renderCsv(unevaluated));
    expect(lines.map((line) => line[heads2!.indexOf('accuracy_percent')])).toEqual(
      Array(DESIGNS).fill('not evaluated'),
    );
  });
});

describe('writeReport', () => {
  const folder = mkdtempSync(join(tmpdir(), 'maxdnn-report-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('writes the same bytes each time, without a date or a path', () => {
    const one = writeReport(sampleInput(), join(folder, 'one'));
    const two = writeReport(sampleInput(), join(folder, 'two'));
    const names = readdirSync(join(folder, 'one')).sort();
    expect(names).toEqual([
      'energy-accuracy.svg',
      'error-energy.svg',
      'report.csv',
      'report.html',
      'report.md',
    ]);
    for (const name of names) {
      const text = readFileSync(join(folder, 'one', name), 'utf8');
      expect(readFileSync(join(folder, 'two', name), 'utf8')).toBe(text);
      expect(text).not.toContain(folder);
      expect(text).not.toMatch(/20[2-9]\d-\d\d/);
    }
    expect(one.report.rows).toHaveLength(two.report.rows.length);
  });

  it('shows a changed number in every format', () => {
    const input = sampleInput();
    const rows = input.evaluation.rows.map((row) =>
      row.design === 'mul_roup_s8_p1_r2' ? { ...row, changeHalfWidth95Points: 0.77 } : row,
    );
    const changed = joinReport({ ...input, evaluation: { ...input.evaluation, rows } });
    expect(renderHtml(changed)).not.toBe(renderHtml(report));
    expect(renderMarkdown(changed, [])).not.toBe(renderMarkdown(report, []));
    expect(renderCsv(changed)).not.toBe(renderCsv(report));
  });
});

describe('formatNumber', () => {
  it('prints signs, thousands and zero', () => {
    expect([
      formatNumber(-0.004, 2, true),
      formatNumber(0.126, 2, true),
      formatNumber(-1.5, 1),
      formatNumber(1234, 0),
      formatNumber(12250000, 0),
    ]).toEqual(['0.00', '+0.13', '−1.5', '1234', '12\u202f250\u202f000']);
  });
});

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** RFC 4180, written from the standard and not from the writer. */
function parseCsv(text: string): string[][] {
  const lines: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    lines.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === '\r\n') lines.push([]);
  }
  return lines.slice(0, -1);
}
