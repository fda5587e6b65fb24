import { type CsvCell, csvLine } from '../base/csv.ts';
import { NOT_EVALUATED } from './columns.ts';
import { cellsOf, choiceIn, columnsOf, type ExplorationView, type PointView } from './exploration-view.ts';

/**
 * The points of the front in full precision (RFC 4180, one head line), with the design of each layer or class. Every
 * line carries what its numbers come from, so that a cut or merged file still says it.
 */
export function renderFrontCsv(view: ExplorationView): string {
  const { front, streams } = view;
  const columns = columnsOf(view);
  const sources = sourcesOf(view);
  const heads = [
    'point',
    'name',
    'level',
    ...streams.flatMap((stream) => {
      const name = stream.replaceAll('-', '_');
      return [`energy_per_image_nj_${name}`, `saving_percent_${name}`, `baseline_${name}`];
    }),
    'kl_nats_calibration',
    'correct_calibration',
    'accuracy_change_points_calibration',
    'correct_test',
    'accuracy_percent_test',
    'accuracy_low_95_percent_test',
    'accuracy_high_95_percent_test',
    'accuracy_change_points_test',
    'accuracy_change_half_width_95_points_test',
    'images_lost_test',
    'images_gained_test',
    'mcnemar_p_test',
    'found_by',
    ...columns.map(({ layer, classIndex }) => (classIndex === undefined ? layer : `${layer}/${classIndex}`)),
    'assignment_file',
    'command',
    ...Object.keys(sources),
  ];
  const lines = front.map((point) => [
    point.id,
    point.name,
    point.level ?? view.exploration.level,
    ...streams.flatMap((stream) => [
      point.energyPerImageNjByStream[stream] ?? NOT_EVALUATED,
      point.savingPercentByStream[stream] ?? NOT_EVALUATED,
      view.exploration.baselines[stream]!.design,
    ]),
    point.calibration.klNats,
    point.calibration.correct,
    point.calibrationChangePoints,
    ...testCells(point),
    point.foundBy.join(' '),
    ...view.layers.flatMap((layer) =>
      cellsOf(point, layer).flatMap(({ column, span }) => {
        const choice = column && choiceIn(view, point, column);
        return new Array<string>(span).fill(column ? (choice?.multiplier.design ?? 'skipped') : '');
      }),
    ),
    point.assignmentFile,
    point.command,
    ...Object.values(sources),
  ]);
  return `${[heads, ...lines].map(csvLine).join('\r\n')}\r\n`;
}

function testCells({ test }: PointView): readonly CsvCell[] {
  if (test === undefined) return Array.from({ length: 9 }, () => NOT_EVALUATED);
  return [
    test.correct,
    100 * test.accuracy,
    100 * test.interval95.low,
    100 * test.interval95.high,
    test.changePoints,
    test.changeHalfWidth95Points,
    test.lost,
    test.gained,
    test.pValue,
  ];
}

function sourcesOf({ exploration }: ExplorationView): Readonly<Record<string, CsvCell>> {
  const { network, calibration, test, library } = exploration;
  return {
    network: network.name,
    network_sha256: network.sha256,
    calibration: calibration.name,
    calibration_images: calibration.images,
    test: test?.name ?? NOT_EVALUATED,
    test_images: test?.images ?? NOT_EVALUATED,
    searched_stream: exploration.searchedStream,
    library: library.name,
    library_sha256: library.sha256,
    clock_ns: exploration.clockNs,
    limits: 'multipliers only; zero delay; no layout; no retraining',
  };
}
