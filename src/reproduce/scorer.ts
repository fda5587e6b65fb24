import { existsSync } from 'node:fs';
import {
  type ArtifactHeader,
  artifactHeader,
  digestOf,
  reusableArtifact,
  writeArtifact,
} from '../base/artifact.ts';
import { sha256 } from '../base/files.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import {
  EXACT_INT8,
  isMixture,
  type MixedAssignment,
  type RoundedOperand,
  uniformAssignment,
} from '../dnn/assignment.ts';
import { type Dataset, imageCodes, sliceDataset } from '../dnn/data/dataset.ts';
import { createEngine } from '../dnn/infer.ts';
import { type FloatNetwork, floatNetworkDigest } from '../dnn/network.ts';
import { INT8, isWeighted, type QuantisedNetwork, quantisedNetworkDigest } from '../dnn/quantised-network.ts';
import { recalibrateBatchNorm } from '../dnn/recalibrate-batch-norm.ts';
import { predictedClass } from '../explore/classification.ts';
import { type PredictionPool, startPool } from '../explore/predict.ts';
import { compileOperandProduct } from '../multiplier/golden.ts';
import { applyWeightMap, type MapWeighting, mapWeights } from '../tune/weight-map.ts';
import { type AlwannRun, createAlwannRun } from './alwann/inference.ts';
import type { AlwannGraph } from './alwann/read-graph.ts';
import { type Correct, SEMANTICS, type Semantics } from './reproduction.ts';

/** Networks and images of a reproduction. */
export interface ScorerSetup {
  readonly network: QuantisedNetwork;
  /** The float network that it was quantised from. */
  readonly floatNetwork: FloatNetwork;
  /** The same network as ALWANN has it, its convolutions named alike. */
  readonly graph: AlwannGraph;
  /** Images that accuracies are counted on. */
  readonly test: Dataset;
  /** Training images for "recalibrated". */
  readonly recalibration: Dataset;
  /** File that keeps what was counted, so that a repeated or interrupted run goes on. */
  readonly bookPath: string;
  /** Threads for the static network; 0: none besides this one. */
  readonly workers: number;
  readonly onProgress?: OnProgress;
}

export interface ScoreOptions {
  /** Weights mapped for each multiplier (weight-map.ts); absent: as they are. */
  readonly tuning?: MapWeighting;
  /** Images that stand behind the test images in ALWANN's batch; counted are the test images alone. */
  readonly batchFill?: Dataset;
}

/** Counts right answers of assignments. */
export interface Scorer {
  score(semantics: Semantics, assignment: MixedAssignment, options?: ScoreOptions): Promise<number>;
  /** Under all three. */
  scoreAll(assignment: MixedAssignment, options?: ScoreOptions): Promise<Correct>;
  close(): Promise<void>;
}

/** Operand on port a, in both kinds of network: ALWANN calls ax(data, weight). */
const ROUNDED: RoundedOperand = 'activations';

interface Book extends ArtifactHeader<'reproduction-scores'> {
  readonly correct: Readonly<Record<string, number>>;
}

const BOOK_FORMAT_VERSION = 1;

/** Seconds between two writings of the book. */
const BOOK_INTERVAL_MS = 2000;

/** @throws bad-input when a multiplier does not fit; tool-missing without compiled kernels */
export function createScorer(setup: ScorerSetup): Scorer {
  const { network, floatNetwork, graph, test, recalibration, bookPath } = setup;
  const inputs = {
    network: quantisedNetworkDigest(network),
    floatNetwork: floatNetworkDigest(floatNetwork),
    graph: graph.sha256,
    test: test.sha256,
    recalibration: recalibration.sha256,
  };
  const known = new Map(Object.entries(readBook(bookPath, inputs)?.correct ?? {}));
  let writtenMs = performance.now();
  const write = (): void => {
    const correct = Object.fromEntries(known);
    const book: Book = { ...artifactHeader('reproduction-scores', BOOK_FORMAT_VERSION, inputs), correct };
    writeArtifact(bookPath, book);
    writtenMs = performance.now();
  };
  let pool: PredictionPool | undefined;
  let histograms: ReadonlyMap<string, Float64Array> | undefined;
  const runs = new Map<string, AlwannRun>();

  const countStatic = async (assignment: MixedAssignment, options: ScoreOptions, isFixed: boolean) => {
    const { tuning } = options;
    if (tuning === 'measured') histograms ??= countActivations(network, recalibration);
    const measured = tuning === 'measured' ? histograms : undefined;
    const tuned = tuning === undefined ? network : tuneNetwork(network, assignment, measured);
    const calibrated = isFixed
      ? tuned
      : recalibrateBatchNorm(floatNetwork, tuned, assignment, ROUNDED, recalibration);
    pool ??= startPool(test, setup.workers);
    const predictions = await pool.predict({ network: calibrated, assignment, roundedOperand: ROUNDED });
    return test.labels.reduce(
      (sum, label, image) => sum + Number(predictedClass(predictions, image) === label),
      0,
    );
  };
  const countAlwann = (assignment: MixedAssignment, { tuning, batchFill }: ScoreOptions): number => {
    const batch = batchFill === undefined ? test : joinImages(test, batchFill);
    if (!runs.has(batch.sha256)) {
      // Each run keeps outputs of its own batch.
      runs.clear();
      runs.set(batch.sha256, createAlwannRun(graph, batch));
    }
    const logits = runs.get(batch.sha256)!.infer(assignment, {
      roundedOperand: ROUNDED,
      ...(tuning === undefined ? {} : { tuning }),
    });
    return countRight(logits, test.labels, batch.images);
  };
  const score: Scorer['score'] = async (semantics, assignment, options = {}) => {
    const key = keyOf(semantics, assignment, options);
    let correct = known.get(key);
    if (correct === undefined) {
      correct =
        semantics === 'alwann'
          ? countAlwann(assignment, options)
          : await countStatic(assignment, options, semantics === 'fixed');
      known.set(key, correct);
      if (performance.now() - writtenMs > BOOK_INTERVAL_MS) write();
    }
    return correct;
  };
  return {
    score,
    async scoreAll(assignment, options = {}) {
      const correct: Partial<Record<Semantics, number>> = {};
      for (const semantics of SEMANTICS) correct[semantics] = await score(semantics, assignment, options);
      return correct as Correct;
    },
    async close() {
      write();
      await pool?.close();
    },
  };
}

