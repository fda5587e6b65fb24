import { createRng } from '../../src/base/rng.ts';
import { type ConvShape, randomConv } from './conv-sample.ts';
import type { Fields } from './core-bench.ts';
import {
  type Answers,
  begin,
  INPUT,
  OUTPUT,
  prepareConv,
  randomBytes,
  type Session,
  SPEC,
  square,
  WORDS,
} from './session-parts.ts';
import { ADD, POOL } from './vector-sample.ts';

const SMALL: ConvShape = { height: 4, width: 4, channels: 4, filters: 4, kernel: 1, stride: 1, pad: 0 };

/** One field at a time that cannot be right, and the last value that is; addresses up to the end of each memory. */
export function faults(session: Session) {
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

/** Resets in the middle of each kind of descriptor, then good runs. */
export function resets(session: Session) {
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
