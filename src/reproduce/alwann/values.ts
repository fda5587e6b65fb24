import type { Shape } from '../../dnn/network.ts';
import type { TfTensor } from '../../dnn/tensorflow/messages.ts';
import type { ValueRange } from './tensorflow-arithmetic.ts';

/** Codes of a batch, image × height × width × channel. */
interface Batch {
  readonly shape: Shape;
  readonly codes: Uint8Array;
}

/** uint8 codes with what they stand for. */
export interface QuantisedValue extends Batch, ValueRange {
  readonly kind: 'quantised';
}

/**
 * float32 values that are a function of a code and the channel: what follows a dequantisation as long as everything is
 * done value by value. The same numbers as if each had been computed by itself.
 */
export interface CodedValue extends Batch {
  readonly kind: 'coded';
  /** Value of each code, per channel. */
  readonly tables: readonly Float32Array[];
  /** How often each code occurs, [channel][256]. */
  readonly counts: () => Uint32Array;
}

/** float32 values, image × channel. */
export interface FloatValue {
  readonly kind: 'floats';
  readonly channels: number;
  readonly data: Float32Array;
}

/** int32 sums of a batch, image × height × width × channel. */
export interface SumValue extends ValueRange {
  readonly kind: 'sums';
  readonly shape: Shape;
  readonly sums: Int32Array;
}

/** Constant codes, e.g. of weights, with what they stand for. */
export interface QuantisedConstant extends ValueRange {
  readonly kind: 'quantised constant';
  readonly tensor: TfTensor;
}

export type Value =
  | QuantisedConstant
  | QuantisedValue
  | CodedValue
  | FloatValue
  | SumValue
  | ({ readonly kind: 'range' } & ValueRange)
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'constant'; readonly tensor: TfTensor };

/** Values of codes, counted when first asked. */
export function codedValue(shape: Shape, codes: Uint8Array, tables: readonly Float32Array[]): CodedValue {
  let counted: Uint32Array | undefined;
  const counts = (): Uint32Array => {
    counted ??= countCodes(codes, shape.channels);
    return counted;
  };
  return { kind: 'coded', shape, codes, tables, counts };
}

/** The same codes with other values. */
export function mapTables(
  value: CodedValue,
  map: (table: Float32Array, channel: number) => Float32Array,
): CodedValue {
  return { ...value, tables: value.tables.map(map) };
}

/** Smallest and largest value that occurs. */
export function extremes(value: CodedValue | FloatValue): readonly [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const take = (number: number): void => {
    if (number < least) least = number;
    if (number > most) most = number;
  };
  if (value.kind === 'floats') {
    for (const number of value.data) take(number);
    return [least, most];
  }
  for (const [index, count] of value.counts().entries()) {
    if (count > 0) take(value.tables[index >> 8]![index & 255]!);
  }
  return [least, most];
}

/** Codes mapped by a table per channel. */
export function mapCodes(codes: Uint8Array, maps: readonly Uint8Array[]): Uint8Array {
  const mapped = new Uint8Array(codes.length);
  const channels = maps.length;
  const flat = new Uint8Array(256 * channels);
  for (const [channel, map] of maps.entries()) flat.set(map, 256 * channel);
  for (let base = 0; base < codes.length; base += channels) {
    for (let channel = 0; channel < channels; channel++) {
      mapped[base + channel] = flat[(channel << 8) + codes[base + channel]!]!;
    }
  }
  return mapped;
}

function countCodes(codes: Uint8Array, channels: number): Uint32Array {
  const counts = new Uint32Array(256 * channels);
  for (let base = 0; base < codes.length; base += channels) {
    for (let channel = 0; channel < channels; channel++) counts[(channel << 8) + codes[base + channel]!]!++;
  }
  return counts;
}
