import type { ArraySpec } from '../../src/accel/array-spec.ts';
import { createRng, type Rng } from '../../src/base/rng.ts';
import { type ConvSample, type ConvShape, randomConv } from './conv-sample.ts';
import type { coreSession, Fields, RunAnswer } from './core-bench.ts';
import { SHAPES } from './core-layers.ts';
import { BOOTH, narrow, roup, SPECS } from './core-specs.ts';
import { ADD, CASES, COPY, POOL, prepareVector } from './vector-sample.ts';

/** Two maps at the edge that differ. */
export const SESSION_SPEC: ArraySpec = {
  ...SPECS.bank!,
  multipliers: [BOOTH, roup(1, 3, 1, 0), narrow(5, 6), narrow(6, 6)],
};
const SPEC = SESSION_SPEC;
const [INPUT, OUTPUT] = [7, 400];
const WORDS = SPEC.activationWords;

type Session = ReturnType<typeof coreSession>;

interface Answers {
  readonly runs: readonly RunAnswer[];
  readonly reads: readonly Uint8Array[];
}

/** Commands for the core; `fill` gives a check of what the sound core answers. */
export interface CoreSession {
  readonly name: string;
  readonly fill: (session: Session) => (answers: Answers) => void;
}

/** What the first mutants die of goes first. */
export const SESSIONS: readonly CoreSession[] = [
  { name: 'layers', fill: (session) => layers(session, SHAPES, 31) },
  { name: 'vectors', fill: vectors },
  { name: 'faults', fill: faults },
  { name: 'resets', fill: resets },
  { name: 'tiles', fill: (session) => layers(session, TILES, 32) },
  { name: 'numbers', fill: numbers },
  { name: 'traffic', fill: traffic },
];

/** Tiles of positions that are full, cut short, or one position; filter tiles that wait for the requantiser. */
const TILES: readonly ConvShape[] = [
  { height: 9, width: 9, channels: 3, filters: 5, kernel: 3, stride: 1, pad: 1 },
  { height: 4, width: 4, channels: 4, filters: 12, kernel: 1, stride: 1, pad: 0 },
  { height: 1, width: 17, channels: 2, filters: 30, kernel: 1, stride: 1, pad: 0 },
  { height: 8, width: 8, channels: 4, filters: 8, kernel: 1, stride: 1, pad: 0 },
  { height: 5, width: 5, channels: 6, filters: 3, kernel: 2, stride: 3, pad: 2 },
  { height: 1, width: 1, channels: 40, filters: 30, kernel: 1, stride: 1, pad: 0, isWide: true },
  { height: 2, width: 2, channels: 4, filters: 7, kernel: 2, stride: 1, pad: 0, isWide: true },
];

/** Convolutions one after the other; after each all of the memory is read. */
function layers(session: Session, shapes: readonly ConvShape[], seed: number) {
  const rng = createRng(seed);
  begin(session, rng);
  const samples = shapes.map((shape) => {
    const sample = randomConv(SPEC, shape, rng);
    const fields = prepareConv(session, sample, shape, rng);
    session.run(fields);
    session.read(OUTPUT, sample.outputHeight * fields.outputRowPitch!);
    return { sample, shape, fields };
  });
  session.read(0, WORDS);
  return ({ runs, reads }: Answers): void => {
    for (const [index, { sample, shape, fields }] of samples.entries()) {
      const { done, fault } = runs[index]!;
      const read = new DataView(reads[index]!.buffer);
      const isRight = sample.wanted.every((code, at) => {
        const [position, filter] = [Math.floor(at / shape.filters), at % shape.filters];
        const channel = fields.outputChannel! + filter;
        if (shape.isWide) return read.getInt32(4 * channel, true) === code;
        const [y, x] = [Math.floor(position / sample.outputWidth), position % sample.outputWidth];
        const word = y * fields.outputRowPitch! + x * fields.outputPitch!;
        return read.getInt8(word * SPEC.rows + channel) === code;
      });
      if (!done || fault || !isRight) throw new Error(`convolution ${index} is wrong`);
    }
  };
}

/** Writes the operands of a convolution. @returns its descriptor */
function prepareConv(session: Session, sample: ConvSample, shape: ConvShape, rng: Rng): Fields {
  const outputChannel = SPEC.lanes * rng.nextInt(0, 5);
  const outputPitch = Math.ceil(((shape.isWide ? 4 : 1) * (outputChannel + shape.filters)) / SPEC.rows);
  session.write('activation', INPUT, sample.input);
  session.write('weight', 3, sample.weights);
  session.write('parameter', 2, sample.parameters);
  return {
    ...sample.fields,
    inputBase: INPUT,
    outputBase: OUTPUT,
    weightBase: 3,
    parameterBase: 2,
    outputPitch,
    outputRowPitch: outputPitch * sample.outputWidth + rng.nextInt(0, 2),
    outputChannel,
  };
}

