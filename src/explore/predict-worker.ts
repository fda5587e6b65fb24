import { parentPort, workerData } from 'node:worker_threads';
import { MaxdnnError } from '../base/errors.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { predict, type WorkerAnswer, type WorkerSetup } from './predict.ts';

/** Thread of startPool: is sent specs, answers with the predictions for its share of the images. */
const setup = workerData as WorkerSetup;

parentPort?.on('message', (spec: MultiplierSpec) => parentPort?.postMessage(answer(spec)));

function answer(spec: MultiplierSpec): WorkerAnswer {
  try {
    return { predictions: predict({ ...setup, spec }) };
  } catch (error) {
    const known = error instanceof MaxdnnError;
    const message = known ? error.message : String((error as Error).stack ?? error);
    const hint = known && error.hint !== undefined ? { hint: error.hint } : {};
    return { failure: { code: known ? error.code : 'internal', message, ...hint } };
  }
}
