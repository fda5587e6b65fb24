import { badInput, type MaxdnnError } from '../../base/errors.ts';
import { paddingOf, windowShape } from '../graph-builder.ts';
import type { Shape } from '../network.ts';
import type { TfliteModel, TfliteOperator, TfliteTensor } from './model.ts';
import {
  type Activation,
  activationName,
  activationOf,
  concatenationAxis,
  fusedActivation,
  weightsFormat,
  windowOptions,
} from './options.ts';
import { checkOutput, describeShape, imageShape, integersOf } from './tensors.ts';

/** What an operator reads: the image or what an earlier one made. */
export interface TfliteValue {
  /** Index of the tensor that the last step wrote; reshaping keeps it. */
  readonly source: number;
  /** The tensor whose quantisation the codes have. */
  readonly tensor: TfliteTensor;
  /** Before flattening. */
  readonly shape: Shape;
  readonly isFlat: boolean;
  /** True after SOFTMAX or DEQUANTIZE: nothing may compute with it any more. */
  readonly isEnd: boolean;
}

export interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
}

/** What an operator computes, as both kinds of networks need it. */
export type TfliteStep = StepBase &
  (
    | (Window & {
        /** Weights cout × kh × kw × cin/groups, or 1 × kh × kw × cout where `isDepthwise` (groups = cin). */
        readonly kind: 'conv';
        readonly isDepthwise: boolean;
        readonly groups: number;
        readonly weights: TfliteTensor;
        readonly bias?: TfliteTensor;
      })
    /** Weights out × in. */
    | { readonly kind: 'dense'; readonly weights: TfliteTensor; readonly bias?: TfliteTensor }
    | (Window & { readonly kind: 'averagePool' | 'maxPool' })
    | { readonly kind: 'add' | 'concat' | 'mean' | 'activation' }
    /** Zeros around the image (top, left, bottom, right) and in front of and behind the channels. */
    | {
        readonly kind: 'pad';
        readonly pads: readonly [number, number, number, number];
        readonly channels: readonly [number, number];
      }
  );

interface StepBase {
  readonly operator: TfliteOperator;
  readonly inputs: readonly TfliteValue[];
  readonly output: TfliteTensor;
  readonly to: Shape;
  readonly activation: Activation;
  /** An error in this operator. */
  readonly fault: StepFault;
}

export type StepFault = (wanted: string, found: string) => MaxdnnError;

/** Operators that can be imported. */
export const SUPPORTED_OPERATORS: readonly string[] = [
  'ADD',
  'AVERAGE_POOL_2D',
  'CONCATENATION',
  'CONV_2D',
  'DEPTHWISE_CONV_2D',
  'DEQUANTIZE',
  'FULLY_CONNECTED',
  'MAX_POOL_2D',
  'MEAN',
  'PAD',
  'QUANTIZE',
  'RELU',
  'RELU6',
  'RELU_N1_TO_1',
  'RESHAPE',
  'SOFTMAX',
];

export const SUPPORTED_HINT = `Operators that can be imported: ${SUPPORTED_OPERATORS.join(', ')}.`;

/** Error in an operator of a model. */
export function operatorFault(model: TfliteModel, operator: TfliteOperator): StepFault {
  return (wanted, found) =>
    badInput(
      { where: `${model.path}, operator ${operator.index} (${operator.name})`, wanted, found },
      SUPPORTED_HINT,
    );
}

