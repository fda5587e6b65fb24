import { badInput, show } from '../base/errors.ts';
import { windowCount } from './float-shapes.ts';
import {
  type FloatLayer,
  type FloatNetwork,
  INPUT_NAME,
  type InputDescription,
  type Shape,
  type Tensor,
} from './network.ts';

/** A layer without its name: the builder numbers layers per operator (conv0, bn0, …). */
export type UnnamedLayer = FloatLayer extends infer L
  ? L extends FloatLayer
    ? Omit<L, 'name'>
    : never
  : never;

/** What a node of the other format became: a layer, by name, or something that is none. */
export type BuilderValue =
  | { readonly kind: 'layer'; readonly name: string }
  | { readonly kind: 'constant' | 'image' };

/** Collects the layers and tensors of a network while a graph of another format is walked. */
export interface GraphBuilder {
  /**
   * Shape of the image and how it is scaled (default u8/128 − 1).
   * @returns false when it was set to something else before
   */
  setInput(input: Shape | InputDescription): boolean;
  /**
   * Adds a layer; tensors are given under their role and stored as "<layer>/<role>", or under the name that
   * `tensorNames` has for the role where that is a free and valid one.
   * @param name of the layer, where it is a free and valid one; otherwise they are numbered per operator
   */
  add(
    layer: UnnamedLayer,
    tensors?: Readonly<Record<string, Tensor>>,
    name?: string,
    tensorNames?: Readonly<Record<string, string>>,
  ): string;
  /** Adds a bias to a convolution or dense layer; false when it is of another kind or has one. */
  addBias(name: string, bias: Tensor, tensorName?: string): boolean;
  finish(name: string, output: BuilderValue, where: string): FloatNetwork;
}

export function createGraphBuilder(): GraphBuilder {
  const layers = new Map<string, FloatLayer>();
  const tensors = new Map<string, Tensor>();
  const counts = new Map<string, number>();
  let input: InputDescription | undefined;
  const number = (op: FloatLayer['op']): string => {
    const prefix = PREFIXES[op];
    for (;;) {
      const count = counts.get(prefix) ?? 0;
      counts.set(prefix, count + 1);
      if (!layers.has(`${prefix}${count}`)) return `${prefix}${count}`;
    }
  };
  return {
    setInput(given) {
      const wanted = { scale: 1 / 128, zeroPoint: 128, ...given };
      const isSame = input === undefined || show(input) === show(wanted);
      input = wanted;
      return isSame;
    },
    add(layer, given = {}, wantedName = '', tensorNames = {}) {
      const name = isFree(wantedName, layers) && wantedName !== INPUT_NAME ? wantedName : number(layer.op);
      const roles: Record<string, string> = {};
      for (const [role, tensor] of Object.entries(given)) {
        const wanted = tensorNames[role] ?? '';
        roles[role] = isFree(wanted, tensors) ? wanted : `${name}/${role}`;
        tensors.set(roles[role], tensor);
      }
      layers.set(name, { name, ...layer, ...roles } as FloatLayer);
      return name;
    },
    addBias(name, bias, tensorName = '') {
      const layer = layers.get(name);
      if (!layer || (layer.op !== 'conv2d' && layer.op !== 'dense') || layer.bias !== undefined) return false;
      const stored = isFree(tensorName, tensors) ? tensorName : `${name}/bias`;
      tensors.set(stored, bias);
      layers.set(name, { ...layer, bias: stored });
      return true;
    },
    finish(name, output, where) {
      if (input === undefined || output.kind !== 'layer') {
        throw badInput(
          { where, wanted: 'a network from an image to logits', found: 'no layers between them' },
          'Freeze the graph with the logits as its output.',
        );
      }
      return { name, input, layers: [...layers.values()], tensors };
    },
  };
}

/** Names that the network formats accept, and that nobody has yet. */
function isFree(name: string, taken: ReadonlyMap<string, unknown>): boolean {
  return /^[A-Za-z0-9_./-]{1,200}$/.test(name) && !taken.has(name);
}

const PREFIXES: Readonly<Record<FloatLayer['op'], string>> = {
  conv2d: 'conv',
  batchNorm: 'bn',
  relu: 'relu',
  clip: 'clip',
  add: 'add',
  concat: 'concat',
  averagePool: 'pool',
  maxPool: 'maxPool',
  pad: 'spatialPad',
  padChannels: 'pad',
  globalAveragePool: 'globalPool',
  dense: 'dense',
};

/** Name by which a converted value is read. */
export function sourceName(value: BuilderValue): string {
  return value.kind === 'layer' ? value.name : INPUT_NAME;
}

/**
 * Zeros before and after along one axis for TensorFlow's padding schemes.
 * Source: TensorFlow API guide, tf.nn "Notes on padding".
 */
export function paddingOf(
  scheme: string,
  size: number,
  window: number,
  stride: number,
): readonly [number, number] {
  if (scheme !== 'SAME') return [0, 0];
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + window - size, 0);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

/** Output shape of a window operation over an already padded size. */
export function windowShape(
  height: number,
  width: number,
  kernel: readonly [number, number],
  stride: readonly [number, number],
  channels: number,
): Shape {
  return {
    height: windowCount(height, kernel[0], stride[0]),
    width: windowCount(width, kernel[1], stride[1]),
    channels,
  };
}
