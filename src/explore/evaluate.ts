import { rmSync } from 'node:fs';
import { artifactHeader, digestOf, reusableArtifact, writeArtifact } from '../base/artifact.ts';
import { badInput, type Fault } from '../base/errors.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import {
  EXACT_INT8,
  isMixture,
  type LayerMultiplier,
  type MixedAssignment,
  type RoundedOperand,
  uniformAssignment,
} from '../dnn/assignment.ts';
import { type Dataset, sliceDataset } from '../dnn/data/dataset.ts';
import { checkImages, inferFloat } from '../dnn/float-inference.ts';
import type { NetworkVariant } from '../dnn/layer-variant.ts';
import { countWeights } from '../dnn/mixture.ts';
import { type FloatNetwork, floatNetworkDigest } from '../dnn/network.ts';
import {
  countMultiplications,
  isWeighted,
  type QuantisedNetwork,
  quantisedNetworkDigest,
  quantisedShapes,
  sizeOf,
  type WeightedLayer,
} from '../dnn/quantised-network.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { isLoaded } from '../multiplier/table-registry.ts';
import { type BatchNormChoice, batchNormSetter } from './batch-norm-mode.ts';
import { checkLabels, countAccuracy, type Predictions } from './classification.ts';
import {
  type Accuracy,
  type AssignmentRow,
  type ComparedAccuracy,
  EVALUATION_FORMAT_VERSION,
  type Evaluation,
  type EvaluationRow,
  type MixtureSummary,
} from './evaluation.ts';
import { describeEnergies, withEnergy } from './evaluation-energy.ts';
import { assignmentKey } from './function-key.ts';
import { createImageProgress } from './image-progress.ts';
import type { MultiplierEnergies } from './multiplier-energies.ts';
import { comparePaired } from './paired-change.ts';
import { type OnChunk, type PredictionPool, rankImages, startPool } from './predict.ts';
import { tunedNetwork } from './tuned-network.ts';

export interface EvaluateRequest {
  readonly network: QuantisedNetwork;
  /** The float network that it was quantised from, for the line to compare with. */
  readonly floatNetwork?: FloatNetwork;
  readonly dataset: Dataset;
  /** Multipliers to use everywhere, one evaluation each. */
  readonly designs: readonly { readonly design: string; readonly spec: MultiplierSpec }[];
  /** Multipliers by layer, one evaluation each; with a variant also what tuning made of the constants. */
  readonly assignments?: readonly {
    readonly name: string;
    readonly layers: MixedAssignment;
    readonly variant?: NetworkVariant;
  }[];
  readonly roundedOperand: RoundedOperand;
  /** Default: fixed. */
  readonly batchNorm?: BatchNormChoice;
  /** Energies per multiplication (energiesOf); rows that use a multiplier without have none. */
  readonly energies?: MultiplierEnergies;
  /** Where the evaluation goes; unfinished work is kept in `<outPath>.partial.json` and taken up again. */
  readonly outPath: string;
  readonly onProgress?: OnProgress;
  /** Threads to share the images; 0: none besides this one. Default 2. */
  readonly workers?: number;
}

type Row = EvaluationRow | AssignmentRow;

/** One evaluation to do. */
interface Candidate {
  readonly name: string;
  readonly assignment: MixedAssignment;
  /** With tuned constants; absent where there are none. */
  readonly tuned?: QuantisedNetwork;
  /** Equal for candidates that compute the same. */
  readonly key: string;
  readonly asRow: (figures: ComparedAccuracy) => Row;
}

/**
 * Accuracy of the network with each multiplier used everywhere and with each assignment, beside exact int8 and
 * float32 (at most the first 1000 images). Rows found in an earlier evaluation of the same networks, images and rounded operand (finished or not)
 * are reused; what computes the same function is evaluated once.
 * @throws bad-input when images, labels or a multiplier do not fit the network, or there is nothing to evaluate
 */
