#!/usr/bin/env node
// What the queue costs (docs/scale-out.md): node scripts/bench-queue.mjs [IMAGES [VARIANTS [REPETITIONS]]], in a built
// checkout with redis-server. Scores random LLAM assignments of the embedded network in this process and over a Redis
// of its own, with the append-only file synchronised at each write.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createRng } from '../dist/base/rng.js';
import { isWeighted } from '../dist/dnn/quantised-network.js';
import { startLocalEvaluator } from '../dist/explore/local-evaluator.js';
import {
  connectQueueEvaluator,
  EMBEDDED_NETWORK_PATH,
  generateSyntheticImages,
  quantiseNetwork,
  readFloatNetwork,
} from '../dist/index.js';
import { CATALOGUE } from '../dist/multiplier/catalogue.js';
import { packSetup } from '../dist/queue/setup-content.js';
import { packVariant } from '../dist/queue/variant-content.js';

const [IMAGES = 1000, VARIANTS = 60, REPETITIONS = 3] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'maxdnn-bench-queue-'));
const port = await freePort();
const url = `redis://127.0.0.1:${port}`;
const children = [];

const calibration = generateSyntheticImages({ split: 'calibration', count: 256 });
const network = quantiseNetwork(readFloatNetwork(EMBEDDED_NETWORK_PATH), calibration);
const layers = network.layers.filter(isWeighted);
const images = (count) => generateSyntheticImages({ split: 'calibration', count });
const specs = CATALOGUE.map((entry) => entry.spec ?? entry).filter(({ family }) => family === 'roup');

/** Each round has variants of its own, so that nothing is found in caches or in Redis. */
function randomVariants(count, seed) {
  const rng = createRng(seed);
  const choose = () => specs[rng.nextInt(0, specs.length - 1)];
  return Array.from({ length: count }, () => new Map(layers.map(({ name }) => [name, { multiplier: choose() }])));
}

/** Wall clock and processor time of this process, the workers and Redis, ms. */
async function time(evaluator, variants) {
  const [startMs, startCpuMs] = [performance.now(), cpuMs()];
  await evaluator.score(variants);
  return { ms: performance.now() - startMs, cpuMs: cpuMs() - startCpuMs };
}

/** Source: proc(5), /proc/PID/stat: utime and stime in 1/100 s. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  const others = children.map(({ pid }) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  });
  return others.reduce((sum, own) => sum + own, (user + system) / 1000);
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const rounds = (body) =>
  Array.from({ length: REPETITIONS }).reduce(
    async (before, _, round) => [...(await before), await body(round)],
    Promise.resolve([]),
  );
const say = (name, times, count, imageCount) => {
  const perJob = times.map(({ ms }) => ms / count);
  const cpu = median(times.map((own) => own.cpuMs / count));
  const spread = `${Math.min(...perJob).toFixed(2)} … ${Math.max(...perJob).toFixed(2)}`;
  const speed = Math.round(imageCount / (median(perJob) / 1000));
  console.log(`| ${name} | ${imageCount} | ${median(perJob).toFixed(2)} | ${spread} | ${speed} | ${cpu.toFixed(2)} |`);
};

try {
  const setup = { network, images: images(IMAGES), roundedOperand: 'activations' };
  const single = { ...setup, images: images(1) };
  const bytes = packSetup(setup).bytes.length;
  const variantBytes = packVariant(randomVariants(1, 1)[0].get(layers[0].name)).length;
  console.log(`setup ${bytes} bytes, variant of a layer without tuning ${variantBytes} bytes`);
  console.log(`load of the machine before: ${loadavg()[0].toFixed(1)}\n`);
  console.log('| | images per job | ms per job | spread | images/s | processor ms per job |');
  console.log('| :--- | ---: | ---: | ---: | ---: | ---: |');
  for (const workers of [1, 2]) {
    const evaluator = startLocalEvaluator(setup, { workers });
    await time(evaluator, randomVariants(2, 99));
    const times = await rounds((round) => time(evaluator, randomVariants(VARIANTS, 100 * workers + round)));
    await evaluator.close();
    say(`in this process, ${workers} thread${workers === 1 ? '' : 's'}`, times, VARIANTS, IMAGES);
  }
  await startRedis();
  const queued = await connectQueueEvaluator(setup, { url });
  const tiny = await connectQueueEvaluator(single, { url });
  for (const workers of [1, 2]) {
    await startWorker();
    await time(queued, randomVariants(4, 990 + workers));
    const times = await rounds((round) => time(queued, randomVariants(VARIANTS, 1000 * workers + round)));
    say(`queue, ${workers} worker${workers === 1 ? '' : 's'} of 1 thread`, times, VARIANTS, IMAGES);
  }
  const jobs = 400;
  const local = startLocalEvaluator(single, { workers: 1 });
  await time(local, randomVariants(4, 77));
  const localTimes = await rounds((round) => time(local, randomVariants(jobs, 4000 + round)));
  say('in this process, 1 thread', localTimes, jobs, 1);
  await local.close();
  await time(tiny, randomVariants(4, 77));
  const tinyTimes = await rounds((round) => time(tiny, randomVariants(jobs, 5000 + round)));
  say('queue, 2 workers of 1 thread', tinyTimes, jobs, 1);
  const again = await rounds(() => time(tiny, randomVariants(jobs, 5000)));
  say('the same again, found in Redis', again, jobs, 1);
  await queued.close();
  await tiny.close();
} finally {
  for (const child of children.reverse()) {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  }
  rmSync(folder, { recursive: true, force: true });
}

async function startRedis() {
  const settings = ['--port', port, '--bind', '127.0.0.1', '--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  children.push(spawn('redis-server', settings.map(String), { cwd: folder, stdio: 'ignore' }));
  await delay(1000);
}

async function startWorker() {
  const cli = fileURLToPath(new URL('../dist/cli/maxdnn.js', import.meta.url));
  const child = spawn(process.execPath, [cli, 'worker', '--queue', url, '--workers', '1'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  await new Promise((resolve) => child.stderr.on('data', (text) => String(text).includes('waits') && resolve()));
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const own = server.address().port;
      server.close(() => resolve(own));
    });
  });
}
