import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAssignment } from '../../src/assign/assignment-file.ts';
import { parseLevel } from '../../src/assign/level-text.ts';
import type { ProgressEvent } from '../../src/base/progress.ts';
import { applyVariants } from '../../src/dnn/apply-variants.ts';
import { sliceDataset } from '../../src/dnn/data/dataset.ts';
import { argmax, infer } from '../../src/dnn/infer.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { countMultiplications, quantisedNetworkDigest } from '../../src/dnn/quantised-network.ts';
import { checkImagesApart, sampleImages } from '../../src/explore/calibration-images.ts';
import type { Evaluator, EvaluatorSetup } from '../../src/explore/evaluator.ts';
import type { Exploration } from '../../src/explore/exploration.ts';
import { exploreNetwork } from '../../src/explore/explore.ts';
import type { ExploreRequest } from '../../src/explore/explore-request.ts';
import { startLocalEvaluator } from '../../src/explore/local-evaluator.ts';
import { parseDesignName } from '../../src/multiplier/design-name.ts';
import { dominates } from '../../src/search/domination.ts';
import { randomImages, randomNetwork } from '../dnn/random-network.ts';
import { PRICED, pricedTable } from './priced-table.ts';
import { layerRows } from './stream-table.ts';

const root = mkdtempSync(join(tmpdir(), 'maxdnn-explore-'));
afterAll(() => rmSync(root, { recursive: true }));

const float = randomNetwork(5);
const calibration = randomImages(float, 10, 3);
const test2 = randomImages(float, 15, 77);
const network = quantiseNetwork(float, calibration);
const setup: EvaluatorSetup = { network, images: calibration, roundedOperand: 'activations' };
const total = countMultiplications(network);

/** A request that writes into a folder of its own. */
function requestFor(folder: string, more: Partial<ExploreRequest> = {}): ExploreRequest {
  return {
    network,
    calibration,
    calibrationSeed: 1,
    test: test2,
    roundedOperand: 'activations',
    table: pricedTable(),
    stream: 'uniform',
    levels: [parseLevel('llam', 'level')],
    objectives: ['kl', 'energy'],
    architecture: 'any',
    budget: { methods: ['nsga2', 'greedy', 'random'], seed: 1, population: 8, generations: 3 },
    startEvaluator: () => startLocalEvaluator(setup, { workers: 0 }),
    workers: 0,
    folder: join(root, folder),
    commandFor: (file) => `maxdnn evaluate --assign ${file.replace(/.*assignments/, 'assignments')}`,
    ...more,
  };
}