/** Makes the step of one operator from its values. @throws bad-input */
export function stepOf(
  model: TfliteModel,
  operator: TfliteOperator,
  inputs: readonly TfliteValue[],
  output: TfliteTensor,
): TfliteStep {
  const fault = operatorFault(model, operator);
  const value = inputs[0]!;
  const from = value.shape;
  const base = (to: Shape, activationCode: number): StepBase => {
    const activation = activationOf(activationCode);
    if (activation === undefined)
      throw fault('no other activation than ReLU', activationName(activationCode));
    checkOutput(output, to, fault);
    return { operator, inputs, output, to, activation, fault };
  };
  const constant = (position: number, what: string): TfliteTensor => {
    const tensor = model.tensors[operator.inputs[position] ?? -1];
    if (tensor?.content) return tensor;
    throw fault(`${what} that are stored in the model`, tensor ? `computed ones (${tensor.name})` : 'none');
  };
  const bias = (): { readonly bias?: TfliteTensor } =>
    (operator.inputs[2] ?? -1) < 0 ? {} : { bias: constant(2, 'biases') };
  const window = (kernel: readonly [number, number]): Window & { readonly code: number } => {
    const options = windowOptions(operator);
    const { stride, dilation } = options;
    if (dilation.some((factor) => factor !== 1)) throw fault('dilations of 1', dilation.join(' × '));
    if ([...stride, ...kernel].some((size) => size < 1 || size > 64))
      throw fault('windows and strides of 1 … 64', `${kernel.join(' × ')}, strides ${stride.join(' × ')}`);
    const [top, bottom] = paddingOf(options.padding, from.height, kernel[0], stride[0]);
    const [left, right] = paddingOf(options.padding, from.width, kernel[1], stride[1]);
    return { kernel, stride, pads: [top, left, bottom, right], code: options.activation };
  };
  const windowOutput = ({ kernel, stride, pads }: Window, channels: number): Shape => {
    const [height, width] = [from.height + pads[0] + pads[2], from.width + pads[1] + pads[3]];
    if (kernel[0] > height || kernel[1] > width)
      throw fault(`a window within ${height} × ${width}`, kernel.join(' × '));
    return windowShape(height, width, kernel, stride, channels);
  };
  switch (operator.name) {
    case 'CONV_2D':
    case 'DEPTHWISE_CONV_2D': {
      const weights = constant(1, 'weights');
      const isDepthwise = operator.name === 'DEPTHWISE_CONV_2D';
      const [first = 0, kh = 0, kw = 0, last = 0] = weights.shape;
      const groups = isDepthwise ? from.channels : from.channels / last;
      const channels = isDepthwise ? last : first;
      const fits = Number.isInteger(groups) && Number.isInteger(channels / groups);
      if (weights.shape.length !== 4 || !fits || (isDepthwise && first !== 1))
        throw fault(
          isDepthwise
            ? `weights of shape [1, kh, kw, multiple of ${from.channels}]`
            : `weights of shape [cout, kh, kw, ${from.channels}]`,
          `[${weights.shape.join(', ')}]`,
        );
      const { code, ...rest } = window([kh, kw]);
      const to = windowOutput(rest, channels);
      return { ...base(to, code), kind: 'conv', ...rest, isDepthwise, groups, weights, ...bias() };
    }
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D': {
      const { code, ...rest } = window(windowOptions(operator).kernel);
      const kind = operator.name === 'MAX_POOL_2D' ? 'maxPool' : 'averagePool';
      return { ...base(windowOutput(rest, from.channels), code), kind, ...rest };
    }
    case 'FULLY_CONNECTED': {
      const weights = constant(1, 'weights');
      const size = from.height * from.width * from.channels;
      const [out = 0, taps = 0] = weights.shape;
      if (weightsFormat(operator) !== 0)
        throw fault('weights in the plain format', `format ${weightsFormat(operator)}`);
      if (weights.shape.length !== 2 || taps !== size)
        throw fault(`weights of shape [out, ${size}]`, `[${weights.shape.join(', ')}]`);
      const to = { height: 1, width: 1, channels: out };
      return { ...base(to, fusedActivation(operator)), kind: 'dense', weights, ...bias() };
    }
    case 'ADD': {
      const other = inputs[1]!.shape;
      if (describeShape(other) !== describeShape(from))
        throw fault(`inputs of one shape, ${describeShape(from)}`, describeShape(other));
      return { ...base(from, fusedActivation(operator)), kind: 'add' };
    }
    case 'CONCATENATION': {
      const rank = output.shape.length;
      const axis = concatenationAxis(operator);
      if (axis !== rank - 1 && axis !== -1) throw fault('the axis of the channels', `axis ${axis}`);
      for (const { shape } of inputs)
        if (shape.height !== from.height || shape.width !== from.width)
          throw fault(`inputs of ${from.height} × ${from.width}`, `${shape.height} × ${shape.width}`);
      const channels = inputs.reduce((sum, { shape }) => sum + shape.channels, 0);
      return { ...base({ ...from, channels }, fusedActivation(operator)), kind: 'concat' };
    }
    case 'MEAN': {
      const axes = integersOf(constant(1, 'axes'), fault);
      const rank = value.tensor.shape.length;
      const resolved = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort();
      if (rank !== 4 || resolved.join() !== '1,2')
        throw fault('a mean over rows and columns (axes 1 and 2)', `axes ${axes.join(', ')}`);
      if (from.height > 64 || from.width > 64)
        throw fault('a mean over at most 64 × 64', `${from.height} × ${from.width}`);
      return { ...base({ height: 1, width: 1, channels: from.channels }, 0), kind: 'mean' };
    }
    case 'PAD': {
      const amounts = integersOf(constant(1, 'paddings'), fault);
      const [b0, b1, top, bottom, left, right, before, after] = amounts as [number, ...number[]];
      if (amounts.length !== 8 || b0 !== 0 || b1 !== 0 || amounts.some((n) => n < 0 || n > 65536))
        throw fault('padding of rows, columns and channels (4 pairs)', amounts.join(', '));
      if ([top, bottom, left, right].some((n) => n! > 32))
        throw fault('padding of at most 32 rows or columns', amounts.join(', '));
      const to = {
        height: from.height + top! + bottom!,
        width: from.width + left! + right!,
        channels: from.channels + before! + after!,
      };
      const pads = [top!, left!, bottom!, right!] as const;
      return { ...base(to, 0), kind: 'pad', pads, channels: [before!, after!] };
    }
    default:
      return {
        ...base(from, { RELU: 1, RELU_N1_TO_1: 2, RELU6: 3 }[operator.name] ?? 0),
        kind: 'activation',
      };
  }
}

/** Shape of the image. @throws bad-input */
export function inputShape(model: TfliteModel, tensor: TfliteTensor): Shape {
  const fault = (wanted: string, found: string): MaxdnnError =>
    badInput(
      { where: `${model.path}, input ${tensor.name}`, wanted, found },
      'Export the model with an image of fixed size as its input; the batch may be open.',
    );
  return imageShape(tensor, fault);
}
