import { show } from '../../base/errors.ts';
import type { Shape } from '../network.ts';
import type { TfliteTensor } from './model.ts';
import type { StepFault } from './steps.ts';

/** Bytes of one element of the types that are read. */
const ELEMENT_BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, int64: 8, int8: 1 };

/** Shape of an image tensor: batch × height × width × channels, or batch × channels. @throws what `fault` makes */
export function imageShape(tensor: TfliteTensor, fault: StepFault): Shape {
  const [batch = 0, ...sizes] = tensor.shape;
  if (sizes.length !== 1 && sizes.length !== 3)
    throw fault('batch × height × width × channels', `[${tensor.shape.join(', ')}]`);
  if (batch !== 1 && batch !== -1) throw fault('a batch of 1 (or left open)', `a batch of ${batch}`);
  const open = sizes.indexOf(-1);
  if (open >= 0) {
    const axis = sizes.length === 1 ? 'channels' : ['height', 'width', 'channels'][open]!;
    throw fault(
      'a fixed height, width and number of channels',
      `an open ${axis} ([${tensor.shape.join(', ')}])`,
    );
  }
  if (sizes.some((size) => size < 1 || size > 65536))
    throw fault('sizes of 1 … 65536', `[${tensor.shape.join(', ')}]`);
  const [height, width, channels] =
    sizes.length === 1 ? [1, 1, sizes[0]!] : (sizes as [number, number, number]);
  return { height, width, channels };
}

/** Checks that a tensor has the shape that an operator makes of its inputs. @throws what `fault` makes */
export function checkOutput(tensor: TfliteTensor, made: Shape, fault: StepFault): void {
  const stored = imageShape(tensor, (wanted, found) => fault(`an output of ${wanted}`, found));
  if (describeShape(stored) !== describeShape(made))
    throw fault(`an output of ${describeShape(made)}`, describeShape(stored));
}

export function describeShape({ height, width, channels }: Shape): string {
  return `${height} × ${width} × ${channels}`;
}

/** Numbers of a float32 constant, all finite. @throws what `fault` makes */
export function floatsOf(tensor: TfliteTensor, fault: StepFault): Float32Array {
  const view = contentView(tensor, ['float32'], fault);
  const numbers = Float32Array.from({ length: elementCount(tensor) }, (_, i) => view.getFloat32(4 * i, true));
  const bad = numbers.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw fault(`finite numbers in ${show(tensor.name)}`, `${numbers[bad]} at ${bad}`);
  return numbers;
}

/** Numbers of an int8, int32 or int64 constant. @throws what `fault` makes */
export function integersOf(
  tensor: TfliteTensor,
  fault: StepFault,
  types: readonly string[] = ['int32', 'int64'],
): number[] {
  const view = contentView(tensor, types, fault);
  return Array.from({ length: elementCount(tensor) }, (_, i) => {
    if (tensor.type === 'int8') return view.getInt8(i);
    return tensor.type === 'int32' ? view.getInt32(4 * i, true) : Number(view.getBigInt64(8 * i, true));
  });
}

export function elementCount({ shape }: TfliteTensor): number {
  return shape.reduce((product, size) => product * size, 1);
}

function contentView(tensor: TfliteTensor, types: readonly string[], fault: StepFault): DataView {
  const what = show(tensor.name);
  if (!types.includes(tensor.type)) throw fault(`${types.join(' or ')} numbers in ${what}`, tensor.type);
  const content = tensor.content ?? new Uint8Array();
  const bytes = elementCount(tensor) * ELEMENT_BYTES[tensor.type]!;
  if (content.length !== bytes)
    throw fault(`${bytes} bytes in ${what} of shape [${tensor.shape.join(', ')}]`, `${content.length} bytes`);
  return new DataView(content.buffer, content.byteOffset, content.length);
}
