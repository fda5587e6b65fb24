import { droppedBits, type MultiplierSpec, portShape } from '../multiplier/spec.ts';
import type { ArraySpec } from './array-spec.ts';

/** How activations become port codes at the edge of the array. */
export interface EdgeMaps {
  /** Low bits that each map drops, in the order of the first multiplier that has it; 0: unchanged. */
  readonly drops: readonly number[];
  /** Number of each multiplier's map. */
  readonly mapOf: readonly number[];
}

/** The maps of an array: signed and unsigned ports of narrow multipliers count as two, though hardware has one. */
export function edgeMaps(spec: ArraySpec): EdgeMaps {
  const keys: string[] = [];
  const drops: number[] = [];
  const mapOf = spec.multipliers.map((multiplier) => {
    const port = activationPort(spec);
    const drop = multiplier.family === 'narrow' ? droppedBits(multiplier, port) : 0;
    const isUnsigned = multiplier.family === 'narrow' && multiplier.unsigned === port;
    const key = `${isUnsigned ? 'u' : 's'}${drop}`;
    if (!keys.includes(key)) {
      keys.push(key);
      drops.push(drop);
    }
    return keys.indexOf(key);
  });
  return { drops, mapOf };
}

export function activationPort({ weightPort }: Pick<ArraySpec, 'weightPort'>): 'a' | 'b' {
  return weightPort === 'a' ? 'b' : 'a';
}

/** Widths of a multiplier's ports by the role of what sits on them. */
export function roleBits(
  multiplier: MultiplierSpec,
  weightPort: 'a' | 'b',
): { readonly weightBits: number; readonly activationBits: number } {
  const { aBits, bBits } = portShape(multiplier);
  const [weightBits, activationBits] = weightPort === 'a' ? [aBits, bBits] : [bBits, aBits];
  return { weightBits, activationBits };
}
