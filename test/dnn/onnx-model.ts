import {
  ATTRIBUTE_TYPES,
  DATA_TYPES,
  type DataType,
  MODEL_MESSAGE,
  type RawAttribute,
  type RawNode,
  type RawTensor,
  type RawValueInfo,
} from '../../src/dnn/onnx/schema.ts';

/** A node of a model that a test puts together; integers in attributes are given as bigint. */
export interface NodeSketch {
  readonly name?: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, bigint | readonly bigint[] | number | string>>;
  readonly domain?: string;
}

export interface TensorSketch {
  readonly type: DataType;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

export interface ModelSketch {
  readonly opset?: number;
  readonly nodes: readonly NodeSketch[];
  readonly constants?: Readonly<Record<string, TensorSketch>>;
  /** Sizes; a text is a dynamic one. */
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly inputType?: DataType;
  /** With sizes, as onnxruntime checks them; or without. */
  readonly outputs: readonly string[];
  readonly outputType?: DataType;
}

/** The .onnx file of a model. */
export function encodeModel(model: ModelSketch): Uint8Array {
  const raw = {
    irVersion: 8,
    opsetImport: [{ domain: '', version: model.opset ?? 13 }],
    graph: {
      name: 'test',
      node: model.nodes.map(encodeNode),
      initializer: Object.entries(model.constants ?? {}).map(([name, tensor]) => encodeTensor(name, tensor)),
      input: Object.entries(model.inputs).map(([name, sizes]) =>
        valueInfo(name, model.inputType ?? 'float32', sizes),
      ),
      output: model.outputs.map((name) => valueInfo(name, model.outputType ?? 'float32')),
    },
  };
  return MODEL_MESSAGE.encode(MODEL_MESSAGE.fromObject(raw)).finish();
}

export function floats(shape: readonly number[], values: ArrayLike<number>): TensorSketch {
  return { type: 'float32', shape, values };
}

export function integers(values: readonly number[]): TensorSketch {
  return { type: 'int64', shape: [values.length], values };
}

export function scalar(value: number, type: DataType = 'float32'): TensorSketch {
  return { type, shape: [], values: [value] };
}

function encodeNode(node: NodeSketch): RawNode {
  const attribute = Object.entries(node.attributes ?? {}).map(([name, value]) =>
    encodeAttribute(name, value),
  );
  const { op, inputs, outputs, name = '', domain = '' } = node;
  return { opType: op, input: inputs, output: outputs, name, domain, attribute };
}

function encodeAttribute(name: string, value: bigint | readonly bigint[] | number | string): RawAttribute {
  if (typeof value === 'bigint') return { name, i: Number(value), type: ATTRIBUTE_TYPES.int };
  if (typeof value === 'number') return { name, f: value, type: ATTRIBUTE_TYPES.float };
  if (typeof value === 'string') return { name, s: Buffer.from(value), type: ATTRIBUTE_TYPES.string };
  return { name, ints: value.map(Number), type: ATTRIBUTE_TYPES.ints };
}

/** The numbers as raw data, little-endian. */
export function encodeTensor(name: string, { type, shape, values }: TensorSketch): RawTensor {
  const list = Array.from(values);
  const arrays = {
    float32: () => Float32Array.from(list),
    float64: () => Float64Array.from(list),
    int8: () => Int8Array.from(list),
    uint8: () => Uint8Array.from(list),
    int32: () => Int32Array.from(list),
    int64: () => BigInt64Array.from(list, BigInt),
  };
  return {
    name,
    dims: [...shape],
    dataType: DATA_TYPES[type],
    rawData: new Uint8Array(arrays[type]().buffer),
  };
}

function valueInfo(name: string, type: DataType, sizes?: readonly (number | string)[]): RawValueInfo {
  const dim = sizes?.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: DATA_TYPES[type], ...(dim ? { shape: { dim } } : {}) } } };
}
