import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '../../src/base/rng.ts';
import type { Dataset } from '../../src/dnn/data/dataset.ts';
import {
  codesTensor,
  constant,
  encodeGraph,
  flag,
  float,
  integers,
  type NodeSketch,
  text,
} from '../dnn/graph-def.ts';

/** A small graph as transform_graph writes it: two convolutions, one strided behind a pad, a shortcut, dense, bias. */
export function sketchGraph(seed: number): readonly NodeSketch[] {
  const rng = createRng(seed);
  const floats = (count: number, scale = 1): Float32Array =>
    Float32Array.from({ length: count }, () => scale * rng.nextGaussian());
  const codes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => rng.nextInt(0, 255));
  return [
    { name: 'input', op: 'Placeholder' },
    constant('by', [], Float32Array.of(128)),
    constant('one', [], Float32Array.of(1)),
    { name: 'div', op: 'RealDiv', inputs: ['input:0', 'by'] },
    { name: 'sub', op: 'Sub', inputs: ['div', 'one'] },
    ...quantised('sub'),
    constant('w0', [3, 3, 3, 4], floats(108, 0.3)),
    ...quantised('w0'),
    conv('conv_a', ['sub_q', 'w0_q', 'sub_q:1', 'sub_q:2', 'w0_q:1', 'w0_q:2'], 1, 'SAME'),
    ...batchNorm('bn_a', 'conv_a', floats(4), floats(4)),
    ...quantised('bn_a'),
    { name: 'relu_a', op: 'QuantizedRelu', inputs: ['bn_a_q', 'bn_a_q:1', 'bn_a_q:2'] },
    { name: 'relu_a_f', op: 'Dequantize', inputs: ['relu_a', 'relu_a:1', 'relu_a:2'] },
    constant('around', [4, 2], [0, 0, 1, 1, 1, 1, 0, 0]),
    { name: 'padded', op: 'Pad', inputs: ['relu_a_f', 'around'] },
    ...quantised('padded'),
    { name: 'w1', op: 'Const', attributes: { value: codesTensor([3, 3, 4, 6], codes(216)) } },
    constant('w1_min', [], Float32Array.of(-0.61)),
    constant('w1_max', [], Float32Array.of(0.47)),
    conv('conv_b', ['padded_q', 'w1', 'padded_q:1', 'padded_q:2', 'w1_min', 'w1_max'], 2, 'VALID'),
    ...batchNorm('bn_b', 'conv_b', floats(6), floats(6)),
    ...quantised('bn_b'),
    {
      name: 'pool',
      op: 'QuantizedAvgPool',
      inputs: ['relu_a', 'relu_a:1', 'relu_a:2'],
      attributes: { ksize: integers([1, 2, 2, 1]), strides: integers([1, 2, 2, 1]), padding: text('SAME') },
    },
    { name: 'pool_f', op: 'Dequantize', inputs: ['pool', 'pool:1', 'pool:2'] },
    constant('channels', [4, 2], [0, 0, 0, 0, 0, 0, 1, 1]),
    { name: 'wider', op: 'Pad', inputs: ['pool_f', 'channels'] },
    ...quantised('wider'),
    {
      name: 'add',
      op: 'QuantizedAdd',
      inputs: ['bn_b_q', 'wider_q', 'bn_b_q:1', 'bn_b_q:2', 'wider_q:1', 'wider_q:2'],
    },
    ...requantised('add'),
    { name: 'relu_b', op: 'QuantizedRelu', inputs: ['add_r', 'add_r:1', 'add_r:2'] },
    { name: 'relu_b_f', op: 'Dequantize', inputs: ['relu_b', 'relu_b:1', 'relu_b:2'] },
    constant('axes', [2], [1, 2]),
    { name: 'mean', op: 'Mean', inputs: ['relu_b_f', 'axes'] },
    ...quantised('mean'),
    constant('wd', [6, 5], floats(30)),
    ...quantised('wd'),
    {
      name: 'dense',
      op: 'QuantizedMatMul',
      inputs: ['mean_q', 'wd_q', 'mean_q:1', 'mean_q:2', 'wd_q:1', 'wd_q:2'],
    },
    ...requantised('dense'),
    constant('bias', [5], floats(5)),
    ...quantised('bias'),
    {
      name: 'biased',
      op: 'QuantizedBiasAdd',
      inputs: ['dense_r', 'bias_q', 'dense_r:1', 'dense_r:2', 'bias_q:1', 'bias_q:2'],
    },
    ...requantised('biased'),
    { name: 'logits', op: 'Dequantize', inputs: ['biased_r', 'biased_r:1', 'biased_r:2'] },
  ];
}

