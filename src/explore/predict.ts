import { Worker } from 'node:worker_threads';
import { MaxdnnError } from '../base/errors.ts';
import {
  isMixture,
  type LayerMultiplier,
  type MixedAssignment,
  type RoundedOperand,
} from '../dnn/assignment.ts';
import { type Dataset, imageSize } from '../dnn/data/dataset.ts';
import { structureDigest } from '../dnn/layer-digest.ts';
import { createPrefixCache, PREFIX_CACHE_BYTES, type PrefixCache } from '../dnn/prefix-cache.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import { type RegisteredTable, registryEntries } from '../multiplier/table-registry.ts';
import { joinPredictions, type Predictions, RANKED_CLASSES, rankClasses } from './classification.ts';
import { failureError, type WorkerFailure, workerPath } from './worker-failure.ts';

/** A network with its multipliers; plain data that can be sent to a thread. */
export interface PredictionJob {
  readonly network: QuantisedNetwork;
  readonly assignment: MixedAssignment;
  readonly roundedOperand: RoundedOperand;
}

/** Images that were just classified, and how many of them rightly. */
export interface Chunk {
  readonly images: number;
  readonly correct: number;
}

export type OnChunk = (chunk: Chunk) => void;

/** How often a thread tells how far it is. */
const CHUNK_MS = 100;

/** Classifies all images of the set that it was made for. */
export type Predict = (job: PredictionJob, onChunk?: OnChunk) => Predictions;

/**
 * Classifies a set of images job after job. Outputs of layers are kept, so that a job of the same network (or a variant
 * of it with other constants) and rounded operand computes only the layers behind the first one that is new
 * (prefix-cache.ts).
 */
export function createPredictor(dataset: Dataset, cacheBytes: number = PREFIX_CACHE_BYTES): Predict {
  let cache: PrefixCache | undefined;
  let cachedFor = '';
  return ({ network, assignment, roundedOperand }, onChunk = () => {}) => {
    const key = `${structureDigest(network)} ${roundedOperand}`;
    if (!cache || key !== cachedFor) cache = createPrefixCache(network, dataset, roundedOperand, cacheBytes);
    cachedFor = key;
    const engine = cache.prepare(assignment, network);
    return rankImages(dataset, (image) => engine.infer(image), onChunk);
  };
}

/** Classifies all images once; nothing is kept. */
export function predict(job: PredictionJob, dataset: Dataset, onChunk: OnChunk = () => {}): Predictions {
  return createPredictor(dataset, 0)(job, onChunk);
}

/** Ranks the classes of each image by its logits. */
export function rankImages(
  dataset: Dataset,
  logitsOf: (image: number) => Int32Array | Float32Array,
  onChunk: OnChunk,
): Predictions {
  let ranked = new Uint16Array(0);
  let classes = 0;
  let ranks = 0;
  let told = 0;
  let correct = 0;
  let toldMs = performance.now();
  const tell = (image: number): void => {
    onChunk({ images: image - told, correct });
    [told, correct, toldMs] = [image, 0, performance.now()];
  };
  for (let image = 0; image < dataset.images; image++) {
    if (image > told && performance.now() - toldMs >= CHUNK_MS) tell(image);
    const logits = logitsOf(image);
    if (image === 0) {
      classes = logits.length;
      ranks = Math.min(RANKED_CLASSES, classes);
      ranked = new Uint16Array(ranks * dataset.images);
    }
    const best = rankClasses(logits, ranks);
    ranked.set(best, image * ranks);
    if (best[0] === dataset.labels[image]) correct++;
  }
  tell(dataset.images);
  return { classes, ranks, ranked };
}

/** Threads that classify parts of a data set. */
export interface PredictionPool {
  predict(job: PredictionJob, onChunk?: OnChunk): Promise<Predictions>;
  close(): Promise<void>;
}

/** What a thread is started with: its share of the images, and room for the outputs of layers. */
export interface WorkerSetup {
  readonly dataset: Dataset;
  readonly cacheBytes: number;
}

/** What a thread is sent: a job, and the truth tables that its multipliers name. */
export interface WorkerRequest {
  readonly job: PredictionJob;
  readonly tables: readonly RegisteredTable[];
}

/** What a thread answers to each job: any number of chunks, then predictions or a failure. */
export type WorkerAnswer =
  | { readonly chunk: Chunk }
  | { readonly predictions: Predictions }
  | { readonly failure: WorkerFailure };

/**
 * Splits the images over `workers` threads, each with its own engine; 0: everything in this thread.
 * @param cacheBytes of each thread, see createPredictor
 * @throws tool-missing when there is no compiled worker
 */
export function startPool(
  dataset: Dataset,
  workers: number,
  cacheBytes: number = PREFIX_CACHE_BYTES,
): PredictionPool {
  if (workers === 0) {
    const predictor = createPredictor(dataset, cacheBytes);
    return { predict: async (job, onChunk) => predictor(job, onChunk), close: async () => {} };
  }
  const path = workerPath('predict-worker.js');
  const threads = shareImages(dataset, workers).map(
    (share) => new Worker(path, { workerData: { dataset: share, cacheBytes } satisfies WorkerSetup }),
  );
  return {
    async predict(job, onChunk = () => {}) {
      return joinPredictions(await Promise.all(threads.map((thread) => ask(thread, job, onChunk))));
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}

function ask(thread: Worker, job: PredictionJob, onChunk: OnChunk): Promise<Predictions> {
  return new Promise((resolve, reject) => {
    const finish = (action: () => void): void => {
      thread.off('message', onMessage);
      thread.off('error', onError);
      thread.off('exit', onExit);
      action();
    };
    const onMessage = (answer: WorkerAnswer): void => {
      if ('chunk' in answer) {
        try {
          onChunk(answer.chunk);
        } catch (error) {
          finish(() => reject(error));
        }
        return;
      }
      finish(() => {
        if ('predictions' in answer) return resolve(answer.predictions);
        reject(failureError(answer.failure));
      });
    };
    const onError = (error: Error): void =>
      finish(() =>
        reject(
          new MaxdnnError('internal', `An evaluation worker failed: ${error.message}`, { cause: error }),
        ),
      );
    const onExit = (status: number): void =>
      finish(() =>
        reject(new MaxdnnError('internal', `An evaluation worker ended early with status ${status}`)),
      );
    thread.on('message', onMessage);
    thread.on('error', onError);
    thread.on('exit', onExit);
    thread.postMessage({ job, tables: tablesOf(job.assignment.values()) } satisfies WorkerRequest);
  });
}

/** The truth tables that multipliers name. */
export function tablesOf(multipliers: Iterable<LayerMultiplier>): readonly RegisteredTable[] {
  const specs = [...multipliers].flatMap((own) => (isMixture(own) ? own.specs : [own]));
  const used = new Set(specs.map((spec) => spec.family === 'table' && spec.sha256));
  return registryEntries().filter((entry) => used.has(entry.sha256));
}

/** Consecutive parts of nearly equal size, at most one per image, each with memory of its own. */
export function shareImages(dataset: Dataset, workers: number): readonly Dataset[] {
  const count = Math.min(workers, dataset.images);
  const size = imageSize(dataset);
  return Array.from({ length: count }, (_, part) => {
    const start = Math.floor((part * dataset.images) / count);
    const end = Math.floor(((part + 1) * dataset.images) / count);
    return {
      ...dataset,
      images: end - start,
      labels: dataset.labels.slice(start, end),
      pixels: dataset.pixels.slice(start * size, end * size),
    };
  });
}
