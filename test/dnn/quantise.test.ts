import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { imageCodes } from '../../src/dnn/data/dataset.ts';
import { runFloat } from '../../src/dnn/float-inference.ts';
import { createEngine } from '../../src/dnn/infer.ts';
import type { FloatNetwork } from '../../src/dnn/network.ts';
import {
  histogramOfMagnitudes,
  leastErrorMagnitude,
  percentileOfMagnitudes,
  shareAbove,
} from '../../src/dnn/percentile.ts';
import { quantiseNetwork, quantiseWithReport } from '../../src/dnn/quantise.ts';
import {
  countMultiplications,
  isWeighted,
  multiplicationsByLayer,
  quantisedNetworkDigest,
} from '../../src/dnn/quantised-network.ts';
import { checkQuantisedNetwork } from '../../src/dnn/quantised-network-check.ts';
import { readQuantisedNetwork, writeQuantisedNetwork } from '../../src/dnn/quantised-network-file.ts';
import { inferReference } from '../../src/dnn/reference-inference.ts';
import { badInputText } from './error-text.ts';
import { randomBranches } from './random-branches.ts';
import { randomImages, randomNetwork } from './random-network.ts';
import { randomQuantised } from './random-quantised.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-quantised-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'net.json');

describe('quantisation', () => {
  test('integer codes stand for the float values, within a few steps in every layer', () => {
    let compared = 0;
    for (let seed = 1; seed <= 6; seed++) {
      const network = randomNetwork(seed);
      const images = randomImages(network, 6, seed);
      const quantised = quantiseNetwork(network, images, { percentile: 100 });
      const engine = createEngine(quantised, uniformAssignment(quantised, EXACT_INT8));
      const floats = new Map<string, Float32Array>();
      runFloat(network, images, (name, values) => floats.set(name, values));
      engine.infer(imageCodes(images, 5));
      for (const [name, layer] of [
        ['relu', 'first'],
        ['sum', 'sum'],
        ['twice', 'twice'],
        ['relu2', 'last'],
      ] as const) {
        const codes = engine.codesOf(layer);
        const { outputScale } = quantised.layers.find((one) => one.name === layer)!;
        const values = floats.get(name)!.subarray(-codes.length);
        const errors = [...codes].map((code, i) => Math.abs(code * outputScale - values[i]!) / outputScale);
        expect(Math.max(...errors)).toBeLessThan(8);
        expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(2);
        compared += codes.length;
      }
    }
    expect(compared).toBeGreaterThan(3000);
  });

  test('weights reach ±127 in every channel, logits share one scale, ReLU and batch norm are gone', () => {
    const network = randomNetwork(5);
    const quantised = quantiseNetwork(network, randomImages(network, 4, 5));
    expect(
      quantised.layers
        .map(({ name }) => name)
        .filter((name) => ['bn', 'relu', 'bn2', 'relu2'].includes(name)),
    ).toEqual([]);
    expect(quantised.layers.find(({ name }) => name === 'aside')?.op).toBe('relu');
    for (const layer of quantised.layers.filter(isWeighted)) {
      const taps = layer.weights.length / layer.bias.length;
      for (let o = 0; o < layer.bias.length; o++) {
        const channel = layer.weights.subarray(o * taps, (o + 1) * taps);
        expect(Math.max(...channel.map(Math.abs))).toBe(127);
      }
    }
    const logits = quantised.layers.at(-1)!;
    expect(logits).toMatchObject({ op: 'dense', low: -(2 ** 31), high: 2 ** 31 - 1 });
  });

  test('a channel without weights keeps its bias', () => {
    const network = randomNetwork(2);
    const { shape, data } = network.tensors.get('last/weights')!;
    const cout = shape[3]!;
    data.forEach((_, i) => {
      if (i % cout === 0) data[i] = 0;
    });
    const tensors = new Map(network.tensors).set('last/bias', {
      shape: [cout],
      data: new Float32Array(cout).fill(0.7),
    });
    const layers = network.layers.map((layer) =>
      layer.name === 'last' && layer.op === 'conv2d' ? { ...layer, bias: 'last/bias' } : layer,
    );
    const biased: FloatNetwork = { ...network, layers, tensors };
    const images = randomImages(network, 4, 2);
    const quantised = quantiseNetwork(biased, images, { percentile: 100 });
    const engine = createEngine(quantised, uniformAssignment(quantised, EXACT_INT8));
    engine.infer(imageCodes(images, 0));
    const scale = quantised.layers.find(({ name }) => name === 'last')!.outputScale;
    expect(Math.abs(engine.codesOf('last')[0]! * scale - 0.7)).toBeLessThanOrEqual(scale / 2 + 1e-3);
  });

  test('refuses what it cannot fold or has no statistics for', () => {
    const network = randomNetwork(1);
    const images = randomImages(network, 2, 1);
    const layers = network.layers.map((layer) =>
      layer.name === 'bn2'
        ? { ...layer, inputs: ['relu'] }
        : layer.name === 'sum'
          ? { ...layer, inputs: ['bn2', 'same'] }
          : layer,
    );
    expect(badInputText(() => quantiseNetwork({ ...network, layers }, images))).toBe(
      'layer bn2: wanted a batch norm right after a convolution or dense layer, found batchNorm\n' +
        'A batch norm can only be folded into a layer whose output nobody else reads.',
    );
    expect(badInputText(() => quantiseNetwork(randomNetwork(1, false), images))).toContain(
      'wanted mean and variance, found none',
    );
    expect(badInputText(() => quantiseNetwork(network, images, { percentile: 0 }))).toBe(
      'percentile: wanted 0 < percentile ≤ 100, found 0\nTry 99.99.',
    );
  });

  test('percentiles of magnitudes', () => {
    const values = histogramOfMagnitudes(
      Float32Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? -1 : 1) * i),
    );
    expect(values).toMatchObject({ smallest: -998, largest: 999, magnitude: 999, values: 1000 });
    expect(percentileOfMagnitudes(values, 100)).toBe(999);
    expect(percentileOfMagnitudes(values, 90)).toBeCloseTo(899, 1);
    expect(percentileOfMagnitudes(values, 50)).toBeCloseTo(499, 1);
    expect(percentileOfMagnitudes(histogramOfMagnitudes(new Float32Array(5)), 99)).toBe(0);
  });

  test('shares above a bound, and the bound with the least squared error', () => {
    const normal = Float32Array.from({ length: 20_000 }, (_, i) => {
      const [u, v] = [((i * 7919) % 20_000) + 0.5, ((i * 104_729) % 19_997) + 0.5];
      return Math.sqrt(-2 * Math.log(u / 20_000)) * Math.cos((2 * Math.PI * v) / 19_997);
    });
    normal[77] = 40;
    const histogram = histogramOfMagnitudes(normal);
    expect(shareAbove(histogram, 39)).toBe(1 / 20_000);
    expect(shareAbove(histogram, 40)).toBe(0);
    expect(shareAbove(histogram, 1)).toBeCloseTo(0.3173, 2);
    const error = (bound: number): number =>
      normal.reduce((sum, x) => {
        const code = Math.min(Math.max(Math.round((x * 127) / bound), -127), 127);
        return sum + (x - (code * bound) / 127) ** 2;
      }, 0);
    const best = leastErrorMagnitude(histogram);
    const tried = Array.from({ length: 60 }, (_, i) => 0.1 * 40 + (i * 36) / 60);
    expect(error(best)).toBeLessThanOrEqual(1.02 * Math.min(...tried.map(error)));
    expect(error(best)).toBeLessThan(0.95 * error(40));
    expect(leastErrorMagnitude(histogramOfMagnitudes(new Float32Array(3)))).toBe(0);
  });

  test('grouped convolutions, clip, pools, pads, concat and pixels of another scale', () => {
    let compared = 0;
    for (let seed = 1; seed <= 8; seed++) {
      const network = randomBranches(seed);
      const images = randomImages(network, 6, seed);
      const { network: quantised, report } = quantiseWithReport(network, images, { calibration: 'max' });
      expect(checkQuantisedNetwork(quantised, 'net')).toEqual([]);
      const engine = createEngine(quantised, uniformAssignment(quantised, EXACT_INT8));
      const floats = new Map<string, Float32Array>();
      runFloat(network, images, (name, values) => floats.set(name, values));
      const codes = imageCodes(images, 5);
      engine.infer(codes);
      const exact = inferReference(quantised, uniformAssignment(quantised, EXACT_INT8), codes);
      for (const [float, name] of [
        ['relu6', 'depthwise'],
        ['grouped', 'grouped'],
        ['most', 'most'],
        ['mean', 'mean'],
        ['framed', 'framed'],
        ['clipped', 'both'],
        ['pool', 'pool'],
      ] as const) {
        const got = engine.codesOf(name);
        expect([...got]).toEqual([...exact.get(name)!]);
        const { outputScale } = quantised.layers.find((layer) => layer.name === name)!;
        const values = floats.get(float)!.subarray(-got.length);
        const errors = [...got].map((code, i) => Math.abs(code * outputScale - values[i]!) / outputScale);
        expect(Math.max(...errors)).toBeLessThan(8);
        expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(2);
        compared += got.length;
      }
      expect(report.layers.map(({ name }) => name)).toEqual(quantised.layers.map(({ name }) => name));
      for (const layer of report.layers) expect(layer.saturatedShare ?? 0).toBe(0);
    }
    expect(compared).toBeGreaterThan(5000);
  });

  test('a report per layer: ranges, saturation, weight noise; weights may share one scale', () => {
    const network = randomNetwork(3);
    const images = randomImages(network, 8, 3);
    const perChannel = quantiseWithReport(network, images, { percentile: 95 });
    const perTensor = quantiseWithReport(network, images, { calibration: 'mse', weights: 'per-tensor' });
    expect(perTensor.report).toMatchObject({
      calibration: 'mse',
      weights: 'per-tensor',
      calibrationImages: 8,
    });
    let weighted = 0;
    for (const [index, layer] of perChannel.report.layers.entries()) {
      const other = perTensor.report.layers[index]!;
      if (layer.op !== 'padChannels' && layer.op !== 'relu' && layer.name !== 'logits') {
        expect(layer.saturatedShare).toBeGreaterThan(0);
        expect(layer.saturatedShare).toBeLessThanOrEqual(0.05);
      }
      expect(layer.largest).toBe(other.largest);
      if (layer.weightSqnrDb === undefined) continue;
      weighted++;
      expect(layer.weightSqnrDb).toBeGreaterThan(30);
      expect(other.weightSqnrDb).toBeLessThanOrEqual(layer.weightSqnrDb);
      expect(other.weightScales![0]).toBe(other.weightScales![1]);
      expect(layer.weightScales![1]).toBe(other.weightScales![1]);
    }
    expect(weighted).toBe(4);
  });

  test('multiplications are counted per layer, padding included', () => {
    const network = randomNetwork(3);
    const quantised = quantiseNetwork(network, randomImages(network, 2, 3));
    const counts = multiplicationsByLayer(quantised);
    const size = (name: string) => network.tensors.get(name)!.data.length;
    expect([...counts.keys()]).toEqual(['first', 'same', 'last', 'logits']);
    expect(counts.get('logits')).toBe(size('logits/weights'));
    expect(counts.get('same')! % size('same/weights')).toBe(0);
    expect(countMultiplications(quantised)).toBe([...counts.values()].reduce((sum, count) => sum + count));
  });
});

