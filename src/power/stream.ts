import { createHash } from 'node:crypto';
import { toPattern } from '../base/bits.ts';
import { createRng } from '../base/rng.ts';
import { portCode } from '../multiplier/golden.ts';
import { type MultiplierSpec, operandRange, portShape } from '../multiplier/spec.ts';

/** Operand pairs in the order in which a multiplier gets them, as bit patterns at its ports. */
export interface OperandStream {
  /** Name for reports, e.g. "uniform". */
  readonly name: string;
  /** Two's complement (or unsigned) pattern of each operand; a and b have the same length. */
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  /** Digest of the patterns: all of a, then all of b, little-endian. */
  readonly sha256: string;
}

/** How the operands of a stream are drawn. "file": pairs that the user gave. */
export type StreamKind = 'uniform' | 'layer-iid' | 'layer-stream' | 'file';

/** Which operand of the network sits on port b, the Booth-encoded and perforated one; the other is on port a. */
export type OperandRole = 'weight-on-b' | 'activation-on-b';

/** What a stream is, whatever the design that gets it. */
export interface StreamIdentity {
  readonly kind: StreamKind;
  /** The layer of the network that the operands were recorded in; of "layer-iid" and "layer-stream" only. */
  readonly layer?: string;
  /** Of "layer-iid" and "layer-stream" only. */
  readonly role?: OperandRole;
}

/** Operands in the application's terms, from which each design gets the patterns at its own ports. */
export interface StreamSource {
  readonly identity: StreamIdentity;
  /** Undefined where the operands do not fit the ports, e.g. negative activations an unsigned port. */
  readonly streamFor: (spec: MultiplierSpec) => OperandStream | undefined;
}

/** The same operands as uniformStream gives for any design. */
export function uniformSource(pairs: number, seed: number): StreamSource {
  return { identity: { kind: 'uniform' }, streamFor: (spec) => uniformStream(spec, pairs, seed) };
}

/**
 * Independent operands, uniform over the full range of the application (operandRange), as they reach the ports:
 * for a narrow multiplier rounded to its codes. The same seed gives the same application operands for all designs
 * of one width.
 */
export function uniformStream(spec: MultiplierSpec, pairs: number, seed: number): OperandStream {
  const { aMin, aMax, bMin, bMax } = operandRange(spec);
  const { aBits, bBits } = portShape(spec);
  const rng = createRng(seed);
  const a = new Uint32Array(pairs);
  const b = new Uint32Array(pairs);
  for (let i = 0; i < pairs; i++) {
    a[i] = toPattern(portCode(spec, 'a', rng.nextInt(aMin, aMax)), aBits);
    b[i] = toPattern(portCode(spec, 'b', rng.nextInt(bMin, bMax)), bBits);
  }
  return makeStream('uniform', a, b);
}

/** Stream of given patterns. */
export function makeStream(name: string, a: Uint32Array, b: Uint32Array): OperandStream {
  const hash = createHash('sha256');
  for (const column of [a, b])
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  return { name, a, b, sha256: hash.digest('hex') };
}
