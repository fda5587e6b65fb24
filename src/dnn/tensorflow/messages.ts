import protobuf from 'protobufjs/light.js';
import { badInput, show } from '../../base/errors.ts';
import { readInputFile } from '../../base/files.ts';

/** A constant of a TensorFlow graph. */
export interface TfTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** One node of a TensorFlow GraphDef. */
export interface TfNode {
  readonly name: string;
  readonly op: string;
  /** Data inputs, without output index; control inputs are left out. */
  readonly inputs: readonly string[];
  readonly attributes: TfAttributes;
}

/** Attributes of a node by kind; undefined where the node has none of that name. */
export interface TfAttributes {
  text(name: string): string | undefined;
  integers(name: string): readonly number[] | undefined;
  float(name: string): number | undefined;
  flag(name: string): boolean | undefined;
  /** Sizes, −1 where unknown. */
  shape(name: string): readonly number[] | undefined;
  tensor(name: string): TfTensor | undefined;
}

/**
 * Reads the nodes of a frozen TensorFlow GraphDef (binary .pb).
 * @throws bad-input when the file is missing, empty, cut off or something else
 */
export function readGraphDef(path: string): readonly TfNode[] {
  const bytes = readInputFile(path, 'a frozen TensorFlow graph (.pb)');
  const wanted = 'a frozen TensorFlow graph (binary GraphDef, .pb)';
  if (bytes.subarray(4, 8).toString('latin1') === 'TFL3') {
    throw badInput(
      { where: path, wanted, found: 'a TensorFlow Lite model' },
      'Only frozen .pb graphs can be imported.',
    );
  }
  let graph: RawGraph;
  try {
    graph = GRAPH.toObject(GRAPH.decode(bytes), { longs: Number }) as RawGraph;
  } catch (error) {
    throw badInput(
      {
        where: path,
        wanted,
        found: `${bytes.length} bytes that do not decode (${(error as Error).message})`,
      },
      'The file is cut off or of another format.',
      error,
    );
  }
  const nodes = graph.node ?? [];
  if (nodes.length === 0 || nodes.some((node) => !node.name || !node.op)) {
    throw badInput(
      { where: path, wanted, found: nodes.length === 0 ? 'no nodes' : 'nodes without name or operator' },
      'The file is of another format: a SavedModel has to be frozen first.',
    );
  }
  return nodes.map((node) => ({
    name: node.name!,
    op: node.op!,
    inputs: (node.input ?? [])
      .filter((name) => !name.startsWith('^'))
      .map((name) => name.replace(/:\d+$/, '')),
    attributes: attributesOf(node, path),
  }));
}

interface RawGraph {
  readonly node?: readonly RawNode[];
}

interface RawNode {
  readonly name?: string;
  readonly op?: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, RawValue>>;
}

interface RawValue {
  readonly list?: { readonly i?: readonly number[] };
  readonly s?: Uint8Array;
  readonly f?: number;
  readonly b?: boolean;
  readonly shape?: RawShape;
  readonly tensor?: RawTensor;
}

interface RawShape {
  readonly dim?: readonly { readonly size?: number }[];
  readonly unknownRank?: boolean;
}

interface RawTensor {
  readonly dtype?: number;
  readonly tensorShape?: RawShape;
  readonly tensorContent?: Uint8Array;
  readonly floatVal?: readonly number[];
  readonly intVal?: readonly number[];
  readonly int64Val?: readonly number[];
}

/**
 * The messages that a frozen graph is made of, as far as they are needed; unknown fields are skipped.
 * Source: TensorFlow's graph.proto, node_def.proto, attr_value.proto, tensor.proto, tensor_shape.proto (field numbers).
 */
