import { type Fault, show } from '../base/errors.ts';
import type { Exploration, ExplorationPoint } from '../explore/exploration.ts';
import { designName } from '../multiplier/spec.ts';
import { findCountFaults } from './check-accuracy.ts';
import { findLayerFaults } from './exploration-check-layers.ts';
import { dominates } from './pareto.ts';

/** Difference in percentage points that two computations of one share may have. */
const ROUNDING_POINTS = 1e-6;

/** Everything that keeps the parts of an exploration from belonging together; empty when they do. */
export function findExplorationFaults(exploration: Exploration): readonly Fault[] {
  const { points, searchedStream, streams, baselines, objectives, referencePoint } = exploration;
  const faults: Fault[] = [];
  const expect = (holds: boolean, where: string, wanted: string, found: unknown): void => {
    if (!holds) faults.push({ where, wanted, found: typeof found === 'string' ? found : show(found) });
  };
  expect(points.length > 0, 'points', 'at least one', 'none');
  expect(exploration.front.length > 0, 'front', 'at least one point', 'none');
  expect(streams.includes(searchedStream), 'searchedStream', `one of ${streams.join(', ')}`, searchedStream);
  expect(baselines[searchedStream] !== undefined, 'baselines', `one on ${searchedStream}`, 'none');
  for (const [stream, baseline] of Object.entries(baselines)) {
    const where = `baselines.${stream}.energyPerImageNj`;
    expect(baseline.energyPerImageNj > 0, where, 'a number above 0', baseline.energyPerImageNj);
  }
  expect(objectives.length > 0, 'objectives', 'at least one', 'none');
  expect(
    referencePoint.length === objectives.length && referencePoint.every((value) => value > 0),
    'referencePoint',
    `${objectives.length} values above 0, as there are objectives`,
    referencePoint,
  );
  return [
    ...faults,
    ...repeated(
      'points',
      points.map(({ id }) => id),
    ),
    ...repeated(
      'multipliers',
      exploration.multipliers.map(({ design }) => design),
    ),
    ...exploration.multipliers.flatMap(({ design, spec }, index) =>
      designName(spec) === design
        ? []
        : [
            {
              where: `multipliers[${index}].spec`,
              wanted: `the spec of ${design}`,
              found: `that of ${designName(spec)}`,
            },
          ],
    ),
    ...findLevelFaults(exploration),
    ...findLayerFaults(exploration),
    ...points.flatMap((point) => findPointFaults(exploration, point)),
    ...findOrderFaults(exploration),
    ...findFrontFaults(exploration),
    ...findSearchFaults(exploration),
  ];
}

/** Genes, points and searches name a level where there are several, and only levels that there are. */
function findLevelFaults({ level, genes, points, searches }: Exploration): readonly Fault[] {
  const levels = level.split(',');
  const wanted =
    levels.length > 1 ? `one of the levels ${levels.join(', ')}` : 'no level, as there is but one';
  const named = [
    ...genes.map((gene) => ({ where: `genes, ${gene.name}`, level: gene.level })),
    ...points.map((point) => ({ where: `points, ${point.id}`, level: point.level })),
    ...searches.map((search, index) => ({ where: `searches[${index}]`, level: search.level })),
  ];
  return named
    .filter((own) => (levels.length > 1 ? !levels.includes(own.level ?? '') : own.level !== undefined))
    .map((own) => ({ where: `${own.where}: level`, wanted, found: show(own.level ?? null) }));
}

function repeated(where: string, names: readonly string[]): readonly Fault[] {
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [...new Set(twice)].map((name) => ({ where, wanted: 'each name once', found: `${name} twice` }));
}

