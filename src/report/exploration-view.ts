import { badInput } from '../base/errors.ts';
import type {
  Exploration,
  ExplorationPoint,
  ExploredMultiplier,
  SearchRecord,
} from '../explore/exploration.ts';
import type { NetworkStream } from '../explore/stream-comparison.ts';
import { findExplorationFaults } from './exploration-check.ts';

export type SearchMethod = SearchRecord['method'];

/** Reader's name of each search, in the order of legends. */
export const METHOD_TITLES: Readonly<Record<SearchMethod, string>> = {
  nsga2: 'NSGA-II',
  greedy: 'Greedy',
  random: 'Random',
};

/** Reader's name of each stream. */
export const STREAM_TITLES: Readonly<Record<NetworkStream, string>> = {
  uniform: 'uniform operands',
  'layer-iid': 'layer operands, random order',
  'layer-stream': 'layer operands, array order',
};

/** A point with what the artifact says of it only in passing. */
export interface PointView extends ExplorationPoint {
  readonly isOnFront: boolean;
  /** Searches that have it on their front, in the order of METHOD_TITLES. */
  readonly foundBy: readonly SearchMethod[];
  /** Accuracy on the calibration images minus that of the exact network there, percentage points. */
  readonly calibrationChangePoints: number;
}

/** A layer, or one class of its weights: a column of the heat map. */
export interface LayerColumn {
  readonly layer: string;
  /** Absent where no point divides the layer. */
  readonly classIndex?: number;
}

/** A layer of the network. */
export interface LayerView {
  readonly layer: string;
  readonly multiplications: number;
  readonly columns: readonly LayerColumn[];
}

/** An exploration, joined for people. */
export interface ExplorationView {
  readonly exploration: Exploration;
  /** By rising energy on the searched stream. */
  readonly points: readonly PointView[];
  readonly front: readonly PointView[];
  /** In the order of the network. */
  readonly layers: readonly LayerView[];
  /** In the order of the option; one or more. */
  readonly levels: readonly string[];
  /** Streams that have a baseline, the searched one first. */
  readonly streams: readonly NetworkStream[];
}

/** A damaged file would else fill the screen. */
const FAULTS_TOLD = 20;

/**
 * Checks an exploration and joins its parts.
 * @throws bad-input when they do not belong together; 20 faults at once at most
 */
export function viewExploration(exploration: Exploration): ExplorationView {
  const faults = findExplorationFaults(exploration);
  if (faults.length > 0) {
    const more = faults.length > FAULTS_TOLD ? ` ${faults.length} faults in all.` : '';
    const hint = `The exploration is damaged or was edited: make it again with "maxdnn explore".${more}`;
    throw badInput(faults.slice(0, FAULTS_TOLD), hint);
  }
  const { searches, exact, searchedStream } = exploration;
  const methods = Object.keys(METHOD_TITLES) as SearchMethod[];
  const onFront = new Set(exploration.front);
  const found = searches.map(({ method, front }) => ({ method, ids: new Set(front) }));
  const exactShare = exact.calibration.correct / exact.calibration.images;
  const points = exploration.points.map(
    (point): PointView => ({
      ...point,
      isOnFront: onFront.has(point.id),
      foundBy: methods.filter((method) =>
        found.some((own) => own.method === method && own.ids.has(point.id)),
      ),
      calibrationChangePoints: 100 * (point.calibration.correct / point.calibration.images - exactShare),
    }),
  );
  return {
    exploration,
    points,
    front: points.filter(({ isOnFront }) => isOnFront),
    layers: layersOf(exploration),
    levels: exploration.level.split(','),
    streams: [
      searchedStream,
      ...exploration.streams.filter(
        (stream) => stream !== searchedStream && exploration.baselines[stream] !== undefined,
      ),
    ],
  };
}

function layersOf({ points }: Exploration): readonly LayerView[] {
  return points[0]!.layers.map(({ layer }) => {
    const own = points.map((point) => point.layers.find((entry) => entry.layer === layer)!);
    const classes = [...new Set(own.flatMap(({ parts }) => parts.map((part) => part.classIndex)))].filter(
      (classIndex) => classIndex !== undefined,
    );
    const { parts, skippedMultiplications } = own[0]!;
    return {
      layer,
      multiplications: parts.reduce((sum, part) => sum + part.multiplications, skippedMultiplications),
      columns:
        classes.length === 0
          ? [{ layer }]
          : classes.toSorted((p, q) => p - q).map((classIndex) => ({ layer, classIndex })),
    };
  });
}

/** All columns of the heat map. */
export function columnsOf({ layers }: ExplorationView): readonly LayerColumn[] {
  return layers.flatMap(({ columns }) => columns);
}

/** A cell of a point in the columns of a layer; without a column for classes that the point's level does not have. */
export interface LayerCell {
  readonly column?: LayerColumn;
  readonly span: number;
}

/** The cells of a point: one across all columns of a layer that it does not divide. */
export function cellsOf(point: PointView, { layer, columns }: LayerView): readonly LayerCell[] {
  const { parts } = point.layers.find((own) => own.layer === layer)!;
  if (parts.every(({ classIndex }) => classIndex === undefined)) {
    return [{ column: columns[0]!, span: columns.length }];
  }
  return columns.map((column) =>
    parts.some(({ classIndex }) => classIndex === undefined || classIndex === column.classIndex)
      ? { column, span: 1 }
      : { span: 1 },
  );
}

/** The multiplier of a column in a point: the one with most multiplications, and how many others there are. */
export interface ColumnChoice {
  readonly multiplier: ExploredMultiplier;
  readonly others: number;
  /** Energy per multiplication in this layer on the searched stream, pJ; absent where nothing tells it. */
  readonly energyPj?: number;
}

/** What a point uses in a column; undefined where all of it is skipped. A part without a class stands for all classes. */
export function choiceIn(
  { exploration }: ExplorationView,
  point: PointView,
  { layer, classIndex }: LayerColumn,
): ColumnChoice | undefined {
  const own = point.layers.find((entry) => entry.layer === layer)!;
  const parts = own.parts
    .filter((part) => part.classIndex === undefined || part.classIndex === classIndex)
    .toSorted((p, q) => q.multiplications - p.multiplications);
  const main = parts[0];
  if (main === undefined) return undefined;
  const energyPj = energyIn(exploration, layer, main.multiplier, exploration.searchedStream);
  return {
    multiplier: exploration.multipliers[main.multiplier]!,
    others: parts.length - 1,
    ...(energyPj === undefined ? {} : { energyPj }),
  };
}

/** Energy per multiplication in a layer, pJ; undefined where the artifact does not have it. */
export function energyIn(
  { sensitivity }: Exploration,
  layer: string,
  multiplier: number,
  stream: NetworkStream,
): number | undefined {
  return sensitivity.find((entry) => entry.layer === layer && entry.multiplier === multiplier)?.energyPj[
    stream
  ];
}

/** Reader's name of a stream with the design that savings on it are against. */
export function describeStream({ exploration }: ExplorationView, stream: NetworkStream): string {
  return `${stream} against ${exploration.baselines[stream]!.design}`;
}
