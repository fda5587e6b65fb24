import { parentPort, workerData } from 'node:worker_threads';
import { registerTable } from '../multiplier/table-registry.ts';
import { createPredictor, type WorkerAnswer, type WorkerRequest, type WorkerSetup } from './predict.ts';
import { describeFailure } from './worker-failure.ts';

/** Thread of startPool: is sent jobs, answers with chunks and then the predictions for its share of the images. */
const { dataset, cacheBytes } = workerData as WorkerSetup;
const predict = createPredictor(dataset, cacheBytes);

parentPort?.on('message', (request: WorkerRequest) => tell(answer(request)));

function answer({ job, tables }: WorkerRequest): WorkerAnswer {
  try {
    for (const { codes } of tables) registerTable(codes);
    return { predictions: predict(job, (chunk) => tell({ chunk })) };
  } catch (error) {
    return { failure: describeFailure(error) };
  }
}

function tell(message: WorkerAnswer): void {
  parentPort?.postMessage(message);
}
