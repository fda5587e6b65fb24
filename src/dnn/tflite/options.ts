import type { TfliteOperator } from './model.ts';

/** A function that is applied to the output of an operator. */
export type Activation = 'none' | 'relu' | 'reluN1To1' | 'relu6';

/** What an activation lets through: low … high. */
export const ACTIVATION_RANGES: Readonly<
  Record<Activation, { readonly low: number; readonly high: number }>
> = {
  none: { low: -Infinity, high: Infinity },
  relu: { low: 0, high: Infinity },
  reluN1To1: { low: -1, high: 1 },
  relu6: { low: 0, high: 6 },
};

/** Options of an operator that moves a window, and its fused activation. */
export interface WindowOptions {
  readonly padding: 'SAME' | 'VALID';
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Of pools; a convolution's kernel is the shape of its weights. */
  readonly kernel: readonly [number, number];
  /** As in the schema: 0 none, 1 ReLU, … (see activationOf). */
  readonly activation: number;
}

/**
 * Options of CONV_2D, DEPTHWISE_CONV_2D, AVERAGE_POOL_2D and MAX_POOL_2D, rows before columns.
 * Source: schema.fbs, tables Conv2DOptions, DepthwiseConv2DOptions, Pool2DOptions (field ids).
 */
export function windowOptions({ name, options }: TfliteOperator): WindowOptions {
  const int = (id: number, fallback: number): number => options?.int32(id, fallback) ?? fallback;
  const byte = (id: number): number => options?.int8(id, 0) ?? 0;
  const isPool = name === 'AVERAGE_POOL_2D' || name === 'MAX_POOL_2D';
  const isDepthwise = name === 'DEPTHWISE_CONV_2D';
  const [activation, dilation] = isPool ? [5, 0] : isDepthwise ? [4, 5] : [3, 4];
  return {
    padding: byte(0) === 0 ? 'SAME' : 'VALID',
    stride: [int(2, 0), int(1, 0)],
    dilation: isPool ? [1, 1] : [int(dilation + 1, 1), int(dilation, 1)],
    kernel: isPool ? [int(4, 0), int(3, 0)] : [0, 0],
    activation: byte(activation),
  };
}

/**
 * The fused activation of ADD, CONCATENATION and FULLY_CONNECTED.
 * Source: schema.fbs, tables AddOptions, ConcatenationOptions, FullyConnectedOptions.
 */
export function fusedActivation({ name, options }: TfliteOperator): number {
  return options?.int8(name === 'CONCATENATION' ? 1 : 0, 0) ?? 0;
}

/** Axis along which CONCATENATION joins. Source: schema.fbs, table ConcatenationOptions. */
export function concatenationAxis({ options }: TfliteOperator): number {
  return options?.int32(0, 0) ?? 0;
}

/** FullyConnectedOptions.weights_format: 0 is the plain one, out × in. Source: schema.fbs. */
export function weightsFormat({ options }: TfliteOperator): number {
  return options?.int8(1, 0) ?? 0;
}

/** The activation of a code, undefined for those that cannot be imported. Source: schema.fbs, ActivationFunctionType. */
export function activationOf(code: number): Activation | undefined {
  return (['none', 'relu', 'reluN1To1', 'relu6'] as const)[code];
}

/** Name of an activation's code for messages. */
export function activationName(code: number): string {
  return ['NONE', 'RELU', 'RELU_N1_TO_1', 'RELU6', 'TANH', 'SIGN_BIT'][code] ?? `activation ${code}`;
}