export async function evaluateNetwork(request: EvaluateRequest): Promise<Evaluation> {
  const { network, floatNetwork, dataset, roundedOperand, outPath } = request;
  checkRequest(request);
  const batchNorm = request.batchNorm ?? { mode: 'fixed' };
  const networkFor = batchNormSetter(batchNorm, network, floatNetwork, roundedOperand, dataset);
  const partialPath = `${outPath}.partial.json`;
  const inputs = {
    network: quantisedNetworkDigest(network),
    ...(floatNetwork === undefined ? {} : { floatNetwork: floatNetworkDigest(floatNetwork) }),
    dataset: dataset.sha256,
    roundedOperand,
    ...(batchNorm.mode === 'fixed' ? {} : { batchNorm: batchNorm.mode }),
    ...(batchNorm.mode === 'recalibrated' ? { batchNormImages: batchNorm.images.sha256 } : {}),
  };
  const earlier = [readEarlier(partialPath, inputs), readEarlier(outPath, inputs)].filter(
    (found) => found !== undefined,
  );
  const known = new Map(earlier.flatMap((found) => knownRows(network, found)));
  const candidates = candidatesOf(request);
  const toDo = candidates.filter(({ key }) => !known.has(key));
  const needsExact = earlier.length === 0 || toDo.length > 0;
  const { images } = dataset;
  const floatImages = floatNetwork === undefined ? 0 : Math.min(images, FLOAT_IMAGES);
  const total = floatImages + (candidates.length + 1) * images;
  const progress = createImageProgress(request.onProgress ?? ignoreProgress, total);
  const pool = lazyPool(dataset, request.workers ?? 2);
  const predictWith = (
    name: string,
    assignment: MixedAssignment,
    tuned: QuantisedNetwork = networkFor(assignment),
  ): Promise<Predictions> =>
    pool.get().predict({ network: tuned, assignment, roundedOperand }, progress.start(name));

  try {
    let float = earlier[0]?.float;
    if (floatNetwork !== undefined) {
      if (float !== undefined) progress.reuse('float32', floatImages);
      const first = sliceDataset(dataset, 0, floatImages);
      float ??= floatAccuracy(floatNetwork, first, progress.start('float32'));
    }
    const exactAssignment = uniformAssignment(network, EXACT_INT8);
    if (!needsExact) progress.reuse('exact int8', images);
    const exactPredictions = needsExact ? await predictWith('exact int8', exactAssignment) : undefined;
    const exact = exactPredictions ? countAccuracy(exactPredictions, dataset.labels) : earlier[0]!.exact;
    const exactKey = assignmentKey(exactAssignment);
    const assemble = (rows: readonly Row[]): Evaluation => ({
      ...artifactHeader('evaluation', EVALUATION_FORMAT_VERSION, inputs),
      network: {
        name: network.name,
        sha256: inputs.network,
        multiplicationsPerImage: countMultiplications(network),
      },
      dataset: describeImages(dataset),
      roundedOperand,
      batchNorm: batchNorm.mode,
      ...(batchNorm.mode === 'recalibrated' ? { batchNormImages: describeImages(batchNorm.images) } : {}),
      ...(float === undefined ? {} : { float }),
      exact,
      ...(request.energies === undefined ? {} : { energy: describeEnergies(request.energies, network) }),
      rows: rows.filter((row) => 'spec' in row),
      assignments: rows.filter((row) => 'layers' in row),
    });
    const rows: Row[] = [];
    for (const { name, assignment, tuned, key, asRow } of candidates) {
      const isExact = key === exactKey;
      let figures: ComparedAccuracy | undefined = known.get(key);
      if (figures !== undefined || isExact) progress.reuse(name, images);
      if (figures === undefined) {
        const predictions = isExact ? exactPredictions! : await predictWith(name, assignment, tuned);
        const comparison = comparePaired(predictions, exactPredictions!, dataset.labels);
        // An exact multiplier cannot change anything: that is arithmetic, not a sample.
        const certain = isExact ? { changeHalfWidth95Points: 0 } : {};
        figures = { ...countAccuracy(predictions, dataset.labels), ...comparison, ...certain };
        known.set(key, asRow(figures));
        writeArtifact(partialPath, assemble([...known.values()]));
      }
      rows.push(withEnergy(asRow(figures), network, assignment, request.energies));
    }
    const evaluation = assemble(rows);
    writeArtifact(outPath, evaluation);
    rmSync(partialPath, { force: true });
    return evaluation;
  } finally {
    await pool.close();
  }
}

function describeImages({ name, sha256, images }: Dataset): Evaluation['dataset'] {
  return { name, sha256, images };
}

function checkRequest({ network, dataset, designs, assignments = [] }: EvaluateRequest): void {
  const hint = 'Give at least one design, each once.';
  if (designs.length + assignments.length === 0) {
    throw badInput({ where: 'designs', wanted: 'at least one', found: 'none' }, hint);
  }
  const seen = new Set<string>();
  const faults: Fault[] = [];
  for (const name of [...designs.map(({ design }) => design), ...assignments.map((entry) => entry.name)]) {
    if (seen.has(name)) faults.push({ where: 'designs', wanted: `${name} once`, found: 'twice or more' });
    seen.add(name);
  }
  if (faults.length > 0) throw badInput(faults, hint);
  if (dataset.images === 0) {
    throw badInput(
      { where: `data set ${dataset.name}`, wanted: 'at least one image', found: 'none' },
      'An accuracy over no images says nothing.',
    );
  }
  checkImages(network, dataset);
  const outputs = sizeOf(quantisedShapes(network).get(network.layers.at(-1)!.name)!);
  checkLabels(dataset.labels, outputs, dataset.name);
}

