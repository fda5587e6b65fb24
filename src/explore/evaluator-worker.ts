import { parentPort, workerData } from 'node:worker_threads';
import { registerTable } from '../multiplier/table-registry.ts';
import { createImageScorer, type ScoreImages } from './image-scores.ts';
import type { EvaluatorAnswer, EvaluatorRequest, EvaluatorWorkerSetup } from './local-evaluator.ts';
import { describeFailure } from './worker-failure.ts';

/** Thread of startLocalEvaluator: is sent variants, answers with their scores on its share of the images. */
const { setup, cacheBytes } = workerData as EvaluatorWorkerSetup;
let scoreImages: ScoreImages | undefined;

parentPort?.on('message', (request: EvaluatorRequest) => parentPort?.postMessage(answer(request)));

function answer({ job, variant, tables }: EvaluatorRequest): EvaluatorAnswer {
  try {
    for (const { codes } of tables) registerTable(codes);
    scoreImages ??= createImageScorer(setup, cacheBytes);
    return { job, scores: scoreImages(variant) };
  } catch (error) {
    return { job, failure: describeFailure(error) };
  }
}
