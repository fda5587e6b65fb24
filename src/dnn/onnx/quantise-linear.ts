import { show } from '../../base/errors.ts';
import type { CodeScale } from './ranges.ts';
import type { DataType } from './schema.ts';
import type { OnnxTensor } from './tensors.ts';
import {
  anyInput,
  constantInput,
  hasInput,
  type OnnxConversion,
  type OnnxValue,
  shapeText,
  sourceOf,
} from './values.ts';

/** To codes: of a constant, or a note of the scale and zero point of a layer's output. */
export function convertQuantizeLinear(c: OnnxConversion): OnnxValue {
  const value = anyInput(c, 0);
  const type = hasInput(c, 2) ? constantInput(c, 2).type : 'uint8';
  if (value.kind === 'constant') {
    const { scales, zeroPoints, axis } = parameters(c, value.tensor.shape);
    const [low, high] = type === 'uint8' ? [0, 255] : [-128, 127];
    const per = picker(value.tensor.shape, axis, scales.length);
    const codes = Array.from(value.tensor.values, (number, i) => {
      const code = roundHalfEven(number / scales[per(i)]!) + zeroPoints[per(i)]!;
      return Math.min(Math.max(code, low), high);
    });
    const values = type === 'uint8' ? Uint8Array.from(codes) : Int8Array.from(codes);
    return { ...value, tensor: { shape: value.tensor.shape, type, values } };
  }
  note(c, value, type);
  return value;
}

/** From codes: of a constant; of the image's bytes; or the way back from a QuantizeLinear. */
export function convertDequantizeLinear(c: OnnxConversion): OnnxValue {
  const value = anyInput(c, 0);
  if (value.kind === 'constant') return { ...value, tensor: dequantised(c, value.tensor) };
  const type = hasInput(c, 2) ? constantInput(c, 2).type : 'uint8';
  if (value.kind === 'image' && value.isBytes) {
    const { scale, zeroPoint } = scalar(c, type);
    const zero = type === 'uint8' ? zeroPoint + 128 : zeroPoint;
    const numbers = {
      ...value,
      isBytes: false,
      scale: value.scale.map((factor) => factor * scale),
      shift: value.shift.map((shift) => (shift - zero) * scale),
    };
    note(c, numbers, type);
    return numbers;
  }
  note(c, value, type);
  return value;
}

function note(c: OnnxConversion, value: Exclude<OnnxValue, { kind: 'constant' }>, type: DataType): void {
  const name = sourceOf(c, value);
  const given = scalar(c, type);
  const known = c.ranges.outputs.get(name);
  if (known && (known.scale !== given.scale || known.zeroPoint !== given.zeroPoint)) {
    throw c.fault(`the scale and zero point that ${name} has, ${show(known)}`, show(given));
  }
  c.ranges.outputs.set(name, given);
}

/** One scale and one zero point, as int8. */
function scalar(c: OnnxConversion, type: DataType): CodeScale {
  if (type !== 'uint8' && type !== 'int8') throw c.fault('int8 or uint8 codes', type);
  const { scales, zeroPoints } = parameters(c, []);
  if (scales.length !== 1) throw c.fault('one scale for the data', `${scales.length}`);
  const zeroPoint = zeroPoints[0]! - (type === 'uint8' ? 128 : 0);
  return { scale: scales[0]!, zeroPoint };
}

function dequantised(c: OnnxConversion, { shape, type, values: codes }: OnnxTensor): OnnxTensor {
  if (codes instanceof Float32Array) throw c.fault('integers', type);
  const { scales, zeroPoints, axis } = parameters(c, shape);
  const per = picker(shape, axis, scales.length);
  const values = Float32Array.from(codes as ArrayLike<number>, (code: number, i: number) => {
    return (code - zeroPoints[per(i)]!) * scales[per(i)]!;
  });
  return { shape, type: 'float32', values, quantised: { type, codes, scales, zeroPoints, axis } };
}

interface Parameters {
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  readonly axis: number;
}

function parameters(c: OnnxConversion, shape: readonly number[]): Parameters {
  const scales = [...constantInput(c, 1).values];
  if (scales.some((scale) => !(scale > 0)))
    throw c.fault('scales above 0', show(scales.filter((s) => !(s > 0))));
  const zeroPoints = hasInput(c, 2) ? [...constantInput(c, 2).values] : scales.map(() => 0);
  const given = c.node.attributes.integer('axis') ?? 1;
  const axis = given < 0 ? given + shape.length : given;
  const isPerAxis = scales.length > 1;
  if (
    zeroPoints.length !== scales.length ||
    (isPerAxis && shape.length > 0 && shape[axis] !== scales.length)
  ) {
    throw c.fault(
      `one scale and zero point, or one of each along axis ${axis} of ${shapeText(shape)}`,
      `${scales.length} scales and ${zeroPoints.length} zero points`,
    );
  }
  return { scales, zeroPoints, axis };
}

/** Index of the scale of number i. */
function picker(shape: readonly number[], axis: number, scales: number): (i: number) => number {
  if (scales === 1) return () => 0;
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  return (i) => Math.floor(i / inner) % scales;
}

/** To the nearest integer, halves to the even one, as QuantizeLinear rounds. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
