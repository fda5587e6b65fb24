import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { applyVariants } from '../../src/dnn/apply-variants.ts';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { infer } from '../../src/dnn/infer.ts';
import type { LayerVariant, NetworkVariant } from '../../src/dnn/layer-variant.ts';
import { perFilter, skipWeights } from '../../src/dnn/mixture.ts';
import { createPrefixCache } from '../../src/dnn/prefix-cache.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { isWeighted } from '../../src/dnn/quantised-network.ts';
import type { Evaluator, VariantScore } from '../../src/explore/evaluator.ts';
import { startLocalEvaluator } from '../../src/explore/local-evaluator.ts';
import { orderByPrefix } from '../../src/explore/score-order.ts';
import { goldenTable } from '../../src/multiplier/golden.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { registerTable } from '../../src/multiplier/table-registry.ts';
import { randomImages, randomNetwork } from '../dnn/random-network.ts';

const floatNetwork = randomNetwork(5);
const images = randomImages(floatNetwork, 23, 9);
const network = quantiseNetwork(floatNetwork, images);
const weighted = network.layers.filter(isWeighted);
const layers = weighted.map(({ name }) => name);
const setup = { network, images, roundedOperand: 'activations' } as const;

const roup = (P: number, ...r: readonly number[]): MultiplierSpec => ({ family: 'roup', bits: 8, P, r });
const coarse = roup(2, 4, 4);
const table: MultiplierSpec = {
  family: 'table',
  name: 'lower_bits_lost',
  operands: 'signed',
  sha256: registerTable(
    Uint16Array.from({ length: 65536 }, (_, i) => ((((i >> 8) << 24) >> 24) * ((i << 24) >> 24)) & 0xfff0),
  ),
};
const CHOICES = [EXACT_INT8, roup(0, 6, 4, 2, 0), roup(1, 2, 2, 2), coarse, table];

/** Variants as a search makes them: multipliers by chance, some mixtures, some tuned constants. */
function someVariants(count: number, seed: number): readonly NetworkVariant[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => {
    const entries = weighted.map((layer): readonly [string, LayerVariant] => {
      const spec = CHOICES[rng.nextInt(0, CHOICES.length - 1)]!;
      switch (rng.nextInt(0, 4)) {
        case 0:
          return [layer.name, { multiplier: perFilter(layer, [spec, coarse], (filter) => filter % 2) }];
        case 1:
          return [
            layer.name,
            {
              multiplier: spec,
              weights: layer.weights.map((code) => Math.min(127, code + 1)),
              bias: layer.bias.map((value) => value + 40),
            },
          ];
        case 2:
          return [
            layer.name,
            { multiplier: skipWeights(layer, spec, (code) => Math.abs(code) < 9), bias: layer.bias },
          ];
        default:
          return [layer.name, { multiplier: spec }];
      }
    });
    return new Map(entries);
  });
}

/** The score from the definition: probabilities, not logarithms, and fresh engines. */
function scoreDirectly(variant: NetworkVariant): VariantScore {
  const applied = applyVariants(network, variant);
  const exact = infer(network, uniformAssignment(network, EXACT_INT8), images);
  const own = infer(applied.network, applied.assignment, images);
  const classes = own.length / images.images;
  const scale = network.layers.at(-1)!.outputScale;
  const softmax = (logits: Int32Array, image: number): readonly number[] => {
    const powers = [...logits.subarray(image * classes, (image + 1) * classes)].map((v) =>
      Math.exp(v * scale),
    );
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  };
  let [kl, correct] = [0, 0];
  for (let image = 0; image < images.images; image++) {
    const [p, q] = [softmax(exact, image), softmax(own, image)];
    kl += p.reduce((sum, value, i) => sum + value * Math.log(value / q[i]!), 0);
    const row = [...own.subarray(image * classes, (image + 1) * classes)];
    if (row.indexOf(Math.max(...row)) === images.labels[image]) correct += 1;
  }
  return { images: images.images, correct, klNats: kl / images.images };
}

const evaluators: Evaluator[] = [];
afterAll(async () => {
  for (const evaluator of evaluators) await evaluator.close();
});
const start = (workers: number, cacheBytes?: number): Evaluator => {
  const options = cacheBytes === undefined ? { workers } : { workers, cacheBytes };
  const evaluator = startLocalEvaluator(setup, options);
  evaluators.push(evaluator);
  return evaluator;
};

