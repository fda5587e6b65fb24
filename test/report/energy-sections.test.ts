import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/files.ts';
import { energySections } from '../../src/report/energy-sections.ts';
import { renderHtml } from '../../src/report/html.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { joinReport, type ReportInput } from '../../src/report/rows.ts';
import type { EnergyRow } from '../../src/synth/energy-table.ts';
import { sampleInput } from './sample.ts';

const DESIGNS = 19;

/** Energy on each stream as a share of that on uniform operands, the same for every design but one. */
const SHARES = {
  'layer-iid': { 'weight-on-b': 0.6, 'activation-on-b': 0.5 },
  'layer-stream': { 'weight-on-b': 0.2, 'activation-on-b': 0.4 },
} as const;
/** On layer operands this design is worse than its uniform energy says. */
const UNLUCKY = 'mul_roup_s8_p2_r4';

/** The sample with a second clock target, which booth misses, and streams of two layers of 1 : 3 multiplications. */
function wideInput(): ReportInput {
  const input = sampleInput();
  const { table } = input;
  const scaled = (row: EnergyRow, factor: number, change: Partial<EnergyRow>): EnergyRow => ({
    ...row,
    energyPj: row.energyPj * factor,
    internalPj: row.internalPj * factor,
    switchingPj: row.switchingPj * factor,
    leakagePj: row.leakagePj * factor,
    ...change,
  });
  const layers = [
    { layer: 'conv1', multiplicationsPerImage: 1000, activationsPerWeight: 64, factor: 0.8 },
    { layer: 'conv2', multiplicationsPerImage: 3000, activationsPerWeight: 16, factor: 1.2 },
  ];
  const rows = table.rows.flatMap((row) => {
    const fast = scaled(row, 1.25, { clockNs: 0.9, delayNs: row.design === 'mul_booth_s8' ? 0.95 : 0.8 });
    const streams = layers.flatMap(({ layer, factor }) =>
      (['layer-iid', 'layer-stream'] as const).flatMap((kind) =>
        (['weight-on-b', 'activation-on-b'] as const).map((role) => {
          const share = SHARES[kind][role] * factor * (row.design === UNLUCKY ? 1.6 : 1);
          const stream = { kind, layer, role, pairs: 64, sha256: sha256(`${kind} ${layer} ${role}`) };
          return scaled(row, share, { stream, key: sha256(`${row.design} ${kind} ${layer} ${role}`) });
        }),
      ),
    );
    return [row, ...streams, { ...fast, meetsClock: fast.delayNs <= fast.clockNs }];
  });
  const operands = {
    sha256: sha256('operands'),
    network: { name: 'resnet8', sha256: sha256('network') },
    dataset: { name: 'CIFAR-10 training', sha256: sha256('dataset'), images: 256 },
    seed: 1,
    array: { rows: 16, columns: 16, accumulatorDepth: 256 },
    layers: layers.map(({ factor: _, ...layer }) => layer),
  };
  return {
    ...input,
    table: { ...table, conditions: { ...table.conditions, clockTargetsNs: [1.2, 0.9] }, operands, rows },
  };
}

