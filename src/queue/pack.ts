import { canonicalJson } from '../base/artifact.ts';
import { badInput } from '../base/errors.ts';

/**
 * Plain values with arrays of numbers as bytes that do not depend on machine, Node version or order of keys, so that
 * their SHA-256 names the content:
 *
 *     uint32 (little-endian): bytes of the header | header, JSON | contents of the arrays (int32 little-endian)
 *
 * In the header an array stands as { "$array": type, "at": first byte behind the header, "length": elements }.
 */

/** What can be packed: JSON with these arrays in it. Keys must not begin with "$". */
export type PackedArray = Int8Array | Uint8Array | Int32Array;

/** Bytes of a value. */
export function pack(value: unknown): Uint8Array {
  const contents: Uint8Array[] = [];
  let end = 0;
  const lift = (inner: unknown): unknown => {
    const type = typeOf(inner);
    if (type !== undefined) {
      const bytes = toBytes(inner as PackedArray);
      const place = { $array: type, at: end, length: (inner as PackedArray).length };
      contents.push(bytes);
      end += bytes.length;
      return place;
    }
    if (Array.isArray(inner)) return inner.map(lift);
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, own]) => [key, lift(own)]));
  };
  const header = Buffer.from(canonicalJson(lift(value)), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  return Buffer.concat([length, header, ...contents]);
}

/**
 * The value of packed bytes; its arrays are copies. What it is has still to be checked.
 * @param where what to call the bytes in errors
 * @throws bad-input when they are no packed value
 */
export function unpack(bytes: Uint8Array, where: string): unknown {
  const damaged = (found: string, cause?: unknown) =>
    badInput({ where, wanted: 'a packed value', found }, 'It was not written by maxdnn.', cause);
  if (bytes.length < 4) throw damaged(`${bytes.length} bytes`);
  const start = 4 + Buffer.from(bytes.buffer, bytes.byteOffset, 4).readUInt32LE();
  if (start > bytes.length) throw damaged(`${bytes.length} bytes instead of at least ${start}`);
  const content = bytes.subarray(start);
  const lower = (_key: string, inner: unknown): unknown => {
    if (typeof inner !== 'object' || inner === null || !('$array' in inner)) return inner;
    const { $array: type, at, length } = inner as Readonly<Record<string, unknown>>;
    const read = typeof type === 'string' && Object.hasOwn(READ, type) ? READ[type as TypeName] : undefined;
    if (read === undefined) throw damaged(`an array of type ${JSON.stringify(type)}`);
    const isWhole = (value: unknown): value is number =>
      Number.isSafeInteger(value) && (value as number) >= 0;
    const size = WIDTHS[type as TypeName];
    if (!isWhole(at) || !isWhole(length) || at + length * size > content.length) {
      throw damaged('an array that reaches behind its end');
    }
    return read(new Uint8Array(content.subarray(at, at + length * size)));
  };
  try {
    return JSON.parse(Buffer.from(bytes.subarray(4, start)).toString('utf8'), lower);
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged(`no valid JSON (${error.message})`, error);
    throw error;
  }
}

type TypeName = 'int8' | 'uint8' | 'int32';

const WIDTHS: Readonly<Record<TypeName, number>> = { int8: 1, uint8: 1, int32: 4 };

const READ: Readonly<Record<TypeName, (bytes: Uint8Array) => PackedArray>> = {
  int8: (bytes) => new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length),
  uint8: (bytes) => bytes,
  int32: (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return Int32Array.from({ length: bytes.length / 4 }, (_, index) => view.getInt32(4 * index, true));
  },
};

function typeOf(value: unknown): TypeName | undefined {
  if (value instanceof Int8Array) return 'int8';
  if (value instanceof Uint8Array) return 'uint8';
  return value instanceof Int32Array ? 'int32' : undefined;
}

function toBytes(values: PackedArray): Uint8Array {
  if (!(values instanceof Int32Array)) return new Uint8Array(values.buffer, values.byteOffset, values.length);
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, index) => {
    view.setInt32(4 * index, value, true);
  });
  return new Uint8Array(view.buffer);
}
