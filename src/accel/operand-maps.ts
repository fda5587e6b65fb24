import { toPattern } from '../base/bits.ts';
import { portCode } from '../multiplier/golden.ts';
import { type MultiplierSpec, portShape } from '../multiplier/spec.ts';
import type { ArraySpec } from './array-spec.ts';

/** How activations reach the ports: the maps at the edge of the array. */
export interface OperandMaps {
  /** The distinct maps in the order of the first multiplier that has each. */
  readonly maps: readonly OperandMap[];
  /** Number of the map of each multiplier. */
  readonly mapOf: readonly number[];
}

/** Port code, sign-extended to a byte where the port is signed, of each activation byte; 256 entries. */
export type OperandMap = Uint8Array;

/** The operand maps of an array; only narrow multipliers have another one than the identity. */
export function operandMaps({ multipliers, weightPort }: ArraySpec): OperandMaps {
  const maps: OperandMap[] = [];
  const mapOf = multipliers.map((multiplier) => {
    const own = portBytes(multiplier, weightPort === 'a' ? 'b' : 'a');
    const known = maps.findIndex((map) => map.every((byte, i) => byte === own[i]));
    return known >= 0 ? known : maps.push(own) - 1;
  });
  return { maps, mapOf };
}

/** True where each row has the map of its own multiplier, whatever the header of a pass says. */
export function hasMapPerRow({ elements, classes }: ArraySpec): boolean {
  return elements === 'static' && classes?.by === 'row';
}

/** Port code of an int8 operand as the byte that the memories and the edge hold; index: the operand's byte. */
export function portBytes(multiplier: MultiplierSpec, port: 'a' | 'b'): OperandMap {
  const { aBits, bBits } = portShape(multiplier);
  const bits = port === 'a' ? aBits : bBits;
  const isSigned = port === 'a' ? portShape(multiplier).aSigned : portShape(multiplier).bSigned;
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    const code = portCode(multiplier, port, (byte << 24) >> 24);
    return isSigned || multiplier.family !== 'narrow' ? code & 255 : toPattern(code, bits);
  });
}
