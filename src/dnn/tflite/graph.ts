import { badInput, type Fault, show } from '../../base/errors.ts';
import type { TfliteModel, TfliteOperator, TfliteTensor } from './model.ts';
import {
  inputShape,
  operatorFault,
  SUPPORTED_HINT,
  SUPPORTED_OPERATORS,
  stepOf,
  type TfliteStep,
  type TfliteValue,
} from './steps.ts';
import { describeShape, elementCount, imageShape } from './tensors.ts';

/** What a model computes with; everything between its image and its logits is of one type. */
export type ActivationType = 'int8' | 'float32';

/** A model as the steps from its image to its logits, checked to fit together. */
export interface TfliteGraph {
  readonly type: ActivationType;
  readonly image: TfliteValue;
  readonly steps: readonly TfliteStep[];
  /** Before SOFTMAX and DEQUANTIZE, which change nothing in the order of the classes. */
  readonly logits: TfliteValue;
}

/** Follows the operators of a model. @throws bad-input for anything that cannot be imported */
export function followOperators(model: TfliteModel): TfliteGraph {
  refuseUnknown(model);
  const image = imageOf(model);
  const values = new Map<number, TfliteValue>([[image.tensor.index, image]]);
  const steps: TfliteStep[] = [];
  let type: ActivationType | undefined;
  for (const operator of model.operators) {
    const fault = operatorFault(model, operator);
    const output = model.tensors[operator.outputs[0] ?? -1];
    if (operator.outputs.length !== 1 || !output) throw fault('one output', String(operator.outputs.length));
    if (values.has(output.index)) throw fault('an output that no other writes', show(output.name));
    const inputs = inputsOf(model, operator, values);
    const passed = passThrough(model, operator, inputs[0]!, output);
    if (passed) {
      values.set(output.index, passed);
      continue;
    }
    for (const { isEnd, isFlat, shape } of inputs) {
      if (isEnd) throw fault('SOFTMAX and DEQUANTIZE at the end only', 'this operator behind them');
      if (isFlat && operator.name !== 'FULLY_CONNECTED')
        throw fault('an image', `${describeShape(shape)} flattened`);
    }
    for (const tensor of [...inputs.map((input) => input.tensor), output]) {
      type ??= activationType(tensor);
      if (tensor.type !== type)
        throw fault(
          `activations ${type === undefined ? 'of int8 or of float32' : `of ${type}`}`,
          `${tensor.type} in ${show(tensor.name)}`,
        );
    }
    const step = stepOf(model, operator, inputs, output);
    steps.push(step);
    values.set(output.index, {
      source: output.index,
      tensor: output,
      shape: step.to,
      isFlat: false,
      isEnd: false,
    });
  }
  const logits = values.get(model.outputs[0]!);
  if (type === undefined || !logits || logits.source === image.source) {
    throw badInput(
      { where: model.path, wanted: 'operators from the image to the logits', found: 'none' },
      SUPPORTED_HINT,
    );
  }
  refuseUnread(model, steps, logits);
  return {
    type,
    image: steps[0]!.inputs.find(({ source }) => source === image.source) ?? image,
    steps,
    logits,
  };
}

function activationType({ type }: TfliteTensor): ActivationType | undefined {
  return type === 'int8' || type === 'float32' ? type : undefined;
}

function refuseUnknown(model: TfliteModel): void {
  const faults: Fault[] = model.operators
    .filter(({ name }) => !SUPPORTED_OPERATORS.includes(name))
    .map(({ index, name }) => ({
      where: `${model.path}, operator ${index}`,
      wanted: 'an operator that can be imported',
      found: name,
    }));
  if (faults.length > 0) throw badInput(faults.slice(0, 20), SUPPORTED_HINT);
}

function imageOf(model: TfliteModel): TfliteValue {
  for (const [what, list] of [
    ['input', model.inputs],
    ['output', model.outputs],
  ] as const) {
    if (list.length === 1 && model.tensors[list[0]!]) continue;
    throw badInput(
      { where: model.path, wanted: `one ${what}`, found: String(list.length) },
      'Only image classifiers can be imported: one image in, one vector of logits out.',
    );
  }
  const tensor = model.tensors[model.inputs[0]!]!;
  const shape = inputShape(model, tensor);
  return { source: tensor.index, tensor, shape, isFlat: false, isEnd: false };
}

