import { rmSync } from 'node:fs';
import { artifactHeader, digestOf, reusableArtifact, writeArtifact } from '../base/artifact.ts';
import { badInput, type Fault } from '../base/errors.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import { EXACT_INT8, type RoundedOperand } from '../dnn/assignment.ts';
import type { Dataset } from '../dnn/dataset.ts';
import { checkImages, inferFloat } from '../dnn/float-inference.ts';
import { argmax } from '../dnn/infer.ts';
import { type FloatNetwork, floatNetworkDigest } from '../dnn/network.ts';
import {
  countMultiplications,
  type QuantisedNetwork,
  quantisedNetworkDigest,
} from '../dnn/quantised-network.ts';
import { bilinearTerms, isBilinear } from '../multiplier/golden.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import {
  type AccuracyCount,
  EVALUATION_FORMAT_VERSION,
  type Evaluation,
  type EvaluationRow,
} from './evaluation.ts';
import { pairedChange } from './paired-change.ts';
import { type PredictionPool, startPool } from './predict.ts';

export interface EvaluateRequest {
  readonly network: QuantisedNetwork;
  /** The float network that it was quantised from, for the line to compare with. */
  readonly floatNetwork: FloatNetwork;
  readonly dataset: Dataset;
  readonly designs: readonly { readonly design: string; readonly spec: MultiplierSpec }[];
  readonly roundedOperand: RoundedOperand;
  /** Energy per multiplication by design, pJ; rows of other designs have no energy. */
  readonly energyPjPerDesign?: ReadonlyMap<string, number>;
  /** Where the evaluation goes; unfinished work is kept in `<outPath>.partial.json` and taken up again. */
  readonly outPath: string;
  readonly onProgress?: OnProgress;
  /** Threads to share the images; 0: none besides this one. Default 2. */
  readonly workers?: number;
}

/**
 * Accuracy of the network with each multiplier used everywhere, beside exact int8 and float32. Rows found in an
 * earlier evaluation of the same network, images and rounded operand (finished or not) are reused; designs that
 * compute the same function are evaluated once.
 * @throws bad-input when images or a multiplier do not fit the network, or there are no designs
 */
export async function evaluateUniform(request: EvaluateRequest): Promise<Evaluation> {
  const { network, floatNetwork, dataset, designs, outPath } = request;
  checkDesigns(request);
  checkImages(network, dataset);
  const onProgress = request.onProgress ?? ignoreProgress;
  const partialPath = `${outPath}.partial.json`;
  const base = {
    network: quantisedNetworkDigest(network),
    floatNetwork: floatNetworkDigest(floatNetwork),
    dataset: dataset.sha256,
    roundedOperand: request.roundedOperand,
  };
  const known = [readEarlier(partialPath, base), readEarlier(outPath, base)].filter(
    (found) => found !== undefined,
  );
  const knownRows = new Map(known.flatMap(({ rows }) => rows).map((row) => [functionKey(row.spec), row]));
  const total = designs.length;
  const rows: EvaluationRow[] = [];
  const assemble = (
    float: AccuracyCount,
    exact: AccuracyCount,
    all: readonly EvaluationRow[],
  ): Evaluation => ({
    ...artifactHeader('evaluation', EVALUATION_FORMAT_VERSION, base),
    network: {
      name: network.name,
      sha256: base.network,
      multiplicationsPerImage: countMultiplications(network),
    },
    dataset: { name: dataset.name, sha256: dataset.sha256, images: dataset.images },
    roundedOperand: request.roundedOperand,
    batchNorm: 'fixed',
    float,
    exact,
    rows: all,
  });

  const float = known[0]?.float ?? floatAccuracy(floatNetwork, dataset);
  let pool: PredictionPool | undefined;
  const predictAll = (spec: MultiplierSpec): Promise<Uint16Array> => {
    pool ??= startPool({ network, dataset, roundedOperand: request.roundedOperand }, request.workers ?? 2);
    return pool.predict(spec);
  };
  try {
    let exactPredictions: Uint16Array | undefined;
    let exact = known[0]?.exact;
    for (const { design, spec } of designs) {
      const key = functionKey(spec);
      let row = knownRows.get(key);
      const isReused = row !== undefined;
      if (row === undefined) {
        exactPredictions ??= await predictAll(EXACT_INT8);
        exact ??= count(exactPredictions, dataset.labels);
        const isExact = key === functionKey(EXACT_INT8);
        const predictions = isExact ? exactPredictions : await predictAll(spec);
        row = { design, spec, ...compare(predictions, exactPredictions, dataset.labels, isExact) };
        knownRows.set(key, row);
      }
      rows.push(withEnergy({ ...row, design, spec }, request));
      if (!isReused) writeArtifact(partialPath, assemble(float, exact!, [...knownRows.values()]));
      onProgress({
        stage: 'evaluate',
        done: rows.length,
        total,
        note: design,
        ...(isReused ? { reused: true } : {}),
      });
    }
    const evaluation = assemble(float, exact!, rows);
    writeArtifact(outPath, evaluation);
    rmSync(partialPath, { force: true });
    return evaluation;
  } finally {
    await pool?.close();
  }
}

