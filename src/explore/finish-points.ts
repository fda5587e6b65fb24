import { join } from 'node:path';
import { writeAssignment } from '../assign/write-assignment.ts';
import type { OnProgress } from '../base/progress.ts';
import type { NetworkVariant } from '../dnn/layer-variant.ts';
import { dominates } from '../search/domination.ts';
import type { Evaluated } from '../search/problem.ts';
import type { Candidate } from './candidates.ts';
import type { Accuracy, EvaluationEnergy } from './evaluation.ts';
import type { Evaluator, VariantScore } from './evaluator.ts';
import type { Exploration, ExplorationPoint, SearchRecord } from './exploration.ts';
import { nameOfPoint, pointLayers } from './exploration-points.ts';
import { lossOf, type Options, variantOfOptions } from './exploration-problem.ts';
import type { ExploreRequest } from './explore-request.ts';
import { energyOf } from './layer-options.ts';
import type { MultiplierEnergies } from './multiplier-energies.ts';
import { refinePoints } from './refine-points.ts';
import type { SearchedLevel } from './search-level.ts';
import { testPoints } from './test-points.ts';

export interface FinishRequest {
  readonly request: ExploreRequest;
  readonly searched: readonly SearchedLevel[];
  readonly candidates: readonly Candidate[];
  readonly energies: MultiplierEnergies;
  readonly baselines: EvaluationEnergy['baselines'];
  /** Score of the exact network. */
  readonly exact: VariantScore;
  readonly evaluator: Evaluator;
  readonly workers: number;
  readonly onProgress: OnProgress;
}

export interface FinishedPoints extends Pick<Exploration, 'searches' | 'points' | 'front'> {
  /** Of the exact network, where there are test images. */
  readonly exact?: Accuracy;
}

interface Found {
  readonly own: SearchedLevel;
  readonly one: Evaluated;
  readonly options: Options;
}

/** The points of all fronts: scored, tested where they are on the common front, and written as assignment files. */
export async function finishPoints(request: FinishRequest): Promise<FinishedPoints> {
  const { network, test, roundedOperand, stream, folder, levels } = request.request;
  const { searched, candidates, evaluator, workers, onProgress } = request;
  const plain = pointsOfFronts(searched, stream);
  const plainVariants = plain.map(({ options }) => variantOfOptions(options));
  const plainScores = await evaluator.score(plainVariants);
  const isFront = bestOf(plain.map(({ one }) => one.objectives));
  const refined = await refinePoints({
    request: request.request,
    places: plain.flatMap((_, i) => (isFront[i] ? [i] : [])),
    variants: plainVariants,
    evaluator,
    onProgress,
  });
  const own = plain.map((point, i): Finished => {
    return { ...point, id: idOfPlace(i), variant: plainVariants[i]!, score: plainScores[i]! };
  });
  const more = refined.map(({ place, variant, score }): Finished => {
    const point = plain[place]!;
    const objectives = objectivesAfter(request.request, point.one.objectives, score, request.exact);
    const id = `${idOfPlace(place)}-refined`;
    return { ...point, id, refinedFrom: idOfPlace(place), variant, score, one: { ...point.one, objectives } };
  });
  const found = [...own, ...more].sort((x, y) => (x.id < y.id ? -1 : 1));
  const isBest = bestOf(found.map(({ one }) => one.objectives));
  const tested =
    test === undefined
      ? undefined
      : await testPoints({
          network,
          test,
          roundedOperand,
          variants: found.filter((_, i) => isBest[i]).map(({ variant }) => variant),
          workers,
          onProgress,
        });
  const front = found.filter((_, i) => isBest[i]).map(({ id }) => id);
  const points = found.map(({ id, refinedFrom, own, one, options, variant, score }): ExplorationPoint => {
    const assignmentFile = join('assignments', `${id}.json`);
    const name = nameOfPoint(options, own.level, candidates);
    const plan = new Map([...options].map(([layer, option]) => [layer, option.plan]));
    writeAssignment(join(folder, assignmentFile), { network, variant, plan, label: name });
    const figures = tested?.points[front.indexOf(id)];
    return {
      id,
      name,
      ...(levels.length > 1 ? { level: own.levelName! } : {}),
      genome: one.genome,
      ...(refinedFrom === undefined ? {} : { refinedFrom }),
      layers: pointLayers(network, options, candidates, variant),
      objectives: one.objectives,
      ...energiesOfPoint(options, request),
      calibration: score,
      ...(figures === undefined ? {} : { test: figures }),
      assignmentFile,
      command: request.request.commandFor(join(folder, assignmentFile)),
    };
  });
  const idOf = new Map(plain.map(({ own, one }, i) => [placeOf(own, one), idOfPlace(i)]));
  const searches = searched.flatMap((own) =>
    own.searches.map(
      (search): SearchRecord => ({
        ...search.record,
        front: search.front.map((one) => idOf.get(placeOf(own, one))!).sort(),
      }),
    ),
  );
  return { searches, points, front, ...(tested === undefined ? {} : { exact: tested.exact }) };
}

/** A point with its constants. */
interface Finished extends Found {
  readonly id: string;
  readonly refinedFrom?: string;
  readonly variant: NetworkVariant;
  readonly score: VariantScore;
}

function idOfPlace(place: number): string {
  return `p${String(place + 1).padStart(3, '0')}`;
}

/** Which of them no other one dominates. */
function bestOf(objectives: readonly (readonly number[])[]): readonly boolean[] {
  return objectives.map((own) => !objectives.some((other) => dominates(other, own)));
}

/** Objectives with the loss of another score; what the multipliers decide stays. */
function objectivesAfter(
  { objectives }: ExploreRequest,
  before: readonly number[],
  score: VariantScore,
  exact: VariantScore,
): readonly number[] {
  return objectives.map((word, i) =>
    word === 'kl' || word === 'accuracy' ? lossOf(word, score, exact) : before[i]!,
  );
}

/** Each assignment of any front once, by rising energy. */
function pointsOfFronts(
  searched: readonly SearchedLevel[],
  stream: ExploreRequest['stream'],
): readonly Found[] {
  const found = new Map<string, Found>();
  for (const own of searched) {
    for (const one of own.searches.flatMap(({ front }) => front)) {
      found.set(placeOf(own, one), { own, one, options: own.layerOptions.optionsOf(one.genome) });
    }
  }
  const energy = ({ options }: Found): number => energyOf(options, stream)!;
  return [...found].sort(([x, a], [y, b]) => energy(a) - energy(b) || (x < y ? -1 : 1)).map(([, one]) => one);
}

function placeOf({ levelName = '' }: SearchedLevel, { genome }: Evaluated): string {
  return `${levelName} ${genome.join()}`;
}

function energiesOfPoint(
  options: Options,
  { energies, baselines }: FinishRequest,
): Pick<ExplorationPoint, 'energyPerImageNjByStream' | 'savingPercentByStream'> {
  const energyPerImageNjByStream: Record<string, number> = {};
  const savingPercentByStream: Record<string, number> = {};
  for (const stream of energies.streams) {
    const energyNj = energyOf(options, stream);
    if (energyNj === undefined) continue;
    energyPerImageNjByStream[stream] = energyNj;
    const baseline = baselines[stream];
    if (baseline !== undefined)
      savingPercentByStream[stream] = 100 * (1 - energyNj / baseline.energyPerImageNj);
  }
  return { energyPerImageNjByStream, savingPercentByStream };
}
