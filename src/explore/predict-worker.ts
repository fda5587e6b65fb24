import { parentPort, workerData } from 'node:worker_threads';
import { MaxdnnError } from '../base/errors.ts';
import { registerTable } from '../multiplier/table-registry.ts';
import { createPredictor, type WorkerAnswer, type WorkerRequest, type WorkerSetup } from './predict.ts';

/** Thread of startPool: is sent jobs, answers with chunks and then the predictions for its share of the images. */
const { dataset, cacheBytes } = workerData as WorkerSetup;
const predict = createPredictor(dataset, cacheBytes);

parentPort?.on('message', (request: WorkerRequest) => tell(answer(request)));

function answer({ job, tables }: WorkerRequest): WorkerAnswer {
  try {
    for (const { codes } of tables) registerTable(codes);
    return { predictions: predict(job, (chunk) => tell({ chunk })) };
  } catch (error) {
    const known = error instanceof MaxdnnError;
    const message = known ? error.message : String((error as Error).stack ?? error);
    const hint = known && error.hint !== undefined ? { hint: error.hint } : {};
    return { failure: { code: known ? error.code : 'internal', message, ...hint } };
  }
}

function tell(message: WorkerAnswer): void {
  parentPort?.postMessage(message);
}
