// The yardstick of the bench: the same int8 network, exact, in onnxruntime (CPU, one thread), from a QDQ model.
import { ATTRIBUTE_TYPES, DATA_TYPES, MODEL_MESSAGE } from '../dist/dnn/onnx/schema.js';
import { quantisedShapes, quantisedZeroPoints } from '../dist/dnn/quantised-network.js';

/**
 * A session of onnxruntime with the network, and a function that classifies images batch by batch.
 * Activations are uint8 there (codes + 128, rectified ones as they are), as onnxruntime's int8 kernels want them; its
 * scales are float32, so single codes may differ from ours by one.
 * @returns undefined where onnxruntime-node cannot be loaded
 */
export async function startOnnxruntime(network, batch) {
  let runtime;
  try {
    runtime = await import('onnxruntime-node');
  } catch (error) {
    return { missing: error.message.split('\n')[0] };
  }
  const { InferenceSession, Tensor } = runtime.default ?? runtime;
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, executionProviders: ['cpu'], logSeverityLevel: 3 };
  const session = await InferenceSession.create(qdqModel(network), options);
  const { height, width, channels } = network.input;
  const size = height * width * channels;
  return {
    /** @param planes u8 pixels, image × channel × height × width; @returns logits, image × class */
    async classify(planes) {
      const parts = [];
      for (let at = 0; at < planes.length; at += batch * size) {
        const part = planes.subarray(at, at + batch * size);
        const image = new Tensor('uint8', part, [part.length / size, channels, height, width]);
        parts.push((await session.run({ input: image })).logits.data);
      }
      return parts;
    },
  };
}