/** Where the graph was written as a file. */
export function writeGraph(nodes: readonly NodeSketch[]): string {
  const path = join(mkdtempSync(join(tmpdir(), 'alwann-')), 'small_quant.pb');
  writeFileSync(path, encodeGraph(nodes));
  return path;
}

/** Random images of an even, not square, size; each with a colour of its own under the noise. */
export function randomImages(images: number, seed: number, height = 6, width = 8): Dataset {
  const rng = createRng(seed);
  const size = height * width * 3;
  const pixels = new Uint8Array(images * size);
  for (let image = 0; image < images; image++) {
    const colour = [rng.nextInt(0, 255), rng.nextInt(0, 255), rng.nextInt(0, 255)];
    const noise = rng.nextInt(5, 120);
    for (let i = 0; i < size; i++) {
      pixels[image * size + i] = Math.min(Math.max(colour[i % 3]! + rng.nextInt(-noise, noise), 0), 255);
    }
  }
  const labels = Uint8Array.from({ length: images }, () => rng.nextInt(0, 4));
  return { name: 'random', sha256: `random-${seed}`, images, height, width, channels: 3, labels, pixels };
}

/** QuantizeV2 of a node to its own range. */
function quantised(name: string): readonly NodeSketch[] {
  return [
    constant(`${name}_all`, [1], [-1]),
    constant(`${name}_axis`, [1], [0]),
    { name: `${name}_flat`, op: 'Reshape', inputs: [name, `${name}_all`] },
    { name: `${name}_min`, op: 'Min', inputs: [`${name}_flat`, `${name}_axis`] },
    { name: `${name}_max`, op: 'Max', inputs: [`${name}_flat`, `${name}_axis`] },
    { name: `${name}_q`, op: 'QuantizeV2', inputs: [name, `${name}_min`, `${name}_max`] },
  ];
}

function requantised(name: string): readonly NodeSketch[] {
  const sums = [name, `${name}:1`, `${name}:2`];
  return [
    { name: `${name}_range`, op: 'RequantizationRange', inputs: sums },
    { name: `${name}_r`, op: 'Requantize', inputs: [...sums, `${name}_range:0`, `${name}_range:1`] },
  ];
}

function conv(name: string, inputs: readonly string[], stride: number, padding: string): NodeSketch {
  const strides = integers([1, stride, stride, 1]);
  return { name, op: 'QuantizedConv2D', inputs, attributes: { strides, padding: text(padding) } };
}

/** From a convolution's sums to normalised values. */
function batchNorm(
  name: string,
  from: string,
  gamma: Float32Array,
  beta: Float32Array,
): readonly NodeSketch[] {
  const own = [`${from}_r`, `${from}_r:1`, `${from}_r:2`];
  return [
    ...requantised(from),
    { name: `${from}_f`, op: 'Dequantize', inputs: own },
    constant(`${name}_gamma`, [gamma.length], gamma),
    constant(`${name}_beta`, [beta.length], beta),
    constant(`${name}_none`, [0], new Float32Array(0)),
    {
      name,
      op: 'FusedBatchNorm',
      inputs: [`${from}_f`, `${name}_gamma`, `${name}_beta`, `${name}_none`, `${name}_none`],
      attributes: { is_training: flag(true), epsilon: float(1e-5) },
    },
  ];
}
