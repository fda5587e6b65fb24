import { ByteBuffer } from 'flatbuffers';

/**
 * One table of a FlatBuffer, read by the field ids of its schema (0, 1, … in the order of the fields; a union takes
 * two ids, its type and its value). A field that is not stored has its default. Whatever is read is first checked to
 * lie within the file, so a cut-off or foreign file cannot pass as zeros.
 * Source: "FlatBuffers internals" (flatbuffers.dev): vtables, offsets, vectors.
 */
export interface FlatTable {
  uint8(id: number, fallback: number): number;
  int8(id: number, fallback: number): number;
  int32(id: number, fallback: number): number;
  uint32(id: number, fallback: number): number;
  text(id: number): string;
  table(id: number): FlatTable | undefined;
  tables(id: number): readonly FlatTable[];
  /** Empty where it is not stored, like the other lists. */
  int32s(id: number): readonly number[];
  /** As numbers; beyond ±2^53 they are not exact. */
  int64s(id: number): readonly number[];
  float32s(id: number): readonly number[];
  /** A view into the file. */
  bytes(id: number): Uint8Array;
}

/** What is wrong with the buffer, as the end of a sentence: "an offset beyond its end …". Must throw. */
export type OnBroken = (found: string) => never;

/** The four characters after the root offset that tell the kind of the file; undefined in a file too short for them. */
export function fileIdentifier(file: Uint8Array): string | undefined {
  return file.length < 8 ? undefined : new ByteBuffer(file).getBufferIdentifier();
}

/** The root table. */
export function rootTable(file: Uint8Array, onBroken: OnBroken): FlatTable {
  const buffer = new ByteBuffer(file);
  checkRange(buffer, 0, 8, onBroken);
  return tableAt(buffer, offsetFrom(buffer, 0, onBroken), onBroken);
}

function tableAt(buffer: ByteBuffer, position: number, onBroken: OnBroken): FlatTable {
  checkRange(buffer, position, 4, onBroken);
  const vtable = position - buffer.readInt32(position);
  checkRange(buffer, vtable, 4, onBroken);
  const vtableBytes = buffer.readUint16(vtable);
  const tableBytes = buffer.readUint16(vtable + 2);
  checkRange(buffer, vtable, Math.max(vtableBytes, 4), onBroken);
  checkRange(buffer, position, Math.max(tableBytes, 4), onBroken);

  /** Where a field is stored, 0 where it is not. */
  const field = (id: number, bytes: number): number => {
    const entry = 4 + 2 * id;
    const offset = entry + 2 <= vtableBytes ? buffer.readUint16(vtable + entry) : 0;
    if (offset === 0) return 0;
    if (offset + bytes > tableBytes) onBroken(`a field beyond the end of its table at byte ${position}`);
    return position + offset;
  };
  const vector = (id: number, elementBytes: number): { readonly start: number; readonly count: number } => {
    const at = field(id, 4);
    if (at === 0) return { start: 0, count: 0 };
    const start = offsetFrom(buffer, at, onBroken);
    checkRange(buffer, start, 4, onBroken);
    const count = buffer.readUint32(start);
    checkRange(buffer, start + 4, count * elementBytes, onBroken);
    return { start: start + 4, count };
  };
  const list = <T>(id: number, elementBytes: number, read: (at: number) => T): readonly T[] => {
    const { start, count } = vector(id, elementBytes);
    return Array.from({ length: count }, (_, index) => read(start + index * elementBytes));
  };
  const scalar = (id: number, bytes: number, fallback: number, read: (at: number) => number): number => {
    const at = field(id, bytes);
    return at === 0 ? fallback : read(at);
  };
  const bytes = (id: number): Uint8Array => {
    const { start, count } = vector(id, 1);
    return buffer.bytes().subarray(start, start + count);
  };
  return {
    uint8: (id, fallback) => scalar(id, 1, fallback, (at) => buffer.readUint8(at)),
    int8: (id, fallback) => scalar(id, 1, fallback, (at) => buffer.readInt8(at)),
    int32: (id, fallback) => scalar(id, 4, fallback, (at) => buffer.readInt32(at)),
    uint32: (id, fallback) => scalar(id, 4, fallback, (at) => buffer.readUint32(at)),
    text: (id) => Buffer.from(bytes(id)).toString('utf8'),
    table: (id) => {
      const at = field(id, 4);
      return at === 0 ? undefined : tableAt(buffer, offsetFrom(buffer, at, onBroken), onBroken);
    },
    tables: (id) => list(id, 4, (at) => tableAt(buffer, offsetFrom(buffer, at, onBroken), onBroken)),
    int32s: (id) => list(id, 4, (at) => buffer.readInt32(at)),
    int64s: (id) => list(id, 8, (at) => Number(buffer.readInt64(at))),
    float32s: (id) => list(id, 4, (at) => buffer.readFloat32(at)),
    bytes,
  };
}

/** Where the offset stored at `at` leads. */
function offsetFrom(buffer: ByteBuffer, at: number, onBroken: OnBroken): number {
  const offset = buffer.readUint32(at);
  checkRange(buffer, at + offset, 4, onBroken);
  return at + offset;
}

function checkRange(buffer: ByteBuffer, start: number, bytes: number, onBroken: OnBroken): void {
  if (start >= 0 && start + bytes <= buffer.capacity()) return;
  onBroken(`a reference to bytes ${start} … ${start + bytes - 1} in a file of ${buffer.capacity()} bytes`);
}
