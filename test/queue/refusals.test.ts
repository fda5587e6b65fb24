import { deflateSync } from 'node:zlib';
import { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import type { NetworkVariant } from '../../src/dnn/layer-variant.ts';
import type { Evaluator } from '../../src/explore/evaluator.ts';
import { startLocalEvaluator } from '../../src/explore/local-evaluator.ts';
import { connectQueueEvaluator } from '../../src/queue/connect-queue-evaluator.ts';
import { failureOf, JOB_NAME, QUEUE_NAME } from '../../src/queue/job.ts';
import {
  type QueueWorkerOptions,
  type QueueWorkerSummary,
  runQueueWorker,
} from '../../src/queue/run-queue-worker.ts';
import { packSetup } from '../../src/queue/setup-content.ts';
import { variantDigest } from '../../src/queue/variant-content.ts';
import { toolMissing } from '../tool-missing.ts';
import { localScores, sampleSetup, sampleVariants } from './queue-sample.ts';
import { type TestRedis, testRedis } from './redis-server.ts';

const skipped = toolMissing('redis-server') ? ' [skipped: no redis-server]' : '';

/** A worker in this thread for each test, with a prefix of its own. */
describe.skipIf(skipped !== '')(`what stands in Redis is looked at${skipped}`, () => {
  const setup = sampleSetup(20);
  let redis: TestRedis;
  let prefix = '';
  const closing: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    redis = await testRedis();
    await redis.start();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(() => redis?.stop());

  const startWorker = (options: Partial<QueueWorkerOptions> = {}): (() => Promise<QueueWorkerSummary>) => {
    const stop = new AbortController();
    const ended = runQueueWorker({ url: redis.url, workers: 0, prefix, signal: stop.signal, ...options });
    ended.catch(() => {});
    const end = (): Promise<QueueWorkerSummary> => {
      stop.abort();
      return ended;
    };
    closing.push(() => end().catch(() => {}));
    return end;
  };
  const connect = async (giveUpS?: number): Promise<Evaluator> => {
    const evaluator = await connectQueueEvaluator(setup, {
      url: redis.url,
      prefix,
      ...(giveUpS === undefined ? {} : { giveUpS }),
    });
    closing.push(() => evaluator.close());
    return evaluator;
  };
  const openQueue = (): Queue => {
    const queue = new Queue(QUEUE_NAME, { connection: redis.look(), prefix });
    queue.on('error', () => {});
    closing.push(() => queue.close());
    return queue;
  };

  const someContent = (): Buffer => deflateSync(Buffer.from('another content'));
  const DAMAGES: readonly (readonly [string, (stored: Buffer) => Buffer])[] = [
    ['one bit flipped', (stored) => Buffer.from(stored.map((byte, at) => (at === 40 ? byte ^ 4 : byte)))],
    ['cut off', (stored) => stored.subarray(0, stored.length - 3)],
    ['whole, but another content', someContent],
  ];

  test.each(DAMAGES)(
    'sabotage: a content in Redis is %s: it is refused, and made anew',
    async (what, damage) => {
      prefix = `damage-${what.replace(/\W+/g, '-')}`;
      const [variant] = sampleVariants(setup, 1, 1) as [NetworkVariant];
      const digests = [packSetup(setup).sha256, variantDigest([...variant.values()][1]!)];
      for (const digest of digests) {
        const evaluator = await connect();
        const scored = evaluator.score([variant]).catch((error: unknown) => error);
        const key = `${prefix}:blob:${digest}`;
        const queue = openQueue();
        await expect.poll(() => queue.getWaitingCount(), { timeout: 10_000 }).toBe(1);
        const stored = (await redis.look().getBuffer(key)) as Buffer;
        await redis.look().set(key, damage(stored));
        const end = startWorker();
        const message = `${key} in Redis is damaged: its SHA-256 is another one`;
        expect(await scored).toMatchObject({ code: 'tool-failed', message });
        expect(await redis.look().exists(key)).toBe(0);
        // The same again, as the hint says.
        expect(await evaluator.score([variant])).toEqual(await localScores(setup, [variant]));
        expect(await end()).toMatchObject({ jobs: 1, failedJobs: 1, images: 20 });
        await queue.obliterate({ force: true });
      }
    },
  );

  test('sabotage: a content is missing', async () => {
    prefix = 'missing';
    const [variant] = sampleVariants(setup, 1, 2) as [NetworkVariant];
    const evaluator = await connect();
    const scored = evaluator.score([variant]).catch((error: unknown) => error);
    await expect.poll(() => openQueue().getWaitingCount(), { timeout: 10_000 }).toBe(1);
    const key = `${prefix}:blob:${packSetup(setup).sha256}`;
    await redis.look().del(key);
    startWorker();
    const message = `Redis has no ${key} any more, which a job names`;
    expect(await scored).toMatchObject({ code: 'tool-failed', message });
  });

  test.each([
    ['{"images":20,"correct":21,"klNats":0}'],
    ['{"images":19,"correct":2,"klNats":0}'],
    ['{"images":20,"correct":2}'],
    ['"__proto__"'],
    ['{'],
  ])('sabotage: a result in Redis is %s', async (damaged) => {
    prefix = `result-${Buffer.from(damaged).toString('hex')}`;
    const variants = sampleVariants(setup, 2, 3);
    startWorker();
    const evaluator = await connect();
    expect(await evaluator.score(variants)).toHaveLength(2);
    const jobs = await openQueue().getJobs(['completed']);
    expect(jobs).toHaveLength(2);
    await redis.look().hset(`${prefix}:${QUEUE_NAME}:${jobs[0]!.id}`, 'returnvalue', damaged);
    await expect(evaluator.score(variants)).rejects.toMatchObject({
      code: 'tool-failed',
      message: expect.stringMatching(/result of job [0-9a-f]{64}: wanted a score of 20 images, found /),
    });
  });

  test('foreign jobs and those of other versions fail with our words, and the worker goes on', async () => {
    prefix = 'foreign';
    startWorker();
    const queue = openQueue();
    const digest = 'a'.repeat(64);
    const bad: readonly (readonly [object, RegExp])[] = [
      [{ hello: 1 }, /^Worker \S+ got no valid job: wanted field "maxdnnVersion", found none$/],
      [
        { maxdnnVersion: '99.1.0', setup: digest, layers: {} },
        /^Worker \S+ has maxdnn \d+\.\d+\.\d+ and refuses a job of maxdnn "99\.1\.0"$/,
      ],
      [{ maxdnnVersion: '99.1.0', setup: '../x', layers: {} }, /wanted a SHA-256 in hex, found "\.\.\/x"$/],
    ];
    for (const [data, message] of bad) {
      const job = await queue.add(JOB_NAME, data, { attempts: 3 });
      await expect.poll(() => job.isFailed(), { timeout: 10_000 }).toBe(true);
      const stored = await queue.getJob(job.id!);
      expect(failureOf(stored?.failedReason)).toMatchObject({ code: 'tool-failed' });
      expect(failureOf(stored?.failedReason).message).toMatch(message);
      expect(stored?.attemptsMade).toBe(1);
    }
    const variants = sampleVariants(setup, 1, 4);
    expect(await (await connect()).score(variants)).toEqual(await localScores(setup, variants));
  });

  test('a fault of the worker itself is tried again, with threads made anew', async () => {
    prefix = 'retry';
    let opened = 0;
    const end = startWorker({
      openEvaluator: (own) => {
        opened += 1;
        if (opened > 1) return startLocalEvaluator(own, { workers: 0 });
        const score = () => Promise.reject(new MaxdnnError('internal', 'thread ended'));
        return { score, close: async () => {} };
      },
    });
    const variants = sampleVariants(setup, 1, 5);
    expect(await (await connect()).score(variants)).toEqual(await localScores(setup, variants));
    expect(opened).toBe(2);
    expect(await end()).toMatchObject({ jobs: 1, failedJobs: 1 });
  });

  test('what fails every time fails after three tries, with its own message', async () => {
    prefix = 'hopeless';
    let tries = 0;
    startWorker({
      openEvaluator: () => {
        tries += 1;
        throw new MaxdnnError('internal', `try ${tries}`);
      },
    });
    const score = (await connect()).score(sampleVariants(setup, 1, 6));
    await expect(score).rejects.toMatchObject({ code: 'internal', message: 'try 3' });
  });

  test('a worker that is not heard of loses its job: it is done again, and told', async () => {
    prefix = 'lock';
    const variants = sampleVariants(setup, 1, 11);
    const notices: string[] = [];
    const queue = openQueue();
    let scored = 0;
    startWorker({
      onNotice: (text) => notices.push(text),
      openEvaluator: (own) => {
        const evaluator = startLocalEvaluator(own, { workers: 0 });
        const score: Evaluator['score'] = async (asked) => {
          scored += 1;
          const scores = await evaluator.score(asked);
          const [job] = await queue.getJobs(['active']);
          if (scored === 1) expect(await redis.look().del(`${prefix}:${QUEUE_NAME}:${job!.id}:lock`)).toBe(1);
          return scores;
        };
        return { ...evaluator, score };
      },
    });
    expect(await (await connect()).score(variants)).toEqual(await localScores(setup, variants));
    expect(scored).toBe(2);
    const [job] = await queue.getJobs(['completed']);
    expect([job?.attemptsStarted, job?.stalledCounter]).toEqual([2, 1]);
    expect(notices.filter((text) => text.startsWith('a result came too late'))).not.toEqual([]);
  });

  test('Redis forgets everything in the middle: jobs are added again', async () => {
    prefix = 'flush';
    const variants = sampleVariants(setup, 3, 7);
    const evaluator = await connect();
    const scored = evaluator.score(variants);
    const queue = openQueue();
    await expect.poll(() => queue.getWaitingCount(), { timeout: 10_000 }).toBe(3);
    await redis.look().flushall();
    startWorker();
    expect(await scored).toEqual(await localScores(setup, variants));
  });

  test('no score is there after close, and onScored may throw', async () => {
    prefix = 'close';
    const variants = sampleVariants(setup, 2, 8);
    const evaluator = await connect();
    const scored = evaluator.score(variants).catch((error: unknown) => error);
    await evaluator.close();
    expect(await scored).toMatchObject({
      message: 'The evaluator was closed before all variants were scored',
    });
    startWorker();
    const thrower = (await connect()).score(variants, () => {
      throw new RangeError('mine');
    });
    await expect(thrower).rejects.toThrow('mine');
  });

  test('Redis gone for good: both sides say so after the stated time', async () => {
    prefix = 'gone';
    const worker = runQueueWorker({ url: redis.url, workers: 0, prefix, giveUpS: 1 }).catch((error) => error);
    await expect.poll(() => openQueue().getWorkersCount(), { timeout: 10_000 }).toBe(1);
    prefix = 'gone-without-worker';
    const evaluator = await connect(1);
    const score = (seed: number): Promise<unknown> =>
      evaluator.score(sampleVariants(setup, 2, seed)).catch((error: unknown) => error);
    const scored = score(9);
    await expect.poll(() => openQueue().getWaitingCount(), { timeout: 10_000 }).toBe(2);
    await redis.kill();
    const message = new RegExp(`^Redis at ${redis.url} has been away for 1 s \\(connect ECONNREFUSED .*\\)$`);
    const told = { code: 'tool-failed', message: expect.stringMatching(message) };
    expect(await Promise.all([worker, scored])).toEqual([
      expect.objectContaining(told),
      expect.objectContaining(told),
    ]);
    expect(await score(10)).toMatchObject(told);
    await redis.start();
  });
});
