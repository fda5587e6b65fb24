import { formatNumber } from './columns.ts';
import { designLabel } from './design-label.ts';
import { describePointMultipliers } from './exploration-content.ts';
import {
  bestWithin,
  describeTestChange,
  formatKl,
  LOSS_BOUNDS_POINTS,
  lossesOf,
} from './exploration-loss.ts';
import {
  describeStream,
  type ExplorationView,
  energyIn,
  METHOD_TITLES,
  type PointView,
} from './exploration-view.ts';
import type { FigureHead, FigureTable } from './figure-table.ts';
import { formatPValue, NOT_SIGNIFICANT_MEANING } from './significance.ts';

/** The largest savings within bounds of accuracy loss. */
export function bestTable(view: ExplorationView): FigureTable {
  const [main, ...others] = lossesOf(view);
  const calibration = others.find(({ key }) => key === 'calibration');
  const where = main!.key === 'test' ? 'test' : 'calibration';
  const line = (name: string, point: PointView | undefined, isSub: boolean) => ({
    name,
    isSub,
    cells:
      point === undefined
        ? ['none', ...levelHeads(view).map(() => ''), ...savingHeads(view).map(() => ''), '', '', '']
        : [
            point.id,
            ...levelCells(point),
            ...savingCells(view, point),
            describeTestChange(point),
            formatNumber(point.calibrationChangePoints, 2, true),
            namesOf(describePointMultipliers(view, point)),
          ],
  });
  return {
    id: 'best',
    caption: `Largest saving on ${describeStream(view, view.exploration.searchedStream)} of the points of the front that lose at most the bound on ${where} images${calibration === undefined ? '' : '; below it, the point that calibration images alone would have chosen, whose test result no choice has flattered'}. Change: against exact int8 on the same images, with its 95 % interval on test images.`,
    nameHead: 'Loss of accuracy at most',
    heads: [
      { title: 'Point', isText: true },
      ...levelHeads(view),
      ...savingHeads(view),
      { title: 'Change, test', unit: 'points' },
      { title: 'Change, calibration', unit: 'points' },
      { title: 'Multipliers', isText: true },
    ],
    lines: LOSS_BOUNDS_POINTS.flatMap((bound) => {
      const unit = bound === 1 ? 'point' : 'points';
      return [
        line(`${bound} ${unit}, ${where}`, bestWithin(view, main!, bound), false),
        ...(calibration === undefined
          ? []
          : [line(`${bound} ${unit}, calibration`, bestWithin(view, calibration, bound), true)]),
      ];
    }),
  };
}

/** Names told of the multipliers of a point. */
const NAMES_TOLD = 4;

function namesOf(names: readonly string[]): string {
  const more = names.length - NAMES_TOLD;
  const told = names.slice(0, NAMES_TOLD).join('; ');
  return more > 0 ? `${told}; and ${more} more` : told;
}

/** Only where there are several. */
function levelHeads({ levels }: ExplorationView): readonly FigureHead[] {
  return levels.length > 1 ? [{ title: 'Level', isText: true }] : [];
}

function levelCells({ level }: PointView): readonly string[] {
  return level === undefined ? [] : [level];
}

function savingHeads(view: ExplorationView): readonly FigureHead[] {
  return view.streams.map((stream) => ({ title: `Saving, ${stream}`, unit: '%' }));
}

function savingCells({ streams }: ExplorationView, point: PointView): readonly string[] {
  return streams.map((stream) => {
    const saving = point.savingPercentByStream[stream];
    return saving === undefined ? '' : formatNumber(saving, 1);
  });
}