function findPointFaults(exploration: Exploration, point: ExplorationPoint): readonly Fault[] {
  const { objectives, baselines, searchedStream, exact, test } = exploration;
  const where = `points, ${point.id}`;
  const faults: Fault[] = [];
  const expect = (holds: boolean, wanted: string, found: unknown): void => {
    if (!holds) faults.push({ where, wanted, found: typeof found === 'string' ? found : show(found) });
  };
  expect(
    point.objectives.length === objectives.length && point.objectives.every(Number.isFinite),
    `${objectives.length} objectives (${objectives.join(', ')})`,
    point.objectives,
  );
  expect(
    point.energyPerImageNjByStream[searchedStream] !== undefined,
    `an energy on ${searchedStream}`,
    'none',
  );
  for (const [stream, baseline] of Object.entries(baselines)) {
    const energyNj = point.energyPerImageNjByStream[stream as keyof typeof baselines];
    const saving = point.savingPercentByStream[stream as keyof typeof baselines];
    if (energyNj === undefined && saving === undefined) continue;
    const own = energyNj === undefined ? Number.NaN : 100 * (1 - energyNj / baseline.energyPerImageNj);
    const holds = saving !== undefined && Math.abs(own - saving) <= ROUNDING_POINTS;
    expect(holds, `a saving of ${own} % on ${stream}, as its energies say`, show(saving ?? 'none'));
  }
  const { images, correct, klNats } = point.calibration;
  expect(
    images === exploration.calibration.images,
    `${exploration.calibration.images} calibration images`,
    images,
  );
  expect(correct >= 0 && correct <= images, `0 … ${images} right answers`, correct);
  expect(klNats >= 0 && Number.isFinite(klNats), 'a KL divergence of at least 0', klNats);
  if (point.test === undefined) return faults;
  if (test === undefined || exact.test === undefined) {
    expect(
      false,
      'no test result, as the exploration names no test images or no exact network on them',
      'one',
    );
    return faults;
  }
  expect(point.test.images === test.images, `${test.images} test images`, point.test.images);
  const change = 100 * (point.test.accuracy - exact.test.accuracy);
  expect(
    Math.abs(change - point.test.changePoints) <= ROUNDING_POINTS,
    `a change of ${change} points on test images`,
    point.test.changePoints,
  );
  return [...faults, ...findCountFaults(`${where}, test`, point.test, exact.test, point.test)];
}

function findOrderFaults({ points, searchedStream }: Exploration): readonly Fault[] {
  const energies = points.map((point) => point.energyPerImageNjByStream[searchedStream] ?? 0);
  const at = energies.findIndex((energy, index) => index > 0 && energy < energies[index - 1]!);
  if (at < 0) return [];
  const found = `${points[at]!.id} after ${points[at - 1]!.id}, which needs more`;
  return [{ where: 'points', wanted: `rising energy on ${searchedStream}`, found }];
}

/** The front must hold what nothing dominates, and only that; of equal points one is enough. */
function findFrontFaults({ points, front }: Exploration): readonly Fault[] {
  const unknown = unknownIds('front', front, points);
  if (unknown.length > 0) return unknown;
  const own = new Set(front);
  return points.flatMap((point) => {
    const better = points.find((other) => dominates(other.objectives, point.objectives));
    if (own.has(point.id)) {
      return better === undefined
        ? []
        : [
            {
              where: 'front',
              wanted: 'points that none dominates',
              found: `${point.id}, which ${better.id} dominates`,
            },
          ];
    }
    const isThere = points.some(
      (other) => own.has(other.id) && other.objectives.join() === point.objectives.join(),
    );
    if (better !== undefined || isThere) return [];
    return [{ where: 'front', wanted: `${point.id}, which no point dominates`, found: 'it is missing' }];
  });
}

function findSearchFaults({ searches, points }: Exploration): readonly Fault[] {
  return searches.flatMap(({ method, front, convergence }, index) => {
    const where = `searches[${index}] (${method})`;
    const falls = convergence.findIndex(
      ({ evaluations }, step) => step > 0 && evaluations < convergence[step - 1]!.evaluations,
    );
    return [
      ...unknownIds(`${where}.front`, front, points),
      ...(falls < 0
        ? []
        : [
            {
              where: `${where}.convergence[${falls}].evaluations`,
              wanted: 'no fewer than before',
              found: show(convergence[falls]!.evaluations),
            },
          ]),
      ...convergence.flatMap(({ hypervolume }, step) =>
        hypervolume >= 0 && Number.isFinite(hypervolume)
          ? []
          : [
              {
                where: `${where}.convergence[${step}].hypervolume`,
                wanted: 'a number of at least 0',
                found: show(hypervolume),
              },
            ],
      ),
    ];
  });
}

function unknownIds(
  where: string,
  ids: readonly string[],
  points: readonly ExplorationPoint[],
): readonly Fault[] {
  const known = new Set(points.map(({ id }) => id));
  return ids
    .filter((id) => !known.has(id))
    .map((id) => ({ where, wanted: `ids of the ${known.size} points`, found: `${show(id)}, which is none` }));
}