/** Values that an operator computes with: two of ADD, all of CONCATENATION, the first of others. */
function inputsOf(
  model: TfliteModel,
  operator: TfliteOperator,
  values: ReadonlyMap<number, TfliteValue>,
): readonly TfliteValue[] {
  const fault = operatorFault(model, operator);
  const count = { ADD: 2, CONCATENATION: Math.max(operator.inputs.length, 1) }[operator.name] ?? 1;
  return Array.from({ length: count }, (_, position) => {
    const index = operator.inputs[position] ?? -1;
    const value = values.get(index);
    if (value) return value;
    const tensor = model.tensors[index];
    const found = tensor
      ? `${tensor.content ? 'the constant' : 'the never written'} ${show(tensor.name)}`
      : 'none';
    throw fault(`an input ${position} that the image or an operator before it gives`, found);
  });
}

/** RESHAPE, QUANTIZE, DEQUANTIZE and SOFTMAX compute nothing here; undefined for the others. */
function passThrough(
  model: TfliteModel,
  operator: TfliteOperator,
  value: TfliteValue,
  output: TfliteTensor,
): TfliteValue | undefined {
  const fault = operatorFault(model, operator);
  switch (operator.name) {
    case 'RESHAPE': {
      const shape = imageShape(output, (wanted, found) => fault(`an output of ${wanted}`, found));
      const from = value.shape;
      const [made, had] = [shape, from].map((s) => s.height * s.width * s.channels);
      if (made !== had) throw fault(`${had} values`, `${made} (${describeShape(shape)})`);
      const isFlat = shape.height * shape.width === 1 && from.height * from.width > 1;
      if (!isFlat && describeShape(shape) !== describeShape(from))
        throw fault('only flattening', `${describeShape(from)} to ${describeShape(shape)}`);
      sameQuantisation(value.tensor, output, fault);
      return { ...value, tensor: output, isFlat };
    }
    case 'QUANTIZE': {
      const { tensor } = value;
      if (value.source !== model.inputs[0] || output.type !== 'int8')
        throw fault('QUANTIZE of the image to int8 only', `${tensor.type} to ${output.type}`);
      if (tensor.type === 'float32') return { ...value, tensor: output };
      const [a, b] = [tensor.quantisation, output.quantisation];
      const isShift =
        a?.scales[0] === b?.scales[0] && (a?.zeroPoints[0] ?? 0) - 128 === (b?.zeroPoints[0] ?? 0);
      if (tensor.type !== 'uint8' || !isShift)
        throw fault('an image of float32, or of uint8 whose codes are those of int8 + 128', tensor.type);
      return { ...value, tensor: output };
    }
    case 'DEQUANTIZE':
    case 'SOFTMAX':
      if (value.source === model.inputs[0])
        throw fault('SOFTMAX and DEQUANTIZE at the end only', 'at the image');
      return { ...value, isEnd: true };
    default:
      return undefined;
  }
}

/** Operators that only move codes keep their meaning. @throws what `fault` makes */
export function sameQuantisation(
  from: TfliteTensor,
  to: TfliteTensor,
  fault: (wanted: string, found: string) => Error,
): void {
  const describe = ({ quantisation }: TfliteTensor): string =>
    quantisation
      ? `scale ${quantisation.scales[0]} and zero point ${quantisation.zeroPoints[0] ?? 0}`
      : 'no quantisation parameters';
  if (describe(from) !== describe(to))
    throw fault(`an output of the input's quantisation, ${describe(from)}`, describe(to));
}

function refuseUnread(model: TfliteModel, steps: readonly TfliteStep[], logits: TfliteValue): void {
  const read = new Set([logits.source, ...steps.flatMap(({ inputs }) => inputs.map(({ source }) => source))]);
  for (const { output, fault } of steps)
    if (!read.has(output.index)) throw fault('another operator that reads its output', 'none');
  if (logits.shape.height * logits.shape.width !== 1 || elementCount(model.tensors[logits.source]!) === 0) {
    throw badInput(
      {
        where: `${model.path}, output ${logits.tensor.name}`,
        wanted: 'logits of 1 × 1 × classes',
        found: describeShape(logits.shape),
      },
      'Only image classifiers can be imported.',
    );
  }
}
