import { convertAdd, convertDiv, convertMul, convertSub } from './arithmetic.ts';
import { convertBatchNorm, convertConv, convertGemm, convertMatMul } from './layers.ts';
import {
  convertAveragePool,
  convertClip,
  convertConcat,
  convertGlobalAveragePool,
  convertMaxPool,
  convertPad,
  convertReduceMean,
  convertRelu,
} from './pools.ts';
import { convertDequantizeLinear, convertQuantizeLinear } from './quantise-linear.ts';
import {
  convertCast,
  convertConstant,
  convertFlatten,
  convertReshape,
  convertSqueeze,
  convertTranspose,
} from './reshapes.ts';
import { concatLists, convertGather, convertShape, convertUnsqueeze } from './shape-lists.ts';
import { anyInput, dataInput, type OnnxConversion, type OnnxConverter, type OnnxValue } from './values.ts';

/** @throws bad-input when the node uses something that has no counterpart here */
export function convertOnnxNode(conversion: OnnxConversion): OnnxValue {
  const finished = conversion.inputs.find((value) => value?.kind === 'layer' && value.final);
  if (finished && ['QuantizeLinear', 'DequantizeLinear'].includes(conversion.node.op)) return finished;
  if (finished) throw conversion.fault('Softmax as the last node only', 'a node that reads it');
  return CONVERTERS[conversion.node.op]!(conversion);
}

const CONVERTERS: Readonly<Record<string, OnnxConverter>> = {
  Add: convertAdd,
  AveragePool: convertAveragePool,
  BatchNormalization: convertBatchNorm,
  Cast: convertCast,
  Clip: convertClip,
  Concat: (c) => (c.inputs.every((value) => value?.kind === 'constant') ? concatLists(c) : convertConcat(c)),
  Constant: convertConstant,
  Conv: convertConv,
  DequantizeLinear: convertDequantizeLinear,
  Div: convertDiv,
  Dropout: (c) => anyInput(c, 0),
  Flatten: convertFlatten,
  Gather: convertGather,
  Gemm: convertGemm,
  GlobalAveragePool: convertGlobalAveragePool,
  Identity: (c) => anyInput(c, 0),
  MatMul: convertMatMul,
  MaxPool: convertMaxPool,
  Mul: convertMul,
  Pad: convertPad,
  QuantizeLinear: convertQuantizeLinear,
  ReduceMean: convertReduceMean,
  Relu: convertRelu,
  Reshape: convertReshape,
  Shape: convertShape,
  Softmax: (c) => {
    const { source, shape, axes } = dataInput(c, 0);
    return { kind: 'layer', name: source, shape, axes, final: true };
  },
  Squeeze: convertSqueeze,
  Sub: convertSub,
  Transpose: convertTranspose,
  Unsqueeze: convertUnsqueeze,
};

/** ONNX operators that can be imported. */
export const ONNX_OPERATORS: readonly string[] = Object.keys(CONVERTERS);
