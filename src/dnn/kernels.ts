import { readFileSync } from 'node:fs';
import { MaxdnnError } from '../base/errors.ts';
import { shippedFile } from '../base/package-root.ts';

/** Exports of dist/dnn/kernels.wasm; arguments are byte offsets and counts (docs in assembly/kernels.ts). */
export interface KernelFunctions {
  convDirect(
    ...args: [
      image: number,
      pixelOffsets: number,
      pixels: number,
      blockEnds: number,
      blocks: number,
      segments: number,
      weights: number,
      bias: number,
      out: number,
    ]
  ): void;
  convGrouped(
    ...args: [
      image: number,
      termBytes: number,
      terms: number,
      weights: number,
      out: number,
      oh: number,
      ow: number,
      cout: number,
      padded: number,
      perGroup: number,
      cin: number,
      kh: number,
      kw: number,
      cp: number,
      rowBytes: number,
      strideRowBytes: number,
      stridePixelBytes: number,
    ]
  ): void;
  convDepthwise(
    ...args: [
      image: number,
      termBytes: number,
      terms: number,
      weights: number,
      out: number,
      oh: number,
      ow: number,
      padded: number,
      kh: number,
      kw: number,
      pixelBytes: number,
      rowBytes: number,
      strideRowBytes: number,
      stridePixelBytes: number,
    ]
  ): void;
  requantiseAround(
    ...args: [
      accumulators: number,
      bias: number,
      multipliers: number,
      shifts: number,
      out: number,
      pixels: number,
      channels: number,
      padded: number,
      isTflite: number,
      zero: number,
      low: number,
      high: number,
    ]
  ): void;
  winogradInput2(
    ...args: [
      image: number,
      rowBytes: number,
      channels: number,
      tileRows: number,
      tileColumns: number,
      out: number,
      positionBytes: number,
    ]
  ): void;
  winogradInput4(
    ...args: [
      image: number,
      rowBytes: number,
      channels: number,
      tileRows: number,
      tileColumns: number,
      scratch: number,
      out: number,
      positionBytes: number,
    ]
  ): void;
  winogradInputStride2(
    ...args: [
      image: number,
      rowBytes: number,
      channels: number,
      tileRows: number,
      tileColumns: number,
      scratch: number,
      out: number,
      positionBytes: number,
    ]
  ): void;
  winogradProducts(
    ...args: [
      size: number,
      positions: number,
      transformed: number,
      positionBytes: number,
      blockEnds: number,
      blocks: number,
      segments: number,
      weights: number,
      bias: number,
      scratch: number,
      out: number,
      tileRows: number,
      tileColumns: number,
    ]
  ): void;
  convTable(
    ...args: [
      image: number,
      pixelOffsets: number,
      pixels: number,
      filterEnds: number,
      filters: number,
      taps: number,
      bias: number,
      out: number,
      padded: number,
    ]
  ): void;
  biasCodes(input: number, out: number, rows: number, rowCodes: number, rowBytes: number): void;
  mapRounded(
    ...args: [
      input: number,
      out: number,
      rows: number,
      rowCodes: number,
      rowBytes: number,
      lead: number,
      drop: number,
      cap: number,
      table: number,
    ]
  ): void;
  mapCodes(
    ...args: [input: number, out: number, rows: number, rowCodes: number, rowBytes: number, table: number]
  ): void;
  requantise(
    ...args: [
      accumulators: number,
      rowBytes: number,
      factors: number,
      out: number,
      height: number,
      width: number,
      channels: number,
      padded: number,
      zero: number,
      low: number,
      high: number,
    ]
  ): void;
  requantiseWide(accumulators: number, factors: number, out: number, count: number): void;
  addBias(accumulators: number, bias: number, pixels: number, padded: number): void;
  permuteCodes(input: number, out: number, lanes: number, pixels: number, channels: number): void;
  addCodes(
    ...args: [
      a: number,
      b: number,
      out: number,
      count: number,
      aFactor: number,
      bFactor: number,
      shift: number,
      low: number,
      high: number,
    ]
  ): void;
  averageCodes(
    ...args: [
      input: number,
      out: number,
      width: number,
      channels: number,
      oh: number,
      ow: number,
      kh: number,
      kw: number,
      sy: number,
      sx: number,
      factor: number,
      low: number,
      high: number,
    ]
  ): void;
  padCodes(input: number, out: number, pixels: number, channels: number, before: number, after: number): void;
  reluCodes(input: number, out: number, count: number): void;
  convFloat(
    ...args: [
      image: number,
      weights: number,
      bias: number,
      out: number,
      oh: number,
      ow: number,
      blocks: number,
      kh: number,
      rowLength: number,
      rowBytes: number,
      strideRowBytes: number,
      stridePixelBytes: number,
    ]
  ): void;
  gramRows(
    ...args: [
      p: number,
      q: number,
      out: number,
      m: number,
      n: number,
      samples: number,
      first: number,
      end: number,
    ]
  ): void;
}

