import { setTimeout as delay } from 'node:timers/promises';
import type { Queue, QueueEvents } from 'bullmq';
import { MaxdnnError } from '../base/errors.ts';
import type { NetworkVariant } from '../dnn/layer-variant.ts';
import type { Evaluator, EvaluatorSetup, VariantScore } from '../explore/evaluator.ts';
import { codesOf, tableBytes } from '../multiplier/table-registry.ts';
import { type BlobStore, createBlobStore } from './blob-store.ts';
import {
  DEFAULT_PREFIX,
  failureOf,
  JOB_NAME,
  jobId,
  QUEUE_NAME,
  readScore,
  type ScoreJob,
  scoreJob,
} from './job.ts';
import { loadBullmq } from './load-bullmq.ts';
import { type ConnectionOptions, openRedis } from './open-redis.ts';
import { closeQuietly, redisErrors } from './redis-errors.ts';
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

/** Jobs whose end was told by no event (Redis was away) are found that often. */
const POLL_MS = 1_000;
/** How long to wait for a first result before looking whether there are workers. */
const WORKERS_EXPECTED_MS = 5_000;
/** Tries of a job that fails for another reason than its input. */
const ATTEMPTS = 3;
const BACKOFF_MS = 1_000;
/** Jobs that are added at a time. */
const BATCH = 200;

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
  for (const part of [queue, events]) part.on('error', () => {});
  const asker: Asker = { queue, events, store, redisErrors: redisErrors(redis, name), onNotice, name };

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
      const asked = askedJobs(variants, packed);
      const work = askAll(asker, asked, closing.signal, (id, value) => {
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

/** A job, the variants that it scores (alike ones are one job) and the contents that it names. */
interface AskedJob {
  readonly job: ScoreJob;
  readonly indices: number[];
  readonly contents: ReadonlyMap<string, () => Uint8Array>;
}

function askedJobs(
  variants: readonly NetworkVariant[],
  setup: ReturnType<typeof packSetup>,
): ReadonlyMap<string, AskedJob> {
  const asked = new Map<string, AskedJob>();
  for (const [index, variant] of variants.entries()) {
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

interface Asker {
  readonly queue: Queue;
  readonly events: QueueEvents;
  readonly store: BlobStore;
  readonly redisErrors: ReturnType<typeof redisErrors>;
  readonly onNotice: (text: string) => void;
  readonly name: string;
}

/**
 * Adds the jobs that are not there and waits for all of them.
 * @param onResult called once per job with what Redis holds as its result
 */
async function askAll(
  { queue, events, store, redisErrors: { again }, onNotice, name }: Asker,
  asked: ReadonlyMap<string, AskedJob>,
  signal: AbortSignal,
  onResult: (id: string, value: unknown) => void,
): Promise<void> {
  const open = new Map(asked);
  const told: [string, unknown][] = [];
  let pollMs = 0;
  let wake = (): void => {};
  const onCompleted = ({ jobId: id, returnvalue }: { jobId: string; returnvalue: unknown }): void => {
    if (!open.has(id)) return;
    told.push([id, returnvalue]);
    wake();
  };
  const onFailed = ({ jobId: id }: { jobId: string }): void => {
    if (!open.has(id)) return;
    pollMs = 0;
    wake();
  };

  const take = (id: string, value: unknown): void => {
    if (open.delete(id)) onResult(id, value);
  };
  const add = async (ids: readonly string[]): Promise<void> => {
    const contents = new Map(ids.flatMap((id) => [...asked.get(id)!.contents]));
    await again(() => store.put(contents));
    for (let at = 0; at < ids.length; at += BATCH) {
      const jobs = ids.slice(at, at + BATCH).map((id) => ({
        name: JOB_NAME,
        data: asked.get(id)!.job,
        opts: { jobId: id },
      }));
      await again(() => queue.addBulk(jobs));
    }
  };
  /** @param isFirst what failed for somebody before is tried again */
  const poll = async (isFirst: boolean): Promise<void> => {
    const missing: string[] = [];
    await Promise.all(
      [...open.keys()].map(async (id) => {
        const [status, value] = await again(() => finishedState(queue, id));
        if (status === COMPLETED) return take(id, parsed(value));
        if (status === FAILED && !isFirst) throw failureOf(value);
        if (status === FAILED) await again(() => queue.remove(id));
        if (status === FAILED || status === MISSING) missing.push(id);
      }),
    );
    const rank = new Map([...asked.keys()].map((id, index) => [id, index]));
    await add(missing.sort((a, b) => rank.get(a)! - rank.get(b)!));
  };

  events.on('completed', onCompleted);
  events.on('failed', onFailed);
  try {
    await poll(true);
    let lookForWorkersMs = performance.now() + WORKERS_EXPECTED_MS;
    const openAtFirst = open.size;
    while (open.size > 0 && !signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (told.length === 0 && pollMs > 0) {
        await Promise.race([woken, delay(Math.max(0, pollMs - performance.now()))]);
      }
      for (const [id, value] of told.splice(0)) take(id, parsed(value));
      if (performance.now() < pollMs) continue;
      await poll(false);
      pollMs = performance.now() + POLL_MS;
      if (open.size === openAtFirst && performance.now() > lookForWorkersMs) {
        lookForWorkersMs = Number.POSITIVE_INFINITY;
        if ((await again(() => queue.getWorkersCount())) === 0) {
          onNotice(`no worker is connected to ${name}: start some with maxdnn worker --queue`);
        }
      }
    }
  } finally {
    events.off('completed', onCompleted);
    events.off('failed', onFailed);
  }
}

/** Answers of BullMQ's isFinished; anything else: not finished. */
const COMPLETED = 1;
const FAILED = 2;
const MISSING = -1;

async function finishedState(queue: Queue, id: string): Promise<readonly [number, unknown]> {
  const answer: unknown = await queue.getBackend().isFinished(id, true);
  return Array.isArray(answer) ? [Number(answer[0]), answer[1]] : [Number(answer), undefined];
}

/** Results come as JSON texts, from events as values. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
