import { totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { MaxdnnError } from '../base/errors.ts';
import { checkImages } from '../dnn/float-inference.ts';
import type { LayerVariant, NetworkVariant } from '../dnn/layer-variant.ts';
import { isWeighted, quantisedShapes, sizeOf } from '../dnn/quantised-network.ts';
import type { RegisteredTable } from '../multiplier/table-registry.ts';
import { checkLabels } from './classification.ts';
import type { Evaluator, EvaluatorSetup, VariantScore } from './evaluator.ts';
import { createImageScorer, type ImageScores, joinScores } from './image-scores.ts';
import { shareImages, tablesOf } from './predict.ts';
import { orderByPrefix } from './score-order.ts';
import { failureError, type WorkerFailure, workerPath } from './worker-failure.ts';

export interface LocalEvaluatorOptions {
  /** Threads to share the images; 0: none besides this one. */
  readonly workers: number;
  /** Room of each thread for the outputs of layers; 0: nothing is kept. Default: see cacheBytesFor. */
  readonly cacheBytes?: number;
}

/**
 * Room of each thread for the outputs of layers: a quarter of the machine's memory in all, at most 3 GiB each. What comes
 * back is any prefix that was tried before, not only those of the population, so more room keeps saving work
 * (docs/exploration.md).
 */
export function cacheBytesFor(workers: number): number {
  // 0 or beyond all measure where nothing limits this process.
  const limit = process.constrainedMemory();
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return Math.min(3 * 2 ** 30, Math.floor(memory / 4 / Math.max(1, workers)));
}

/** What a thread is started with: the setup with its share of the images. */
export interface EvaluatorWorkerSetup {
  readonly setup: EvaluatorSetup;
  readonly cacheBytes: number;
}

/** What a thread is sent: a variant, and the truth tables that it has not seen yet. */
export interface EvaluatorRequest {
  readonly job: number;
  readonly variant: NetworkVariant;
  readonly tables: readonly RegisteredTable[];
}

export type EvaluatorAnswer =
  | { readonly job: number; readonly scores: ImageScores }
  | { readonly job: number; readonly failure: WorkerFailure };

/**
 * Scores variants in threads of this process, which share the images. The scores do not depend on the number of threads
 * nor on the order of the variants.
 * @throws bad-input when images or labels do not fit the network; tool-missing when there is no compiled worker
 */
export function startLocalEvaluator(
  setup: EvaluatorSetup,
  { workers, cacheBytes = cacheBytesFor(workers) }: LocalEvaluatorOptions,
): Evaluator {
  const { network, images } = setup;
  checkImages(network, images);
  const last = network.layers.at(-1)!;
  checkLabels(images.labels, sizeOf(quantisedShapes(network).get(last.name)!), images.name);
  const layers = network.layers.filter(isWeighted).map(({ name }) => name);
  const threads = workers === 0 ? startHere(setup, cacheBytes) : startThreads(setup, workers, cacheBytes);
  return {
    async score(variants, onScored = () => {}) {
      const scores = new Array<VariantScore>(variants.length);
      await Promise.all(
        orderByPrefix(variants, layers).map(async (index) => {
          const score = joinScores(await threads.score(variants[index]!));
          scores[index] = score;
          onScored(index, score);
        }),
      );
      return scores;
    },
    close: threads.close,
  };
}

/** Scores of the parts of the images, in their order. */
interface Threads {
  score(variant: NetworkVariant): Promise<readonly ImageScores[]>;
  close(): Promise<void>;
}

function startHere(setup: EvaluatorSetup, cacheBytes: number): Threads {
  let scoreImages: ReturnType<typeof createImageScorer> | undefined;
  let isClosed = false;
  let before: Promise<unknown> = Promise.resolve();
  return {
    score(variant) {
      // One after the other, and others get their turn between two.
      const scored = before.then(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        if (isClosed) throw closedError();
        scoreImages ??= createImageScorer(setup, cacheBytes);
        return [scoreImages(variant)];
      });
      before = scored.catch(() => {});
      return scored;
    },
    async close() {
      isClosed = true;
      await before;
    },
  };
}

function startThreads(setup: EvaluatorSetup, workers: number, cacheBytes: number): Threads {
  const path = workerPath('evaluator-worker.js');
  const threads = shareImages(setup.images, workers).map((images) => {
    const workerData: EvaluatorWorkerSetup = { setup: { ...setup, images }, cacheBytes };
    return createThread(new Worker(path, { workerData }));
  });
  return {
    score: (variant) => Promise.all(threads.map((thread) => thread.score(variant))),
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

interface Waiting {
  readonly resolve: (scores: ImageScores) => void;
  readonly reject: (error: Error) => void;
}

function createThread(worker: Worker) {
  const waiting = new Map<number, Waiting>();
  const seen = new Set<string>();
  let jobs = 0;
  let ended: Error | undefined;
  const end = (error: Error): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  worker.on('message', (answer: EvaluatorAnswer) => {
    const asked = waiting.get(answer.job);
    waiting.delete(answer.job);
    if ('scores' in answer) asked?.resolve(answer.scores);
    else asked?.reject(failureError(answer.failure));
  });
  worker.on('error', (error: Error) =>
    end(new MaxdnnError('internal', `An evaluation worker failed: ${error.message}`, { cause: error })),
  );
  worker.on('exit', (status) =>
    end(new MaxdnnError('internal', `An evaluation worker ended early with status ${status}`)),
  );
  return {
    score: (variant: NetworkVariant): Promise<ImageScores> =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        const tables = newTables(variant.values(), seen);
        const job = jobs++;
        waiting.set(job, { resolve, reject });
        worker.postMessage({ job, variant, tables } satisfies EvaluatorRequest);
      }),
    async close() {
      end(closedError());
      await worker.terminate();
    },
  };
}

/** Truth tables of the variants that are not in `seen`, where they are put. */
function newTables(variants: Iterable<LayerVariant>, seen: Set<string>): readonly RegisteredTable[] {
  const tables = tablesOf([...variants].map(({ multiplier }) => multiplier));
  const fresh = tables.filter((table) => !seen.has(table.sha256));
  for (const { sha256 } of fresh) seen.add(sha256);
  return fresh;
}

function closedError(): MaxdnnError {
  return new MaxdnnError('internal', 'The evaluator was closed before all variants were scored');
}