/** Reset, then random activations, so that what is written and what is not shows at the end. */
function begin(session: Session, rng: Rng): void {
  session.reset();
  session.write('activation', 0, randomBytes(rng, WORDS * SPEC.rows));
}

function randomBytes(rng: Rng, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => rng.nextInt(0, 255));
}

/** Additions, pools, copies, fills. */
function vectors(session: Session) {
  const rng = createRng(11);
  begin(session, rng);
  const jobs = CASES.map((one) => prepareVector(SPEC, one, rng));
  for (const { before, descriptor } of jobs) {
    session.write('activation', 0, before);
    session.run(descriptor);
    session.read(0, WORDS);
  }
  session.run({ operation: 4, outputBase: 17, outputZero: -77, fillWords: 9 });
  session.read(0, WORDS);
  return ({ runs, reads }: Answers): void => {
    const isWrong = jobs.some(({ after }, index) => Buffer.compare(reads[index]!, after) !== 0);
    if (isWrong || runs.some(({ done, fault }) => !done || fault)) throw new Error('vectors are wrong');
  };
}

const SMALL: ConvShape = { height: 4, width: 4, channels: 4, filters: 4, kernel: 1, stride: 1, pad: 0 };

/** One field at a time that cannot be right, and the last value that is; addresses up to the end of each memory. */
function faults(session: Session) {
  const rng = createRng(15);
  const sample = randomConv(SPEC, SMALL, rng);
  begin(session, rng);
  const good = {
    ...prepareConv(session, sample, SMALL, rng),
    outputChannel: 0,
    outputPitch: 1,
    outputRowPitch: 4,
  };
  const pool: Fields = {
    ...POOL,
    ...square(3, 2),
    inputPitch: 1,
    outputPitch: 1,
    channels: 4,
    kernelWidth: 2,
    strideY: 1,
  };
  const add: Fields = {
    ...ADD,
    ...square(3, 3),
    inputPitch: 1,
    outputPitch: 1,
    channels: 4,
    inputBase: 0,
    secondBase: 100,
  };
  const wide: Fields = { ...good, wide: 1, outputHeight: 1, outputWidth: 1 };
  const cases: readonly (readonly [number, Fields])[] = [
    ...[5, 6, 7].map((operation) => [1, { ...good, operation }] as const),
    ...(['outputHeight', 'outputWidth', 'channels', 'strideX', 'strideY'] as const).map(
      (field) => [1, { ...good, [field]: 0 }] as const,
    ),
    ...(
      [
        'outputHeight',
        'outputWidth',
        'channels',
        'strideX',
        'strideY',
        'kernelHeight',
        'kernelWidth',
      ] as const
    ).map((field) => [1, { ...pool, [field]: 0 }] as const),
    ...(['outputHeight', 'outputWidth', 'channels'] as const).map(
      (field) => [1, { ...add, [field]: 0 }] as const,
    ),
    [0, { ...add, strideX: 0, strideY: 0, kernelHeight: 0, kernelWidth: 0, padTop: 3, padLeft: 2, wide: 1 }],
    [0, { ...pool, padTop: 2, padLeft: 3, wide: 1 }],
    [0, { ...good, kernelHeight: 0, kernelWidth: 0, inputChannel: 1, fillWords: 0, maximum: 1 }],
    [1, { ...good, outputChannel: 1 }],
    [1, { ...good, outputChannel: 5 }],
    [1, { ...pool, inputChannel: 1 }],
    [1, { ...add, outputChannel: 1 }],
    [1, { ...add, inputChannel: 3 }],
    [1, { ...wide, outputHeight: 2 }],
    [1, { ...wide, outputWidth: 2 }],
    [0, wide],
    [0, { operation: 0, strideX: 0 }],
    [1, { operation: 4 }],
    [
      0,
      { operation: 4, outputBase: WORDS - 2, fillWords: 2, outputChannel: 1, channels: 0, inputChannel: 9 },
    ],
    [1, { operation: 4, outputBase: WORDS - 1, fillWords: 2 }],
    [0, { ...good, outputBase: WORDS - 16 }],
    [1, { ...good, outputBase: WORDS - 15 }],
    [0, { ...good, inputBase: WORDS - 16 }],
    [1, { ...good, inputBase: WORDS - 15 }],
    [0, { ...good, inputBase: WORDS - 4, padTop: 12, outputHeight: 13, inputHeight: 1 }],
    [0, { ...add, secondBase: WORDS - 9 }],
    [1, { ...add, secondBase: WORDS - 8 }],
    [1, { ...good, channels: 5 }],
    [1, { ...good, channels: 40 }],
    [0, { ...good, channels: 3 }],
  ];
  for (const [, fields] of cases) {
    session.run(fields);
    session.read(OUTPUT, 20);
  }
  session.read(0, WORDS);
  // Weights up to the end of their memory, and beyond.
  const longer = randomConv(SPEC, { ...SMALL, filters: 9, channels: 6 }, rng);
  for (const own of [sample, longer]) {
    session.write('activation', INPUT, own.input);
    session.write('parameter', 2, own.parameters);
    const words = own.weights.length / SPEC.columns;
    for (const room of [words, words - 1, words - 3, words - 7, words - 8, words >> 1, 4, 1]) {
      if (room < 1) continue;
      const weightBase = SPEC.weightWords - room;
      session.write('weight', weightBase, own.weights.subarray(0, room * SPEC.columns));
      const bases = { inputBase: INPUT, outputBase: OUTPUT, weightBase, parameterBase: 2 };
      session.run({ ...own.fields, ...bases, outputPitch: 3, outputRowPitch: 12 });
      session.run({ ...add, outputBase: 600 });
      session.read(OUTPUT, 48);
    }
  }
  // More passes than filters: what is written after the fault.
  session.write('weight', 700, longer.weights);
  for (const channels of [1, 2, 3, 4, 8]) {
    const bases = { inputBase: INPUT, outputBase: OUTPUT, weightBase: 700, parameterBase: 2 };
    session.run({ ...longer.fields, ...bases, channels, outputPitch: 3, outputRowPitch: 12 });
    session.read(OUTPUT, 60);
  }
  session.read(0, WORDS);
  return ({ runs }: Answers): void => {
    const wrong = cases.findIndex(
      ([fault], index) => runs[index]!.fault !== (fault === 1) || !runs[index]!.done,
    );
    if (wrong >= 0)
      throw new Error(`case ${wrong} of the faults: ${JSON.stringify([cases[wrong], runs[wrong]])}`);
  };
}