function qdqModel(network) {
  const shapes = quantisedShapes(network);
  const zeroPoints = quantisedZeroPoints(network);
  const node = [];
  const initializer = [];
  const constant = (name, type, dims, values) => {
    const arrays = { float32: Float32Array, int8: Int8Array, uint8: Uint8Array, int32: Int32Array };
    const rawData = new Uint8Array(arrays[type].from(values).buffer);
    initializer.push({ name, dims, dataType: DATA_TYPES[type], rawData });
    return name;
  };
  const add = (opType, input, output, attributes = {}) => {
    const attribute = Object.entries(attributes).map(([name, value]) =>
      Array.isArray(value)
        ? { name, ints: value, type: ATTRIBUTE_TYPES.ints }
        : { name, i: value, type: ATTRIBUTE_TYPES.int },
    );
    node.push({ opType, input, output: [output], name: output, attribute });
    return output;
  };
  const real = new Map();
  const dequantise = (name, codes, scale, zero) => {
    const s = constant(`${name}/scale`, 'float32', [], [scale]);
    const z = constant(`${name}/zero`, 'uint8', [], [zero]);
    real.set(name, add('DequantizeLinear', [codes, s, z], `${name}/real`));
    return { s, z };
  };
  /** Rounds a layer's result to codes; the rectifier stands before it. */
  const close = (layer, result, isRectified) => {
    const rectified = isRectified ? add('Relu', [result], `${layer.name}/relu`) : result;
    const { s, z } = dequantise(layer.name, `${layer.name}/codes`, layer.outputScale, isRectified ? 0 : 128);
    node.splice(-1, 0, {
      opType: 'QuantizeLinear',
      input: [rectified, s, z],
      output: [`${layer.name}/codes`],
      name: `${layer.name}/codes`,
    });
  };
  const weights = (layer, dims, order, inputScale) => {
    const { name, weightScales } = layer;
    const axis = { axis: 0 };
    const zeros = weightScales.map(() => 0);
    const count = [weightScales.length];
    const w = add(
      'DequantizeLinear',
      [
        constant(`${name}/w`, 'int8', dims, order(layer.weights)),
        constant(`${name}/ws`, 'float32', count, weightScales),
        constant(`${name}/wz`, 'int8', count, zeros),
      ],
      `${name}/weights`,
      axis,
    );
    const scales = weightScales.map((scale) => scale * inputScale);
    const b = add(
      'DequantizeLinear',
      [
        constant(`${name}/b`, 'int32', count, layer.bias),
        constant(`${name}/bs`, 'float32', count, scales),
        constant(`${name}/bz`, 'int32', count, zeros),
      ],
      `${name}/bias`,
      axis,
    );
    return [w, b];
  };
  if ([...zeroPoints.values()].some((zero) => zero !== 0)) throw new Error('The bench takes symmetric networks only');
  const scaleOf = (name) =>
    name === 'input' ? network.input.scale : network.layers.find((layer) => layer.name === name).outputScale;
  dequantise('input', 'input', network.input.scale, 128);
  for (const layer of network.layers) {
    const input = real.get(layer.inputs[0]);
    const from = shapes.get(layer.inputs[0]);
    const isRectified = layer.low === 0;
    switch (layer.op) {
      case 'conv2d': {
        const [kh, kw] = layer.kernel;
        const planes = (values) => channelsFirst(values, layer.bias.length, kh * kw, from.channels);
        const dims = [layer.bias.length, from.channels, kh, kw];
        const [w, b] = weights(layer, dims, planes, scaleOf(layer.inputs[0]));
        const attributes = { kernel_shape: [kh, kw], strides: [...layer.stride], pads: [...layer.pads] };
        close(layer, add('Conv', [input, w, b], `${layer.name}/sum`, attributes), isRectified);
        break;
      }
      case 'add':
        close(layer, add('Add', [input, real.get(layer.inputs[1])], `${layer.name}/sum`), isRectified);
        break;
      case 'averagePool': {
        const attributes = { kernel_shape: [...layer.kernel], strides: [...layer.stride] };
        close(layer, add('AveragePool', [input], `${layer.name}/mean`, attributes), isRectified);
        break;
      }
      case 'padChannels': {
        const pads = [0, layer.before, 0, 0, 0, layer.after, 0, 0];
        const name = `${layer.name}/pads`;
        const rawData = new Uint8Array(BigInt64Array.from(pads, BigInt).buffer);
        initializer.push({ name, dims: [8], dataType: DATA_TYPES.int64, rawData });
        close(layer, add('Pad', [input, name], `${layer.name}/padded`), false);
        break;
      }
      case 'dense': {
        const flat = add('Flatten', [input], `${layer.name}/flat`);
        const taps = layer.weights.length / layer.bias.length;
        const [w, b] = weights(layer, [layer.bias.length, taps], (values) => values, scaleOf(layer.inputs[0]));
        add('Gemm', [flat, w, b], 'logits', { transB: 1 });
        break;
      }
      default:
        throw new Error(`The bench has no onnxruntime form of ${layer.op}`);
    }
  }
  const { height, width, channels } = network.input;
  const dim = [{ dimParam: 'N' }, ...[channels, height, width].map((dimValue) => ({ dimValue }))];
  const value = (name, elemType, shape) => ({ name, type: { tensorType: { elemType, ...shape } } });
  const model = {
    irVersion: 8,
    opsetImport: [{ domain: '', version: 13 }],
    graph: {
      name: network.name,
      node,
      initializer,
      input: [value('input', DATA_TYPES.uint8, { shape: { dim } })],
      output: [value('logits', DATA_TYPES.float32)],
    },
  };
  return MODEL_MESSAGE.encode(MODEL_MESSAGE.fromObject(model)).finish();
}

/** [outer][pixel][channel] → [outer][channel][pixel] */
export function channelsFirst(values, outer, pixels, channels) {
  const out = new values.constructor(values.length);
  for (let o = 0; o < outer; o++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let c = 0; c < channels; c++) {
        out[(o * channels + c) * pixels + pixel] = values[(o * pixels + pixel) * channels + c];
      }
    }
  }
  return out;
}
