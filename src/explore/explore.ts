import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findLevelFaults, LEVEL_HINT } from '../assign/classes.ts';
import { printLevel } from '../assign/level-text.ts';
import { artifactHeader, digestOf, reusableArtifact, writeArtifact } from '../base/artifact.ts';
import { badInput } from '../base/errors.ts';
import { ignoreProgress } from '../base/progress.ts';
import { checkImages } from '../dnn/float-inference.ts';
import {
  countMultiplications,
  isWeighted,
  multiplicationsByLayer,
  quantisedNetworkDigest,
  quantisedShapes,
  sizeOf,
} from '../dnn/quantised-network.ts';
import type { EnergyTable } from '../synth/energy-table.ts';
import { checkImagesApart } from './calibration-images.ts';
import { checkNames, findCandidates } from './candidates.ts';
import { checkLabels } from './classification.ts';
import { describeEnergies } from './evaluation-energy.ts';
import { EXPLORATION_FORMAT_VERSION, type Exploration, type ImagesIdentity } from './exploration.ts';
import { type ExploreRequest, OBJECTIVE_NAMES, type VariantOf } from './explore-request.ts';
import { finishPoints } from './finish-points.ts';
import { printSkip } from './layer-options.ts';
import { lazyEvaluator } from './lazy-evaluator.ts';
import { exactVariant, measureSensitivity } from './measure-sensitivity.ts';
import { memoiseVariants } from './memoise-variants.ts';
import { energiesOf } from './multiplier-energies.ts';
import { REFINED_POINTS } from './refine-points.ts';
import { searchLevel } from './search-level.ts';
import { variantFiles } from './variant-files.ts';

/** Name of the artifact in the exploration's folder. */
export const EXPLORATION_FILE = 'exploration.json';

export interface ExploreResult {
  readonly exploration: Exploration;
  readonly path: string;
  /** True when the same was done before and nothing was computed. */
  readonly reused: boolean;
}

/**
 * Searches for assignments of multipliers: each layer alone with each multiplier (sensitivity), then each search at each
 * level on the calibration images, then the points of all their fronts; those of the final front meet the test images,
 * once. Writes exploration.json and one assignment file per point; what was there from the same inputs is taken up,
 * whether finished or not, with the same result to the last byte.
 * @throws bad-input for names that are unknown, energies that the table lacks, images that do not fit, test images among
 *   the calibration images, and settings out of range
 */
export async function exploreNetwork(request: ExploreRequest): Promise<ExploreResult> {
  const { network, calibration, test, roundedOperand, table, stream, folder } = request;
  const { levels, objectives, architecture, maxMultipliers, budget, scope = {} } = request;
  const { onProgress = ignoreProgress, workers = 2 } = request;
  const words = request.tuning?.words ?? { method: 'none' };
  const refinedPoints =
    request.tuning?.refine === undefined ? 0 : (request.tuning.refinedPoints ?? REFINED_POINTS);
  checkRequest(request);
  const energies = energiesOf(table, network, roundedOperand);
  const candidates = findCandidates(network, table, energies, { stream, roundedOperand, scope });
  const priced = describeEnergies(energies, network);
  const baseline = priced.baselines[stream];
  if (baseline === undefined) {
    throw badInput(
      { where: 'energy table', wanted: `an exact 8×8 multiplier on the stream ${stream}`, found: 'none' },
      'Savings are quoted against the best exact multiplier: make the table with one.',
    );
  }
  const tableSha256 = tableDigest(table);
  const constraints = {
    ...(maxMultipliers === undefined ? {} : { 'max-multipliers': String(maxMultipliers) }),
    architecture,
  };
  const skips = request.skips?.map(printSkip);
  const common = {
    network: quantisedNetworkDigest(network),
    calibration: calibration.sha256,
    table: tableSha256,
  };
  const tuningInputs = {
    network: common.network,
    calibration: common.calibration,
    tuning: digestOf([roundedOperand, words]),
  };
  const sensitivityInputs = { ...common, settings: digestOf([roundedOperand, stream, scope, words]) };
  const untuned: VariantOf = (_layer, multiplier) => ({ multiplier });
  const { tuning } = request;
  const variantOf =
    tuning === undefined
      ? untuned
      : memoiseVariants(variantFiles(join(folder, 'variants'), tuningInputs, tuning.variantOf));
  const searchInputs = {
    ...common,
    settings: digestOf([
      sensitivityInputs.settings,
      objectives,
      constraints,
      skips ?? [],
      budget.population,
      budget.seed,
    ]),
  };
  const inputs = {
    ...common,
    ...(test === undefined ? {} : { test: test.sha256 }),
    settings: digestOf([
      searchInputs.settings,
      levels.map(printLevel),
      budget,
      refinedPoints,
      request.tuning?.refineWords ?? {},
      request.calibrationSeed,
      request.commandFor('FILE'),
    ]),
  };
  const path = join(folder, EXPLORATION_FILE);
  const earlier = reusableArtifact<Exploration>(path, 'exploration', EXPLORATION_FORMAT_VERSION, inputs);
  if (earlier?.points.every(({ assignmentFile }) => existsSync(join(folder, assignmentFile)))) {
    onProgress({ stage: 'explore', done: 1, total: 1, note: network.name, reused: true });
    return { exploration: earlier, path, reused: true };
  }

  const evaluator = lazyEvaluator(request.startEvaluator);
  try {
    const layers = network.layers.filter(isWeighted).map(({ name }) => name);
    const measured = { network, layers, evaluator, onProgress };
    const alone = await measureSensitivity({
      ...measured,
      candidates,
      variantOf,
      ...(tuning?.noiseOf === undefined ? {} : { noiseOf: tuning.noiseOf }),
      path: join(folder, 'sensitivity.json'),
      inputs: sensitivityInputs,
    });
    const [exact] = await evaluator.score([exactVariant(network)]);
    const searched = [];
    for (const level of levels) {
      searched.push(
        await searchLevel({
          request,
          level,
          candidates,
          energies,
          alone,
          exact: exact!,
          exactEnergyNj: baseline.energyPerImageNj,
          variantOf,
          evaluator,
          inputs: searchInputs,
          onProgress,
        }),
      );
    }
    const finished = await finishPoints({
      request,
      searched,
      candidates,
      energies,
      baselines: priced.baselines,
      exact: exact!,
      evaluator,
      workers,
      onProgress,
    });
    const multiplications = multiplicationsByLayer(network);
    const exploration: Exploration = {
      ...artifactHeader('exploration', EXPLORATION_FORMAT_VERSION, inputs),
      network: {
        name: network.name,
        sha256: common.network,
        multiplicationsPerImage: countMultiplications(network),
      },
      calibration: { ...identityOf(calibration), seed: request.calibrationSeed },
      ...(test === undefined ? {} : { test: identityOf(test) }),
      roundedOperand,
      level: levels.map(printLevel).join(','),
      tuning: { ...words, ...request.tuning?.refineWords },
      constraints,
      library: table.library,
      clockNs: energies.clockNs,
      streams: energies.streams,
      searchedStream: stream,
      baselines: priced.baselines,
      exact: { calibration: exact!, ...(finished.exact === undefined ? {} : { test: finished.exact }) },
      objectives: objectives.map((word) => OBJECTIVE_NAMES[word]),
      referencePoint: searched[0]!.referencePoint,
      multipliers: candidates.map(({ design, spec, areaUm2, delayNs }) => ({
        design,
        spec,
        areaUm2,
        delayNs,
      })),
      genes: searched.flatMap(({ layerOptions }) => layerOptions.genes),
      sensitivity: alone.map((score) => ({
        ...score,
        energyPj: Object.fromEntries(
          energies.streams.flatMap((own) => {
            const each = energies.energyPjOf(candidates[score.multiplier]!.design, score.layer, own);
            return each === undefined || !multiplications.has(score.layer) ? [] : [[own, each] as const];
          }),
        ),
      })),
      searches: finished.searches,
      points: finished.points,
      front: finished.front,
    };
    writeArtifact(path, exploration);
    return { exploration, path, reused: false };
  } finally {
    await evaluator.close();
  }
}

