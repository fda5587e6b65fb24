import { createRng, type Rng } from '../../src/base/rng.ts';
import type { Dataset } from '../../src/dnn/data/dataset.ts';
import { floatShapes } from '../../src/dnn/float-shapes.ts';
import type { FloatLayer, FloatNetwork, Tensor } from '../../src/dnn/network.ts';
import { isWeighted, type QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import { fitRescale } from '../../src/dnn/requantise.ts';

/** A small network of every operator: odd sizes, strides, lopsided padding, a residual sum, a ReLU with two readers. */
export function randomNetwork(seed: number, withStatistics = true): FloatNetwork {
  const rng = createRng(seed);
  const height = rng.nextInt(5, 9);
  const width = rng.nextInt(5, 9);
  const channels = rng.nextInt(1, 4);
  const [c1, c2] = [rng.nextInt(1, 11), rng.nextInt(1, 11)];
  const tensors = new Map<string, Tensor>();
  const tensor = (name: string, shape: readonly number[], low = -1, high = 1): string => {
    const count = shape.reduce((product, size) => product * size, 1);
    tensors.set(name, { shape, data: Float32Array.from({ length: count }, () => uniform(rng, low, high)) });
    return name;
  };
  const conv = (
    name: string,
    from: string,
    cin: number,
    cout: number,
    kernel: number,
    stride: number,
  ): FloatLayer => ({
    name,
    op: 'conv2d',
    inputs: [from],
    weights: tensor(`${name}/weights`, [kernel, kernel, cin, cout]),
    ...(rng.nextInt(0, 1) === 1 ? { bias: tensor(`${name}/bias`, [cout]) } : {}),
    stride: [stride, stride],
    pads: [rng.nextInt(0, 2), rng.nextInt(0, 2), rng.nextInt(0, 2), rng.nextInt(0, 2)],
  });
  const batchNorm = (name: string, from: string, size: number): FloatLayer => ({
    name,
    op: 'batchNorm',
    inputs: [from],
    gamma: tensor(`${name}/gamma`, [size], 0.5, 2),
    beta: tensor(`${name}/beta`, [size]),
    ...(withStatistics
      ? { mean: tensor(`${name}/mean`, [size]), variance: tensor(`${name}/variance`, [size], 0.5, 4) }
      : {}),
    epsilon: 1e-3,
  });
  const layers: FloatLayer[] = [
    conv('first', 'input', channels, c1, rng.nextInt(1, 4), rng.nextInt(1, 2)),
    batchNorm('bn', 'first', c1),
    { name: 'relu', op: 'relu', inputs: ['bn'] },
    { ...conv('same', 'relu', c1, c1, 3, 1), pads: [1, 1, 1, 1] } as FloatLayer,
    batchNorm('bn2', 'same', c1),
    { name: 'sum', op: 'add', inputs: ['bn2', 'relu'] },
    { name: 'aside', op: 'relu', inputs: ['sum'] },
    { name: 'twice', op: 'add', inputs: ['sum', 'aside'] },
    { name: 'pool', op: 'averagePool', inputs: ['twice'], kernel: [2, 1], stride: [rng.nextInt(1, 2), 1] },
    {
      name: 'wide',
      op: 'padChannels',
      inputs: ['pool'],
      before: rng.nextInt(0, 3),
      after: rng.nextInt(0, 3),
    },
  ];
  const middle = floatShapes(partial({ name: '', input: input(height, width, channels), layers, tensors }));
  const wide = middle.get('wide')!;
  layers.push({ ...conv('last', 'wide', wide.channels, c2, 2, 1), pads: [1, 0, 0, 2] } as FloatLayer, {
    name: 'relu2',
    op: 'relu',
    inputs: ['last'],
  });
  if (rng.nextInt(0, 1) === 1) layers.push({ name: 'mean', op: 'globalAveragePool', inputs: ['relu2'] });
  const end = layers.at(-1)!.name;
  const tail = floatShapes(partial({ name: '', input: input(height, width, channels), layers, tensors })).get(
    end,
  )!;
  const size = tail.height * tail.width * tail.channels;
  const classes = rng.nextInt(2, 13);
  layers.push({
    name: 'logits',
    op: 'dense',
    inputs: [end],
    weights: tensor('logits/weights', [size, classes]),
  });
  return { name: `random ${seed}`, input: input(height, width, channels), layers, tensors };
}

/** Random images of the network's shape; every image holds the extreme pixels 0 and 255 (codes −128 and 127). */
export function randomImages(
  network: { readonly input: FloatNetwork['input'] },
  images: number,
  seed: number,
): Dataset {
  const rng = createRng(seed);
  const { height, width, channels } = network.input;
  const size = height * width * channels;
  const pixels = Uint8Array.from({ length: images * size }, (_, i) =>
    i % size < 2 ? 255 * (i % size) : rng.nextInt(0, 255),
  );
  const labels = Uint8Array.from({ length: images }, () => rng.nextInt(0, 1));
  return { name: `random ${seed}`, sha256: String(seed), images, height, width, channels, labels, pixels };
}

/**
 * The same network with weights over the whole of int8, −128 and 127 among them, and multipliers that bring the larger
 * sums back into the middle of the codes.
 */
export function withExtremeWeights(network: QuantisedNetwork, seed: number): QuantisedNetwork {
  const rng = createRng(seed);
  const layers = network.layers.map((layer) => {
    if (!isWeighted(layer)) return layer;
    const weights = layer.weights.map((_, i) => [-128, 127, rng.nextInt(-128, 127)][Math.min(i, 2)]!);
    if (layer.high > 127) return { ...layer, weights };
    const taps = weights.length / layer.bias.length;
    const fits = [...layer.bias].map(() => fitRescale(uniform(rng, 0.5, 2) / (74 * Math.sqrt(taps))));
    const bias = layer.bias.map(() => rng.nextInt(-2000, 2000));
    const multipliers = fits.map((fit) => fit.multiplier);
    return { ...layer, weights, bias, multipliers, shifts: fits.map((fit) => fit.shift) };
  });
  return { ...network, layers };
}

function input(height: number, width: number, channels: number): FloatNetwork['input'] {
  return { height, width, channels, scale: 1 / 128, zeroPoint: 128 };
}

/** Ends the layers so far with a global pool, so that their shapes can be asked for. */
function partial(network: FloatNetwork): FloatNetwork {
  const end = network.layers.at(-1)!.name;
  return { ...network, layers: [...network.layers, { name: 'end', op: 'globalAveragePool', inputs: [end] }] };
}

function uniform(rng: Rng, low: number, high: number): number {
  return low + rng.nextFloat() * (high - low);
}
