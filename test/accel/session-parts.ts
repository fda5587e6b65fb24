import type { ArraySpec } from '../../src/accel/array-spec.ts';
import type { Rng } from '../../src/base/rng.ts';
import type { ConvSample, ConvShape } from './conv-sample.ts';
import type { coreSession, Fields, RunAnswer } from './core-bench.ts';
import { BOOTH, narrow, roup, SPECS } from './core-specs.ts';

/** Two maps at the edge that differ. */
export const SPEC: ArraySpec = {
  ...SPECS.bank!,
  multipliers: [BOOTH, roup(1, 3, 1, 0), narrow(5, 6), narrow(6, 6)],
};
export const [INPUT, OUTPUT] = [7, 400];
export const WORDS = SPEC.activationWords;

export type Session = ReturnType<typeof coreSession>;

export interface Answers {
  readonly runs: readonly RunAnswer[];
  readonly reads: readonly Uint8Array[];
}

/** Commands for the core; `fill` gives a check of what the sound core answers. */
export interface CoreSession {
  readonly name: string;
  readonly fill: (session: Session) => (answers: Answers) => void;
}

/** Writes the operands of a convolution. @returns its descriptor */
export function prepareConv(session: Session, sample: ConvSample, shape: ConvShape, rng: Rng): Fields {
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
export function begin(session: Session, rng: Rng): void {
  session.reset();
  session.write('activation', 0, randomBytes(rng, WORDS * SPEC.rows));
}

export function randomBytes(rng: Rng, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => rng.nextInt(0, 255));
}

export function square(input: number, output: number): Fields {
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
