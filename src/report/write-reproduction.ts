import { dirname, join, relative } from 'node:path';
import { csvLine } from '../base/csv.ts';
import { writeFileAtomic } from '../base/files.ts';
import { type Correct, type Reproduction, type Savings, SEMANTICS } from '../reproduce/reproduction.ts';
import { renderChart } from './reproduction-chart.ts';
import { renderPart, renderReproduction } from './reproduction-markdown.ts';
import { figure3Chart, figure4Chart } from './reproduction-plots.ts';

/** What was written. */
export interface WrittenReproduction {
  readonly markdownPath: string;
  readonly csvPath: string;
  /** Absent for a table. */
  readonly svgPath?: string;
}

/** Writes the page of a figure or table, its figures in full precision and its picture, each whole or not at all. */
export function writeReproduction(reproduction: Reproduction, outDir: string): WrittenReproduction {
  const { kind } = reproduction.part;
  const picture = pictureOf(reproduction);
  const place = (ending: string): string => join(outDir, `${kind}.${ending}`);
  if (picture !== undefined) writeFileAtomic(place('svg'), picture);
  writeFileAtomic(place('csv'), renderReproductionCsv(reproduction));
  writeFileAtomic(place('md'), renderPart(reproduction, picture === undefined ? undefined : `${kind}.svg`));
  return {
    markdownPath: place('md'),
    csvPath: place('csv'),
    ...(picture === undefined ? {} : { svgPath: place('svg') }),
  };
}

/** Writes one page of all parts, its pictures beside it as `<page>-<part>.svg`. */
export function writeReproductionPage(parts: readonly Reproduction[], path: string): readonly string[] {
  const stem = path.replace(/\.md$/i, '');
  const pictures = new Map(
    parts.flatMap((own) => {
      const picture = pictureOf(own);
      return picture === undefined ? [] : [[own, { path: `${stem}-${own.part.kind}.svg`, picture }] as const];
    }),
  );
  for (const { path: at, picture } of pictures.values()) writeFileAtomic(at, picture);
  const linkOf = (own: Reproduction): string | undefined => {
    const at = pictures.get(own)?.path;
    return at === undefined ? undefined : relative(dirname(path), at);
  };
  writeFileAtomic(path, renderReproduction(parts, linkOf));
  return [path, ...[...pictures.values()].map((own) => own.path)];
}

/** One line per assignment and semantics; right answers and images as they were counted. */
export function renderReproductionCsv({ base, part }: Reproduction): string {
  const streams = base.energy?.streams ?? [];
  const heads = ['part', 'row', 'multiplier', 'semantics', 'correct', 'images', 'accuracy'];
  const lines = (row: string, multiplier: string, correct: Partial<Correct>, savings: Savings = {}) =>
    SEMANTICS.flatMap((semantics) => {
      const own = correct[semantics];
      if (own === undefined) return [];
      const { images } = base.test;
      const saved = streams.map((stream) => savings[stream] ?? '');
      return [[part.kind, row, multiplier, semantics, own, images, own / images, ...saved]];
    });
  const rows = (() => {
    switch (part.kind) {
      case 'fig3a':
      case 'fig3b':
        return part.rows.flatMap(({ label, correct }) =>
          correct.flatMap((own, index) => lines(label, base.palette[index + 1]!.design, own)),
        );
      case 'fig4':
        return part.levels.flatMap(({ title, points, front }) => [
          ...points.flatMap((own) =>
            lines(own.name, title, { fixed: own.correctFixed }, own.savingPercentByStream),
          ),
          ...front.flatMap((own) =>
            lines(own.name, `${title} front`, own.correct, own.savingPercentByStream),
          ),
        ]);
      case 'table1':
        return [
          ...part.proposed.flatMap((own) =>
            lines(own.name, 'palette', own.correct, own.savingPercentByStream),
          ),
          ...part.evoapprox.flatMap(({ name, correct, tuned, tunedMeasured }) => [
            ...lines(`mul8u_${name}`, 'plain', correct),
            ...lines(`mul8u_${name}`, 'tuned', tuned),
            ...lines(`mul8u_${name}`, 'tuned by histogram', tunedMeasured),
          ]),
        ];
    }
  })();
  const all = [[...heads, ...streams.map((stream) => `saving_percent_${stream.replace('-', '_')}`)], ...rows];
  return `${all.map(csvLine).join('\r\n')}\r\n`;
}

function pictureOf({ base, part }: Reproduction): string | undefined {
  switch (part.kind) {
    case 'fig3a':
    case 'fig3b':
      return renderChart(figure3Chart(part, base));
    case 'fig4':
      return renderChart(figure4Chart(part, base));
    case 'table1':
      return undefined;
  }
}
