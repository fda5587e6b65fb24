import { readFileSync } from 'node:fs';
import { MaxdnnError } from '../base/errors.ts';
import { shippedFile } from '../base/package-root.ts';
import type { KernelFunctions } from './kernel-functions.ts';

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
export function place(kernels: Kernels, values: Uint8Array | Int16Array | Int32Array | Float64Array): number {
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
