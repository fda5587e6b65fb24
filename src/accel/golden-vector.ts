import { clamp, rescale } from '../dnn/requantise.ts';
import type { ArraySpec } from './array-spec.ts';
import type { ComputeStep } from './encode-descriptor.ts';
import { byteOf, type LocalMemories, outside, type PixelPlaces } from './golden-memory.ts';

/** Add, pool or fill in the activation memory. @throws bad-input when an address is outside it */
export function runVector(spec: ArraySpec, memories: LocalMemories, compute: ComputeStep): void {
  switch (compute.operation) {
    case 'add':
      overChannels(spec, memories, compute, (y, x, channel) =>
        addCodes(spec, memories, compute, y, x, channel),
      );
      break;
    case 'pool':
      overChannels(spec, memories, compute, (y, x, channel) =>
        poolCodes(spec, memories, compute, y, x, channel),
      );
      break;
    case 'fill': {
      const end = compute.outputBase + compute.fillWords;
      if (end > spec.activationWords) throw outside('activation word', end - 1, spec.activationWords);
      const { rows } = spec;
      memories.activations.fill(compute.outputZero & 255, compute.outputBase * rows, end * rows);
      break;
    }
  }
}

/** Writes what `codeOf` gives for each output pixel and channel (from 0). */
function overChannels(
  spec: ArraySpec,
  memories: LocalMemories,
  compute: ComputeStep,
  codeOf: (y: number, x: number, channel: number) => number,
): void {
  const output: PixelPlaces = {
    base: compute.outputBase,
    pitch: compute.outputPitch,
    rowPitch: compute.outputRowPitch,
  };
  for (let y = 0; y < compute.outputHeight; y++) {
    for (let x = 0; x < compute.outputWidth; x++) {
      for (let channel = 0; channel < compute.channels; channel++) {
        const code = clamp(compute.outputZero + codeOf(y, x, channel), compute.low, compute.high);
        const byte = byteOf(memories, spec, output, y, x, compute.outputChannel + channel);
        memories.activations[byte] = code & 255;
      }
    }
  }
}

function addCodes(
  spec: ArraySpec,
  memories: LocalMemories,
  compute: ComputeStep,
  y: number,
  x: number,
  channel: number,
): number {
  const a = readCode(spec, memories, compute, compute.inputBase, y, x, channel) - compute.inputZero;
  const b = readCode(spec, memories, compute, compute.secondBase, y, x, channel) - compute.secondZero;
  const sum = a * compute.factorA + b * compute.factorB;
  return Math.floor((sum + 2 ** (compute.shift - 1)) / 2 ** compute.shift);
}

/** Without the zero point of the output, which overChannels adds. */
function poolCodes(
  spec: ArraySpec,
  memories: LocalMemories,
  compute: ComputeStep,
  y: number,
  x: number,
  channel: number,
): number {
  let sum = 0;
  let largest = -128;
  for (let ky = 0; ky < compute.kernelHeight; ky++) {
    for (let kx = 0; kx < compute.kernelWidth; kx++) {
      const [row, column] = [y * compute.strideY + ky, x * compute.strideX + kx];
      const code = readCode(spec, memories, compute, compute.inputBase, row, column, channel);
      sum += code - compute.inputZero;
      largest = Math.max(largest, code);
    }
  }
  if (compute.maximum === 1) return largest - compute.outputZero;
  return rescale(sum, { multiplier: compute.factorA, shift: compute.shift });
}

function readCode(
  spec: ArraySpec,
  memories: LocalMemories,
  compute: ComputeStep,
  base: number,
  y: number,
  x: number,
  channel: number,
): number {
  const places = { base, pitch: compute.inputPitch, rowPitch: compute.inputRowPitch };
  const byte = byteOf(memories, spec, places, y, x, compute.inputChannel + channel);
  return (memories.activations[byte]! << 24) >> 24;
}
