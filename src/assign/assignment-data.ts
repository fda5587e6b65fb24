import { basename, dirname, join } from 'node:path';
import { badInput, type Fault, show } from '../base/errors.ts';
import { readInputFile, sha256 } from '../base/files.ts';

/** The binary file beside an assignment: what would make its JSON unreadable. */
export interface DataFile {
  /** Name, in the folder of the assignment. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A part of the binary file. */
export interface DataPart {
  readonly offset: number;
  readonly bytes: number;
}

/** Where parts are looked up; undefined where an assignment has no binary file. */
export type DataBytes = Uint8Array | undefined;

/** Collects the parts of a binary file. */
export interface DataBuilder {
  readonly add: (values: Int8Array | Uint8Array | Int32Array) => DataPart;
  /** undefined when nothing was added. */
  readonly finish: () => Uint8Array | undefined;
}

export function createDataBuilder(): DataBuilder {
  const parts: Uint8Array[] = [];
  let offset = 0;
  return {
    add: (values) => {
      const bytes = values instanceof Int32Array ? int32Bytes(values) : Uint8Array.from(values);
      parts.push(bytes);
      offset += bytes.length;
      return { offset: offset - bytes.length, bytes: bytes.length };
    },
    finish: () => (parts.length === 0 ? undefined : Uint8Array.from(Buffer.concat(parts))),
  };
}

/**
 * Reads the binary file of an assignment.
 * @throws bad-input when it is missing or another one than the assignment was written with
 */
export function readData(assignmentPath: string, data: DataFile): Uint8Array {
  const path = join(dirname(assignmentPath), basename(data.file));
  const content = Uint8Array.from(readInputFile(path, `the tuned constants of ${assignmentPath}`));
  const digest = sha256(content);
  if (digest === data.sha256) return content;
  throw badInput(
    {
      where: path,
      wanted: `${data.bytes} bytes with sha256 ${data.sha256}`,
      found: `${content.length} with ${digest}`,
    },
    'Both files of an assignment belong together: copy them together, or write the assignment again.',
  );
}

/** Fault of a part that lies outside its file or has another length than `wanted` bytes; none when it is right. */
export function findPartFault(
  part: DataPart,
  data: DataBytes,
  wanted: number,
  where: string,
): readonly Fault[] {
  if (data === undefined) {
    return [{ where, wanted: 'field "data" that names the binary file', found: 'none' }];
  }
  if (part.bytes !== wanted)
    return [{ where: `${where}.bytes`, wanted: String(wanted), found: show(part.bytes) }];
  if (part.offset + part.bytes <= data.length) return [];
  return [
    { where: `${where}.offset`, wanted: `at most ${data.length - part.bytes}`, found: show(part.offset) },
  ];
}

/** @param data holds the part (findPartFault) */
export function bytesOfPart(part: DataPart, data: DataBytes): Uint8Array {
  return data!.slice(part.offset, part.offset + part.bytes);
}

/** @param data holds the part (findPartFault) */
export function int32OfPart(part: DataPart, data: DataBytes): Int32Array {
  const bytes = bytesOfPart(part, data);
  const view = new DataView(bytes.buffer);
  return Int32Array.from({ length: bytes.length / 4 }, (_, index) => view.getInt32(4 * index, true));
}

/** Little-endian on every machine. */
function int32Bytes(values: Int32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, index) => {
    view.setInt32(4 * index, value, true);
  });
  return new Uint8Array(view.buffer);
}