function candidatesOf({
  network,
  designs,
  assignments = [],
  batchNorm,
}: EvaluateRequest): readonly Candidate[] {
  const uniform = designs.map(({ design, spec }): Candidate => {
    const assignment = uniformAssignment(network, spec);
    const asRow = (figures: ComparedAccuracy): Row => ({ ...figuresOf(figures), design, spec });
    return { name: design, assignment, key: assignmentKey(assignment), asRow };
  });
  const mixed = assignments.map(({ name, layers, variant }): Candidate => {
    const tuned = tunedNetwork(network, variant, name, batchNorm?.mode ?? 'fixed');
    const ownKey = assignmentKey(layers);
    const key = tuned === undefined ? ownKey : digestOf([ownKey, quantisedNetworkDigest(tuned)]);
    const summary = Object.fromEntries(
      network.layers
        .filter(isWeighted)
        .map((layer) => [layer.name, summarise(layer, layers.get(layer.name)!)] as const),
    );
    const asRow = (figures: ComparedAccuracy): Row => ({
      ...figuresOf(figures),
      name,
      layers: summary,
      ...(tuned === undefined ? {} : { isTuned: true }),
      functionSha256: key,
    });
    return { name, assignment: layers, key, asRow, ...(tuned === undefined ? {} : { tuned }) };
  });
  return [...uniform, ...mixed];
}

/** The measured part of a row, whatever row it is: no names and no energy. */
function figuresOf(row: ComparedAccuracy & Partial<EvaluationRow & AssignmentRow>): ComparedAccuracy {
  const { design: _design, spec: _spec, name: _name, layers: _layers, ...measured } = row;
  const { functionSha256: _key, isTuned: _tuned, energyPerImageNj: _nj, ...others } = measured;
  const { energyPerImageNjByStream: _streams, energyMissing: _missing, ...figures } = others;
  return figures;
}

function readEarlier(path: string, inputs: Readonly<Record<string, string>>): Evaluation | undefined {
  return reusableArtifact<Evaluation>(path, 'evaluation', EVALUATION_FORMAT_VERSION, inputs);
}

/** Rows by what they compute; those with a truth table that is not loaded (any more) are left out. */
function knownRows(
  network: QuantisedNetwork,
  { rows, assignments }: Evaluation,
): readonly (readonly [string, Row])[] {
  const usable = rows.filter(({ spec }) => isLoaded(spec));
  return [
    ...usable.map((row) => [assignmentKey(uniformAssignment(network, row.spec)), row] as const),
    ...assignments.map((row) => [row.functionSha256, row] as const),
  ];
}

/** Threads that are started when the first image has to be classified. */
function lazyPool(dataset: Dataset, workers: number) {
  let pool: PredictionPool | undefined;
  return {
    get: (): PredictionPool => {
      pool ??= startPool(dataset, workers);
      return pool;
    },
    close: async (): Promise<void> => pool?.close(),
  };
}

/**
 * Images of the float32 line: the float network is many times slower than the integer one, and only there to be
 * compared with.
 */
const FLOAT_IMAGES = 1000;

/** Images that go through the float network at a time. */
const FLOAT_CHUNK_IMAGES = 32;

function floatAccuracy(network: FloatNetwork, dataset: Dataset, onChunk: OnChunk): Accuracy {
  let logits: Float32Array = new Float32Array(0);
  let classes = 0;
  const logitsOf = (image: number): Float32Array => {
    const place = image % FLOAT_CHUNK_IMAGES;
    if (place === 0) {
      const images = Math.min(FLOAT_CHUNK_IMAGES, dataset.images - image);
      logits = inferFloat(network, sliceDataset(dataset, image, images));
      classes = logits.length / images;
    }
    return logits.subarray(place * classes, (place + 1) * classes);
  };
  return countAccuracy(rankImages(dataset, logitsOf, onChunk), dataset.labels);
}

/** A layer's multiplier as it stands in the artifact. */
function summarise(layer: WeightedLayer, own: LayerMultiplier): MultiplierSpec | MixtureSummary {
  if (!isMixture(own)) return own;
  const multipliers = [...countWeights(layer, own)].map(([spec, weights]) => ({ spec, weights }));
  const multiplied = multipliers.reduce((sum, { weights }) => sum + weights, 0);
  return { multipliers, skippedWeights: layer.weights.length - multiplied };
}
