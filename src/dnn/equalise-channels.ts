import type { Dataset } from './data/dataset.ts';
import { channelClasses } from './channel-classes.ts';
import { runFloat } from './float-inference.ts';
import { floatShapes } from './float-shapes.ts';
import type { ConvLayer, DenseLayer, FloatNetwork } from './network.ts';
import { scaleChannels } from './scale-channels.ts';

export function equaliseChannels(network: FloatNetwork, images: Dataset, alpha: number, stat = 'max', join = 'mean', lim = 64, skip: string[] = []): FloatNetwork {
  const shapes = floatShapes(network);
  const { classes, classOf, fixed } = channelClasses(network, shapes);
  const readers = network.layers.filter((l): l is ConvLayer | DenseLayer => (l.op === 'conv2d' || l.op === 'dense') && !skip.includes(l.name));
  const read = new Set(readers.map((l) => l.inputs[0]!));
  const ranges = new Map<string, Float64Array>();
  runFloat(network, images, (name, values, { channels }) => {
    if (!read.has(name)) return;
    const r = new Float64Array(channels);
    if (stat === 'max') for (let i = 0; i < values.length; i++) r[i % channels] = Math.max(r[i % channels]!, Math.abs(values[i]!));
    else if (stat === 'rms') { for (let i = 0; i < values.length; i++) r[i % channels]! += values[i]! ** 2; for (let c = 0; c < channels; c++) r[c] = Math.sqrt(r[c]! * channels / values.length); }
    else for (let c = 0; c < channels; c++) { const own = Float32Array.from({ length: values.length / channels }, (_, i) => Math.abs(values[i * channels + c]!)).sort(); r[c] = own[Math.floor((own.length - 1) * Number(stat))]!; }
    ranges.set(name, r);
  });
  const sum = new Float64Array(classes);
  const count = new Float64Array(classes);
  for (const layer of readers) {
    const r = ranges.get(layer.inputs[0]!)!;
    const w = inputRanges(network, layer, r.length);
    const [R, W] = [Math.max(...r), Math.max(...w)];
    if (!(R > 0 && W > 0)) continue;
    const members = classOf.get(layer.inputs[0]!)!;
    const weight = join === 'mean' ? 1 : Number(join) ** readers.indexOf(layer);
    for (let c = 0; c < r.length; c++) {
      const a = Math.max(r[c]! / R, 1 / lim), b = Math.max(w[c]! / W, 1 / lim);
      sum[members[c]!]! += weight * ((1 - alpha) * Math.log(b) - alpha * Math.log(a));
      count[members[c]!]! += weight;
    }
  }
  const factor = Float64Array.from(sum, (s, i) => (fixed[i] || count[i] === 0 ? 1 : Math.exp(s / count[i]!)));
  const factors = new Map([...classOf].map(([name, members]) => [name, Float64Array.from(members, (m) => factor[m]!)] as const));
  return scaleChannels(network, factors);
}

/** Largest |weight| with which a layer reads each channel. */
function inputRanges(network: FloatNetwork, layer: ConvLayer | DenseLayer, channels: number): Float64Array {
  const { shape, data } = network.tensors.get(layer.weights)!;
  const outputs = shape.at(-1)!;
  const rows = shape.at(-2)!;
  const groups = layer.op === 'conv2d' ? (layer.groups ?? 1) : 1;
  // per output relative: weights have a scale per output channel
  const most = new Float64Array(outputs);
  for (let i = 0; i < data.length; i++) most[i % outputs] = Math.max(most[i % outputs]!, Math.abs(data[i]!));
  const r = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) {
    const o = i % outputs; const g = Math.floor((o * groups) / outputs);
    const c = (g * rows + (Math.floor(i / outputs) % rows)) % channels;
    if (most[o]! > 0) r[c] = Math.max(r[c]!, Math.abs(data[i]!) / most[o]!);
  }
  return r;
}