/** Linear memory of an instance; growing it replaces `buffer`. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** One instance of the kernels with its own memory. */
export interface Kernels {
  readonly run: KernelFunctions;
  readonly memory: KernelMemory;
  /** Byte offset of fresh, zeroed room, 16-aligned. May grow the memory: make views of it afterwards. */
  allocate(bytes: number): number;
  /**
   * The same for room that is written before it is read each time, and not needed behind the layer: all layers get the
   * same, so that it stays in the processor's caches.
   */
  share(use: SharedUse, bytes: number): number;
  /** Frees all room, as zeroes; nothing laid out before may run any more. */
  reset(): void;
}

/** What shared room is for; a layer may use one of each at a time. */
export type SharedUse = 'transformed' | 'sums' | 'accumulators';

/** Path of the compiled kernels; scripts/build makes it from src/dnn/assembly/kernels.ts. */
export const KERNELS_PATH = shippedFile('dist', 'dnn', 'kernels.wasm');

const PAGE_BYTES = 65536;
/** Offset 0 stays unused, so that a forgotten address is seen. */
const FIRST_ADDRESS = 1024;

/** The part of the global WebAssembly that is used here; Node's types lack it (it comes with the DOM's). */
interface WebAssemblyGlobal {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
}

const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyGlobal }).WebAssembly;

let compiled: object | undefined;

/**
 * A fresh instance of the kernels.
 * @throws tool-missing when they have not been compiled
 */
export function instantiateKernels(): Kernels {
  compiled ??= new Module(readKernels());
  const { exports } = new Instance(compiled);
  const memory = exports.memory as KernelMemory;
  const shared = new Map<SharedUse, { readonly address: number; readonly bytes: number }>();
  let top = FIRST_ADDRESS;
  const allocate = (bytes: number): number => {
    const address = top;
    top = (top + bytes + 15) & ~15;
    const missing = top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    return address;
  };
  return {
    run: exports as unknown as KernelFunctions,
    memory,
    allocate,
    share(use, bytes) {
      const known = shared.get(use);
      if (known !== undefined && known.bytes >= bytes) return known.address;
      const address = allocate(bytes);
      shared.set(use, { address, bytes });
      return address;
    },
    reset() {
      new Uint8Array(memory.buffer, 0, Math.min(top, memory.buffer.byteLength)).fill(0, FIRST_ADDRESS);
      shared.clear();
      top = FIRST_ADDRESS;
    },
  };
}

/** Puts values into fresh room of the kernels' memory. */
export function place(kernels: Kernels, values: Int16Array | Int32Array | Float64Array): number {
  const address = kernels.allocate(Math.max(16, values.byteLength));
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  new Uint8Array(kernels.memory.buffer, address, values.byteLength).set(bytes);
  return address;
}

function readKernels(): Uint8Array {
  try {
    return readFileSync(KERNELS_PATH);
  } catch (error) {
    throw new MaxdnnError('tool-missing', `The compiled kernels ${KERNELS_PATH} are missing`, {
      hint: 'Run scripts/build in the checkout, or install the package again.',
      cause: error,
    });
  }
}