describe('scores of variants', () => {
  const variants = someVariants(40, 3);
  let here: readonly VariantScore[];
  beforeAll(async () => {
    here = await start(0).score(variants);
  });

  test('are those of the definition', () => {
    expect(here).toHaveLength(40);
    for (const [i, variant] of variants.entries()) {
      const direct = scoreDirectly(variant);
      expect(here[i]).toMatchObject({ images: 23, correct: direct.correct });
      expect(here[i]!.klNats).toBeCloseTo(direct.klNats, 10);
    }
    expect(new Set(here.map(({ klNats }) => klNats)).size).toBeGreaterThan(30);
  });

  test.each([1, 2, 5])('are the same to the last bit with %i workers', async (workers) => {
    expect(await start(workers).score(variants)).toEqual(here);
  });

  test('are the same without room for outputs, in another order and one by one', async () => {
    expect(await start(0, 0).score(variants)).toEqual(here);
    const evaluator = start(2, 20_000);
    const backwards = await evaluator.score(variants.toReversed());
    expect(backwards.toReversed()).toEqual(here);
    const [first] = await evaluator.score([variants[17]!]);
    expect(first).toEqual(here[17]);
    expect(await evaluator.score([])).toEqual([]);
  });

  test('of the exact network: 0 nats', async () => {
    const exact = new Map(layers.map((name) => [name, { multiplier: EXACT_INT8 }]));
    const [score] = await start(0).score([exact]);
    expect(score!.klNats).toBe(0);
  });

  test('are told one by one, each once', async () => {
    const told: [number, VariantScore][] = [];
    const scores = await start(2).score(variants, (index, score) => told.push([index, score]));
    expect(told).toHaveLength(40);
    expect(told.toSorted(([a], [b]) => a - b)).toEqual(scores.map((score, index) => [index, score]));
  });
});

describe('what cannot be scored', () => {
  const tooNarrow: MultiplierSpec = { ...EXACT_INT8, aBits: 4 } as MultiplierSpec;
  const wrong: NetworkVariant = new Map(layers.map((name) => [name, { multiplier: tooNarrow }]));

  test.each([0, 2])(
    'is told in the words of its fault, with %i workers, and the next is scored',
    async (workers) => {
      const evaluator = start(workers);
      const message = `multiplier mul_behavioural_s4x8 in layer ${layers[0]}: wanted a port a for the activations`;
      await expect(evaluator.score([wrong])).rejects.toMatchObject({
        code: 'bad-input',
        message: expect.stringContaining(message),
      });
      const [score] = await evaluator.score(someVariants(1, 8));
      expect(score!.images).toBe(23);
    },
  );

  test('labels that no output stands for are refused', () => {
    const labels = images.labels.with(4, 200);
    expect(() => startLocalEvaluator({ ...setup, images: { ...images, labels } }, { workers: 0 })).toThrow(
      /image 4: wanted a label 0 … \d+ \(the network has \d+ outputs\), found 200/,
    );
  });

  test.each([0, 2])('closing ends what is under way, with %i workers', async (workers) => {
    const evaluator = startLocalEvaluator(setup, { workers });
    const scores = evaluator.score(someVariants(60, 4));
    const failed = expect(scores).rejects.toThrow('The evaluator was closed before all variants were scored');
    await evaluator.close();
    await failed;
  });
});

describe('variants that begin alike', () => {
  const reusedBy = (variants: readonly NetworkVariant[], order: readonly number[]): number => {
    const cache = createPrefixCache(network, images, 'activations', 2 ** 20);
    return order.reduce((sum, index) => {
      const applied = applyVariants(network, variants[index]!);
      const engine = cache.prepare(applied.assignment, applied.network);
      for (let image = 0; image < images.images; image++) engine.infer(image);
      return sum + engine.reusedLayers;
    }, 0);
  };
  const first = layers[0]!;
  const last = layers.at(-1)!;
  const numberOf = (name: string): number => network.layers.findIndex((layer) => layer.name === name);
  const base = new Map<string, LayerVariant>(layers.map((name) => [name, { multiplier: coarse }]));
  const tuned = weighted.at(-1)!.weights.map((code) => -code);

  test('share what is before the first difference, be it a multiplier, a weight or a bias', () => {
    const bias = weighted[0]!.bias.map((value) => value + 1);
    const changed = [
      new Map(base).set(last, { multiplier: CHOICES[1]! }),
      new Map(base).set(last, { multiplier: coarse, weights: tuned }),
      new Map(base).set(first, { multiplier: coarse, bias }),
    ];
    expect(changed.map((variant) => reusedBy([base, variant], [0, 1]))).toEqual([
      numberOf(last),
      numberOf(last),
      0,
    ]);
  });

  test('follow each other', () => {
    const variants = CHOICES.flatMap((own) =>
      CHOICES.map((other) => new Map(base).set(first, { multiplier: other }).set(last, { multiplier: own })),
    );
    const order = orderByPrefix(variants, layers);
    expect(order.toSorted((a, b) => a - b)).toEqual(variants.map((_, i) => i));
    const firsts = order.map((index) => variants[index]!.get(first)!.multiplier);
    expect(firsts.filter((own, i) => own !== firsts[i - 1])).toHaveLength(5);
    expect(reusedBy(variants, order)).toBe(20 * numberOf(last));
  });
});

test('sabotage: the made-up truth table is not the exact product', () => {
  expect(goldenTable(table)).not.toEqual(goldenTable(EXACT_INT8));
});
