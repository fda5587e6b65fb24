import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { MaxdnnError } from '../base/errors.ts';
import { shippedFile } from '../base/package-root.ts';
import { type RoundedOperand, uniformAssignment } from '../dnn/assignment.ts';
import { type Dataset, imageCodes, imageSize } from '../dnn/dataset.ts';
import { argmax, createEngine } from '../dnn/infer.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';

/** Images to classify with one multiplier everywhere; plain data that can be sent to a worker. */
export interface PredictionJob {
  readonly network: QuantisedNetwork;
  readonly spec: MultiplierSpec;
  readonly roundedOperand: RoundedOperand;
  readonly dataset: Dataset;
}

/** Predicted class per image (index of the largest logit, the first of several). */
export function predict(job: PredictionJob): Uint16Array {
  const engine = createEngine(job.network, uniformAssignment(job.network, job.spec), job.roundedOperand);
  return Uint16Array.from({ length: job.dataset.images }, (_, image) =>
    argmax(engine.infer(imageCodes(job.dataset, image))),
  );
}

/** Threads that classify parts of a data set. */
export interface PredictionPool {
  predict(spec: MultiplierSpec): Promise<Uint16Array>;
  close(): Promise<void>;
}

/** What a worker is started with: its share of the images. */
export type WorkerSetup = Omit<PredictionJob, 'spec'>;

/** What a worker answers for each spec it is sent. */
export type WorkerAnswer = { readonly predictions: Uint16Array } | { readonly failure: WorkerFailure };

/** An error on its way out of a worker. */
export interface WorkerFailure {
  readonly code: MaxdnnError['code'];
  readonly message: string;
  readonly hint?: string;
}

/** Compiled worker; threads cannot be started from TypeScript sources. */
const WORKER_PATH = shippedFile('dist', 'explore', 'predict-worker.js');

/**
 * Splits the images over `workers` threads, each with its own engine; 0: everything in this thread.
 * @throws tool-missing when there is no compiled worker
 */
export function startPool(setup: WorkerSetup, workers: number): PredictionPool {
  if (workers === 0) {
    return { predict: async (spec) => predict({ ...setup, spec }), close: async () => {} };
  }
  if (!existsSync(WORKER_PATH)) {
    throw new MaxdnnError('tool-missing', `The compiled worker ${WORKER_PATH} is missing`, {
      hint: 'Run scripts/build in the checkout, or install the package again.',
    });
  }
  const threads = shares(setup.dataset, workers).map(
    (dataset) => new Worker(WORKER_PATH, { workerData: { ...setup, dataset } satisfies WorkerSetup }),
  );
  return {
    async predict(spec) {
      const parts = await Promise.all(threads.map((thread) => ask(thread, spec)));
      return Uint16Array.from(parts.flatMap((part) => [...part]));
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}

function ask(thread: Worker, spec: MultiplierSpec): Promise<Uint16Array> {
  return new Promise((resolve, reject) => {
    const finish = (action: () => void): void => {
      thread.off('message', onMessage);
      thread.off('error', onError);
      thread.off('exit', onExit);
      action();
    };
    const onMessage = (answer: WorkerAnswer): void =>
      finish(() => {
        if ('predictions' in answer) return resolve(answer.predictions);
        const { code, message, hint } = answer.failure;
        reject(new MaxdnnError(code, message, hint === undefined ? {} : { hint }));
      });
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
    thread.postMessage(spec);
  });
}

/** Consecutive parts of nearly equal size, at most one per image, each with memory of its own. */
function shares(dataset: Dataset, workers: number): readonly Dataset[] {
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