/** Everything that an exploration leaves behind, but for what it goes on from. */
function filesOf(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return Object.fromEntries(
    names
      .filter((name) => /^exploration\.json$|^assignments\//.test(name))
      .map((name) => [name, readFileSync(join(root, folder, name), 'latin1')]),
  );
}

describe('an exploration', () => {
  let exploration: Exploration;
  const events: ProgressEvent[] = [];
  beforeAll(async () => {
    const onProgress = (event: ProgressEvent): number => events.push(event);
    ({ exploration } = await exploreNetwork(requestFor('whole', { onProgress })));
  });

  test('has a sensitivity for each layer and multiplier; those that meet no clock take no part', () => {
    const { sensitivity, multipliers, genes } = exploration;
    expect(multipliers).toHaveLength(PRICED.length - 1);
    expect(sensitivity).toHaveLength(multipliers.length * genes.length);
    expect(sensitivity.filter(({ multiplier }) => multiplier < 2).every(({ klNats }) => klNats === 0)).toBe(
      true,
    );
    expect(sensitivity.filter(({ klNats }) => klNats > 0).length).toBeGreaterThan(10);
    expect(sensitivity[3]).toMatchObject({
      layer: 'first',
      multiplier: 3,
      images: 10,
      energyPj: { uniform: 0.36 },
    });
  });

  test('has points whose figures are those of their assignment files', async () => {
    const { points, multipliers, baselines } = exploration;
    expect(baselines.uniform).toMatchObject({ design: 'mul_baugh_wooley_s8', energyPj: 0.45 });
    expect(points.length).toBeGreaterThan(8);
    const energies = points.map((point) => point.energyPerImageNjByStream.uniform!);
    expect(energies).toEqual([...energies].sort((a, b) => a - b));
    const evaluator = startLocalEvaluator(setup, { workers: 0 });
    for (const point of points) {
      const path = join(root, 'whole', point.assignmentFile);
      const read = readAssignment(path, network, (name) => parseDesignName(name)!);
      expect(read.label).toBe(point.name);
      const [score] = await evaluator.score([read.variant]);
      expect(point.calibration).toEqual(score);
      expect(point.objectives).toEqual([score!.klNats, point.energyPerImageNjByStream.uniform]);
      const byHand = point.layers
        .flatMap(({ parts }) => parts)
        .reduce((sum, { multiplier, multiplications }) => {
          const priced = PRICED.find(
            ({ spec }) => JSON.stringify(spec) === JSON.stringify(multipliers[multiplier]!.spec),
          );
          return sum + multiplications * priced!.energyPj;
        }, 0);
      expect(point.energyPerImageNjByStream.uniform).toBeCloseTo(byHand / 1000, 9);
      expect(point.savingPercentByStream.uniform).toBeCloseTo(100 * (1 - byHand / (0.45 * total)), 9);
    }
  });

  test('tests the final front and nothing else, each against the exact network', () => {
    const { points, front, exact } = exploration;
    expect(points.filter((point) => point.test !== undefined).map(({ id }) => id)).toEqual(front);
    for (const point of points) {
      const beaten = points.some((other) => dominates(other.objectives, point.objectives));
      expect(front.includes(point.id)).toBe(!beaten);
    }
    const rightOf = (logits: Int32Array): number => {
      const classes = logits.length / test2.images;
      const isRight = (label: number, i: number): boolean =>
        argmax(logits.subarray(i * classes, (i + 1) * classes)) === label;
      return [...test2.labels].filter(isRight).length;
    };
    for (const point of points.filter(({ id }) => front.includes(id))) {
      const read = readAssignment(
        join(root, 'whole', point.assignmentFile),
        network,
        (n) => parseDesignName(n)!,
      );
      const applied = applyVariants(network, read.variant);
      expect(point.test!.correct).toBe(rightOf(infer(applied.network, applied.assignment, test2)));
      expect(point.test!.correct - exact.test!.correct).toBe(point.test!.gained - point.test!.lost);
    }
    expect(front.length).toBeGreaterThan(4);
  });

  test('records each search with its convergence', () => {
    const { searches, points } = exploration;
    expect(searches.map(({ method }) => method)).toEqual(['nsga2', 'greedy', 'random']);
    for (const { convergence, evaluations, front, method, settings } of searches) {
      expect(convergence.at(-1)!.evaluations).toBe(evaluations);
      expect(convergence.at(-1)!.frontSize).toBe(front.length);
      const volumes = convergence.map(({ hypervolume }) => hypervolume);
      expect(volumes).toEqual([...volumes].sort((a, b) => a - b));
      expect(front.every((id) => points.some((point) => point.id === id))).toBe(true);
      if (method !== 'greedy') expect(settings).toMatchObject({ population: '8', generations: '3' });
      if (method !== 'greedy') expect(convergence).toHaveLength(4);
    }
  });

  test('tells how far it is: generation, front, hypervolume', () => {
    const stages = [...new Set(events.map(({ stage }) => stage))];
    expect(stages).toEqual(['sensitivity', 'nsga2 llam', 'greedy llam', 'random llam', 'test']);
    const last = events.filter(({ stage }) => stage === 'nsga2 llam').at(-1)!;
    expect(last).toMatchObject({ done: 32, total: 32, unit: 'assignments' });
    expect(last.note).toMatch(/^generation 3\/3 {2}front \d+ {2}hypervolume [\d.e+-]+$/);
    for (const stage of stages) {
      const own = events.filter((event) => event.stage === stage);
      expect(own.at(-1)!.done).toBe(own.at(-1)!.total);
      expect(own.map(({ done }) => done)).toEqual(own.map(({ done }) => done).sort((a, b) => a - b));
    }
  });

  test('is not done again', async () => {
    const startEvaluator = (): Evaluator => {
      throw new Error('started');
    };
    const again = await exploreNetwork(requestFor('whole', { startEvaluator }));
    expect(again.reused).toBe(true);
    expect(again.exploration).toEqual(exploration);
    await expect(exploreNetwork(requestFor('whole', { startEvaluator, maxMultipliers: 2 }))).rejects.toThrow(
      'started',
    );
    rmSync(join(root, 'whole', exploration.points[0]!.assignmentFile));
    const redone = await exploreNetwork(requestFor('whole'));
    expect([redone.reused, redone.exploration]).toEqual([false, exploration]);
  });

  test('that is stopped anywhere goes on to the same bytes', async () => {
    const whole = filesOf('whole');
    expect(Object.keys(whole).length).toBeGreaterThan(9);
    const stopAfter = (calls: number) => (): Evaluator => {
      const inner = startLocalEvaluator(setup, { workers: 0 });
      let left = calls;
      return {
        score: async (...args) => {
          if (left-- === 0) throw new Error('stopped');
          return inner.score(...args);
        },
        close: inner.close,
      };
    };
    let stops = 0;
    for (const calls of [2, 8, 10, 13, 15]) {
      const folder = `stopped-${calls}`;
      const failed = exploreNetwork(requestFor(folder, { startEvaluator: stopAfter(calls) }));
      await expect(failed).rejects.toThrow('stopped');
      stops += 1;
      const reused: ProgressEvent[] = [];
      const onProgress = (event: ProgressEvent): void => {
        if (event.reused) reused.push(event);
      };
      await exploreNetwork(requestFor(folder, { onProgress }));
      expect(reused.length).toBeGreaterThan(0);
      expect(filesOf(folder)).toEqual(whole);
    }
    expect(stops).toBe(5);
  });

  test('sabotage: a checkpoint that is cut off is not gone on from', async () => {
    const path = join(root, 'stopped-13', 'checkpoints', 'nsga2-llam.json');
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 500));
    rmSync(join(root, 'stopped-13', 'exploration.json'));
    await exploreNetwork(requestFor('stopped-13'));
    expect(filesOf('stopped-13')).toEqual(filesOf('whole'));
  });

  test('with more generations goes on from what there is', async () => {
    const budget = { ...requestFor('').budget, methods: ['nsga2'] as const, generations: 5 };
    const { exploration: longer } = await exploreNetwork(requestFor('stopped-8', { budget }));
    const { exploration: fresh } = await exploreNetwork(requestFor('fresh', { budget }));
    expect(longer).toEqual(fresh);
    expect(longer.searches[0]!.convergence.slice(0, 4)).toEqual(exploration.searches[0]!.convergence);
    const shorter = { ...budget, generations: 1 };
    const { exploration: less } = await exploreNetwork(requestFor('stopped-8', { budget: shorter }));
    expect(less.searches[0]!.convergence).toHaveLength(2);
  });
});

