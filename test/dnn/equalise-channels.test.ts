import { describe, expect, test } from 'vitest';
import { channelClasses } from '../../src/dnn/channel-classes.ts';
import { equaliseChannels } from '../../src/dnn/equalise-channels.ts';
import { inferFloat, runFloat } from '../../src/dnn/float-inference.ts';
import { floatShapes } from '../../src/dnn/float-shapes.ts';
import type { FloatLayer, FloatNetwork, Tensor } from '../../src/dnn/network.ts';
import { quantiseWithReport } from '../../src/dnn/quantise.ts';
import { scaleChannels } from '../../src/dnn/scale-channels.ts';
import { badInputText } from './error-text.ts';
import { randomBranches } from './random-branches.ts';
import { randomImages, randomNetwork } from './random-network.ts';

const seeds = Array.from({ length: 12 }, (_, i) => i + 1);
const alphas = [0, 0.5, 1];

/** Groups, both pools, padding and concat without the clips that would fix every channel. */
function withoutClips(network: FloatNetwork): FloatNetwork {
  const layers = network.layers.map(
    (layer): FloatLayer =>
      layer.op === 'clip' ? { name: layer.name, op: 'relu', inputs: layer.inputs } : layer,
  );
  return { ...network, layers };
}

/** Largest difference of the logits over the largest logit. */
function difference(network: FloatNetwork, other: FloatNetwork): number {
  const images = randomImages(network, 8, 99);
  const [a, b] = [inferFloat(network, images), inferFloat(other, images)];
  const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0) / largest;
}

/** Largest |value| of each channel of a layer's output. */
function magnitudes(network: FloatNetwork, layer: string): number[] {
  const largest: number[] = [];
  runFloat(network, randomImages(network, 8, 5), (name, values, { channels }) => {
    if (name !== layer) return;
    for (const [i, value] of values.entries()) {
      largest[i % channels] = Math.max(largest[i % channels] ?? 0, Math.abs(value));
    }
  });
  return largest;
}

function tensor(shape: readonly number[], data: readonly number[]): Tensor {
  return { shape, data: Float32Array.from(data) };
}