describe('quantised network files', () => {
  const network = randomNetwork(4);
  const quantised = quantiseNetwork(network, randomImages(network, 4, 4));
  // biome-ignore lint/suspicious/noExplicitAny: files are damaged on purpose
  const textAfter = (change: (file: any) => void): string => {
    writeQuantisedNetwork(path, quantised, { percentile: 99.99, calibrationImages: 4 }, {});
    const file = JSON.parse(readFileSync(path, 'utf8'));
    change(file);
    writeFileSync(path, JSON.stringify(file));
    return badInputText(() => readQuantisedNetwork(path));
  };

  test('come back as they were written', () => {
    writeQuantisedNetwork(
      path,
      quantised,
      { percentile: 99.99, calibrationImages: 4 },
      { floatNetwork: 'abc' },
    );
    const read = readQuantisedNetwork(path);
    expect(read).toEqual(quantised);
    expect(quantisedNetworkDigest(read)).toBe(quantisedNetworkDigest(quantised));
  });

  test('hold the report of the quantisation, and that of an operator that is not there is refused', () => {
    const images = randomImages(network, 4, 4);
    const made = quantiseWithReport(network, images, { calibration: 'mse', weights: 'per-tensor' });
    writeQuantisedNetwork(path, made.network, made.report, {});
    expect(readQuantisedNetwork(path)).toEqual(made.network);
    expect(JSON.parse(readFileSync(path, 'utf8')).quantisation).toEqual(made.report);
    expect(textAfter((file) => (file.quantisation.calibration = 'guess'))).toContain(
      'quantisation.calibration',
    );
  });

  test('zero points, roundings and groups come back as they were written', () => {
    for (let seed = 1; seed <= 4; seed++) {
      const integer = randomQuantised(seed);
      writeQuantisedNetwork(path, integer, { importedFrom: 'TensorFlow Lite' }, {});
      expect(readQuantisedNetwork(path)).toEqual(integer);
    }
  });

  test.each<[string, string, object, string]>([
    ['a shift of the other rounding', 'first', { shifts: [-3] }, 'wanted shifts'],
    ['a zero point that its input does not have', 'most', { zeroPoint: 99 }, 'the zero point of its input'],
    ['a scale that its input does not have', 'framed', { outputScale: 9 }, 'the scale of its input, 0.1'],
    ['groups that do not divide', 'depthwise', { groups: 7 }, 'wanted groups that divide'],
    ['pads as large as the window', 'mean', { pads: [3, 0, 0, 0] }, 'wanted pads smaller than the window'],
    ['a multiplier for each input of concat', 'both', { multipliers: [1] }, 'wanted 3 multipliers, found 1'],
    ['codes the wrong way round', 'sum', { low: 5, high: 4 }, 'wanted low at most high, found 5 … 4'],
    ['int32 codes with a zero point', 'logits', { low: -(2 ** 31), high: 2 ** 31 - 1 }, 'zero point 0)'],
  ])('refuses %s', (_text, name, fields, message) => {
    const integer = randomQuantised(2);
    const first = integer.layers[0] as { rounding?: string };
    const layers = integer.layers.map((layer) =>
      layer.name === name
        ? { ...layer, ...(name === 'first' ? { rounding: 'half-up-16' } : {}), ...fields }
        : layer,
    );
    expect(first.rounding).toBeDefined();
    const faults = checkQuantisedNetwork({ ...integer, layers: layers as never }, 'net');
    expect(
      faults.map(({ where, wanted, found }) => `${where}: wanted ${wanted}, found ${found}`).join('\n'),
    ).toContain(message);
    expect(faults[0]!.where).toBe(`net, layer ${name}`);
  });

  test('one changed weight breaks the digest', () => {
    const text = textAfter((file) => {
      const bytes = Buffer.from(file.layers[0].weights, 'base64');
      bytes[1]! ^= 1;
      file.layers[0].weights = bytes.toString('base64');
    });
    expect(text).toMatch(
      new RegExp(
        `^${path}/sha256: wanted [0-9a-f]{64}, found "${quantisedNetworkDigest(quantised)}"\nThe file is damaged`,
      ),
    );
  });

  test('faults are listed with their places', () => {
    const text = textAfter((file) => {
      file.layers[0].shifts[0] = 47;
      delete file.layers[1].bias;
    });
    expect(text).toBe(
      `${path}: layers[0].shifts[0]: wanted at most 46, found 47\n${path}: layers[1]: wanted field "bias", found none\n` +
        'The file is damaged or was edited: quantise the network again.',
    );
    expect(textAfter((file) => file.layers[0].multipliers.pop())).toMatch(
      /layer first: wanted \d+ multipliers, found \d+/,
    );
    expect(textAfter((file) => (file.layers[0].weights = 'AAAA'))).toMatch(
      /wanted \d+ weights \(.*\), found 3/,
    );
    expect(textAfter((file) => (file.layers[0].high = 2 ** 31 - 1))).toContain(
      'all of int32 only in a last layer of half-up-16',
    );
    expect(textAfter((file) => (file.layers[1].inputs = ['later']))).toContain(
      'the layers above it, found "later"',
    );
  });
});