const MESSAGES = {
  nested: {
    GraphDef: { fields: { node: { rule: 'repeated', type: 'NodeDef', id: 1 } } },
    NodeDef: {
      fields: {
        name: { type: 'string', id: 1 },
        op: { type: 'string', id: 2 },
        input: { rule: 'repeated', type: 'string', id: 3 },
        attr: { keyType: 'string', type: 'AttrValue', id: 5 },
      },
    },
    AttrValue: {
      oneofs: { value: { oneof: ['list', 's', 'i', 'f', 'b', 'shape', 'tensor'] } },
      fields: {
        list: { type: 'ListValue', id: 1 },
        s: { type: 'bytes', id: 2 },
        i: { type: 'int64', id: 3 },
        f: { type: 'float', id: 4 },
        b: { type: 'bool', id: 5 },
        shape: { type: 'TensorShapeProto', id: 7 },
        tensor: { type: 'TensorProto', id: 8 },
      },
    },
    ListValue: { fields: { i: { rule: 'repeated', type: 'int64', id: 3 } } },
    TensorShapeProto: {
      fields: {
        dim: { rule: 'repeated', type: 'Dim', id: 2 },
        unknownRank: { type: 'bool', id: 3 },
      },
    },
    Dim: { fields: { size: { type: 'int64', id: 1 } } },
    TensorProto: {
      fields: {
        dtype: { type: 'int32', id: 1 },
        tensorShape: { type: 'TensorShapeProto', id: 2 },
        tensorContent: { type: 'bytes', id: 4 },
        floatVal: { rule: 'repeated', type: 'float', id: 5 },
        intVal: { rule: 'repeated', type: 'int32', id: 7 },
        int64Val: { rule: 'repeated', type: 'int64', id: 10 },
      },
    },
  },
};

const GRAPH = protobuf.Root.fromJSON(MESSAGES).lookupType('GraphDef');

/** Codes of types.proto that can be read. */
const FLOAT32 = 1;
const INT32 = 3;
const INT64 = 9;
const QUINT8 = 12;
/** Bytes of a value in tensor_content, where not 4. */
const WORD_BYTES: Readonly<Record<number, number>> = { [INT64]: 8, [QUINT8]: 1 };

function attributesOf(node: RawNode, path: string): TfAttributes {
  const value = (name: string): RawValue | undefined => node.attr?.[name];
  return {
    text: (name) => {
      const bytes = value(name)?.s;
      return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
    },
    integers: (name) => value(name)?.list?.i,
    float: (name) => value(name)?.f,
    flag: (name) => value(name)?.b,
    shape: (name) => value(name)?.shape?.dim?.map((dim) => dim.size ?? 0),
    tensor: (name) => {
      const raw = value(name)?.tensor;
      return raw === undefined ? undefined : tensorOf(raw, `${path}, node ${show(node.name)}`);
    },
  };
}

function tensorOf(raw: RawTensor, where: string): TfTensor {
  const shape = raw.tensorShape?.dim?.map((dim) => dim.size ?? 0) ?? [];
  const count = shape.reduce((product, size) => product * size, 1);
  const fault = (wanted: string, found: string) =>
    badInput({ where, wanted, found }, 'The file is damaged, or the graph was not frozen for float32.');
  const bytes = raw.tensorContent;
  const wordBytes = WORD_BYTES[raw.dtype ?? 0] ?? 4;
  if (bytes !== undefined && bytes.length > 0 && bytes.length !== count * wordBytes) {
    throw fault(
      `${count * wordBytes} bytes for a constant of shape [${shape.join(', ')}]`,
      `${bytes.length} bytes`,
    );
  }
  const view =
    bytes && bytes.length > 0 ? new DataView(bytes.buffer, bytes.byteOffset, bytes.length) : undefined;
  const fill = (listed: readonly number[] | undefined, read: (view: DataView, index: number) => number) => {
    if (view) return Array.from({ length: count }, (_, index) => read(view, index));
    const known = listed ?? [];
    if (count > 0 && (known.length === 0 || known.length > count)) {
      throw fault(`${count} values`, `${known.length} values`);
    }
    // Fewer values than the shape has: the last one is repeated.
    return Array.from({ length: count }, (_, index) => known[Math.min(index, known.length - 1)]!);
  };
  switch (raw.dtype) {
    case FLOAT32:
      return { shape, values: Float32Array.from(fill(raw.floatVal, (v, i) => v.getFloat32(4 * i, true))) };
    case INT32:
      return { shape, values: Int32Array.from(fill(raw.intVal, (v, i) => v.getInt32(4 * i, true))) };
    case INT64:
      return {
        shape,
        values: Int32Array.from(fill(raw.int64Val, (v, i) => Number(v.getBigInt64(8 * i, true)))),
      };
    case QUINT8:
      return { shape, values: Int32Array.from(fill(raw.intVal, (v, i) => v.getUint8(i))) };
    default:
      throw fault('a constant of float32, int32, int64 or quint8', `TensorFlow data type ${raw.dtype ?? 0}`);
  }
}