function square(input: number, output: number): Fields {
  return {
    inputHeight: input,
    inputWidth: input,
    inputRowPitch: input,
    outputHeight: output,
    outputWidth: output,
    outputRowPitch: output,
    outputBase: OUTPUT,
    inputBase: INPUT,
  };
}

/** Resets in the middle of each kind of descriptor, then good runs. */
function resets(session: Session) {
  const rng = createRng(16);
  const shape: ConvShape = { height: 5, width: 5, channels: 6, filters: 8, kernel: 2, stride: 1, pad: 1 };
  const single: ConvShape = {
    height: 1,
    width: 1,
    channels: 9,
    filters: 7,
    kernel: 1,
    stride: 1,
    pad: 0,
    isWide: true,
  };
  begin(session, rng);
  for (const one of [shape, single]) {
    const sample = randomConv(SPEC, one, rng);
    const fields = prepareConv(session, sample, one, rng);
    const begun: readonly Fields[] = [
      fields,
      { operation: 4, outputBase: 17, outputZero: -77, fillWords: 90 },
      { ...ADD, ...square(6, 6), inputPitch: 1, outputPitch: 1, channels: 4, secondBase: 100 },
      { ...fields, outputChannel: 1 },
      { ...fields, weightBase: SPEC.weightWords - 5 },
    ];
    for (let k = 0; k < 40; k++) {
      const first = begun[Math.max(0, k - 34) % begun.length]!;
      session.reset(rng.nextInt(1, [20, 60, 300, 900][k % 4]!), k % 8 === 5 ? begun[1 + (k % 3)]! : first);
      if (k % 3 === 0) session.read(0, WORDS);
      session.run(k % 5 === 4 ? begun[1 + (k % 2)]! : fields);
      session.read(OUTPUT, 200);
    }
    if (one !== single) continue;
    // Wide results cut off: nothing more is written.
    for (let moment = 30; moment < 110; moment += 3) {
      session.write('activation', OUTPUT, randomBytes(rng, 20 * SPEC.rows));
      session.reset(moment, fields);
      session.read(OUTPUT, 20);
    }
  }
  return ({ runs }: Answers): void => {
    if (runs.some(({ done, fault }) => !done || fault)) throw new Error('runs after a reset are wrong');
  };
}

