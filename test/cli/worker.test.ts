import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAXDNN_VERSION, PACKAGE_ROOT } from '../../src/base/package-root.ts';
import { worker } from '../../src/cli/commands/worker.ts';
import { openEvaluator } from '../../src/cli/open-evaluator.ts';
import { localScores, sampleSetup, sampleVariants } from '../queue/queue-sample.ts';
import { freePort, type TestRedis, testRedis } from '../queue/redis-server.ts';
import { startWorker } from '../queue/worker-process.ts';
import { toolMissing } from '../tool-missing.ts';
import { runProgram, temporaryFolder } from './command-line.ts';

const skipped = toolMissing('redis-server') ? ' [skipped: no redis-server]' : '';
const PASSWORD = 'hush-hush';

const runWorker = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runProgram('maxdnn', ['worker', ...args], PACKAGE_ROOT, env);

test.each([
  [{}, '--queue: wanted the address of a Redis, found none'],
  [
    { queue: `http://me:${PASSWORD}@host` },
    /^address of the queue: wanted redis:.*, found "http:\/\/…@host"$/,
  ],
  [
    { queue: 'redis://localhost', 'queue-prefix': 'a b' },
    '--queue-prefix: wanted 1 to 64 letters, digits, dots or dashes, found "a b"',
  ],
  [{ queue: 'redis://localhost', workers: '0' }, '--workers: wanted an integer 1..256, found 0'],
  [{ queue: 'redis://localhost', 'idle-exit': 'x' }, /^--idle-exit: wanted an integer 1\.\.\d+, found "x"$/],
  [
    { queue: 'redis://localhost', 'queue-timeout': '0' },
    /^--queue-timeout: wanted an integer 1\.\.\d+, found 0$/,
  ],
])('bad input: %o', async (args, message) => {
  const run = worker.run({ _: [], ...args }, { onProgress: () => {} });
  await expect(run).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(message) });
});

test('no Redis there: a tool is missing', async () => {
  const port = await freePort();
  const opened = openEvaluator(`redis://127.0.0.1:${port}`, sampleSetup(1), 1);
  await expect(opened).rejects.toMatchObject({ code: 'tool-missing' });
  const { code, stderr } = await runWorker(['--queue', `redis://127.0.0.1:${port}`]);
  expect(code).toBe(3);
  expect(stderr).toMatch(
    new RegExp(`^maxdnn: No Redis answers at redis://127.0.0.1:${port} \\(ECONNREFUSED\\)\n`),
  );
});

describe.skipIf(skipped !== '')(`with a Redis that has a password${skipped}`, () => {
  const folder = temporaryFolder('other-version');
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await testRedis(['--requirepass', PASSWORD]);
    await redis.start();
  });
  afterAll(async () => {
    await redis?.stop();
    folder.remove();
  });

  test('a wrong password is bad input; the right one may come from the environment; it ends when idle', async () => {
    const [wrong, right] = await Promise.all([
      runWorker(['--queue', `redis://:wrong-one@127.0.0.1:${redis.port}`]),
      runWorker(['--queue', redis.url, '--idle-exit', '1', '--json'], { MAXDNN_QUEUE_PASSWORD: PASSWORD }),
    ]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('wanted user and password that Redis accepts, found "WRONGPASS');
    expect(wrong.stderr).not.toContain('wrong-one');
    expect(right.code).toBe(0);
    expect(JSON.parse(right.stdout)).toEqual({ jobs: 0, failedJobs: 0, images: 0, busyMs: 0 });
    expect(right.stderr).toMatch(
      /^worker \S+, \d+ threads?, waits for jobs of maxdnn:scores-v1 at redis:\/\/127/,
    );
    expect(right.stderr).not.toContain(PASSWORD);
  });

  test('one of another version refuses the job; one of the same version does it, until Redis is gone for good', async () => {
    cpSync(join(PACKAGE_ROOT, 'dist'), join(folder.path, 'dist'), { recursive: true });
    symlinkSync(join(PACKAGE_ROOT, 'node_modules'), join(folder.path, 'node_modules'));
    const own = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as object;
    writeFileSync(join(folder.path, 'package.json'), JSON.stringify({ ...own, version: '99.0.0' }));
    const url = `redis://:${PASSWORD}@127.0.0.1:${redis.port}`;
    const setup = sampleSetup(10);
    const variants = sampleVariants(setup, 2, 1);
    const evaluator = await openEvaluator(url, setup, 1);
    try {
      const other = await startWorker(url, { root: folder.path });
      await expect(evaluator.score(variants)).rejects.toMatchObject({
        code: 'tool-failed',
        message: `Worker ${other.name} has maxdnn 99.0.0 and refuses a job of maxdnn "${MAXDNN_VERSION}"`,
      });
      other.kill('SIGINT');
      expect(await other.ended).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^0 jobs .*failed$/),
      });
      const same = await startWorker(url, { args: ['--queue-timeout', '1'] });
      expect(await evaluator.score(variants)).toEqual(await localScores(setup, variants));
      await redis.kill();
      const { code, stderr } = await same.ended;
      expect(code).toBe(3);
      expect(stderr).toMatch(/worker 2\/2 jobs done in/);
      expect(stderr).toMatch(
        /maxdnn: Redis at redis:\/\/127\S+ has been away for 1 s \(connect ECONNREFUSED/,
      );
      expect(stderr).not.toContain(PASSWORD);
    } finally {
      await evaluator.close();
    }
  });
});
