import type { ShapeMap } from './float-shapes.ts';
import { type FloatNetwork, INPUT_NAME } from './network.ts';

/** Channels of a network's tensors in classes that must share a factor for the network to compute the same. */
export interface ChannelClasses {
  readonly classes: number;
  /** Class of each channel of the image and of every layer's output. */
  readonly classOf: ReadonlyMap<string, Int32Array>;
  /** By class: 1 where the factor must stay 1. */
  readonly fixed: Uint8Array;
}

/**
 * ReLU, pools and padding pass a channel's factor on, an add needs the same one in both inputs. Fixed are the image, the
 * logits, what a clip reads or gives, and what a batch norm reads, whose own output is free.
 */
export function channelClasses(network: FloatNetwork, shapes: ShapeMap): ChannelClasses {
  const first = new Map<string, number>();
  let nodes = 0;
  for (const [name, { channels }] of shapes) {
    first.set(name, nodes);
    nodes += channels;
  }
  const parent = Int32Array.from({ length: nodes }, (_, node) => node);
  const rootOf = (node: number): number => {
    let root = node;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]!]!;
      root = parent[root]!;
    }
    return root;
  };
  const channelsOf = (name: string): number => shapes.get(name)!.channels;
  const join = (a: string, b: string, offset = 0): void => {
    for (let c = 0; c < channelsOf(a); c++) {
      parent[rootOf(first.get(a)! + c)] = rootOf(first.get(b)! + offset + c);
    }
  };
  const pinned = new Set([INPUT_NAME, network.layers.at(-1)!.name]);
  for (const layer of network.layers) {
    const [input] = layer.inputs as readonly [string];
    switch (layer.op) {
      case 'conv2d':
      case 'dense':
        break;
      case 'batchNorm':
        pinned.add(input);
        break;
      case 'clip':
        pinned.add(input).add(layer.name);
        break;
      case 'concat': {
        let offset = 0;
        for (const name of layer.inputs) {
          join(name, layer.name, offset);
          offset += channelsOf(name);
        }
        break;
      }
      case 'padChannels':
        join(input, layer.name, layer.before);
        break;
      default:
        for (const name of layer.inputs) join(name, layer.name);
    }
  }
  const numbers = new Map<number, number>();
  const numberOf = (root: number): number => {
    if (!numbers.has(root)) numbers.set(root, numbers.size);
    return numbers.get(root)!;
  };
  const classOf = new Map(
    [...first].map(([name, base]) => [
      name,
      Int32Array.from({ length: channelsOf(name) }, (_, c) => numberOf(rootOf(base + c))),
    ]),
  );
  const fixed = new Uint8Array(numbers.size);
  for (const name of pinned) for (const number of classOf.get(name)!) fixed[number] = 1;
  return { classes: numbers.size, classOf, fixed };
}
