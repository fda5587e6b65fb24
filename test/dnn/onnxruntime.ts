import { existsSync, readFileSync } from 'node:fs';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { type TestContext, test } from 'vitest';
import type { Dataset } from '../../src/dnn/data/dataset.ts';
import type { InputDescription } from '../../src/dnn/network.ts';

let reason = '';

/** onnxruntime's CPU provider, one thread; undefined where the package cannot be loaded. */
export const onnxruntime = await load();

/**
 * Why uint8 activations × int8 weights are not to be compared here, or nothing. On x86-64 processors without VNNI
 * onnxruntime adds pairs of such products in int16, which saturates.
 * Source: ONNX Runtime documentation, "Quantize ONNX models", when and why to try U8U8.
 */
export const saturatesUint8: string =
  process.arch === 'x64' && !/\bavx(512)?_vnni\b/.test(processorFlags())
    ? ' [skipped: without VNNI onnxruntime saturates uint8 × int8 sums on this processor]'
    : '';

function processorFlags(): string {
  return existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'latin1') : 'avx_vnni';
}

/** A test that needs onnxruntime: skipped with the reason in its name where that is missing. */
export function onnxruntimeTest(
  name: string,
  action: (context: TestContext) => Promise<void>,
  timeoutMs = 120_000,
  unsuitable = '',
): void {
  const title = onnxruntime
    ? `${name}${unsuitable}`
    : `${name} (onnxruntime-node cannot be loaded: ${reason})`;
  test.skipIf(!onnxruntime || unsuitable !== '')(title, { timeout: timeoutMs }, action);
}

/**
 * Outputs of a model by name, all inputs as given.
 * @param level of graph optimisation; from "extended" on onnxruntime may quantise activations that the model does not
 */
export async function runOnnx(
  model: Uint8Array,
  inputs: Readonly<Record<string, OnnxValues>>,
  level: 'basic' | 'all' = 'all',
): Promise<Readonly<Record<string, OnnxValues>>> {
  const { InferenceSession, Tensor } = onnxruntime!;
  const options: InferenceSession.SessionOptions = {
    graphOptimizationLevel: level,
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
  };
  const session = await InferenceSession.create(model, options);
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => [name, tensorOf(Tensor, data, shape)]),
  );
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, value]) => [
      name,
      { shape: value.dims, data: value.data as OnnxValues['data'] },
    ]),
  );
}

/**
 * Has onnxruntime write a model it has read, by the protobuf library of the ONNX project.
 * @param level "disabled": the same nodes; "basic": batch norms folded, constants computed
 */
export async function rewriteOnnx(
  model: Uint8Array,
  path: string,
  level: 'disabled' | 'basic',
): Promise<void> {
  const options: InferenceSession.SessionOptions = {
    graphOptimizationLevel: level,
    optimizedModelFilePath: path,
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
  };
  const session = await onnxruntime!.InferenceSession.create(model, options);
  await session.release();
}

export interface OnnxValues {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int8Array | Uint8Array;
}

/** All images as the model's input: (u8 − zeroPoint) · scale, NCHW. */
export function imageTensor({ scale, zeroPoint }: InputDescription, dataset: Dataset): OnnxValues {
  const { images, height, width, channels, pixels } = dataset;
  const plane = height * width;
  const data = new Float32Array(pixels.length);
  for (let image = 0; image < images; image++) {
    for (let pixel = 0; pixel < plane; pixel++) {
      for (let c = 0; c < channels; c++) {
        const value = pixels[(image * plane + pixel) * channels + c]!;
        data[(image * channels + c) * plane + pixel] = (value - zeroPoint) * scale;
      }
    }
  }
  return { shape: [images, channels, height, width], data };
}

function tensorOf(
  TensorClass: typeof Tensor,
  data: OnnxValues['data'],
  shape: readonly number[],
): InstanceType<typeof Tensor> {
  if (data instanceof Float32Array) return new TensorClass('float32', data, shape);
  if (data instanceof Int8Array) return new TensorClass('int8', data, shape);
  return new TensorClass('uint8', data, shape);
}

async function load(): Promise<typeof import('onnxruntime-node') | undefined> {
  try {
    return await import('onnxruntime-node');
  } catch (error) {
    reason = (error as Error).message.split('\n')[0]!;
    return undefined;
  }
}
