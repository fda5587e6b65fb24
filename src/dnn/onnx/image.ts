import { badInput, show } from '../../base/errors.ts';
import type { OnnxModel, OnnxNode } from './messages.ts';
import { type OnnxValue, shapeText } from './values.ts';

/** x = u8 · scale + shift. */
export interface PixelScale {
  readonly scale: number;
  readonly shift: number;
}

/**
 * The model's input as an image.
 * @throws bad-input for inputs of another rank or type, more than one, and sizes that are not known
 */
export function imageOf(
  model: OnnxModel,
  nodes: readonly OnnxNode[],
  path: string,
  given: PixelScale | undefined,
): ReadonlyMap<string, OnnxValue> {
  const read = new Set(nodes.flatMap((node) => node.inputs));
  const inputs = model.inputs.filter(({ name }) => read.has(name));
  if (inputs.length !== 1) {
    throw badInput(
      {
        where: path,
        wanted: 'one input, the image',
        found: inputs.length === 0 ? 'none' : show(inputs.map(({ name }) => name)),
      },
      'Export the model with the image as its only input.',
    );
  }
  const { name, type, sizes } = inputs[0]!;
  const where = `${path}, input ${show(name)}`;
  if (type === 'other') {
    throw badInput(
      { where, wanted: 'float32, uint8 or int8', found: 'another type' },
      'Convert the model to float32.',
    );
  }
  const dynamic = sizes.slice(1).find((size) => typeof size === 'string');
  if (dynamic !== undefined) {
    throw badInput(
      {
        where,
        wanted: 'known sizes, but for the batch',
        found: `a dynamic size ${show(dynamic)} in ${shapeText(sizes)}`,
      },
      'Export the model for one image size; only the batch size may be dynamic.',
    );
  }
  if (sizes.length !== 4) {
    throw badInput(
      { where, wanted: 'an image of shape [N, channels, height, width]', found: shapeText(sizes) },
      'Only image classifiers can be imported.',
    );
  }
  if (sizes.slice(1).some((size) => Number(size) > SIZE_MAX)) {
    throw badInput(
      { where, wanted: `sizes up to ${SIZE_MAX}`, found: shapeText(sizes) },
      'The file may be damaged.',
    );
  }
  const [first, second, third] = sizes.slice(1) as [number, number, number];
  const touched = scalingOf(name, nodes);
  const axes = touched.isChannelsLast ? 'NHWC' : 'NCHW';
  const shape = touched.isChannelsLast
    ? { height: first, width: second, channels: third }
    : { height: second, width: third, channels: first };
  const isBytes = type !== 'float32';
  const own = model.inputScale;
  const unknown = touched.isScaled ? { scale: 1, shift: 0 } : { scale: 1 / 128, shift: -1 };
  const asExported = own ? { scale: own.scale, shift: -own.zeroPoint * own.scale } : unknown;
  const bytes = { scale: 1, shift: type === 'int8' ? -128 : 0 };
  const pixels = given ?? (isBytes ? bytes : asExported);
  const scale = Array.from({ length: shape.channels }, () => pixels.scale);
  const shift = scale.map(() => pixels.shift);
  return new Map([[name, { kind: 'image', shape, axes, scale, shift, isBytes }]]);
}

/** Largest height, width and number of channels of an image. */
const SIZE_MAX = 65536;

const ELEMENTWISE = ['Identity', 'Cast', 'Dropout', 'QuantizeLinear', 'DequantizeLinear'];
const SCALING = ['Add', 'Sub', 'Mul', 'Div'];

/** Whether the model scales the image itself, and whether it turns NHWC into NCHW before anything else. */
function scalingOf(
  input: string,
  nodes: readonly OnnxNode[],
): { isScaled: boolean; isChannelsLast: boolean } {
  const images = new Set([input]);
  let isScaled = false;
  let isChannelsLast = false;
  for (const node of nodes) {
    if (!node.inputs.some((name) => images.has(name))) continue;
    const { op } = node;
    if (SCALING.includes(op)) isScaled = true;
    if (SCALING.includes(op) || ELEMENTWISE.includes(op)) images.add(node.outputs[0] ?? '');
    if (op === 'Transpose' && node.attributes.integers('perm')?.join() === '0,3,1,2') isChannelsLast = true;
  }
  return { isScaled, isChannelsLast };
}
