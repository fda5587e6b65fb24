import { badInput } from '../base/errors.ts';
import type { Shape } from '../dnn/network.ts';
import { sizeOf } from '../dnn/quantised-network.ts';
import { type ArraySpec, externalBytes } from './array-spec.ts';
import { tensorLayout } from './tensors.ts';

/** Words of a local memory as they lie outside: each padded with zeros to whole 64-bit words. */
export function externalWords(local: Uint8Array, wordBytes: number): Uint8Array {
  const stride = externalBytes(wordBytes);
  const bytes = new Uint8Array((local.length / wordBytes) * stride);
  for (let word = 0; word < local.length / wordBytes; word++) {
    bytes.set(local.subarray(word * wordBytes, (word + 1) * wordBytes), word * stride);
  }
  return bytes;
}

/**
 * An image, or any tensor, as it lies at the input base.
 * @param codes int8, height × width × channel
 * @throws bad-input when there are more or fewer codes than the shape has
 */
export function imageWords(codes: Int8Array, shape: Shape, spec: ArraySpec): Uint8Array {
  if (codes.length !== sizeOf(shape)) {
    const wanted = `${shape.height} × ${shape.width} × ${shape.channels} codes`;
    throw badInput({ where: 'image', wanted, found: String(codes.length) }, 'Give an image of the network.');
  }
  const { pitch, words } = tensorLayout(shape, spec);
  const local = new Uint8Array(words * spec.rows);
  for (let pixel = 0; pixel < shape.height * shape.width; pixel++) {
    local.set(
      codes.subarray(pixel * shape.channels, (pixel + 1) * shape.channels),
      pixel * pitch * spec.rows,
    );
  }
  return externalWords(local, spec.rows);
}

/** Where a layer's output lies in the output area. */
export interface OutputLocation {
  /** Name of the layer. */
  readonly layer: string;
  /** Bytes from the output base to the tensor's first word. */
  readonly offset: number;
  /** Words of the tensor. */
  readonly words: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Word of the first pixel in the tensor; words from pixel to pixel and from row to row. */
  readonly firstWord: number;
  readonly pitch: number;
  readonly rowPitch: number;
  /** Channel of the tensor that is the layer's first. */
  readonly firstChannel: number;
  /** int32, 4 bytes each, instead of codes. */
  readonly wide: boolean;
}

/** A layer's output as numbers, height × width × channel. @param output bytes from the output base */
export function readOutput(output: Uint8Array, location: OutputLocation, spec: ArraySpec): Int32Array {
  const { offset, words, height, width, channels, firstWord, pitch, rowPitch, firstChannel } = location;
  const stride = externalBytes(spec.rows);
  const local = new Uint8Array(words * spec.rows);
  for (let word = 0; word < words; word++) {
    const from = offset + word * stride;
    local.set(output.subarray(from, from + spec.rows), word * spec.rows);
  }
  const view = new DataView(local.buffer);
  if (location.wide) return Int32Array.from({ length: channels }, (_, c) => view.getInt32(4 * c, true));
  const codes = new Int32Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const word = firstWord + y * rowPitch + x * pitch;
      for (let c = 0; c < channels; c++) {
        codes[(y * width + x) * channels + c] = view.getInt8(word * spec.rows + firstChannel + c);
      }
    }
  }
  return codes;
}
