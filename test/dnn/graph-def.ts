/** A node of a GraphDef to encode; attribute values as encoded AttrValue messages. */
export interface NodeSketch {
  readonly name: string;
  readonly op: string;
  readonly inputs?: readonly string[];
  readonly attributes?: Readonly<Record<string, Uint8Array>>;
}

/** Encodes a frozen TensorFlow graph byte by byte (protobuf wire format), independent of the reader's schema. */
export function encodeGraph(nodes: readonly NodeSketch[]): Uint8Array {
  return join(
    nodes.map((node) =>
      bytesField(
        1,
        join([
          textField(1, node.name),
          textField(2, node.op),
          ...(node.inputs ?? []).map((name) => textField(3, name)),
          ...Object.entries(node.attributes ?? {}).map(([key, value]) =>
            bytesField(5, join([textField(1, key), bytesField(2, value)])),
          ),
        ]),
      ),
    ),
  );
}

export const text = (value: string): Uint8Array => textField(2, value);
export const flag = (value: boolean): Uint8Array => varintField(5, value ? 1 : 0);
export const float = (value: number): Uint8Array => fixedField(4, value);
/** A packed list of integers. */
export const integers = (values: readonly number[]): Uint8Array =>
  bytesField(1, bytesField(3, join(values.map((value) => varint(BigInt(value))))));
export const shape = (sizes: readonly number[]): Uint8Array => bytesField(7, shapeMessage(sizes));

/** A constant; `content` float32 (as raw bytes) or int32 (as int_val). */
export function tensor(sizes: readonly number[], values: Float32Array | readonly number[]): Uint8Array {
  const isFloat = values instanceof Float32Array;
  const body = isFloat
    ? bytesField(4, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    : bytesField(7, join(values.map((value) => varint(BigInt(value)))));
  return bytesField(8, join([varintField(1, isFloat ? 1 : 3), bytesField(2, shapeMessage(sizes)), body]));
}

/** A constant of quint8 codes, as tensor_content. */
export function codesTensor(sizes: readonly number[], codes: Uint8Array): Uint8Array {
  return bytesField(8, join([varintField(1, 12), bytesField(2, shapeMessage(sizes)), bytesField(4, codes)]));
}

/** A Const node. */
export function constant(
  name: string,
  sizes: readonly number[],
  values: Float32Array | readonly number[],
): NodeSketch {
  return { name, op: 'Const', attributes: { value: tensor(sizes, values) } };
}

function shapeMessage(sizes: readonly number[]): Uint8Array {
  return join(sizes.map((size) => bytesField(2, varintField(1, size))));
}

function varintField(id: number, value: number): Uint8Array {
  return join([varint(BigInt(id << 3)), varint(BigInt(value))]);
}

function fixedField(id: number, value: number): Uint8Array {
  return join([varint(BigInt((id << 3) | 5)), new Uint8Array(Float32Array.of(value).buffer)]);
}

function bytesField(id: number, content: Uint8Array): Uint8Array {
  return join([varint(BigInt((id << 3) | 2)), varint(BigInt(content.length)), content]);
}

function textField(id: number, content: string): Uint8Array {
  return bytesField(id, new TextEncoder().encode(content));
}

function varint(value: bigint): Uint8Array {
  let rest = BigInt.asUintN(64, value);
  const bytes: number[] = [];
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Uint8Array.of(...bytes, Number(rest));
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
