import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { EXACT_INT8, type LayerMultiplier, type MixedAssignment, SKIPPED } from '../../src/dnn/assignment.ts';
import { type Dataset, readCifarRecords, sliceDataset } from '../../src/dnn/data/dataset.ts';
import { operandProduct } from '../../src/multiplier/golden.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { tableProducts } from '../../src/multiplier/table-registry.ts';
import { loadTruthTable, registerTruthTable } from '../../src/multiplier/truth-table.ts';
import { createAlwannRun } from '../../src/reproduce/alwann/inference.ts';
import { type AlwannGraph, readAlwannGraph } from '../../src/reproduce/alwann/read-graph.ts';
import { mapWeights } from '../../src/tune/weight-map.ts';
import { badInputText } from '../dnn/error-text.ts';
import { DATA_DIR } from '../tool-missing.ts';
import { type ReferenceProduct, runReference } from './alwann-reference.ts';
import { randomImages, sketchGraph, writeGraph } from './alwann-sketch.ts';

const roup = (P: number, r: readonly number[], bits = 8): MultiplierSpec => ({ family: 'roup', bits, P, r });

/** Products of one multiplier as the definition says: uint8 codes as they are, or all codes less 128. */
function productOf(spec: MultiplierSpec, isSigned: boolean, isWeightOnA = false): ReferenceProduct {
  const take = isSigned ? 128 : 0;
  return (_conv, data, weight) => {
    const [q, w] = [data - take, weight - take];
    const own = isWeightOnA ? operandProduct(spec, w, q) : operandProduct(spec, q, w);
    // (q + t)(w + t) from q·w: what the offset takes off is added again, exactly.
    return own + take * (q + w) + take * take;
  };
}