describe('constraints and levels', () => {
  const budget = { methods: ['nsga2', 'greedy', 'random'], seed: 2, population: 12, generations: 3 } as const;

  test('at most two multipliers, in a chip that has both in each element', async () => {
    const { exploration } = await exploreNetwork(
      requestFor('two', {
        budget,
        maxMultipliers: 2,
        architecture: 'power-gated',
        objectives: ['kl', 'energy', 'area'],
      }),
    );
    expect(exploration.constraints).toEqual({ 'max-multipliers': '2', architecture: 'power-gated' });
    expect(exploration.objectives).toEqual(['klNats', 'energyNj', 'areaUm2']);
    const { points, multipliers } = exploration;
    expect(points.length).toBeGreaterThan(8);
    for (const { layers, objectives } of points) {
      const used = new Set(layers.flatMap(({ parts }) => parts.map(({ multiplier }) => multiplier)));
      expect(used.size).toBeLessThanOrEqual(2);
      expect(objectives[2]).toBe([...used].reduce((sum, own) => sum + multipliers[own]!.areaUm2, 0));
    }
  });

  test('several levels, skipping and layers that stay exact', async () => {
    const { exploration } = await exploreNetwork(
      requestFor('levels', {
        budget: { ...budget, methods: ['nsga2'] },
        levels: [parseLevel('llam', 'level'), parseLevel('flam-2', 'level')],
        skips: [undefined, { withinSigma: 0.5 }],
        scope: { layers: ['first', 'last'] },
      }),
    );
    const { points, genes, level } = exploration;
    expect(level).toBe('llam,flam-2-modulo');
    expect(genes.map((gene) => `${gene.level} ${gene.name}`)).toContain('flam-2-modulo last/1');
    expect(genes.map((gene) => `${gene.level} ${gene.name}`)).toContain('llam last/skip');
    expect(new Set(points.map((point) => point.level))).toEqual(new Set(['llam', 'flam-2-modulo']));
    expect(points.some(({ name }) => name.startsWith('FLAM-2clas_'))).toBe(true);
    let skipped = 0;
    for (const { layers } of points) {
      for (const { layer, parts, skippedMultiplications } of layers) {
        skipped += skippedMultiplications;
        if (layer !== 'first' && layer !== 'last')
          expect(parts.map(({ multiplier }) => multiplier)).toEqual([0]);
      }
      const counted = layers
        .flatMap(({ parts, skippedMultiplications }) => [
          skippedMultiplications,
          ...parts.map((part) => part.multiplications),
        ])
        .reduce((a, b) => a + b);
      expect(counted).toBeCloseTo(total, 6);
    }
    expect(skipped).toBeGreaterThan(0);
  });

  test('tuning is asked for once per layer and multiplier, and its constants are in the assignments', async () => {
    const asked: string[] = [];
    const variantOf: NonNullable<ExploreRequest['tuning']>['variantOf'] = (layer, multiplier) => {
      asked.push(`${layer} ${JSON.stringify(multiplier)}`);
      const own = network.layers.find(({ name }) => name === layer)!;
      return { multiplier, bias: 'bias' in own ? own.bias.map((value) => value + 1) : new Int32Array(0) };
    };
    const request = requestFor('tuned', {
      budget: { ...budget, methods: ['greedy'] },
      tuning: { words: { method: 'compensated', bias: 'on' }, variantOf },
    });
    const { exploration } = await exploreNetwork(request);
    expect(exploration.tuning).toEqual({ method: 'compensated', bias: 'on' });
    expect(asked.length).toBeGreaterThan(10);
    expect(new Set(asked).size).toBe(asked.length);
    const path = join(root, 'tuned', exploration.points[0]!.assignmentFile);
    expect(readAssignment(path, network, (n) => parseDesignName(n)!).isTuned).toBe(true);
    const before = filesOf('tuned');
    const count = asked.length;
    for (const file of ['exploration.json', 'sensitivity.json', 'checkpoints']) {
      rmSync(join(root, 'tuned', file), { recursive: true });
    }
    await exploreNetwork(request);
    expect(asked).toHaveLength(count);
    expect(filesOf('tuned')).toEqual(before);
  });
});

