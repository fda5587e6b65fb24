import { digestOf } from '../base/artifact.ts';
import { sha256 } from '../base/files.ts';
import { isMixture, type MixedAssignment } from '../dnn/assignment.ts';
import { compileOperandProduct } from '../multiplier/golden.ts';
import { type MultiplierSpec, operandRange } from '../multiplier/spec.ts';

/** The same for assignments that compute the same product for each weight, for all int8 operands. */
export function assignmentKey(assignment: MixedAssignment): string {
  return digestOf(
    [...assignment].map(([layer, own]) => [
      layer,
      isMixture(own) ? [own.specs.map(functionKey), sha256(own.index)] : functionKey(own),
    ]),
  );
}

const keys = new WeakMap<MultiplierSpec, string>();

/** SHA-256 over the products of all int8 operands that the multiplier takes. */
export function functionKey(spec: MultiplierSpec): string {
  const known = keys.get(spec);
  if (known !== undefined) return known;
  const range = operandRange(spec);
  const aLow = Math.max(range.aMin, -128);
  const aHigh = Math.min(range.aMax, 127);
  const bLow = Math.max(range.bMin, -128);
  const bHigh = Math.min(range.bMax, 127);
  const product = compileOperandProduct(spec);
  const products = new Float64Array((aHigh - aLow + 1) * (bHigh - bLow + 1));
  let index = 0;
  for (let a = aLow; a <= aHigh; a++) {
    for (let b = bLow; b <= bHigh; b++) products[index++] = product(a, b);
  }
  const key = `${aLow} ${aHigh} ${bLow} ${bHigh} ${sha256(new Uint8Array(products.buffer))}`;
  keys.set(spec, key);
  return key;
}