describe('a small graph against the slow reference', () => {
  let graph: AlwannGraph;
  let images: Dataset;
  const pixels = (set: Dataset) => ({
    shape: [set.images, set.height, set.width, set.channels],
    pixels: set.pixels,
  });
  const uniform = (multiplier: LayerMultiplier): MixedAssignment =>
    new Map(graph.convs.map(({ name }) => [name, multiplier]));
  const expectSame = (found: Float32Array, product: ReferenceProduct): void => {
    const wanted = runReference(graph, pixels(images), product);
    expect(found.length).toBe(images.images * 5);
    expect([...found]).toEqual([...wanted.data]);
    // Something is computed: not all logits are alike.
    expect(new Set(found).size).toBeGreaterThan(5);
  };

  beforeAll(() => {
    graph = readAlwannGraph(writeGraph(sketchGraph(3)));
    images = randomImages(7, 11);
  });

  test('has two convolutions', () => {
    expect(graph.convs).toEqual([
      { name: 'conv0', node: 'conv_a' },
      { name: 'conv1', node: 'conv_b' },
    ]);
  });

  test.each<[string, MultiplierSpec, boolean]>([
    ['exact, signed', EXACT_INT8, true],
    ['exact, unsigned', { ...EXACT_INT8, aSigned: false, bSigned: false } as MultiplierSpec, false],
    ['ROUP(P1, r3,1,0)', roup(1, [3, 1, 0]), true],
    ['ROUP(P2, r4)', roup(2, [4, 4]), true],
    ['10-bit ROUP on uint8 codes', roup(1, [2, 2, 1, 0], 10), false],
  ])('%s', (_name, spec, isSigned) => {
    const run = createAlwannRun(graph, images);
    expectSame(run.infer(uniform(spec)), productOf(spec, isSigned));
    expectSame(run.infer(uniform(spec), { roundedOperand: 'weights' }), productOf(spec, isSigned, true));
  });

  test('a truth table, plain and tuned', () => {
    const codes = Uint16Array.from({ length: 65536 }, (_, i) => {
      const [a, b] = [i >> 8, i & 255];
      return (a & 0xf8) * (b & 0xfc) + (b % 7 === 3 ? 40 * a : 0);
    });
    const spec = registerTruthTable(codes, 'rough', 'unsigned');
    const run = createAlwannRun(graph, images);
    const plain = productOf(spec, false);
    expectSame(run.infer(uniform(spec)), plain);
    const range = { low: 0, high: 255 };
    const map = mapWeights({
      product: (a, w) => codes[a * 256 + w]!,
      activations: range,
      weights: range,
    });
    expect(map.some((code, weight) => code !== weight)).toBe(true);
    expectSame(
      run.infer(uniform(spec), { tuning: 'published' }),
      (_conv, data, weight) => codes[data * 256 + map[weight]!]!,
    );
  });

  test('mixtures and skipped weights, and layers of their own', () => {
    const specs = [EXACT_INT8, roup(1, [2, 2, 2]), roup(2, [4, 0])];
    const index = Uint8Array.from({ length: 4 * 27 }, (_, tap) => (tap % 5 === 4 ? SKIPPED : tap % 3));
    const mixed: MixedAssignment = new Map<string, LayerMultiplier>([
      ['conv0', { specs, index }],
      ['conv1', specs[2]!],
    ]);
    const products = specs.map((spec) => productOf(spec, true));
    const product: ReferenceProduct = (conv, data, weight, tap) => {
      const choice = conv === 'conv0' ? index[tap]! : 2;
      return choice === SKIPPED ? undefined : products[choice]!(conv, data, weight, tap);
    };
    expectSame(createAlwannRun(graph, images).infer(mixed), product);
  });

  test('what an earlier assignment left behind changes nothing', () => {
    const run = createAlwannRun(graph, images);
    const assignments: MixedAssignment[] = [EXACT_INT8, roup(2, [4, 4]), roup(0, [6, 4, 2, 0])].flatMap(
      (first): MixedAssignment[] => [
        new Map<string, LayerMultiplier>([
          ['conv0', first],
          ['conv1', EXACT_INT8],
        ]),
        new Map<string, LayerMultiplier>([
          ['conv0', first],
          ['conv1', roup(1, [2, 2, 2])],
        ]),
      ],
    );
    const seen = new Set<string>();
    for (const assignment of [...assignments, ...assignments]) {
      const logits = run.infer(assignment);
      expect([...logits]).toEqual([...createAlwannRun(graph, images).infer(assignment)]);
      seen.add(logits.join());
    }
    expect(seen.size).toBe(6);
  });

  test('sabotage: one other product, one other pixel or another batch is noticed', () => {
    const logits = [...createAlwannRun(graph, images).infer(uniform(EXACT_INT8))];
    const wrong: ReferenceProduct = (_conv, data, weight) => data * weight + (weight % 16 === 9 ? 64 : 0);
    expect(logits).not.toEqual([...runReference(graph, pixels(images), wrong).data]);
    const others = { ...images, pixels: images.pixels.map((value, i) => (i < 30 ? 255 - value : value)) };
    expect(logits).not.toEqual([...runReference(graph, pixels(others), (_c, q, w) => q * w).data]);
    // The batch decides ranges and statistics: the first images alone give other logits.
    const few = [...createAlwannRun(graph, sliceDataset(images, 0, 3)).infer(uniform(EXACT_INT8))];
    expect(few).not.toEqual(logits.slice(0, 15));
  });

  test('what does not fit is refused', () => {
    const run = createAlwannRun(graph, images);
    expect(badInputText(() => run.infer(new Map([['conv0', EXACT_INT8]])))).toBe(
      'assignment for small_quant: wanted a multiplier for conv1, found none\n' +
        'The convolutions are conv0, conv1.',
    );
    const narrow = roup(1, [2], 4);
    expect(badInputText(() => run.infer(uniform(narrow)))).toBe(
      'multiplier mul_roup_s4_p1_r2 at conv_a: wanted operands that hold 0 … 255 or −128 … 127, found a -8 … 7, b -8 … 7\n' +
        'Use a multiplier of at least 8 bits.',
    );
    const short = { specs: [EXACT_INT8], index: new Uint8Array(5) };
    expect(badInputText(() => run.infer(uniform(short)))).toBe(
      'mixture of multipliers at conv_a: wanted 108 entries, found 5\n' +
        'Make it from the layer of the same network.',
    );
    const withFloat = sketchGraph(3).map((node) =>
      node.op === 'QuantizedRelu' ? { ...node, op: 'Relu6' } : node,
    );
    const path = writeGraph(withFloat);
    expect(badInputText(() => readAlwannGraph(path))).toBe(
      `${path}, node "relu_a": wanted an operator of a quantised graph, found Relu6\n` +
        `${path}, node "relu_b": wanted an operator of a quantised graph, found Relu6\n` +
        "Give a graph that TensorFlow's transform_graph has quantised (quantize_weights, quantize_nodes), such as alwann_resnet8_quant.pb.",
    );
  });
});

