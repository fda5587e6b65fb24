// npm run bench: assignments per minute that NSGA-II scores on 500 training images, with and without the outputs of
// layers kept; median and spread (min … max) over repetitions with other seeds.
// Options: --repetitions N (default 3), --images N (default 500), --population N (60), --generations N (5), --workers N
// (2), --kept-only: without the comparison, for long searches.
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { isWeighted, multiplicationsByLayer } from '../dist/dnn/quantised-network.js';
import { spaceOf } from '../dist/explore/exploration-problem.js';
import { startLocalEvaluator } from '../dist/explore/local-evaluator.js';
import { searchNsga2 } from '../dist/search/nsga2.js';
import { openBenchSubject } from './bench-subject.mjs';

const { values: options } = parseArgs({
  options: {
    repetitions: { type: 'string', default: '3' },
    images: { type: 'string', default: '500' },
    population: { type: 'string', default: '60' },
    generations: { type: 'string', default: '5' },
    workers: { type: 'string', default: '2' },
    'kept-only': { type: 'boolean', default: false },
  },
});
const repetitions = Number(options.repetitions);
const images = Number(options.images);
const workers = Number(options.workers);

const { network, dataset } = openBenchSubject(images);
const multiplications = multiplicationsByLayer(network);
const layers = network.layers.filter(isWeighted).map(({ name }) => name);
/** ROUP designs with one or two different r, as they stand on the fronts of energy tables. */
const DESIGNS = [
  [0, 0, 0, 0, 0],
  [0, 2, 2, 0, 0],
  [0, 4, 4, 0, 0],
  [0, 3, 3, 3, 3],
  [0, 5, 5, 3, 3],
  [1, 0, 0, 0],
  [1, 2, 2, 2],
  [1, 4, 2, 2],
  [1, 4, 4, 2],
  [2, 2, 0],
  [2, 2, 2],
  [2, 4, 4],
].map(([P, ...r]) => ({ family: 'roup', bits: 8, P, r }));
/** Rows of partial products times the bits kept in them: stands in for an energy table. */
const costOf = ({ r }) => r.reduce((sum, own) => sum + 9 - own, 0);

console.log(
  `NSGA-II with ${DESIGNS.length} ROUP designs (1 or 2 distinct r) for each of ${layers.length} layers of ${network.name}, ` +
    `${dataset.images} images of ${dataset.name}, ${workers} workers; needed: 1000 assignments/min on 500 images`,
);
const seen = [];
for (const [what, cacheBytes] of [
  ['outputs of layers kept', undefined],
  ...(options['kept-only'] ? [] : [['no prefix cache', 0]]),
]) {
  const rates = [];
  const perCpu = [];
  const found = [];
  for (let seed = 1; seed <= repetitions; seed++) {
    const { evaluations, elapsedMs, cpuMs, scores } = await search(seed, cacheBytes);
    rates.push((60_000 * evaluations) / elapsedMs);
    perCpu.push((60_000 * evaluations) / cpuMs);
    found.push(scores);
  }
  seen.push(found.join());
  const { median, low, high } = spreadOf(rates);
  console.log(
    `  ${what.padEnd(26)} ${median.toFixed(0).padStart(6)} assignments/min (${low.toFixed(0)} … ${high.toFixed(0)})` +
      `   ${spreadOf(perCpu).median.toFixed(0)} per CPU minute`,
  );
}
if (!options['kept-only']) {
  console.log(`    scores are ${seen[0] === seen[1] ? 'the same' : 'DIFFERENT'}`);
  if (seen[0] !== seen[1]) process.exitCode = 1;
}

async function search(seed, cacheBytes) {
  const evaluator = startLocalEvaluator(
    { network, images: dataset, roundedOperand: 'activations' },
    { workers, ...(cacheBytes === undefined ? {} : { cacheBytes }) },
  );
  const variantOf = (genome) => new Map(layers.map((name, i) => [name, { multiplier: DESIGNS[genome[i]] }]));
  // Starts the threads and computes the exact logits.
  await evaluator.score([variantOf(layers.map(() => 0))]);
  const before = process.cpuUsage();
  const start = performance.now();
  const { state } = await searchNsga2({
    problem: {
      name: 'bench',
      space: spaceOf(layers.map((layer) => ({ name: layer, layer, choices: DESIGNS.map((_, i) => i) }))),
      objectives: ['klNats', 'cost'],
      referencePoint: [3, 36],
      evaluate: async (genomes) => {
        const scores = await evaluator.score(genomes.map(variantOf));
        return scores.map(({ klNats }, i) => {
          const cost = layers.map((name, l) => multiplications.get(name) * costOf(DESIGNS[genomes[i][l]]));
          return { objectives: [klNats, cost.reduce((a, b) => a + b)] };
        });
      },
    },
    settings: { population: Number(options.population), generations: Number(options.generations), seed, distinct: true },
  });
  const elapsedMs = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  await evaluator.close();
  const scores = state.evaluated.map(({ objectives }) => objectives.join(' '));
  return { evaluations: state.evaluations, elapsedMs, cpuMs: (user + system) / 1000, scores };
}

function spreadOf(rates) {
  const sorted = [...rates].sort((x, y) => x - y);
  return { median: sorted[sorted.length >> 1], low: sorted[0], high: sorted.at(-1) };
}
