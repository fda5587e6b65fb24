import { createHash } from 'node:crypto';
import { maxValue, minValue, toPattern } from '../base/bits.ts';
import { badInput } from '../base/errors.ts';
import { createRng } from '../base/rng.ts';
import { compileOperandProduct, portCode, portProduct } from '../multiplier/golden.ts';
import { designName, operandRange, portShape } from '../multiplier/spec.ts';
import type { StreamIdentity } from '../power/stream.ts';
import type { MacSpec } from '../rtl/mac.ts';

/** What a processing element multiplies, one pair per cycle, in the application's terms. */
export interface MacOperands {
  readonly identity: Omit<StreamIdentity, 'role'>;
  readonly activations: Int8Array;
  readonly weights: Int8Array;
  /** 1 where the weight was loaded for this pair, 0 where it is that of the pair before. */
  readonly isLoaded: Uint8Array;
  /** Partial sum that comes in from above with each pair, for a multiplier with these products. */
  readonly incomingSums: (product: (activation: number, weight: number) => number) => Int32Array;
}

/** The same as bit patterns at the ports of a shell. */
export interface MacStream {
  readonly weights: Uint32Array;
  readonly activations: Uint32Array;
  readonly isLoaded: Uint8Array;
  /** In the width of the accumulator. */
  readonly psums: Uint32Array;
  /** Product of the pair, as the multiplier gives it. */
  readonly products: Uint32Array;
  readonly sha256: string;
}

/**
 * Operands at the ports of a processing element with this multiplier.
 * @returns undefined when an operand is out of the multiplier's range
 * @throws bad-input when the partial sums do not fit the accumulator
 */
export function macStream(spec: MacSpec, operands: MacOperands): MacStream | undefined {
  const { multiplier, weightPort, accumulatorBits } = spec;
  const { activations, weights, isLoaded } = operands;
  const { aMin, aMax, bMin, bMax } = operandRange(multiplier);
  const [w, x] = weightPort === 'a' ? (['a', 'b'] as const) : (['b', 'a'] as const);
  const limits = { a: [aMin, aMax], b: [bMin, bMax] } as const;
  const fits = (codes: Int8Array, [low, high]: readonly [number, number]): boolean =>
    codes.every((code) => code >= low && code <= high);
  if (!fits(weights, limits[w]) || !fits(activations, limits[x])) return undefined;
  const ports = portShape(multiplier);
  const bits = { a: ports.aBits, b: ports.bBits };
  const product = compileOperandProduct(multiplier);
  const sums = operands.incomingSums((activation, weight) =>
    weightPort === 'a' ? product(weight, activation) : product(activation, weight),
  );
  checkSums(spec, sums, operands);
  const atPort = (codes: Int8Array, port: 'a' | 'b'): Uint32Array =>
    Uint32Array.from(codes, (code) => toPattern(portCode(multiplier, port, code), bits[port]));
  const products = Uint32Array.from(weights, (weight, i) => {
    const [wCode, xCode] = [portCode(multiplier, w, weight), portCode(multiplier, x, activations[i]!)];
    const [a, b] = weightPort === 'a' ? [wCode, xCode] : [xCode, wCode];
    return toPattern(portProduct(multiplier, a, b), ports.pBits);
  });
  const stream = {
    weights: atPort(weights, w),
    activations: atPort(activations, x),
    isLoaded,
    psums: Uint32Array.from(sums, (sum) => toPattern(sum, accumulatorBits)),
    products,
  };
  return { ...stream, sha256: digestOfStream(stream) };
}

/** Rows of the array that the uniform partial sums come from. */
const UNIFORM_ROWS = 16;

/**
 * Independent uniform int8 operands, a new weight each cycle; the partial sum is that of as many other uniform
 * products as there are rows above in an array of 16, drawn evenly.
 */
export function uniformMacOperands(pairs: number, seed: number): MacOperands {
  const rng = createRng(seed);
  const draw = (count: number): Int8Array => Int8Array.from({ length: count }, () => rng.nextInt(-128, 127));
  const [activations, weights] = [draw(pairs), draw(pairs)];
  const above = Uint8Array.from({ length: pairs }, () => rng.nextInt(0, UNIFORM_ROWS - 1));
  const terms = above.reduce((sum, count) => sum + count, 0);
  const [aboveActivations, aboveWeights] = [draw(terms), draw(terms)];
  return {
    identity: { kind: 'uniform' },
    activations,
    weights,
    isLoaded: new Uint8Array(pairs).fill(1),
    incomingSums: (product) => {
      let term = 0;
      return Int32Array.from(above, (count) => {
        let sum = 0;
        for (let n = 0; n < count; n++, term++) sum += product(aboveActivations[term]!, aboveWeights[term]!);
        return sum;
      });
    },
  };
}

function checkSums(
  { multiplier, accumulatorBits }: MacSpec,
  sums: Int32Array,
  { identity }: MacOperands,
): void {
  const [low, high] = sums.reduce(
    ([least, most], sum) => [Math.min(least, sum), Math.max(most, sum)] as const,
    [0, 0] as readonly [number, number],
  );
  if (low >= minValue(accumulatorBits, true) && high <= maxValue(accumulatorBits, true)) return;
  const needed = Math.ceil(Math.log2(Math.max(-low, high + 1))) + 1;
  throw badInput(
    {
      where: `partial sums of ${designName(multiplier)} in ${identity.layer ?? identity.kind}`,
      wanted: `at most ${accumulatorBits} bits`,
      found: `${low} … ${high}, which need ${needed}`,
    },
    `Give the processing element --accumulator-bits ${needed} or more.`,
  );
}

function digestOfStream(stream: Omit<MacStream, 'sha256'>): string {
  const hash = createHash('sha256');
  for (const column of [stream.weights, stream.activations, stream.isLoaded, stream.psums, stream.products])
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  return hash.digest('hex');
}