describe('channel equalisation', () => {
  test.each([
    ['batch norm, ReLU, add, pool, zero channels, dense over an image', randomNetwork],
    ['groups, depthwise, pads, both pools, concat', (seed: number) => withoutClips(randomBranches(seed))],
    ['clip', randomBranches],
  ])('keeps the function of the network: %s', (_, make) => {
    let [compared, changed] = [0, 0];
    for (const seed of seeds) {
      const network = make(seed);
      for (const alpha of alphas) {
        const equal = equaliseChannels(network, randomImages(network, 8, seed), alpha);
        expect(difference(network, equal)).toBeLessThan(2e-5);
        compared++;
        const weights = [...network.tensors.values()].flatMap(({ data }) => [...data]);
        const after = [...equal.tensors.values()].flatMap(({ data }) => [...data]);
        if (after.length !== weights.length || after.some((value, i) => value !== weights[i])) changed++;
      }
    }
    expect(compared).toBe(36);
    if (make !== randomBranches) expect(changed).toBeGreaterThan(30);
  });

  test('a factor that is wrong in one channel does not stay unnoticed', () => {
    let noticed = 0;
    for (const seed of seeds) {
      const network = randomNetwork(seed);
      const factors = new Map(
        [...floatShapes(network)].map(([name, { channels }]) => [name, new Float64Array(channels).fill(1)]),
      );
      expect(difference(network, scaleChannels(network, factors))).toBe(0);
      for (const name of ['relu', 'wide']) {
        factors.get(name)!.fill(1.5);
        if (difference(network, scaleChannels(network, factors)) > 2e-5) noticed++;
        factors.get(name)!.fill(1);
      }
    }
    expect(noticed).toBeGreaterThan(18);
  });

  test('which channels share a factor, and which are fixed', () => {
    const network = randomNetwork(3);
    const shapes = floatShapes(network);
    const { classOf, fixed } = channelClasses(network, shapes);
    const { before } = network.layers.find(({ name }) => name === 'wide') as FloatLayer & { before: number };
    for (const [channel, member] of classOf.get('relu')!.entries()) {
      for (const name of ['bn', 'bn2', 'sum', 'aside', 'twice', 'pool']) {
        expect(classOf.get(name)![channel]).toBe(member);
      }
      expect(classOf.get('wide')![before + channel]).toBe(member);
      expect(fixed[member]).toBe(0);
    }
    expect(new Set(classOf.get('wide')!).size).toBe(shapes.get('wide')!.channels);
    for (const name of ['input', 'first', 'same', 'logits']) {
      for (const member of classOf.get(name)!) expect(fixed[member]).toBe(1);
    }
    const branches = randomBranches(3);
    const clips = channelClasses(branches, floatShapes(branches));
    for (const name of ['depthwise', 'relu6', 'grouped', 'both', 'clipped', 'pool']) {
      for (const member of clips.classOf.get(name)!) expect(clips.fixed[member]).toBe(1);
    }
  });

  test('two channels by hand: α 1 evens out what is read, α 0 the weights that read it', () => {
    const pointwise = (name: string, from: string, weights: string): FloatLayer => ({
      name,
      op: 'conv2d',
      inputs: [from],
      weights,
      stride: [1, 1],
      pads: [0, 0, 0, 0],
    });
    const network: FloatNetwork = {
      name: 'two',
      input: { height: 1, width: 1, channels: 1, scale: 1, zeroPoint: 0 },
      layers: [
        pointwise('make', 'input', 'w1'),
        { name: 'relu', op: 'relu', inputs: ['make'] },
        pointwise('read', 'relu', 'w2'),
      ],
      tensors: new Map([
        ['w1', tensor([1, 1, 1, 2], [1, 4])],
        ['w2', tensor([1, 1, 2, 1], [3, 1.5])],
      ]),
    };
    const images = { ...randomImages(network, 1, 1), pixels: Uint8Array.of(2) };
    const weightsOf = (alpha: number): number[][] => {
      const { layers, tensors } = equaliseChannels(network, images, alpha);
      return layers.flatMap((layer) =>
        layer.op === 'conv2d' ? [[...tensors.get(layer.weights)!.data]] : [],
      );
    };
    expect(weightsOf(1)).toEqual([
      [4, 4],
      [0.75, 1.5],
    ]);
    expect(weightsOf(0)).toEqual([
      [1, 2],
      [3, 3],
    ]);
    const [made, read] = weightsOf(0.5) as [number[], number[]];
    expect(made[0]! / made[1]!).toBeCloseTo(1 / Math.SQRT2, 6);
    expect(read[0]! / read[1]!).toBeCloseTo(1 / Math.SQRT2, 6);
  });

  test('α 1 gives every channel that one layer reads the same range', () => {
    const network = randomNetwork(4);
    const read = network.layers.at(-1)!.inputs[0]!;
    const spread = (net: FloatNetwork): number => {
      const used = magnitudes(net, read).filter((value) => value > 0);
      return Math.max(...used) / Math.min(...used);
    };
    expect(spread(network)).toBeGreaterThan(1.2);
    expect(spread(equaliseChannels(network, randomImages(network, 8, 5), 1))).toBeLessThan(1.001);
  });

  test('quantisation takes it and says so', () => {
    const network = randomNetwork(2);
    const images = randomImages(network, 8, 2);
    const plain = quantiseWithReport(network, images);
    const equalised = quantiseWithReport(network, images, { equalise: 0.5 });
    expect('equalise' in plain.report).toBe(false);
    expect(equalised.report.equalise).toBe(0.5);
    expect(equalised.network).toEqual(
      quantiseWithReport(equaliseChannels(network, images, 0.5), images).network,
    );
    expect(equalised.network).not.toEqual(plain.network);
  });

  test('refused: an exponent outside 0 … 1', () => {
    const network = randomNetwork(1);
    for (const alpha of [-0.1, 1.5, Number.NaN]) {
      expect(badInputText(() => equaliseChannels(network, randomImages(network, 2, 1), alpha))).toBe(
        `equalise: wanted an exponent 0 ≤ α ≤ 1, found ${alpha}\nTry 0.5, which treats activations and weights alike.`,
      );
    }
  });
});