describe('energySections', () => {
  it('has none for one clock target and uniform operands', () => {
    expect(energySections(joinReport(sampleInput()))).toEqual([]);
  });

  const report = joinReport(wideInput());
  const [streams, clocks] = energySections(report);
  const lineOf = (section: typeof streams, design: string): readonly string[] =>
    section!.table.lines.find(({ code }) => code === design)!.cells;

  it('sets uniform operands beside those of the network, for both roles', () => {
    expect(streams!.table.lines.length).toBe(DESIGNS);
    // Mean factor of the layers: (1000 · 0.8 + 3000 · 1.2) / 4000 = 1.1; Baugh-Wooley: 480 fJ on uniform operands.
    const cells = lineOf(streams, 'mul_baugh_wooley_s8');
    expect(cells).toEqual([
      ...['480.0', '0.0'],
      ...['316.8', '264.0', 'activation (×1.20)', '0.0'],
      ...['105.6', '211.2', 'weight (×2.00)', '0.0'],
      ...['1.82', '4.55'],
    ]);
    // 150 fJ: a gain of 68.75 % on uniform operands, 1 − 1.6 · 150/480 = 50 % on the layers'.
    expect(lineOf(streams, UNLUCKY)).toEqual([
      ...['150.0', '+68.8'],
      ...['158.4', '132.0', 'activation (×1.20)', '+50.0'],
      ...['52.8', '105.6', 'weight (×2.00)', '+50.0'],
      ...['1.14', '2.84'],
    ]);
  });

  it('says how far the streams are apart and which operand belongs on the Booth port', () => {
    const leads = streams!.statements.map(({ lead }) => lead);
    expect(leads).toEqual([
      'Best exact on "uniform": mul_baugh_wooley_s8, 480.0 fJ per multiplication.',
      'Best exact on "layer-iid": mul_baugh_wooley_s8, activation on port b, 264.0 fJ per multiplication.',
      'Best exact on "layer-stream": mul_baugh_wooley_s8, weight on port b, 105.6 fJ per multiplication.',
      'Uniform operands cost 1.14 to 1.82 times the energy of "layer-iid".',
      'Uniform operands cost 2.84 to 4.55 times the energy of "layer-stream".',
      `"layer-iid": the weight belongs on port b for 0 of ${DESIGNS} designs, the activation for ${DESIGNS}.`,
      `"layer-stream": the weight belongs on port b for ${DESIGNS} of ${DESIGNS} designs, the activation for 0.`,
    ]);
    expect(streams!.statements[3]!.text).toMatch(/0\.0 to \+18\.[78] points away/);
  });

  it('sets the clock targets beside each other and marks the one that is not met', () => {
    expect(clocks!.table.lines.length).toBe(DESIGNS);
    expect(clocks!.table.heads.length).toBe(8);
    expect(lineOf(clocks, 'mul_booth_s8')).toEqual([
      ...['331.2', '331.2'],
      ...['0.950 late', '1.042'],
      ...['0.6275', '0.5020'],
      ...['−4.6', '−4.6'],
    ]);
    expect(clocks!.table.caption).toContain('0.9 ns: mul_baugh_wooley_s8; 1.2 ns: mul_baugh_wooley_s8');
  });

  it('sets the pairs of a file beside uniform ones; a design that they do not fit has none', () => {
    const input = sampleInput();
    const own = input.table.rows
      .filter(({ design }) => design !== UNLUCKY)
      .map((row) => ({
        ...row,
        energyPj: row.energyPj * (row.design === 'mul_booth_s8' ? 0.5 : 0.8),
        stream: { kind: 'file' as const, pairs: 100, sha256: sha256('pairs') },
        key: sha256(`file ${row.design}`),
      }));
    const sections = energySections(
      joinReport({ ...input, table: { ...input.table, rows: [...input.table.rows, ...own] } }),
    );
    expect(sections.map(({ title }) => title)).toEqual(['Energy on your operands']);
    expect(sections[0]!.table.lines.length).toBe(DESIGNS);
    // Booth: 502 · 0.5 = 251 fJ, best; Baugh-Wooley: 480 · 0.8 = 384 fJ, 53 % more.
    expect(lineOf(sections[0], 'mul_booth_s8')).toEqual(['502.0', '−4.6', '251.0', '0.0']);
    expect(lineOf(sections[0], 'mul_baugh_wooley_s8')).toEqual(['480.0', '0.0', '384.0', '−53.0']);
    expect(lineOf(sections[0], UNLUCKY).slice(2)).toEqual(['–', '–']);
  });

  it('the page and the Markdown have all of it', () => {
    const html = renderHtml(report);
    const markdown = renderMarkdown(report, []);
    for (const { title, table } of [streams!, clocks!]) {
      expect(html).toContain(`<h2>${title}</h2>`);
      expect(markdown).toContain(`## ${title}`);
      const own = html.split(`<table id="${table.id}" class="figures">`)[1]!.split('</table>')[0]!;
      expect(own.match(/<tr/g)?.length).toBe(DESIGNS + 1);
      expect(own.match(/<td/g)?.length).toBe(DESIGNS * table.heads.length);
    }
    expect(markdown).toContain('| 52.8 | 105.6 | weight (×2.00) |');
  });
});
