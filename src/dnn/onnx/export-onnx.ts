import { writeFileAtomic } from '../../base/files.ts';
import { MAXDNN_VERSION } from '../../base/package-root.ts';
import { floatShapes } from '../float-shapes.ts';
import type { FloatNetwork } from '../network.ts';
import { exportLayer, ONNX_INPUT, ONNX_OUTPUT, type OnnxParts } from './export-layers.ts';
import { DATA_TYPES, INPUT_METADATA, MODEL_MESSAGE, type RawModel, type RawValueInfo } from './schema.ts';

/** Operator set of exported models. */
export const EXPORT_OPSET = 13;

/** ONNX IR version that belongs to operator set 13. Source: ONNX, docs/Versioning.md. */
const IR_VERSION = 7;

/**
 * Writes a float network as an ONNX model (see encodeOnnx).
 * @throws bad-input when the network does not fit together or a batch norm has no statistics
 */
export function writeOnnx(path: string, network: FloatNetwork): void {
  writeFileAtomic(path, encodeOnnx(network));
}

/**
 * A float network as ONNX, operator set 13: NCHW float32 with a dynamic batch size, batch norms kept, every layer
 * and tensor under its own name. Input "image" is u8/128 − 1 (see `docString` of the model), output "logits" is
 * [N, classes]. The same network gives the same bytes.
 * @throws bad-input when the network does not fit together or a batch norm has no statistics
 */
export function encodeOnnx(network: FloatNetwork): Uint8Array {
  const shapes = floatShapes(network);
  const parts: OnnxParts = { nodes: [], initializers: new Map() };
  for (const layer of network.layers) exportLayer(parts, network, layer, shapes);
  const { height, width, channels } = network.input;
  const classes = shapes.get(network.layers.at(-1)!.name)!.channels;
  const model: RawModel = {
    irVersion: IR_VERSION,
    producerName: 'maxdnn',
    producerVersion: MAXDNN_VERSION,
    docString: inputText(network),
    metadataProps: [
      {
        key: INPUT_METADATA,
        value: JSON.stringify({ scale: network.input.scale, zeroPoint: network.input.zeroPoint }),
      },
    ],
    opsetImport: [{ domain: '', version: EXPORT_OPSET }],
    graph: {
      name: network.name,
      node: parts.nodes,
      initializer: [...parts.initializers.values()],
      input: [valueInfo(ONNX_INPUT, ['N', channels, height, width])],
      output: [valueInfo(ONNX_OUTPUT, ['N', classes])],
    },
  };
  return MODEL_MESSAGE.encode(MODEL_MESSAGE.fromObject(model)).finish();
}

function inputText({ input }: FloatNetwork): string {
  return `Input "${ONNX_INPUT}": x = (u8 − ${input.zeroPoint}) · ${input.scale} of each colour of each pixel, NCHW.`;
}

function valueInfo(name: string, sizes: readonly (string | number)[]): RawValueInfo {
  const dim = sizes.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: DATA_TYPES.float32, shape: { dim } } } };
}