/** Progress of a part: call once per evaluated assignment. */
export function createSteps(onProgress: OnProgress | undefined, stage: string, total: number) {
  let done = 0;
  return (note: string): void => (onProgress ?? ignoreProgress)({ stage, done: ++done, total, note });
}

/** Images of one set behind those of another. */
export function joinImages(first: Dataset, second: Dataset): Dataset {
  return {
    ...first,
    name: `${first.name}+${second.name}`,
    sha256: sha256(`${first.sha256} ${second.sha256}`),
    images: first.images + second.images,
    labels: Uint8Array.from([...first.labels, ...second.labels]),
    pixels: new Uint8Array(Buffer.concat([first.pixels, second.pixels])),
  };
}

/** Images whose label is the class of the largest logit, the lowest class of equal ones; the first ones of a batch. */
function countRight(logits: Float32Array, labels: Uint8Array, images: number): number {
  const classes = logits.length / images;
  return labels.reduce((sum, label, image) => {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if (logits[image * classes + c]! > logits[image * classes + best]!) best = c;
    }
    return sum + Number(best === label);
  }, 0);
}

/**
 * The static network with each layer's weights mapped for its multiplier.
 * @param histograms of what each layer reads (countActivations); default: all activations alike
 */
export function tuneNetwork(
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  histograms?: ReadonlyMap<string, Float64Array>,
): QuantisedNetwork {
  const maps = new Map<string, Int16Array>();
  const layers = network.layers.map((layer) => {
    const spec = assignment.get(layer.name);
    if (!isWeighted(layer) || spec === undefined || isMixture(spec)) return layer;
    const histogram = histograms?.get(layer.name);
    const key = digestOf([spec, histogram === undefined ? '' : layer.name]);
    const counted = histogram === undefined ? {} : { histogram };
    const map =
      maps.get(key) ??
      mapWeights({ product: compileOperandProduct(spec), activations: INT8, weights: INT8, ...counted });
    maps.set(key, map);
    return { ...layer, weights: applyWeightMap(layer.weights, map, INT8.low) };
  });
  return { ...network, layers };
}

/** How often each int8 code occurs in what each weighted layer of the exact network reads, index code + 128. */
export function countActivations(
  network: QuantisedNetwork,
  images: Dataset,
): ReadonlyMap<string, Float64Array> {
  const engine = createEngine(network, uniformAssignment(network, EXACT_INT8), ROUNDED);
  const weighted = network.layers.filter(isWeighted);
  const histograms = new Map(weighted.map(({ name }) => [name, new Float64Array(256)]));
  for (let image = 0; image < images.images; image++) {
    engine.infer(imageCodes(images, image));
    for (const { name, inputs } of weighted) {
      const own = histograms.get(name)!;
      for (const code of engine.codesOf(inputs[0]!)) own[code + 128]!++;
    }
  }
  return histograms;
}

/** First images of a set, all of them where it has fewer. */
export function firstImages(dataset: Dataset, count: number): Dataset {
  return sliceDataset(dataset, 0, Math.min(count, dataset.images));
}

function keyOf(
  semantics: Semantics,
  assignment: MixedAssignment,
  { tuning, batchFill }: ScoreOptions,
): string {
  const layers = [...assignment].map(([layer, own]) => [
    layer,
    isMixture(own) ? [own.specs, sha256(own.index)] : own,
  ]);
  return `${semantics} ${digestOf([layers, tuning === 'measured' ? tuning : tuning === 'published', batchFill?.sha256 ?? ''])}`;
}

function readBook(path: string, inputs: Readonly<Record<string, string>>): Book | undefined {
  if (!existsSync(path)) return undefined;
  return reusableArtifact<Book>(path, 'reproduction-scores', BOOK_FORMAT_VERSION, inputs);
}
