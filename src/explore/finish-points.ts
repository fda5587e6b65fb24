import { join } from 'node:path';
import { writeAssignment } from '../assign/write-assignment.ts';
import type { OnProgress } from '../base/progress.ts';
import { dominates } from '../search/domination.ts';
import type { Evaluated } from '../search/problem.ts';
import type { Candidate } from './candidates.ts';
import type { Accuracy, EvaluationEnergy } from './evaluation.ts';
import type { Evaluator } from './evaluator.ts';
import type { Exploration, ExplorationPoint, SearchRecord } from './exploration.ts';
import { nameOfPoint, pointLayers } from './exploration-points.ts';
import { type Options, variantOfOptions } from './exploration-problem.ts';
import type { ExploreRequest } from './explore-request.ts';
import { energyOf } from './layer-options.ts';
import type { MultiplierEnergies } from './multiplier-energies.ts';
import type { SearchedLevel } from './search-level.ts';
import { testPoints } from './test-points.ts';

export interface FinishRequest {
  readonly request: ExploreRequest;
  readonly searched: readonly SearchedLevel[];
  readonly candidates: readonly Candidate[];
  readonly energies: MultiplierEnergies;
  readonly baselines: EvaluationEnergy['baselines'];
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
  const found = pointsOfFronts(searched, stream);
  const variants = found.map(({ options }) => variantOfOptions(options));
  const scores = await evaluator.score(variants);
  const isBest = found.map(
    ({ one }) => !found.some((other) => dominates(other.one.objectives, one.objectives)),
  );
  const tested =
    test === undefined
      ? undefined
      : await testPoints({
          network,
          test,
          roundedOperand,
          variants: variants.filter((_, i) => isBest[i]),
          workers,
          onProgress,
        });
  const ids = found.map((_, i) => `p${String(i + 1).padStart(3, '0')}`);
  const front = ids.filter((_, i) => isBest[i]);
  const points = found.map(({ own, one, options }, i): ExplorationPoint => {
    const id = ids[i]!;
    const assignmentFile = join('assignments', `${id}.json`);
    const name = nameOfPoint(options, own.level, candidates);
    const plan = new Map([...options].map(([layer, option]) => [layer, option.plan]));
    writeAssignment(join(folder, assignmentFile), { network, variant: variants[i]!, plan, label: name });
    const figures = tested?.points[front.indexOf(id)];
    return {
      id,
      name,
      ...(levels.length > 1 ? { level: own.levelName! } : {}),
      genome: one.genome,
      layers: pointLayers(network, options, candidates),
      objectives: one.objectives,
      ...energiesOfPoint(options, request),
      calibration: scores[i]!,
      ...(figures === undefined ? {} : { test: figures }),
      assignmentFile,
      command: request.request.commandFor(join(folder, assignmentFile)),
    };
  });
  const idOf = new Map(found.map(({ own, one }, i) => [placeOf(own, one), ids[i]!]));
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
