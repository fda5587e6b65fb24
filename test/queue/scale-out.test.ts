import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Job, Queue } from 'bullmq';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/base/package-root.ts';
import type { NetworkVariant } from '../../src/dnn/layer-variant.ts';
import type { Evaluator, VariantScore } from '../../src/explore/evaluator.ts';
import { registryEntries } from '../../src/multiplier/table-registry.ts';
import { connectQueueEvaluator } from '../../src/queue/connect-queue-evaluator.ts';
import { DEFAULT_PREFIX, jobId, QUEUE_NAME, scoreJob } from '../../src/queue/job.ts';
import { packSetup } from '../../src/queue/setup-content.ts';
import { packVariant, variantDigest } from '../../src/queue/variant-content.ts';
import { temporaryFolder } from '../cli/command-line.ts';
import { toolMissing } from '../tool-missing.ts';
import { localScores, sampleSetup, sampleVariants } from './queue-sample.ts';
import { type TestRedis, testRedis } from './redis-server.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

const skipped = toolMissing('redis-server') ? ' [skipped: no redis-server]' : '';

/** Real processes: redis-server, `maxdnn worker`, clients. One worker is killed, one lives through it all. */
describe.skipIf(skipped !== '')(`scale-out over Redis${skipped}`, () => {
  const folder = temporaryFolder('scale-out');
  const setup = sampleSetup(300);
  const setupSha = packSetup(setup).sha256;
  let redis: TestRedis;
  let queue: Queue;
  const workers: WorkerProcess[] = [];

  const jobOf = (variant: NetworkVariant): Promise<Job | undefined> => {
    const layers = new Map([...variant].map(([name, own]) => [name, variantDigest(own)]));
    return queue.getJob(jobId(scoreJob(setupSha, layers)));
  };
  const jobsOf = async (variants: readonly NetworkVariant[]): Promise<Job[]> =>
    (await Promise.all(variants.map(jobOf))).filter((job) => job !== undefined);
  /** How often work was begun, for all of the jobs. */
  const starts = (jobs: readonly Job[]): number => jobs.reduce((sum, job) => sum + job.attemptsStarted, 0);

  beforeAll(async () => {
    redis = await testRedis();
    await redis.start();
    queue = new Queue(QUEUE_NAME, { connection: redis.look(), prefix: DEFAULT_PREFIX });
    queue.on('error', () => {});
    workers.push(...(await Promise.all([startWorker(redis.url), startWorker(redis.url)])));
  });

  afterAll(async () => {
    for (const worker of workers) worker.kill('SIGKILL');
    await Promise.all(workers.map(({ ended }) => ended));
    await queue?.close();
    await redis?.stop();
    folder.remove();
  });

  const withEvaluator = async <T>(use: (evaluator: Evaluator) => Promise<T>): Promise<T> => {
    const evaluator = await connectQueueEvaluator(setup, { url: redis.url });
    try {
      return await use(evaluator);
    } finally {
      await evaluator.close();
    }
  };

  test('a worker is killed: every score arrives, at most the job in flight is done twice', async () => {
    const variants = sampleVariants(setup, 24, 1);
    const expected = await localScores(setup, variants);
    const [victim, survivor] = workers as [WorkerProcess, WorkerProcess];
    const killed = (async () => {
      for (;;) {
        const done = (await queue.getJobs(['completed'])).some(
          ({ processedBy }) => processedBy === victim.name,
        );
        const inFlight = await queue.getJobs(['active']);
        if (done && inFlight.some(({ processedBy }) => processedBy === victim.name)) break;
        await delay(3);
      }
      victim.kill('SIGKILL');
      await victim.ended;
    })();
    const told: [number, VariantScore][] = [];
    const scores = await withEvaluator((evaluator) =>
      evaluator.score(variants, (index, score) => told.push([index, score])),
    );
    await killed;
    expect(scores).toEqual(expected);
    expect(told).toHaveLength(24);
    for (const [index, score] of told) expect(score).toEqual(expected[index]);
    const jobs = await jobsOf(variants);
    expect(jobs).toHaveLength(24);
    // What the killed worker had finished is kept.
    const byVictim = jobs.filter(({ processedBy }) => processedBy === victim.name);
    expect(byVictim.length).toBeGreaterThan(0);
    expect(jobs.filter(({ processedBy }) => processedBy === survivor.name)).toHaveLength(
      24 - byVictim.length,
    );
    expect(starts(byVictim)).toBe(byVictim.length);
    expect(starts(jobs)).toBeLessThanOrEqual(24 + 1);
    expect(jobs.filter(({ stalledCounter }) => stalledCounter > 0).length).toBeLessThanOrEqual(1);
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'Redis restarts (%s): nothing finished is lost',
    async (signal) => {
      const variants = sampleVariants(setup, 14, signal === 'SIGKILL' ? 2 : 3);
      const expected = await localScores(setup, variants);
      const before = new Set<number>();
      let restarted: Promise<void> | undefined;
      const scores = await withEvaluator((evaluator) =>
        evaluator.score(variants, (index) => {
          if (restarted === undefined) before.add(index);
          if (before.size < 4) return;
          restarted ??= redis.kill(signal).then(async () => {
            await delay(200);
            await redis.start();
          });
        }),
      );
      expect(restarted).toBeDefined();
      await restarted;
      expect(scores).toEqual(expected);
      const jobs = await jobsOf(variants);
      expect(jobs).toHaveLength(14);
      const finished = await jobsOf([...before].map((index) => variants[index]!));
      expect(finished).toHaveLength(4);
      expect(starts(finished)).toBe(4);
      expect(starts(jobs)).toBeLessThanOrEqual(14 + 1);
    },
  );

  test('a client is killed and started again: what was done is not done again', async () => {
    const variants = sampleVariants(setup, 14, 4);
    const expected = await localScores(setup, variants);
    const setupFile = join(folder.path, 'setup');
    const variantsFile = join(folder.path, 'variants.json');
    writeFileSync(setupFile, packSetup(setup).bytes);
    const packed = variants.map((variant) =>
      [...variant].map(([name, own]) => [name, Buffer.from(packVariant(own)).toString('base64')]),
    );
    const tables = registryEntries().map(({ codes }) => [...codes]);
    writeFileSync(variantsFile, JSON.stringify({ tables, variants: packed }));
    const script = join(PACKAGE_ROOT, 'test', 'queue', 'client.mjs');
    const args = [script, join(PACKAGE_ROOT, 'dist'), redis.url, setupFile, variantsFile];
    const client = execa(process.execPath, args, { reject: false, buffer: false });
    let lines = 0;
    for await (const line of client) {
      const { index, score } = JSON.parse(String(line)) as { index: number; score: VariantScore };
      expect(score).toEqual(expected[index]);
      if (++lines === 3) client.kill('SIGKILL');
    }
    expect((await client).signal).toBe('SIGKILL');
    expect(lines).toBeGreaterThanOrEqual(3);
    expect(lines).toBeLessThan(14);
    const scores = await withEvaluator((evaluator) => evaluator.score(variants));
    expect(scores).toEqual(expected);
    const again = await withEvaluator((evaluator) => evaluator.score([...variants, variants[3]!]));
    expect(again).toEqual([...expected, expected[3]]);
    const jobs = await jobsOf(variants);
    expect(jobs).toHaveLength(14);
    expect(starts(jobs)).toBe(14);
  });

  test('a variant that does not fit: the error is that of the local evaluator', async () => {
    const [variant] = sampleVariants(setup, 1, 5) as [NetworkVariant];
    const [name, own] = [...variant][1]!;
    const broken = new Map([...variant, [name, { ...own, bias: new Int32Array(1) }]]);
    const local = await localScores(setup, [broken]).catch((error: unknown) => error);
    expect(local).toMatchObject({ code: 'bad-input' });
    const { code, message, hint } = local as { code: string; message: string; hint: string };
    await withEvaluator(async (evaluator) => {
      await expect(evaluator.score([broken])).rejects.toMatchObject({ code, message, hint });
      expect(await evaluator.score([variant])).toEqual(await localScores(setup, [variant]));
    });
    expect((await jobOf(broken))?.attemptsMade).toBe(1);
  });

  test('a worker that is asked to stop ends cleanly and says what it did', async () => {
    const survivor = workers[1]!;
    survivor.kill('SIGTERM');
    const { code, stdout, stderr } = await survivor.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+ jobs with \d+ images in .+ s, \d+ images\/s, 1 failed$/);
    expect(stderr).toContain('stopping after the job in flight');
    expect(stderr).toMatch(/worker \d+\/\d+ jobs done in/);
    const completed = await queue.getJobs(['completed']);
    const own = completed.filter(({ processedBy }) => processedBy === survivor.name);
    expect(Number(/^\d+/.exec(stdout)?.[0])).toBeGreaterThanOrEqual(own.length);
    expect(own.length).toBeGreaterThan(40);
  });
});
