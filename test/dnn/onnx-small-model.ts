import { floats, type ModelSketch, type TensorSketch } from './onnx-model.ts';

/** A tensor of halves. */
export const numbers = (...shape: readonly number[]): TensorSketch =>
  floats(shape, new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.5));

/** Conv → Relu → GlobalAveragePool → Flatten → Gemm → Softmax. */
export const SMALL_MODEL: ModelSketch = {
  nodes: [
    { name: 'conv', op: 'Conv', inputs: ['x', 'w', 'b'], outputs: ['c'] },
    { name: 'act', op: 'Relu', inputs: ['c'], outputs: ['r'] },
    { name: 'gap', op: 'GlobalAveragePool', inputs: ['r'], outputs: ['g'] },
    { name: 'flat', op: 'Flatten', inputs: ['g'], outputs: ['f'] },
    { name: 'fc', op: 'Gemm', inputs: ['f', 'fcw'], outputs: ['l'] },
    { name: 'probabilities', op: 'Softmax', inputs: ['l'], outputs: ['y'] },
  ],
  constants: { w: numbers(4, 3, 3, 3), b: numbers(4), fcw: numbers(4, 2) },
  inputs: { x: ['batch', 3, 8, 8] },
  outputs: ['y'],
};
