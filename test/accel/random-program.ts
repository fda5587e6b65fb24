import type { ArraySpec } from '../../src/accel/array-spec.ts';
import {
  BASES,
  type Base,
  COMPUTE_FIELDS,
  type ComputeFieldName,
  DESCRIPTOR_WORDS,
  FIRST_TRANSFER_WORD,
  OPERATIONS,
  type Operation,
  TRANSFERS,
  type Transfer,
} from '../../src/accel/descriptor.ts';
import { createRng } from '../../src/base/rng.ts';

/** Random programs for the shell, and what the stand-in core makes of them (stand-in-core.ts). */
export interface TestTransfer {
  readonly kind: Transfer;
  readonly base: Base;
  readonly offset: number;
  readonly local: number;
  readonly words: number;
}

export interface TestDescriptor {
  readonly fields: Readonly<Partial<Record<ComputeFieldName, number>>> & { readonly operation: number };
  readonly transfers: readonly TestTransfer[];
}

export interface TestProgram {
  readonly descriptors: readonly TestDescriptor[];
  /** Bytes at the program base: descriptors, then data. */
  readonly bytes: Uint8Array;
  /** Input of each image. */
  readonly inputs: readonly Uint8Array[];
  readonly outputBytes: number;
  readonly scratchBytes: number;
}

/** Bytes that a word of each memory takes outside. */
export function externalBytes(spec: ArraySpec, kind: Transfer): number {
  const bytes =
    kind === 'loadWeights' ? spec.columns : kind === 'loadParameters' ? 8 * spec.lanes : spec.rows;
  return 8 * Math.ceil(bytes / 8);
}

/** The bytes of a descriptor. */
export function encodeDescriptor({ fields, transfers }: TestDescriptor): Uint8Array {
  const words = new Uint32Array(DESCRIPTOR_WORDS);
  for (const [name, value] of Object.entries(fields)) {
    words[COMPUTE_FIELDS.findIndex((field) => field.name === name)] = value;
  }
  transfers.forEach(({ kind, base, offset, local, words: count }, slot) => {
    const code = TRANSFERS.indexOf(kind) | (BASES.indexOf(base) << 4);
    words.set([code, offset, local, count], FIRST_TRANSFER_WORD + 4 * slot);
  });
  return new Uint8Array(words.buffer);
}

const SEGMENTS = 8;

/** Descriptors at the end that store everything, four segments each. */
const DUMPS = SEGMENTS / 4;

/**
 * A program of so many descriptors, and two that store all of the activation memory, in which nothing is read before it was loaded or computed, and whose compute step,
 * loads and stores of one descriptor do not touch each other's words.
 */
export function randomProgram(spec: ArraySpec, seed: number, count: number, images: number): TestProgram {
  const rng = createRng(seed);
  const below = (limit: number) => Math.floor(rng.nextFloat() * limit);
  const segment = Math.floor(spec.activationWords / SEGMENTS);
  const defined = { a: 0, w: 0, p: 0 }; // words from 0 on in each segment of 0 … that may be read, see below
  const ready: number[] = new Array(SEGMENTS).fill(0);
  const dataBytes = 8192;
  const inputBytes = 8 * (600 + below(200));
  const stored: TestTransfer[] = [];
  const next = { output: 0, scratch: 0 };
  const descriptors: TestDescriptor[] = [];

  const load = (kind: Transfer, local: number, most: number): TestTransfer => {
    const size = externalBytes(spec, kind);
    const base: Base = rng.nextFloat() < 0.5 ? 'program' : 'input';
    const room = base === 'program' ? dataBytes : inputBytes;
    const words = 1 + below(Math.min(most, Math.floor(room / size)));
    const offset =
      8 * below((room - words * size) / 8 + 1) + (base === 'program' ? 256 * (count + DUMPS) : 0);
    return { kind, base, offset, local, words };
  };

  for (let index = 0; index < count; index++) {
    const free = Array.from({ length: SEGMENTS }, (_, k) => k).sort(() => rng.nextFloat() - 0.5);
    const readable = () => {
      const place = free.findIndex((k) => ready[k]! > 0);
      return place < 0 ? undefined : free.splice(place, 1)[0]!;
    };
    const transfers: TestTransfer[] = [];
    const later: (() => void)[] = [];
    let operation: Operation = OPERATIONS[[0, 1, 1, 2, 4, 4][below(6)]!]!;
    let fields: Partial<Record<ComputeFieldName, number>> = {};
    const source = operation === 'conv' ? readable() : undefined;
    const most = source === undefined ? segment : Math.min(ready[source]!, defined.w, defined.p);
    if (operation === 'conv' && (source === undefined || most === 0)) operation = 'fill';
    if (operation === 'conv' || operation === 'fill') {
      const target = free.shift()!;
      const words = 1 + below(operation === 'fill' ? segment : most);
      fields = { outputBase: target * segment, fillWords: words, outputZero: below(256) };
      if (operation === 'conv') {
        fields = { ...fields, inputBase: source! * segment + below(ready[source!]! - words + 1) };
        fields = {
          ...fields,
          weightBase: below(defined.w - words + 1),
          parameterBase: below(defined.p - words + 1),
        };
      }
      later.push(() => {
        ready[target] = Math.max(ready[target]!, words);
      });
    }
    if (operation !== 'none') fields = { ...fields, kernelHeight: below(9), kernelWidth: below(9) };

    const slots = index === 0 ? 4 : below(5);
    while (transfers.length < slots) {
      const choice = index === 0 ? [0, 1, 2, 0][transfers.length]! : below(5);
      if (choice === 0) {
        const target = free.shift();
        if (target === undefined) break;
        const again = stored.filter(({ base, words }) => base === 'scratch' && words <= segment);
        const one = again.length > 0 && rng.nextFloat() < 0.5 ? again[below(again.length)]! : undefined;
        const transfer = one
          ? { ...one, kind: 'loadActivations' as const, local: target * segment }
          : load('loadActivations', target * segment, segment);
        transfers.push(transfer);
        later.push(() => {
          ready[target] = Math.max(ready[target]!, transfer.words);
        });
      } else if (choice === 1 && operation !== 'conv') {
        const transfer = load('loadWeights', 0, spec.weightWords);
        transfers.push(transfer);
        later.push(() => {
          defined.w = Math.max(defined.w, transfer.words);
        });
      } else if (choice === 2 && operation !== 'conv') {
        const transfer = load('loadParameters', 0, spec.parameterWords);
        transfers.push(transfer);
        later.push(() => {
          defined.p = Math.max(defined.p, transfer.words);
        });
      } else {
        const from = readable();
        if (from === undefined) {
          transfers.push({ kind: 'none', base: 'program', offset: 0, local: 0, words: 0 });
          continue;
        }
        const base = rng.nextFloat() < 0.7 ? 'output' : 'scratch';
        const words = 1 + below(ready[from]!);
        const offset = next[base] + 8 * below(20);
        next[base] = offset + words * externalBytes(spec, 'storeActivations');
        const local = from * segment + below(ready[from]! - words + 1);
        const transfer: TestTransfer = { kind: 'storeActivations', base, offset, local, words };
        transfers.push(transfer);
        later.push(() => stored.push(transfer));
      }
    }
    for (const happen of later) happen();
    descriptors.push({ fields: { ...fields, operation: OPERATIONS.indexOf(operation) }, transfers });
  }
  for (let dump = 0; dump < DUMPS; dump++) {
    const transfers = [0, 1, 2, 3].map((k): TestTransfer => {
      const place = 4 * dump + k;
      const words = ready[place]!;
      const kind = words > 0 ? 'storeActivations' : 'none';
      const offset = next.output;
      next.output += words * externalBytes(spec, 'storeActivations');
      return { kind, base: 'output', offset, local: place * segment, words };
    });
    descriptors.push({ fields: { operation: OPERATIONS.indexOf('none') }, transfers });
  }
  const bytes = new Uint8Array(256 * descriptors.length + dataBytes);
  fillRandom(bytes, rng.nextU32.bind(rng));
  descriptors.forEach((descriptor, index) => {
    bytes.set(encodeDescriptor(descriptor), 256 * index);
  });
  const inputs = Array.from({ length: images }, () =>
    fillRandom(new Uint8Array(inputBytes), () => rng.nextU32()),
  );
  return { descriptors, bytes, inputs, outputBytes: next.output + 64, scratchBytes: next.scratch + 64 };
}