function checkRequest(request: ExploreRequest): void {
  const { network, calibration, test, levels, objectives, scope, maxMultipliers, budget } = request;
  const last = network.layers.at(-1)!;
  const classes = sizeOf(quantisedShapes(network).get(last.name)!);
  for (const images of test === undefined ? [calibration] : [calibration, test]) {
    checkImages(network, images);
    checkLabels(images.labels, classes, images.name);
  }
  if (test !== undefined) checkImagesApart(calibration, test);
  const weighted = network.layers.filter(isWeighted);
  checkNames(
    '--layers',
    `convolutions and dense layers of ${network.name}`,
    scope?.layers ?? [],
    weighted.map(({ name }) => name),
  );
  const faults = [
    ...levels.flatMap((level) =>
      weighted
        .filter(({ name }) => scope?.layers?.includes(name) ?? true)
        .flatMap((layer) => findLevelFaults(layer, level, `--level: layer ${layer.name}`)),
    ),
  ];
  if (faults.length > 0) throw badInput(faults, LEVEL_HINT);
  const isWanted =
    objectives.includes('energy') && (objectives.includes('kl') || objectives.includes('accuracy'));
  if (
    !isWanted ||
    objectives.length < 2 ||
    objectives.length > 3 ||
    new Set(objectives).size < objectives.length
  ) {
    throw badInput(
      {
        where: '--objectives',
        wanted: 'energy with kl or accuracy, and at most one more of area, delay',
        found: objectives.join(',') || 'none',
      },
      'For example --objectives kl,energy.',
    );
  }
  const settings = [
    ...(levels.length === 0 ? [{ where: '--level', wanted: 'at least one level', found: 'none' }] : []),
    ...(budget.methods.length === 0
      ? [{ where: '--search', wanted: 'at least one of nsga2, greedy, random', found: 'none' }]
      : []),
    ...(maxMultipliers !== undefined && !(Number.isInteger(maxMultipliers) && maxMultipliers >= 1)
      ? [{ where: '--max-multipliers', wanted: 'an integer ≥ 1', found: String(maxMultipliers) }]
      : []),
  ];
  if (settings.length > 0) throw badInput(settings, 'See maxdnn explore --help.');
}

function identityOf({ name, sha256, images }: ImagesIdentity): ImagesIdentity {
  return { name, sha256, images };
}

/** SHA-256 over the library and all figures of a table. */
function tableDigest({ library, conditions, operands, rows }: EnergyTable): string {
  return digestOf([
    library.sha256,
    conditions,
    operands ?? null,
    rows.map(({ key, energyPj }) => [key, energyPj]),
  ]);
}
