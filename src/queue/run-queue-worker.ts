import { hostname } from 'node:os';
import type { Job, Worker } from 'bullmq';
import { MaxdnnError } from '../base/errors.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import type { Evaluator, EvaluatorSetup } from '../explore/evaluator.ts';
import { startLocalEvaluator } from '../explore/local-evaluator.ts';
import { DEFAULT_PREFIX, failureText, QUEUE_NAME, STALLS_MAX } from './job.ts';
import { createJobScorer } from './job-scorer.ts';
import { loadBullmq } from './load-bullmq.ts';
import { type ConnectionOptions, openRedis } from './open-redis.ts';
import { closeQuietly } from './redis-errors.ts';
import { reportBursts } from './worker-progress.ts';

export interface QueueWorkerOptions extends ConnectionOptions {
  /** Threads that share the images of a job. */
  readonly workers: number;
  /** Of all keys in Redis; default DEFAULT_PREFIX. */
  readonly prefix?: string;
  /** Ends by itself when there was no job for so long, seconds; default: never. */
  readonly idleExitS?: number;
  /** Ends when it is aborted, after the job in flight. */
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  /** Told what a user should know, one line each. */
  readonly onNotice?: (text: string) => void;
  /** What does the work; default startLocalEvaluator with `workers` threads. */
  readonly openEvaluator?: (setup: EvaluatorSetup) => Evaluator | Promise<Evaluator>;
}

/** What a worker has done. */
export interface QueueWorkerSummary {
  /** Jobs that were scored. */
  readonly jobs: number;
  readonly failedJobs: number;
  readonly images: number;
  /** Time with a job in work. */
  readonly busyMs: number;
}

/**
 * How long a job stays with a worker that is not heard of, and how often is looked for such jobs: a killed worker's job
 * is with another one after at most the sum.
 */
const LOCK_MS = 5_000;
const STALLED_CHECK_MS = 2_000;
/** Time between tries to tell Redis a result while it is away. */
const RETRY_MS = 1_000;

/**
 * Takes jobs of connectQueueEvaluator from a queue and scores them, one after the other, until it is told to stop.
 * Several workers on any number of machines share the jobs. Redis may restart meanwhile.
 * @throws as openRedis; tool-failed when Redis is away for giveUpS
 */
export async function runQueueWorker(options: QueueWorkerOptions): Promise<QueueWorkerSummary> {
  const { workers, prefix = DEFAULT_PREFIX, onNotice = () => {}, onProgress = ignoreProgress } = options;
  const { openEvaluator = (setup) => startLocalEvaluator(setup, { workers }) } = options;
  const connection = await openRedis(options);
  const { redis, name: place } = connection;
  const name = `${hostname()}-${process.pid}`;
  const threads = workers === 1 ? '1 thread' : `${workers} threads`;
  onNotice(
    `worker ${name}, ${threads}, waits for jobs of ${prefix}:${QUEUE_NAME} at ${place}` +
      (connection.isDurable ? '' : ' (no append-only file: results are lost when Redis restarts)'),
  );
  const { Queue, UnrecoverableError, Worker } = await loadBullmq();
  const scorer = createJobScorer({ redis, prefix, worker: name, openEvaluator });
  const done = { jobs: 0, failedJobs: 0, images: 0, busyMs: 0 };

  const score = async (job: Job) => {
    const startMs = performance.now();
    try {
      const result = await scorer.score(job.data);
      done.jobs += 1;
      done.images += result.images;
      return result;
    } catch (error) {
      done.failedJobs += 1;
      onNotice(`job ${job.id?.slice(0, 12)} failed: ${(error as Error).message}`);
      // Only faults of this very process may go away with another try.
      const isFinal = error instanceof MaxdnnError && error.code !== 'internal';
      throw isFinal ? new UnrecoverableError(failureText(error)) : new Error(failureText(error));
    } finally {
      done.busyMs += performance.now() - startMs;
    }
  };
  const worker: Worker = new Worker(QUEUE_NAME, score, {
    connection: redis,
    prefix,
    name,
    concurrency: 1,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    maxStalledCount: STALLS_MAX,
    runRetryDelay: RETRY_MS,
  });
  const queue = new Queue(QUEUE_NAME, { connection: redis, prefix });
  queue.on('error', () => {});
  worker.on('error', ({ message }) => {
    if (/lock/i.test(message)) onNotice(`a result came too late, the job is with another worker: ${message}`);
  });
  reportBursts(worker, queue, done, onProgress);

  try {
    await Promise.race([stopOf(worker, options), connection.lost]);
    // The job in flight is finished first, as long as Redis is there to take its result.
    await Promise.race([worker.close(), connection.lost]);
    return done;
  } finally {
    await closeQuietly({ close: () => worker.close(true) }, queue);
    connection.close();
    await scorer.close();
  }
}

/** Resolves when the worker is to stop. */
function stopOf(worker: Worker, { signal, idleExitS }: QueueWorkerOptions): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
    if (idleExitS === undefined) return;
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(resolve, idleExitS * 1000);
    };
    worker.on('active', () => clearTimeout(timer));
    worker.on('completed', wait);
    worker.on('failed', wait);
    wait();
  });
}