/** Every point of the front with intervals and marks. */
export function frontTable(view: ExplorationView): FigureTable {
  const { exploration, front, streams } = view;
  const hasTest = front.some(({ test }) => test !== undefined);
  const baselines = streams.map((stream) => describeStream(view, stream)).join('; ');
  const share = (value: number): string => formatNumber(100 * value, 2);
  return {
    id: 'front',
    caption: `Points that no other dominates in ${exploration.objectives.join(' and ')}, by rising energy on ${exploration.searchedStream}. Savings: ${baselines}.${hasTest ? ` Intervals of accuracy: Wilson, 95 %. ${NOT_SIGNIFICANT_MEANING}.` : ''}`,
    nameHead: 'Point',
    heads: [
      ...levelHeads(view),
      ...savingHeads(view),
      { title: 'Energy per image', unit: 'nJ' },
      { title: 'KL', unit: 'nats' },
      { title: 'Change, calibration', unit: 'points' },
      ...(hasTest
        ? [
            { title: 'Accuracy, test', unit: '% [95 % interval]' },
            { title: 'Change, test', unit: 'points' },
            { title: 'McNemar p' },
          ]
        : []),
      { title: 'Found by', isText: true },
    ],
    lines: front.map((point) => {
      const { test } = point;
      const tested =
        test === undefined
          ? ['', describeTestChange(point), '']
          : [
              `${share(test.accuracy)} [${share(test.interval95.low)}, ${share(test.interval95.high)}]`,
              describeTestChange(point),
              formatPValue(test.pValue),
            ];
      return {
        name: point.id,
        code: point.name,
        cells: [
          ...levelCells(point),
          ...savingCells(view, point),
          formatNumber(point.energyPerImageNjByStream[exploration.searchedStream]!, 1),
          formatKl(point.calibration.klNats),
          formatNumber(point.calibrationChangePoints, 2, true),
          ...(hasTest ? tested : []),
          point.foundBy.map((method) => METHOD_TITLES[method]).join(', '),
        ],
      };
    }),
  };
}

/** Multipliers that points of the front use. */
export function multiplierTable(view: ExplorationView): FigureTable {
  const { exploration, front, streams } = view;
  const used = exploration.multipliers.map((multiplier, index) => {
    const parts = front.map(({ layers }) =>
      layers.flatMap((layer) => layer.parts).filter((part) => part.multiplier === index),
    );
    const multiplications = parts.flat().reduce((sum, part) => sum + part.multiplications, 0);
    return { multiplier, index, points: parts.filter((own) => own.length > 0).length, multiplications };
  });
  const all = front.length * exploration.network.multiplicationsPerImage;
  return {
    id: 'multipliers',
    caption: `Multipliers in use on the front, by falling share of its multiplications; ${used.filter(({ points }) => points === 0).length} of ${used.length} are in no point. Energy: mean over the layers, each weighted by its multiplications.`,
    nameHead: 'Multiplier',
    heads: [
      { title: 'Points', unit: `of ${front.length}` },
      { title: 'Multiplications', unit: '% of the front' },
      { title: 'Area', unit: 'µm²' },
      { title: 'Delay', unit: 'ns' },
      ...streams.map((stream) => ({ title: `Energy, ${stream}`, unit: 'pJ' })),
    ],
    lines: used
      .filter(({ points }) => points > 0)
      .toSorted((p, q) => q.multiplications - p.multiplications)
      .map(({ multiplier, index, points, multiplications }) => ({
        name: designLabel(multiplier.spec),
        code: multiplier.design,
        cells: [
          String(points),
          formatNumber((100 * multiplications) / all, 1),
          formatNumber(multiplier.areaUm2, 1),
          formatNumber(multiplier.delayNs, 3),
          ...streams.map((stream) => meanEnergy(view, index, stream)),
        ],
      })),
  };
}

/** Mean over the layers; "not measured" where a layer lacks it. */
function meanEnergy(
  view: ExplorationView,
  multiplier: number,
  stream: ExplorationView['streams'][number],
): string {
  const { layers, exploration } = view;
  let sum = 0;
  for (const { layer, multiplications } of layers) {
    const energyPj = energyIn(exploration, layer, multiplier, stream);
    if (energyPj === undefined) return 'not measured';
    sum += energyPj * multiplications;
  }
  return formatNumber(sum / exploration.network.multiplicationsPerImage, 4);
}
