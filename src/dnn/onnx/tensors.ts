import { badInput, type MaxdnnError } from '../../base/errors.ts';
import { DATA_TYPES, type DataType, EXTERNAL_LOCATION, type RawTensor } from './schema.ts';

/** A constant of an ONNX model; C order. */
export interface OnnxTensor {
  readonly shape: readonly number[];
  readonly type: DataType;
  /** Float32Array for float32 and float64, integers as they are; int64 saturates at the ends of int32. */
  readonly values: OnnxNumbers;
  /** Where it was made by DequantizeLinear: what it was before. */
  readonly quantised?: QuantisedConstant;
}

export type OnnxNumbers = Float32Array | Int32Array | Int8Array | Uint8Array;

/** Integers that stand for (code − zero point) · scale. */
export interface QuantisedConstant {
  readonly type: DataType;
  readonly codes: OnnxNumbers;
  /** One, or one per index of `axis`. */
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  readonly axis: number;
}

/**
 * Reads the numbers of a tensor.
 * @throws bad-input for numbers in another file, of a type that is not used here, not finite, or too few or too many
 */
export function tensorOf(raw: RawTensor, where: string): OnnxTensor {
  const fault = (wanted: string, found: string, hint = DAMAGED): MaxdnnError =>
    badInput({ where, wanted, found }, hint);
  if (raw.dataLocation === EXTERNAL_LOCATION || (raw.externalData ?? []).length > 0) {
    const location = raw.externalData?.find(({ key }) => key === 'location')?.value ?? '';
    throw fault(
      'its numbers inside the model file',
      `numbers in the file ${JSON.stringify(location)}`,
      EXTERNAL,
    );
  }
  const type = (Object.keys(DATA_TYPES) as DataType[]).find((name) => DATA_TYPES[name] === raw.dataType);
  if (type === undefined) {
    const found = TYPE_NAMES[raw.dataType ?? 0] ?? `data type ${raw.dataType ?? 0}`;
    throw fault(
      `numbers of ${Object.keys(DATA_TYPES).join(', ')}`,
      found,
      'Convert the model to float32 or int8.',
    );
  }
  const shape = raw.dims ?? [];
  const count = shape.reduce((product, size) => product * size, 1);
  const values = numbersOf(raw, type, count, fault);
  if (values instanceof Float32Array) {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw fault('finite numbers', `${values[bad]} at index ${bad}`, 'Train or export the model again.');
  }
  return { shape, type, values };
}

/** The shortest decimal that is this float32: 0.001 for 0.0010000000474974513. */
export function shortestDecimal(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

const DAMAGED = 'The file is damaged or cut off: export the model again.';
const EXTERNAL = 'Save the model as one file, for example with onnx.save(model, path) in Python.';

/** Names of the other data types. Source: TensorProto.DataType. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  0: 'no type',
  4: 'uint16',
  5: 'int16',
  8: 'string',
  9: 'bool',
  10: 'float16',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
};

type FaultMaker = (wanted: string, found: string) => MaxdnnError;

interface Storage {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
  readonly listed: (raw: RawTensor) => readonly number[] | undefined;
  readonly make: (values: readonly number[]) => OnnxNumbers;
}

const saturate = (value: number): number => Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1);

const STORAGE: Readonly<Record<DataType, Storage>> = {
  float32: {
    bytes: 4,
    read: (view, at) => view.getFloat32(at, true),
    listed: (raw) => raw.floatData,
    make: (values) => Float32Array.from(values),
  },
  float64: {
    bytes: 8,
    read: (view, at) => view.getFloat64(at, true),
    listed: (raw) => raw.doubleData,
    make: (values) => Float32Array.from(values),
  },
  int32: {
    bytes: 4,
    read: (view, at) => view.getInt32(at, true),
    listed: (raw) => raw.int32Data,
    make: (values) => Int32Array.from(values),
  },
  int64: {
    bytes: 8,
    read: (view, at) => Number(view.getBigInt64(at, true)),
    listed: (raw) => raw.int64Data,
    make: (values) => Int32Array.from(values, saturate),
  },
  int8: {
    bytes: 1,
    read: (view, at) => view.getInt8(at),
    listed: (raw) => raw.int32Data,
    make: (values) => Int8Array.from(values),
  },
  uint8: {
    bytes: 1,
    read: (view, at) => view.getUint8(at),
    listed: (raw) => raw.int32Data,
    make: (values) => Uint8Array.from(values),
  },
};

function numbersOf(raw: RawTensor, type: DataType, count: number, fault: FaultMaker): OnnxNumbers {
  const { bytes, read, listed, make } = STORAGE[type];
  const data = raw.rawData;
  if (data !== undefined && data.length > 0) {
    if (data.length !== count * bytes) {
      throw fault(
        `${count * bytes} bytes for ${type} [${(raw.dims ?? []).join(', ')}]`,
        `${data.length} bytes`,
      );
    }
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    return make(Array.from({ length: count }, (_, i) => read(view, bytes * i)));
  }
  const values = listed(raw) ?? [];
  if (values.length !== count) throw fault(`${count} numbers`, `${values.length} numbers`);
  return make(values);
}