function fillRandom(bytes: Uint8Array, next: () => number): Uint8Array {
  for (let k = 0; k < bytes.length; k++) bytes[k] = next() >>> 24;
  return bytes;
}

/** Output area (all images) and scratch area as they must be; images but the first begin with `resume`. */
export function expectedMemory(
  spec: ArraySpec,
  program: TestProgram,
  resume = 0,
): { readonly output: Uint8Array; readonly scratch: Uint8Array } {
  const { descriptors, inputs, outputBytes, scratchBytes, bytes } = program;
  const output = new Uint8Array(outputBytes * inputs.length).fill(0xa5);
  const scratch = new Uint8Array(scratchBytes);
  const widths = { a: spec.rows, w: spec.columns, p: 8 * spec.lanes };
  const local = {
    a: new Uint8Array(spec.activationWords * widths.a),
    w: new Uint8Array(spec.weightWords * widths.w),
    p: new Uint8Array(spec.parameterWords * widths.p),
  };
  inputs.forEach((input, image) => {
    const result = output.subarray(outputBytes * image, outputBytes * (image + 1));
    const regions: Readonly<Record<Base, Uint8Array>> = { program: bytes, input, output: result, scratch };
    for (const { fields, transfers } of descriptors.slice(image === 0 ? 0 : resume)) {
      for (const transfer of transfers) move(spec, transfer, local, regions);
      const {
        operation,
        fillWords = 0,
        inputBase = 0,
        outputBase = 0,
        weightBase = 0,
        parameterBase = 0,
      } = fields;
      for (let k = 0; k < (operation === 1 || operation === 4 ? fillWords : 0); k++) {
        for (let byte = 0; byte < widths.a; byte++) {
          const value = (name: 'a' | 'w' | 'p', word: number) =>
            byte < widths[name] ? local[name][word * widths[name] + byte]! : 0;
          const sum = value('a', inputBase + k) ^ value('w', weightBase + k) ^ value('p', parameterBase + k);
          local.a[(outputBase + k) * widths.a + byte] = operation === 4 ? fields.outputZero! : sum;
        }
      }
    }
  });
  return { output, scratch };
}

function move(
  spec: ArraySpec,
  { kind, base, offset, local: first, words }: TestTransfer,
  local: Readonly<Record<'a' | 'w' | 'p', Uint8Array>>,
  regions: Readonly<Record<Base, Uint8Array>>,
): void {
  if (kind === 'none') return;
  const name = kind === 'loadWeights' ? 'w' : kind === 'loadParameters' ? 'p' : 'a';
  const width = { a: spec.rows, w: spec.columns, p: 8 * spec.lanes }[name];
  const size = externalBytes(spec, kind);
  for (let k = 0; k < words; k++) {
    const inside = local[name].subarray((first + k) * width, (first + k + 1) * width);
    const outside = regions[base].subarray(offset + k * size, offset + (k + 1) * size);
    if (kind === 'storeActivations') outside.fill(0).set(inside);
    else inside.set(outside.subarray(0, width));
  }
}
