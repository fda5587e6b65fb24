import type { Fault, MaxdnnError } from '../../base/errors.ts';
import type { Shape } from '../../dnn/network.ts';
import type { TfNode, TfTensor } from '../../dnn/tensorflow/messages.ts';
import type { ConvolveRequest } from './convolution.ts';
import type { ValueRange } from './tensorflow-arithmetic.ts';
import type { CodedValue, FloatValue, QuantisedConstant, QuantisedValue, SumValue, Value } from './values.ts';

/** One node at work. */
export interface NodeContext {
  readonly node: TfNode;
  /** Values of the nodes that it reads, in order. */
  readonly inputs: readonly Value[];
  /** The batch, for the placeholder. */
  readonly image: CodedValue;
  /** Sums of products of a convolution, through its multiplier. */
  readonly convolve: (request: ConvolveRequest) => Int32Array;
  readonly fail: (fault: Omit<Fault, 'where'>) => MaxdnnError;
}

/** Input 0 as float32 values. */
export function floats(context: NodeContext): CodedValue | FloatValue {
  const value = context.inputs[0];
  if (value?.kind === 'coded' || value?.kind === 'floats') return value;
  if (value?.kind === 'constant' && value.tensor.values instanceof Float32Array) {
    return { kind: 'floats', channels: 1, data: value.tensor.values };
  }
  throw wrong(context, 0, 'float32 values', value);
}

/** Input 0 as float32 values that follow from codes. */
export function coded(context: NodeContext): CodedValue {
  const value = context.inputs[0];
  if (value?.kind === 'coded') return value;
  throw wrong(context, 0, 'dequantised values', value);
}

export function codes(context: NodeContext, index: number): QuantisedValue {
  const value = context.inputs[index];
  if (value?.kind === 'quantised') return value;
  throw wrong(context, index, 'uint8 codes', value);
}

export function sums(context: NodeContext): SumValue {
  const value = context.inputs[0];
  if (value?.kind === 'sums') return value;
  throw wrong(context, 0, 'int32 sums', value);
}

export function constant(context: NodeContext, index: number): TfTensor {
  const value = context.inputs[index];
  if (value?.kind === 'constant') return value.tensor;
  throw wrong(context, index, 'a constant', value);
}

/**
 * Constant codes with their range: quantised by a node, or codes of the file with the range in two other inputs.
 * @param rangeInputs where the range is in the second case
 */
export function quantisedConstant(
  context: NodeContext,
  index: number,
  rangeInputs?: readonly [number, number],
): QuantisedConstant {
  const value = context.inputs[index];
  if (value?.kind === 'quantised constant') return value;
  if (value?.kind === 'constant' && rangeInputs !== undefined) {
    const [min, max] = [scalarAt(context, rangeInputs[0]), scalarAt(context, rangeInputs[1])];
    return { kind: 'quantised constant', tensor: value.tensor, min, max };
  }
  throw wrong(context, index, 'constant codes', value);
}

export function scalarAt(context: NodeContext, index: number): number {
  const value = context.inputs[index];
  if (value?.kind === 'scalar') return value.value;
  if (value?.kind === 'constant' && value.tensor.values.length === 1) return value.tensor.values[0]!;
  throw wrong(context, index, 'one number', value);
}

export function rangeAt(context: NodeContext, index: number): ValueRange {
  const value = context.inputs[index];
  if (value?.kind === 'range') return value;
  throw wrong(context, index, 'a range', value);
}

export function quantisedValue(shape: Shape, all: Uint8Array, { min, max }: ValueRange): QuantisedValue {
  return { kind: 'quantised', shape, codes: all, min, max };
}

function wrong({ fail }: NodeContext, index: number, wanted: string, found: Value | undefined): MaxdnnError {
  return fail({ wanted: `${wanted} at input ${index}`, found: found?.kind ?? 'none' });
}
