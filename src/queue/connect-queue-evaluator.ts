import type { Queue, QueueEvents } from 'bullmq';
import { MaxdnnError } from '../base/errors.ts';
import type { NetworkVariant } from '../dnn/layer-variant.ts';
import { isWeighted } from '../dnn/quantised-network.ts';
import type { Evaluator, EvaluatorSetup, VariantScore } from '../explore/evaluator.ts';
import { orderByPrefix } from '../explore/score-order.ts';
import { codesOf, tableBytes } from '../multiplier/table-registry.ts';
import { type AskedJob, askAll } from './ask-jobs.ts';
import { createBlobStore } from './blob-store.ts';
import { DEFAULT_PREFIX, jobId, QUEUE_NAME, readScore, scoreJob } from './job.ts';
import { loadBullmq } from './load-bullmq.ts';
import { type ConnectionOptions, openRedis } from './open-redis.ts';
import { closeQuietly, retrying } from './redis-errors.ts';
import { packSetup } from './setup-content.ts';
import { packVariant, tableSpecs, variantDigest } from './variant-content.ts';

export interface QueueOptions extends ConnectionOptions {
  /** Of all keys in Redis; default DEFAULT_PREFIX. */
  readonly prefix?: string;
  /** How long Redis keeps finished jobs with their scores, days; default KEEP_DAYS. */
  readonly keepDays?: number;
  /** Told what a user should know, one line each: no worker is there, Redis would forget. */
  readonly onNotice?: (text: string) => void;
}

/** Default of keepDays. */
export const KEEP_DAYS = 30;

/** Tries of a job that fails for another reason than its input. */
const ATTEMPTS = 3;
const BACKOFF_MS = 1_000;

/**
 * An evaluator whose work is done by the workers (runQueueWorker) of a queue in Redis. What was finished before, for
 * this or another process, is taken from there; what is left when the evaluator is closed the workers finish all the
 * same. Redis may restart meanwhile.
 * @throws as openRedis; score: the error of the worker, tool-failed when Redis is away too long
 */
export async function connectQueueEvaluator(
  setup: EvaluatorSetup,
  options: QueueOptions,
): Promise<Evaluator> {
  const { prefix = DEFAULT_PREFIX, keepDays = KEEP_DAYS, onNotice = () => {} } = options;
  const packed = packSetup(setup);
  const layers = setup.network.layers.filter(isWeighted).map(({ name }) => name);
  const connection = await openRedis(options);
  const { redis, name } = connection;
  if (!connection.isDurable) {
    onNotice(`${name} keeps no append-only file: finished results are lost when it restarts`);
  }
  const { Queue, QueueEvents } = await loadBullmq();
  const keepS = Math.ceil(keepDays * 24 * 3600);
  const store = createBlobStore(redis, prefix, 2 * keepS);
  const queue: Queue = new Queue(QUEUE_NAME, {
    connection: redis,
    prefix,
    defaultJobOptions: {
      attempts: ATTEMPTS,
      backoff: { type: 'fixed', delay: BACKOFF_MS },
      removeOnComplete: { age: keepS },
      removeOnFail: { age: keepS },
      stackTraceLimit: 1,
    },
  });
  const events: QueueEvents = new QueueEvents(QUEUE_NAME, { connection: redis, prefix });
  // The connection is watched by itself.
  queue.on('error', () => {});
  events.on('error', () => {});
  const service = { queue, events, store, again: retrying(redis, name), onNotice, name };

  const closing = new AbortController();
  const closed = new Promise<never>((_resolve, reject) => {
    closing.signal.addEventListener('abort', () =>
      reject(new MaxdnnError('internal', 'The evaluator was closed before all variants were scored')),
    );
  });
  closed.catch(() => {});

  return {
    async score(variants, onScored = () => {}) {
      const scores = new Array<VariantScore>(variants.length);
      const asked = askedJobs(variants, layers, packed);
      const work = askAll(service, asked, closing.signal, (id, value) => {
        const score = readScore(value, setup.images.images, `${name}: result of job ${id}`);
        for (const index of asked.get(id)!.indices) {
          scores[index] = score;
          onScored(index, score);
        }
      });
      await Promise.race([work, connection.lost, closed]);
      return scores;
    },
    async close() {
      closing.abort();
      await closeQuietly(events, queue);
      connection.close();
    },
  };
}

/**
 * The jobs of variants, alike ones once, in an order that lets workers keep the outputs of layers.
 * @param names of the layers in the order of the network
 */
function askedJobs(
  variants: readonly NetworkVariant[],
  names: readonly string[],
  setup: ReturnType<typeof packSetup>,
): ReadonlyMap<string, AskedJob> {
  const asked = new Map<string, AskedJob>();
  for (const index of orderByPrefix(variants, names)) {
    const variant = variants[index]!;
    const contents = new Map([[setup.sha256, () => setup.bytes]]);
    const layers = new Map<string, string>();
    for (const [layer, own] of variant) {
      const digest = variantDigest(own);
      layers.set(layer, digest);
      contents.set(digest, () => packVariant(own));
      for (const spec of tableSpecs(own.multiplier)) {
        const codes = codesOf(spec);
        contents.set(spec.sha256, () => tableBytes(codes));
      }
    }
    const job = scoreJob(setup.sha256, layers);
    const id = jobId(job);
    const before = asked.get(id);
    if (before === undefined) asked.set(id, { job, indices: [index], contents });
    else before.indices.push(index);
  }
  return asked;
}
