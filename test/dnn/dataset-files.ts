import { writeFileSync } from 'node:fs';
import { RECORD_BYTES } from '../../src/dnn/data/dataset.ts';

/** CIFAR-10 binary records of images without any symmetry, labels 3, 4, … modulo 10. */
export function someRecords(count: number): Buffer {
  return Buffer.from(
    Array.from({ length: count * RECORD_BYTES }, (_, i) =>
      i % RECORD_BYTES === 0 ? (3 + i / RECORD_BYTES) % 10 : (7 * i + ((i * i) >> 7)) % 256,
    ),
  );
}

/** Labels of records. */
export function labelsOf(records: Buffer): readonly number[] {
  return Array.from({ length: records.length / RECORD_BYTES }, (_, i) => records[i * RECORD_BYTES]!);
}

/** Planes of records: N × 3 × 32 × 32. */
export function planesOf(records: Buffer): Buffer {
  return Buffer.concat(
    labelsOf(records).map((_, i) => records.subarray(i * RECORD_BYTES + 1, (i + 1) * RECORD_BYTES)),
  );
}

/** Writes an .npy file of version 1. */
export function writeNpy(
  path: string,
  descr: string,
  shape: string,
  numbers: Uint8Array,
  order = 'False',
): void {
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
  writeFileSync(
    path,
    Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'),
      Buffer.from(header.padEnd(117)),
      latin1('\n'),
      numbers,
    ]),
  );
}

/** Bytes of a pickle opcode or text. */
export const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/**
 * A CIFAR-10 Python batch byte by byte as Python 2's cPickle wrote it with protocol 2, numpy array included:
 * {'batch_label': …, 'labels': [ … ], 'data': array, 'filenames': [ … ]}.
 */
export function pythonBatch(
  labels: readonly number[],
  data: Buffer,
  { shape = [labels.length, 3072], dtype = 'u1', fortran = false, labelsKey = 'labels' } = {},
): Buffer {
  const [rows, columns] = shape as [number, number];
  // biome-ignore format: one entry of the dictionary per line
  return Buffer.concat([
    latin1('\x80\x02}q\x01('),
    shortString('batch_label'), latin1('q\x02'), shortString('testing batch 1 of 1'), latin1('q\x03'),
    shortString(labelsKey), latin1('q\x04]q\x05('), ...labels.map(integer), latin1('e'),
    shortString('data'), latin1('q\x06cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85'),
    shortString('b'), latin1('\x87Rq\x09(K\x01'), integer(rows), integer(columns), latin1('\x86cnumpy\ndtype\nq\x0a'),
    shortString(dtype), latin1('K\x00K\x01\x87Rq\x0b(K\x03'), shortString('|'),
    latin1('NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb'), latin1(fortran ? '\x88' : '\x89'),
    latin1('T'), int32(data.length), data, latin1('tb'),
    shortString('filenames'), latin1('q\x0c]r'), int32(13), latin1('('), shortString('a.png'), shortString('b.png'), latin1('eu.'),
  ]);
}

function shortString(text: string): Buffer {
  return Buffer.concat([latin1('U'), Buffer.from([text.length]), latin1(text)]);
}

function integer(value: number): Buffer {
  if (value >= 0 && value < 256) return Buffer.from([0x4b, value]);
  return Buffer.concat([latin1('J'), int32(value)]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