describe.skipIf(DATA_DIR === undefined)('ResNet-8 of ALWANN [skipped without MAXDNN_DATA]', () => {
  const read = () => readAlwannGraph(join(DATA_DIR!, 'models/alwann_resnet8_quant.pb'));
  const test517 = () => readCifarRecords(join(DATA_DIR!, 'cifar10/test_lossless_517.bin'));
  const table = (name: string) => loadTruthTable(join(DATA_DIR!, `evoapprox/mul8u_${name}.bin`));
  const everywhere = (graph: AlwannGraph, spec: MultiplierSpec): MixedAssignment =>
    new Map(graph.convs.map(({ name }) => [name, spec]));
  const accuracy = (logits: Float32Array, { images, labels }: Dataset): number => {
    const classes = logits.length / images;
    let right = 0;
    for (const [image, label] of labels.entries()) {
      const own = logits.subarray(image * classes, (image + 1) * classes);
      right += Number(own.indexOf(Math.max(...own)) === label);
    }
    return right / images;
  };

  test('gives the logits of the slow reference', { timeout: 60_000 }, () => {
    const graph = read();
    const images = sliceDataset(test517(), 0, 1);
    const spec = table('7C1');
    const products = tableProducts(spec);
    const logits = createAlwannRun(graph, images).infer(everywhere(graph, spec));
    const input = { shape: [images.images, 32, 32, 3], pixels: images.pixels };
    const wanted = runReference(graph, input, (_conv, data, weight) => products[data * 256 + weight]!);
    expect(logits.length).toBe(11);
    expect([...logits]).toEqual([...wanted.data]);
  });

  test('on 32 images the exact multiplier is right, tuning helps 7C1', { timeout: 60_000 }, () => {
    const graph = read();
    const images = sliceDataset(test517(), 0, 32);
    const run = createAlwannRun(graph, images);
    const of = (spec: MultiplierSpec, tuned = false): number =>
      accuracy(run.infer(everywhere(graph, spec), tuned ? { tuning: 'published' } : {}), images);
    const exact = of(EXACT_INT8);
    expect(of(table('1JFF'))).toBe(exact);
    expect(exact).toBeGreaterThan(0.75);
    expect(of(table('7C1'), true)).toBeGreaterThan(of(table('7C1')));
  });

  test.skipIf(process.env.MAXDNN_FULL !== '1')(
    'on all 517 images: the figures of docs/reproduction.md [skipped without MAXDNN_FULL=1]',
    { timeout: 600_000 },
    () => {
      const graph = read();
      const images = test517();
      const run = createAlwannRun(graph, images);
      const rows: [string, boolean, number][] = [
        ['1JFF', false, 0.8298],
        ['2AC', false, 0.8124],
        ['2HH', false, 0.7988],
        ['NGR', false, 0.7834],
        ['ZFB', false, 0.7447],
        ['7C1', false, 0.6789],
        ['7C1', true, 0.7795],
      ];
      for (const [name, tuned, wanted] of rows) {
        const found = accuracy(
          run.infer(everywhere(graph, table(name)), tuned ? { tuning: 'published' } : {}),
          images,
        );
        expect(Math.abs(found - wanted), `${name}${tuned ? ' tuned' : ''}: ${found}`).toBeLessThan(0.0001);
      }
      expect(rows.length).toBe(7);
    },
  );
});
