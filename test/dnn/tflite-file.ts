import { Builder } from 'flatbuffers';

/** A tensor to encode; a constant has `content`, a quantised one `scales`. */
export interface TensorSketch {
  readonly name: string;
  readonly shape: readonly number[];
  readonly signature?: readonly number[];
  /** Code of the schema's TensorType. */
  readonly type: number;
  readonly content?: Int8Array | Int32Array | Float32Array;
  readonly scales?: readonly number[];
  readonly zeroPoints?: readonly number[];
  readonly axis?: number;
}

export interface OperatorSketch {
  /** Code of the schema's BuiltinOperator. */
  readonly code: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Number of the options table in the union, and its fields: [id, bytes of an integer, value]. */
  readonly options?: {
    readonly type: number;
    readonly fields: readonly (readonly [number, 1 | 4, number])[];
  };
}

export interface ModelSketch {
  readonly tensors: readonly TensorSketch[];
  readonly operators: readonly OperatorSketch[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly subgraphs?: number;
  readonly version?: number;
}

export const TYPE = { float32: 0, int32: 2, uint8: 3, int16: 7, int8: 9 } as const;

export const CODE = {
  add: 0,
  averagePool: 1,
  concatenation: 2,
  conv: 3,
  depthwise: 4,
  dequantize: 6,
  fullyConnected: 9,
  maxPool: 17,
  relu: 19,
  relu6: 21,
  reshape: 22,
  softmax: 25,
  pad: 34,
  mean: 40,
  sub: 41,
  leakyRelu: 98,
  quantize: 114,
} as const;

/** Encodes a TensorFlow Lite model with FlatBuffers' own builder, apart from the reader's tables. */
export function encodeTflite(model: ModelSketch): Uint8Array {
  const builder = new Builder(4096);
  const constants = model.tensors.filter(({ content }) => content !== undefined);
  const buffers = [
    table(builder, 3, () => {}),
    ...constants.map(({ content }) => {
      const data = bytesVector(
        builder,
        new Uint8Array(content!.buffer, content!.byteOffset, content!.byteLength),
      );
      return table(builder, 3, () => builder.addFieldOffset(0, data, 0));
    }),
  ];
  const tensors = model.tensors.map((tensor) => encodeTensor(builder, tensor, constants.indexOf(tensor) + 1));
  const codes = [...new Set(model.operators.map(({ code }) => code))];
  const operators = model.operators.map((operator) => encodeOperator(builder, operator, codes));
  const codeTables = codes.map((code) =>
    table(builder, 4, () => {
      builder.addFieldInt8(0, Math.min(code, 127), 0);
      builder.addFieldInt32(3, code, 0);
    }),
  );
  const parts = [
    offsets(builder, tensors),
    integers(builder, model.inputs),
    integers(builder, model.outputs),
    offsets(builder, operators),
  ];
  const graphs = Array.from({ length: model.subgraphs ?? 1 }, () =>
    table(builder, 5, () => {
      for (const [id, part] of parts.entries()) builder.addFieldOffset(id, part, 0);
    }),
  );
  const [codeVector, graphVector, bufferVector] = [codeTables, graphs, buffers].map((list) =>
    offsets(builder, list),
  );
  const root = table(builder, 8, () => {
    builder.addFieldInt32(0, model.version ?? 3, 0);
    builder.addFieldOffset(1, codeVector!, 0);
    builder.addFieldOffset(2, graphVector!, 0);
    builder.addFieldOffset(4, bufferVector!, 0);
  });
  builder.finish(root, 'TFL3');
  return builder.asUint8Array();
}

function encodeTensor(builder: Builder, tensor: TensorSketch, buffer: number): number {
  const name = builder.createString(tensor.name);
  const shape = integers(builder, tensor.shape);
  const signature = tensor.signature ? integers(builder, tensor.signature) : 0;
  let quantisation = 0;
  if (tensor.scales) {
    const zeroPoints = tensor.zeroPoints ?? tensor.scales.map(() => 0);
    builder.startVector(4, tensor.scales.length, 4);
    for (const scale of [...tensor.scales].reverse()) builder.addFloat32(scale);
    const scales = builder.endVector();
    builder.startVector(8, zeroPoints.length, 8);
    for (const zero of [...zeroPoints].reverse()) builder.addInt64(BigInt(zero));
    const zeros = builder.endVector();
    quantisation = table(builder, 7, () => {
      builder.addFieldOffset(2, scales, 0);
      builder.addFieldOffset(3, zeros, 0);
      builder.addFieldInt32(6, tensor.axis ?? 0, 0);
    });
  }
  return table(builder, 8, () => {
    builder.addFieldOffset(0, shape, 0);
    builder.addFieldInt8(1, tensor.type, 0);
    builder.addFieldInt32(2, tensor.content ? buffer : 0, 0);
    builder.addFieldOffset(3, name, 0);
    builder.addFieldOffset(4, quantisation, 0);
    builder.addFieldOffset(7, signature, 0);
  });
}

function encodeOperator(builder: Builder, operator: OperatorSketch, codes: readonly number[]): number {
  const { options } = operator;
  const optionTable =
    options &&
    table(builder, 8, () => {
      for (const [id, bytes, value] of options.fields) {
        if (bytes === 1) builder.addFieldInt8(id, value, 0);
        else builder.addFieldInt32(id, value, 0);
      }
    });
  const [inputs, outputs] = [integers(builder, operator.inputs), integers(builder, operator.outputs)];
  return table(builder, 9, () => {
    builder.addFieldInt32(0, codes.indexOf(operator.code), 0);
    builder.addFieldOffset(1, inputs, 0);
    builder.addFieldOffset(2, outputs, 0);
    builder.addFieldInt8(3, options?.type ?? 0, 0);
    builder.addFieldOffset(4, optionTable ?? 0, 0);
  });
}

function table(builder: Builder, fields: number, fill: () => void): number {
  builder.startObject(fields);
  fill();
  return builder.endObject();
}

function integers(builder: Builder, values: readonly number[]): number {
  builder.startVector(4, values.length, 4);
  for (const value of [...values].reverse()) builder.addInt32(value);
  return builder.endVector();
}

function offsets(builder: Builder, values: readonly number[]): number {
  builder.startVector(4, values.length, 4);
  for (const value of [...values].reverse()) builder.addOffset(value);
  return builder.endVector();
}

function bytesVector(builder: Builder, bytes: Uint8Array): number {
  builder.startVector(1, bytes.length, 16);
  for (const byte of [...bytes].reverse()) builder.addInt8(byte);
  return builder.endVector();
}
