import { INPUT_NAME, type Shape } from '../dnn/network.ts';
import { type QuantisedLayer, type QuantisedNetwork, quantisedShapes } from '../dnn/quantised-network.ts';
import type { ArraySpec } from './array-spec.ts';

/** A tensor in the activation memory, before it has an address. */
export interface TensorLayout {
  readonly shape: Shape;
  /** Words from pixel to pixel, and from row to row. */
  readonly pitch: number;
  readonly rowPitch: number;
  readonly words: number;
  /** int32, 4 bytes each, one pixel. */
  readonly isWide: boolean;
}

/** Where a layer's output lies: a whole tensor, or the inside of the one that a pad or padChannels makes of it. */
export interface TensorView {
  readonly tensor: string;
  readonly shape: Shape;
  /** First row, column and channel within the tensor. */
  readonly top: number;
  readonly left: number;
  readonly channel: number;
}

export interface TensorPlan {
  readonly layouts: ReadonlyMap<string, TensorLayout>;
  /** Output of each layer and of "input". */
  readonly views: ReadonlyMap<string, TensorView>;
}

/** Layout of a tensor of codes: no words between pixels or rows. */
export function tensorLayout(shape: Shape, { rows }: ArraySpec): TensorLayout {
  const pitch = Math.ceil(shape.channels / rows);
  const rowPitch = shape.width * pitch;
  return { shape, pitch, rowPitch, words: shape.height * rowPitch, isWide: false };
}

/** True for the layer whose outputs are int32 (the logits). */
export function isWideLayer(layer: QuantisedLayer): boolean {
  return 'high' in layer && layer.high > 127;
}

/**
 * The tensors of a network. A layer that only a pad or padChannels reads is computed right into the latter's tensor.
 */
export function planTensors(network: QuantisedNetwork, spec: ArraySpec): TensorPlan {
  const shapes = quantisedShapes(network);
  const layouts = new Map<string, TensorLayout>();
  const views = new Map<string, TensorView>();
  const frames = framesOf(network);
  const layerOf = new Map(network.layers.map((layer) => [layer.name, layer]));
  for (const [name, shape] of shapes) {
    const frame = frames.get(name);
    if (frame !== undefined) {
      const [top, left] = frame.op === 'pad' ? frame.pads : [0, 0];
      const channel = frame.op === 'padChannels' ? frame.before : 0;
      views.set(name, { tensor: frame.name, shape, top, left, channel });
      continue;
    }
    const layer = layerOf.get(name);
    layouts.set(
      name,
      layer !== undefined && isWideLayer(layer) ? wideLayout(shape, spec) : tensorLayout(shape, spec),
    );
    views.set(name, { tensor: name, shape, top: 0, left: 0, channel: 0 });
  }
  return { layouts, views };
}

/** A pad or padChannels layer. */
export type FrameLayer = Extract<QuantisedLayer, { readonly op: 'pad' | 'padChannels' }>;

/** For each layer that is computed into the tensor of a pad or padChannels, that layer. */
export function framesOf(network: QuantisedNetwork): ReadonlyMap<string, FrameLayer> {
  const reads = new Map<string, number>();
  for (const name of network.layers.flatMap(({ inputs }) => inputs)) {
    reads.set(name, (reads.get(name) ?? 0) + 1);
  }
  const isFrame = (layer: QuantisedLayer): layer is FrameLayer =>
    layer.op === 'pad' || layer.op === 'padChannels';
  const whole = new Set([INPUT_NAME, ...network.layers.filter(isFrame).map(({ name }) => name)]);
  return new Map(
    network.layers
      .filter(isFrame)
      .map((layer) => [layer.inputs[0]!, layer] as const)
      .filter(([name]) => reads.get(name) === 1 && !whole.has(name)),
  );
}

function wideLayout(shape: Shape, { rows }: ArraySpec): TensorLayout {
  const words = Math.ceil((4 * shape.channels) / rows);
  return { shape, pitch: words, rowPitch: words, words, isWide: true };
}
