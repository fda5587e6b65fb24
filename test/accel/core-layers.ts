import { type ArraySpec, headerWords } from '../../src/accel/array-spec.ts';
import { createRng } from '../../src/base/rng.ts';
import { type ConvShape, randomConv } from './conv-sample.ts';
import { coreSession, type Fields } from './core-bench.ts';

/** Layers with every kind of kernel, stride, padding and odd channel counts. */
export const SHAPES: readonly ConvShape[] = [
  { height: 5, width: 6, channels: 5, filters: 6, kernel: 3, stride: 1, pad: 1 },
  { height: 7, width: 5, channels: 3, filters: 9, kernel: 3, stride: 2, pad: 1 },
  { height: 4, width: 9, channels: 9, filters: 4, kernel: 1, stride: 1, pad: 0 },
  { height: 5, width: 5, channels: 8, filters: 16, kernel: 1, stride: 2, pad: 0 },
  { height: 1, width: 1, channels: 17, filters: 10, kernel: 1, stride: 1, pad: 0 },
  { height: 1, width: 1, channels: 6, filters: 11, kernel: 1, stride: 1, pad: 0, isWide: true },
];
/** Codes of all of them. */
export const SHAPE_CODES = 180 + 108 + 144 + 144 + 10 + 11;

/** Layers of random shapes that fit the memories. */
export function randomShapes(spec: ArraySpec, count: number, seed: number): readonly ConvShape[] {
  const rng = createRng(seed);
  const shapes: ConvShape[] = [];
  while (shapes.length < count) {
    const kernel = rng.nextInt(1, 4);
    const pad = rng.nextInt(0, kernel - 1);
    const shape: ConvShape = {
      height: rng.nextInt(Math.max(1, kernel - 2 * pad), 9),
      width: rng.nextInt(Math.max(1, kernel - 2 * pad), 9),
      channels: rng.nextInt(1, 3 * spec.rows),
      filters: rng.nextInt(1, 3 * spec.columns),
      kernel,
      stride: rng.nextInt(1, 3),
      pad,
    };
    const tiles = Math.ceil(shape.channels / spec.rows);
    const maps = spec.classes?.by === 'column' ? spec.multipliers.length : 1;
    const passes = kernel * kernel * tiles * Math.ceil(shape.filters / spec.columns) * maps;
    const positions =
      (Math.floor((shape.height + 2 * pad - kernel) / shape.stride) + 1) *
      (Math.floor((shape.width + 2 * pad - kernel) / shape.stride) + 1);
    const outputWords = positions * Math.ceil((3 * spec.lanes + shape.filters) / spec.rows);
    const fits =
      passes * (headerWords(spec) + spec.rows) < spec.weightWords - 3 &&
      shape.height * shape.width * tiles < 390 &&
      outputWords < spec.activationWords - 400;
    if (fits) shapes.push(shape);
  }
  return shapes;
}

/** Runs all layers one after the other and compares codes, bytes that should stay, and counters. */
export async function compareLayers(
  spec: ArraySpec,
  program: string,
  outDir: string,
  {
    extra = {},
    shapes = SHAPES,
    seed = 5,
  }: { extra?: Fields; shapes?: readonly ConvShape[]; seed?: number } = {},
) {
  const rng = createRng(seed);
  const session = coreSession(spec);
  session.reset();
  const layers = shapes.map((shape) => {
    const sample = randomConv(spec, shape, rng);
    const [inputBase, outputBase, weightBase, parameterBase] = [7, 400, 3, 2];
    const outputChannel = spec.lanes * rng.nextInt(0, 3);
    const bytes = shape.isWide ? 4 : 1;
    const outputPitch = Math.ceil((bytes * (outputChannel + shape.filters)) / spec.rows);
    const words = sample.outputHeight * sample.outputWidth * outputPitch;
    const before = Uint8Array.from({ length: words * spec.rows }, () => rng.nextInt(0, 255));
    session.write('activation', inputBase, sample.input);
    session.write('activation', outputBase, before);
    session.write('weight', weightBase, sample.weights);
    session.write('parameter', parameterBase, sample.parameters);
    session.run({
      ...sample.fields,
      ...extra,
      inputBase,
      outputBase,
      weightBase,
      parameterBase,
      outputPitch,
      outputRowPitch: outputPitch * sample.outputWidth,
      outputChannel,
    });
    session.read(outputBase, words);
    return { shape, sample, outputChannel, outputPitch, before, bytes };
  });
  const { runs, reads } = await session.execute(program, outDir, seed);
  const differences: string[] = [];
  let [codes, neighbours] = [0, 0];
  for (const [index, { shape, sample, outputChannel, outputPitch, before, bytes }] of layers.entries()) {
    const wanted = before.slice();
    const view = new DataView(wanted.buffer);
    const isWritten = new Set<number>();
    for (const [at, code] of sample.wanted.entries()) {
      const [position, filter] = [Math.floor(at / shape.filters), at % shape.filters];
      const place = position * outputPitch * spec.rows + bytes * (outputChannel + filter);
      if (bytes === 1) view.setInt8(place, code);
      else view.setInt32(place, code, true);
      isWritten.add(place);
      codes++;
    }
    neighbours += wanted.length - bytes * isWritten.size;
    const found = reads[index]!;
    const wrong = [...wanted.keys()].filter((place) => wanted[place] !== found[place]);
    const run = runs[index]!;
    const positions = sample.outputHeight * sample.outputWidth;
    if (wrong.length > 0 || !run.done || run.fault || run.active !== positions * sample.passes) {
      differences.push(
        `layer ${index}: ${wrong.length} of ${wanted.length} bytes, first ${wrong[0]}; ${JSON.stringify(run)}`,
      );
    }
  }
  return { differences, codes, neighbours };
}
