import { createRng } from '../../src/base/rng.ts';
import { type ConvShape, randomConv } from './conv-sample.ts';
import { SHAPES } from './core-layers.ts';
import { faults, resets } from './fault-sessions.ts';
import {
  type Answers,
  begin,
  type CoreSession,
  OUTPUT,
  prepareConv,
  randomBytes,
  type Session,
  SPEC,
  square,
  WORDS,
} from './session-parts.ts';
import { ADD, CASES, COPY, POOL, prepareVector } from './vector-sample.ts';

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
