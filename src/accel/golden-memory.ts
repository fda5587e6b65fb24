import { badInput, type MaxdnnError } from '../base/errors.ts';
import type { ArraySpec } from './array-spec.ts';

/** The local memories, byte by byte. */
export interface LocalMemories {
  /** Words of `rows` bytes. */
  readonly activations: Uint8Array;
  /** Words of `columns` bytes. */
  readonly weights: Uint8Array;
  /** Words of 8 · lanes bytes. */
  readonly parameters: Uint8Array;
}

/** Memories after power-on: every byte is `content`, which no result may depend on. */
export function localMemories(spec: ArraySpec, content: number): LocalMemories {
  return {
    activations: new Uint8Array(spec.activationWords * spec.rows).fill(content),
    weights: new Uint8Array(spec.weightWords * spec.columns).fill(content),
    parameters: new Uint8Array(spec.parameterWords * 8 * spec.lanes).fill(content),
  };
}

/** Where pixels of a tensor lie in the activation memory. */
export interface PixelPlaces {
  /** First word. */
  readonly base: number;
  readonly pitch: number;
  readonly rowPitch: number;
}

/** Byte of a channel of a pixel. @throws bad-input when it is outside the memory */
export function byteOf(
  { activations }: LocalMemories,
  { rows }: ArraySpec,
  { base, pitch, rowPitch }: PixelPlaces,
  y: number,
  x: number,
  channel: number,
): number {
  const byte = (base + y * rowPitch + x * pitch) * rows + channel;
  if (byte < activations.length) return byte;
  throw outside('activation word', Math.floor(byte / rows), activations.length / rows);
}

/** A program that asks for something that is not there. @param count of what there is, numbered from 0 */
export function outside(what: string, found: number, count: number): MaxdnnError {
  return badInput(
    { where: 'accelerator program', wanted: `${what} 0 … ${count - 1}`, found: String(found) },
    'The program is damaged or was compiled for another array.',
  );
}