/** Steps, pads, factors and shifts that differ in the two directions, and extreme numbers; nothing checks their results. */
function numbers(session: Session) {
  const rng = createRng(17);
  begin(session, rng);
  const shape: ConvShape = { height: 6, width: 5, channels: 5, filters: 7, kernel: 2, stride: 1, pad: 0 };
  for (let k = 0; k < 24; k++) {
    const sample = randomConv(SPEC, { ...shape, isWide: k % 4 === 3 }, rng);
    const fields = prepareConv(session, sample, shape, rng);
    if (k % 2 === 1) {
      const parameters = randomBytes(rng, sample.parameters.length);
      for (let at = 6; at < parameters.length; at += 8)
        parameters[at] = rng.nextInt(1, k % 4 === 3 ? 30 : 46);
      session.write('parameter', 2, parameters);
    }
    const [outputHeight, outputWidth] = k % 4 === 3 ? [1, 1] : [rng.nextInt(1, 6), rng.nextInt(1, 6)];
    session.run({
      ...fields,
      strideX: rng.nextInt(1, 4),
      strideY: rng.nextInt(1, 4),
      padTop: rng.nextInt(0, 3),
      padLeft: rng.nextInt(0, 5),
      outputHeight,
      outputWidth,
      inputRowPitch: fields.inputRowPitch! + rng.nextInt(0, 2),
      inputZero: rng.nextInt(-128, 127),
      outputZero: rng.nextInt(-128, 127),
      low: k % 3 === 0 ? -(2 ** 31) : rng.nextInt(-128, 0),
      high: k % 3 === 1 ? 2 ** 31 - 1 : rng.nextInt(0, 127),
    });
    session.read(OUTPUT, 110);
    const isAdd = k % 3 === 0;
    session.run({
      ...(isAdd ? ADD : k % 3 === 1 ? POOL : COPY),
      ...square(6, 3),
      outputHeight: rng.nextInt(1, 4),
      outputWidth: rng.nextInt(1, 4),
      inputPitch: 2,
      inputRowPitch: 13,
      outputPitch: 3,
      outputRowPitch: 14,
      secondBase: rng.nextInt(0, 300),
      kernelHeight: rng.nextInt(1, 4),
      kernelWidth: rng.nextInt(1, 4),
      strideX: rng.nextInt(1, 4),
      strideY: rng.nextInt(1, 4),
      maximum: k % 2,
      inputChannel: SPEC.lanes * rng.nextInt(0, 3),
      outputChannel: SPEC.lanes * rng.nextInt(0, 3),
      channels: rng.nextInt(1, 8),
      inputZero: rng.nextInt(-128, 127),
      secondZero: rng.nextInt(-128, 127),
      outputZero: rng.nextInt(-128, 127),
      factorA: rng.nextInt(0, 65535),
      factorB: rng.nextInt(0, 65535),
      shift: rng.nextInt(1, 22),
      low: rng.nextInt(-128, 0),
      high: rng.nextInt(0, 127),
    });
    session.read(OUTPUT, 110);
  }
  session.read(0, WORDS);
  return ({ runs }: Answers): void => {
    if (runs.some(({ done }) => !done)) throw new Error('not all runs ended');
  };
}

/** Loads and stores behind the computation. */
function traffic(session: Session) {
  const rng = createRng(12);
  const shape: ConvShape = { height: 6, width: 6, channels: 6, filters: 8, kernel: 3, stride: 1, pad: 1 };
  begin(session, rng);
  for (let k = 0; k < 3; k++) {
    const sample = randomConv(SPEC, shape, rng);
    const fields = {
      ...prepareConv(session, sample, shape, rng),
      outputChannel: 0,
      outputPitch: 2,
      outputRowPitch: 12,
    };
    session.write('activation', 900, randomBytes(rng, 64 * SPEC.rows), { isKept: true });
    session.write('weight', 900, randomBytes(rng, 50 * SPEC.columns), { isKept: true });
    session.write('parameter', 20, randomBytes(rng, 160), { isKept: true });
    session.read(800, 64, { isKept: true });
    session.read(0, 30, { isKept: true });
    session.run(fields);
    session.write('activation', 900, randomBytes(rng, 40 * SPEC.rows), { isKept: true });
    session.read(700, 64, { isKept: true });
    session.run({ ...COPY, ...square(5, 5), inputPitch: 1, outputPitch: 1, channels: 4 });
    session.write('activation', 800, randomBytes(rng, 40 * SPEC.rows), { isKept: true });
    session.read(700, 64, { isKept: true });
    session.run({ operation: 4, outputBase: 600, outputZero: -77, fillWords: 60 });
    session.read(0, WORDS);
  }
  return ({ runs }: Answers): void => {
    if (runs.some(({ done, fault }) => !done || fault)) throw new Error('runs with traffic are wrong');
  };
}
