/**
 * Inner loops of inference as WebAssembly SIMD (AssemblyScript; tsc leaves this folder out, scripts/build
 * compiles it to dist/dnn/kernels.wasm). All addresses are byte offsets into the module's memory, which the caller
 * lays out; nothing here allocates.
 */
export * from './code-kernels';
export * from './direct-kernels';
export * from './extra-kernels';
export * from './float-kernels';
export * from './gram-kernels';
export * from './pack-kernels';
export * from './requantise-kernels';
export * from './table-kernels';
export * from './winograd-kernels';
export { winogradInputStride2 } from './winograd-stride2-kernels';
export { winogradInput4 } from './winograd4-kernels';