function checkDesigns({ designs }: EvaluateRequest): void {
  const hint = 'Give at least one design, each once.';
  if (designs.length === 0) throw badInput({ where: 'designs', wanted: 'at least one', found: 'none' }, hint);
  const seen = new Set<string>();
  const faults: Fault[] = [];
  for (const { design } of designs) {
    if (seen.has(design)) faults.push({ where: 'designs', wanted: `${design} once`, found: 'twice or more' });
    seen.add(design);
  }
  if (faults.length > 0) throw badInput(faults, hint);
}

function readEarlier(path: string, inputs: Readonly<Record<string, string>>): Evaluation | undefined {
  return reusableArtifact<Evaluation>(path, 'evaluation', EVALUATION_FORMAT_VERSION, inputs);
}

/** The same for specs that compute the same product for all operands of int8. */
function functionKey(spec: MultiplierSpec): string {
  if (!isBilinear(spec)) return digestOf([spec.operands, spec.sha256]);
  return digestOf(bilinearTerms(spec).map(({ a, b }) => [[...a], [...b]]));
}

function floatAccuracy(network: FloatNetwork, dataset: Dataset): AccuracyCount {
  const logits = inferFloat(network, dataset);
  const classes = logits.length / dataset.images;
  const predictions = Uint16Array.from({ length: dataset.images }, (_, image) =>
    argmax(logits.subarray(image * classes, (image + 1) * classes)),
  );
  return count(predictions, dataset.labels);
}

function count(predictions: Uint16Array, labels: Uint8Array): AccuracyCount {
  let correct = 0;
  for (const [image, label] of labels.entries()) if (predictions[image] === label) correct++;
  return { images: labels.length, correct, accuracy: correct / labels.length };
}

function compare(
  predictions: Uint16Array,
  exact: Uint16Array,
  labels: Uint8Array,
  isExact: boolean,
): Omit<EvaluationRow, 'design' | 'spec'> {
  let lost = 0;
  let gained = 0;
  for (const [image, label] of labels.entries()) {
    const wasRight = exact[image] === label;
    const isRight = predictions[image] === label;
    if (wasRight && !isRight) lost++;
    if (!wasRight && isRight) gained++;
  }
  const { changePoints, halfWidth95Points } = pairedChange(labels.length, lost, gained);
  // An exact multiplier cannot change anything: that is arithmetic, not a sample.
  const changeHalfWidth95Points = isExact ? 0 : halfWidth95Points;
  return { ...count(predictions, labels), changePoints, changeHalfWidth95Points };
}

function withEnergy(row: EvaluationRow, request: EvaluateRequest): EvaluationRow {
  const { energyPerImageNj: _stale, ...rest } = row;
  const energyPj = request.energyPjPerDesign?.get(row.design);
  if (energyPj === undefined) return rest;
  return { ...rest, energyPerImageNj: (countMultiplications(request.network) * energyPj) / 1000 };
}
