import type { ExplorationView, PointView } from './exploration-view.ts';
import { isSignificant, isUnchanged, SIGNIFICANCE_PERCENT } from './significance.ts';

/** A column: its specification in `tabular`, its head, and its cells (as many as `span`, default 1). */
interface TexColumn {
  readonly form: string;
  readonly head: string;
  readonly unit: string;
  readonly span?: number;
  readonly cells: (point: PointView) => readonly string[];
}

/**
 * The front as a table for a paper: needs the package booktabs and nothing else; figures of a column have the same
 * number of decimals, so that they align.
 */
export function renderFrontTex(view: ExplorationView): string {
  const { exploration, front } = view;
  const columns = columnsFor(view);
  const row = (cells: readonly string[]): string => `    ${cells.join(' & ')} \\\\`;
  const head = (of: (column: TexColumn) => string): string =>
    row(
      columns.map((column) =>
        column.span === undefined ? of(column) : `\\multicolumn{${column.span}}{c}{${of(column)}}`,
      ),
    );
  return [
    `% Made by maxdnn ${escapeTex(exploration.maxdnnVersion)}; needs \\usepackage{booktabs}.`,
    '\\begin{table}',
    '  \\centering',
    '  \\small',
    `  \\caption{${captionOf(view)}}`,
    '  \\label{tab:front}',
    `  \\begin{tabular}{${columns.map(({ form }) => form).join('')}}`,
    '    \\toprule',
    head((column) => column.head),
    head((column) => column.unit),
    '    \\midrule',
    ...front.map((point) => row(columns.flatMap((column) => column.cells(point)))),
    '    \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
    '',
  ].join('\n');
}

function columnsFor(view: ExplorationView): readonly TexColumn[] {
  const { exploration, streams, front } = view;
  const hasTest = front.some(({ test }) => test !== undefined);
  const plain = (
    form: string,
    head: string,
    unit: string,
    cell: (point: PointView) => string,
  ): TexColumn => ({
    form,
    head,
    unit,
    cells: (point) => [cell(point)],
  });
  return [
    plain('l', 'Point', '', ({ id }) => escapeTex(id)),
    ...(view.levels.length > 1 ? [plain('l', 'Level', '', ({ level = '' }) => escapeTex(level))] : []),
    ...streams.map((stream) =>
      plain('r', 'Saving', `${escapeTex(stream)} [\\%]`, (point) =>
        decimal(point.savingPercentByStream[stream], 1),
      ),
    ),
    plain('r', 'Energy', '[nJ]', (point) =>
      decimal(point.energyPerImageNjByStream[exploration.searchedStream], 1),
    ),
    plain('r', 'KL', '[nats]', ({ calibration }) => decimal(calibration.klNats, 4)),
    plain('r', 'Calibration', '[points]', ({ calibrationChangePoints }) =>
      decimal(calibrationChangePoints, 2),
    ),
    ...(hasTest
      ? [
          plain('r', 'Test', '[\\%]', ({ test }) => decimal(test && 100 * test.accuracy, 2)),
          {
            form: 'r@{\\,}l',
            head: 'Change',
            unit: '[points]',
            span: 2,
            cells: ({ test }: PointView) =>
              test === undefined
                ? [DASH, '']
                : [
                    decimal(test.changePoints, 2),
                    `$\\pm$\\,${decimal(test.changeHalfWidth95Points, 2)}${isSignificant(test) || isUnchanged(test) ? '' : '\\,n.s.'}`,
                  ],
          },
        ]
      : []),
  ];
}

const DASH = '--';

/** Signed figures have a true minus sign; what was not measured is a dash. */
function decimal(value: number | undefined, places: number): string {
  if (value === undefined) return DASH;
  const text = Math.abs(value).toFixed(places);
  return value < 0 && /[1-9]/.test(text) ? `$-$${text}` : text;
}

function captionOf({ exploration, streams, levels, front }: ExplorationView): string {
  const { network, calibration, test, library, searchedStream, clockNs } = exploration;
  const baselines = streams.map(
    (stream) => `${escapeTex(stream)}: \\texttt{${escapeTex(exploration.baselines[stream]!.design)}}`,
  );
  const images =
    test === undefined
      ? ' No test images.'
      : ` Test: ${test.images} images of ${escapeTex(test.name)}, change against exact int8 with its 95\\,\\% interval; n.s.: not distinguishable from 0 at ${SIGNIFICANCE_PERCENT}\\,\\% (exact McNemar test).`;
  return [
    `Pareto front of ${escapeTex(network.name)} at level ${escapeTex(levels.join(', '))}: ${front.length} points.`,
    ` Energy of the multipliers only, at zero delay, searched on stream ${escapeTex(searchedStream)};`,
    ` library ${escapeTex(library.name)}, ${clockNs}\\,ns clock.`,
    ` Savings against the best exact multiplier of each stream (${baselines.join(', ')}).`,
    ` KL and calibration: ${calibration.images} training images of ${escapeTex(calibration.name)}, which the search saw.`,
    images,
  ].join('');
}

const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  '%': '\\%',
  '&': '\\&',
  '#': '\\#',
  _: '\\_',
  $: '\\$',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '"': "''",
  '|': '\\textbar{}',
};

/** Text made safe for LaTeX. */
export function escapeTex(text: string): string {
  return text.replace(/[\\{}%&#_$~^<>"|]/g, (character) => SPECIAL[character]!);
}
