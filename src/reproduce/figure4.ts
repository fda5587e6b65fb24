import { badInput } from '../base/errors.ts';
import type { OnProgress } from '../base/progress.ts';
import { isWeighted, type QuantisedNetwork } from '../dnn/quantised-network.ts';
import { namedAssignment, PALETTE } from './palette.ts';
import type { Correct, Figure4, NamedPoint } from './reproduction.ts';
import type { Pricing } from './savings.ts';
import { createSteps, type Scorer, type ScorerSetup } from './scorer.ts';

/** Loss of accuracy up to which the paper's Fig. 4 shows points. */
const MAX_LOSS_POINTS = 8;

/** Rules of KLMS: MAx-DNN's (skip the tails), and small weights. */
const SKIPS = ['KLMS-1sigma', 'KLMS-2sigma', 'KLMS-0.25sigma-small', 'KLMS-0.5sigma-small'] as const;

/**
 * The systematic set by level, as names with the palette's digits 0 … 3:
 * - LLAM: one digit for each group of convolutions that follow each other on the same number of output channels
 *   (ResNet-8: 4 groups, 256 names);
 * - FLAM with three classes, KLAM with three classes of kernel channels, rows or columns: all 64 triples, the same in
 *   every layer;
 * - KLMS: each rule with each multiplier.
 */
export function figure4Names(network: QuantisedNetwork): readonly {
  readonly title: string;
  readonly names: readonly string[];
}[] {
  const digits = PALETTE.map((_, digit) => digit);
  const groups = groupsOf(network);
  const triples = tuples(digits, 3).map((own) => own.join('_'));
  const llam = tuples(digits, groups.length).map((own) => {
    const byLayer = own.flatMap((digit, group) => new Array<number>(groups[group]!).fill(digit));
    return `LLAM_${byLayer.join('_')}`;
  });
  return [
    { title: 'LLAM', names: llam },
    { title: 'FLAM', names: triples.map((own) => `FLAM-3clas_${own}`) },
    { title: 'KLAM-channel', names: triples.map((own) => `KLAM-chan_${own}`) },
    { title: 'KLAM-row', names: triples.map((own) => `KLAM-row_${own}`) },
    { title: 'KLAM-column', names: triples.map((own) => `KLAM-col_${own}`) },
    {
      title: 'KLMS',
      names: SKIPS.flatMap((rule) => digits.map((digit) => (digit === 0 ? rule : `${rule}_${digit}`))),
    },
  ];
}

/**
 * Fig. 4: saving against accuracy of the whole set under "fixed", the points kept, and the front of each level under
 * all semantics.
 * @throws bad-input without energies
 */
export async function reproduceFigure4(
  { network, test }: Pick<ScorerSetup, 'network' | 'test'>,
  scorer: Scorer,
  pricing: Pricing,
  onProgress?: OnProgress,
): Promise<Figure4> {
  const [stream] = pricing.streams;
  if (stream === undefined) {
    throw badInput(
      { where: 'fig4', wanted: 'an energy table with the designs of the palette', found: 'none' },
      'Make one with maxdnn table, or name one with --table FILE.',
    );
  }
  const sets = figure4Names(network);
  const exact = await scorer.score('fixed', namedAssignment(network, 'LLAM_0'));
  const isKept = (correct: number): boolean => (100 * (exact - correct)) / test.images <= MAX_LOSS_POINTS;
  const step = createSteps(
    onProgress,
    'fig4',
    sets.reduce((sum, { names }) => sum + names.length, 0),
  );
  const scored: { title: string; evaluated: number; points: FixedPoint[] }[] = [];
  for (const { title, names } of sets) {
    const points: FixedPoint[] = [];
    for (const name of names) {
      const assignment = namedAssignment(network, name);
      const correctFixed = await scorer.score('fixed', assignment);
      if (isKept(correctFixed)) {
        points.push({ name, savingPercentByStream: pricing.savingsOf(assignment), correctFixed });
      }
      step(name);
    }
    points.sort((p, q) => p.savingPercentByStream[stream]! - q.savingPercentByStream[stream]!);
    scored.push({ title, evaluated: names.length, points });
  }
  const fronts = scored.map(({ points }) =>
    frontOf(points, ({ savingPercentByStream }) => savingPercentByStream[stream]!),
  );
  const stepFront = createSteps(
    onProgress,
    'fig4 fronts',
    fronts.reduce((sum, front) => sum + front.length, 0),
  );
  const levels: Figure4['levels'][number][] = [];
  for (const [index, { title, evaluated, points }] of scored.entries()) {
    const front: (NamedPoint & { correct: Correct })[] = [];
    for (const { name, savingPercentByStream } of fronts[index]!) {
      front.push({
        name,
        savingPercentByStream,
        correct: await scorer.scoreAll(namedAssignment(network, name)),
      });
      stepFront(name);
    }
    levels.push({ title, evaluated, points, front });
  }
  return { kind: 'fig4', maxLossPoints: MAX_LOSS_POINTS, stream, levels };
}

type FixedPoint = NamedPoint & { readonly correctFixed: number };

/** Points that none other beats: at least its saving and its right answers, and more of one; by rising saving. */
export function frontOf<T extends { readonly correctFixed: number }>(
  points: readonly T[],
  savingOf: (point: T) => number,
): readonly T[] {
  const order = points.toSorted((p, q) => savingOf(q) - savingOf(p) || q.correctFixed - p.correctFixed);
  const front: T[] = [];
  let most = Number.NEGATIVE_INFINITY;
  for (const point of order) {
    if (point.correctFixed <= most) continue;
    most = point.correctFixed;
    front.unshift(point);
  }
  return front;
}

/** Lengths of the runs of convolutions with one number of filters; a first one with other input channels is alone. */
function groupsOf({ layers }: QuantisedNetwork): readonly number[] {
  const convs = layers.filter(isWeighted).filter(({ op }) => op === 'conv2d');
  const groups: number[] = [];
  for (const [index, layer] of convs.entries()) {
    const before = convs[index - 1];
    const isNext = index > 1 && before?.bias.length === layer.bias.length;
    if (isNext) groups[groups.length - 1]!++;
    else groups.push(1);
  }
  return groups;
}

function tuples(digits: readonly number[], length: number): readonly (readonly number[])[] {
  if (length === 0) return [[]];
  return tuples(digits, length - 1).flatMap((start) => digits.map((digit) => [...start, digit]));
}