describe('what is refused', () => {
  const refusal = async (more: Partial<ExploreRequest>): Promise<string> => {
    const startEvaluator = (): Evaluator => {
      throw new Error('started');
    };
    const error = await exploreNetwork(requestFor('refused', { startEvaluator, ...more })).then(
      () => undefined,
      (caught) => caught,
    );
    expect(error).toMatchObject({ code: 'bad-input' });
    return `${error.message}\n${error.hint}`;
  };
  const layers = 'layers of';

  test('names that are unknown, with the nearest', async () => {
    expect(await refusal({ scope: { layers: ['frist', 'last'] } })).toMatch(
      new RegExp(
        `^--layers: wanted one of the convolutions and dense ${layers} .*: first, .*, found "frist"\nThe nearest to "frist" is first\\.$`,
      ),
    );
    expect(await refusal({ scope: { multipliers: ['mul_roup_s8_p2_r5', 'mul_booth_s8'] } })).toMatch(
      /^--multipliers: wanted one of the designs of the energy table: mul_booth_s8, .*, found "mul_roup_s8_p2_r5"\nThe nearest to "mul_roup_s8_p2_r5" is mul_roup_s8_p2_r4\.$/,
    );
  });

  test('a design that is named and misses the clock', async () => {
    expect(await refusal({ scope: { multipliers: ['mul_roup_s8_p0_r1', 'mul_booth_s8'] } })).toBe(
      '--multipliers: mul_roup_s8_p0_r1: wanted a design that meets 1 ns and has an energy for every layer, found a delay of 1.4 ns\nName other designs, or make the table with them.',
    );
  });

  test('a table without the stream, of another network, or without a row', async () => {
    expect(await refusal({ stream: 'layer-iid' })).toBe(
      'energy table: wanted rows on the stream layer-iid with weight-on-b, found only uniform\nRecord the operands of this network (maxdnn record), then run maxdnn table again.',
    );
    const names = network.layers.filter((layer) => 'weights' in layer).map(({ name }) => name);
    const rows = PRICED.slice(0, 4).flatMap(({ spec, energyPj }, i) =>
      layerRows(
        spec,
        'layer-iid',
        'weight-on-b',
        Object.fromEntries((i === 3 ? names.slice(1) : names).map((name) => [name, energyPj / 2])),
      ),
    );
    const foreign = pricedTable(PRICED, rows, 'b'.repeat(64));
    expect(await refusal({ stream: 'layer-iid', table: foreign })).toBe(
      'energy table: wanted rows on the stream layer-iid with weight-on-b, found only uniform\nThe operands of the energy table were recorded in another network, net.',
    );
    const own = pricedTable(PRICED, rows, quantisedNetworkDigest(network));
    const scope = { multipliers: ['mul_booth_s8', 'mul_roup_s8_p0_r6_4_2_0'] };
    expect(await refusal({ stream: 'layer-iid', table: own, scope })).toBe(
      `--multipliers: mul_roup_s8_p0_r6_4_2_0: wanted a design that meets 1 ns and has an energy for every layer, found no row layer-iid of ${names[0]} with weight-on-b\nName other designs, or make the table with them.`,
    );
  });

  test('a table without an exact multiplier, or with none of the families', async () => {
    expect(await refusal({ table: pricedTable(PRICED.slice(2)) })).toBe(
      'energy table: wanted an exact 8×8 multiplier on the stream uniform, found none\nSavings are quoted against the best exact multiplier: make the table with one.',
    );
    expect(await refusal({ table: pricedTable(PRICED.slice(0, 3)), scope: { families: ['narrow'] } })).toBe(
      `energy table: wanted multipliers of narrow that meet 1 ns and fit ${network.name}, found none\nThe table has mul_booth_s8, mul_baugh_wooley_s8, mul_roup_s8_p0_r2_2_0_0.`,
    );
  });

  test('test images that the search sees, whatever they are called', async () => {
    const part = { ...sliceDataset(calibration, 4, 3), name: 'others', sha256: 'c'.repeat(64) };
    expect(await refusal({ test: part })).toBe(
      `test images others: wanted none of the calibration images ${calibration.name}, found 3 of them, image 0 is calibration image 4\nSearch on training images and keep the test images for the end: give other files to --calibration and --dataset.`,
    );
    expect(() => checkImagesApart(calibration, test2)).not.toThrow();
  });

  test('a level that does not suit, objectives that make no front, no search', async () => {
    expect(await refusal({ levels: [parseLevel('flam-200', 'level')] })).toMatch(
      /^--level: layer \w+: wanted at most \d+ classes of \d+ filters: flam-\d+-modulo, found flam-200-modulo/,
    );
    const objectives =
      '--objectives: wanted energy with kl or accuracy, and at most one more of area, delay, found';
    expect(await refusal({ objectives: ['kl', 'accuracy'] })).toContain(`${objectives} kl,accuracy`);
    expect(await refusal({ objectives: ['kl'] })).toContain(`${objectives} kl`);
    const budget = { methods: [], seed: 1, population: 8, generations: 1 };
    expect(await refusal({ budget, levels: [] })).toBe(
      '--level: wanted at least one level, found none\n--search: wanted at least one of nsga2, greedy, random, found none\nSee maxdnn explore --help.',
    );
  });
});

test('a slice of images by chance: different ones, the same for the same seed', () => {
  const some = sampleImages(test2, 6, 4);
  expect([some.images, some.labels.length, some.pixels.length]).toEqual([
    6,
    6,
    (6 * test2.pixels.length) / 15,
  ]);
  expect(sampleImages(test2, 6, 4)).toEqual(some);
  expect(sampleImages(test2, 6, 5).sha256).not.toBe(some.sha256);
  expect(() => checkImagesApart(some, test2)).toThrow('found 6 of them');
  expect(() => sampleImages(test2, 16, 1)).toThrow(/wanted 16 images to calibrate on, found 15$/);
});
