import { canonicalJson } from '../base/artifact.ts';
import { badInput, type Fault, show } from '../base/errors.ts';
import { compileSchema } from '../base/schema-check.ts';
import { compileOperandProduct } from '../multiplier/golden.ts';
import { parseSpec } from '../multiplier/parse-spec.ts';
import { designName, droppedBits, type MultiplierSpec, operandRange, portShape } from '../multiplier/spec.ts';
import { type ArraySpec, defaultArray, headerWords, parameterWordsPerTile } from './array-spec.ts';

const count = (minimum: number, maximum: number) => ({ type: 'integer', minimum, maximum }) as const;
/** Addresses of words have 24 bits in descriptors. */
const words = count(1, 2 ** 24);

/** JSON schema of an array spec; relations between fields are checked by findArrayFaults. */
export const ARRAY_SCHEMA = {
  type: 'object',
  required: ['rows', 'columns'],
  additionalProperties: false,
  properties: {
    rows: count(1, 64),
    columns: count(1, 64),
    elements: { enum: ['static', 'bank', 'dynamic'] },
    multipliers: { type: 'array', minItems: 1, maxItems: 16, items: { type: 'object' } },
    classes: {
      type: 'object',
      required: ['by', 'multiplierOf'],
      additionalProperties: false,
      properties: {
        by: { enum: ['row', 'column'] },
        multiplierOf: { type: 'array', items: count(0, 15) },
      },
    },
    weightPort: { enum: ['a', 'b'] },
    accumulatorBits: count(16, 32),
    accumulatorDepth: count(16, 4096),
    lanes: count(1, 16),
    productRegister: { type: 'boolean' },
    zeroGating: { type: 'boolean' },
    activationWords: words,
    weightWords: words,
    parameterWords: words,
    addressBits: count(32, 64),
  },
} as const;

const HINT =
  'For example: {"rows": 16, "columns": 16, "elements": "bank", "multipliers": [{"family": "roup", "bits": 8, "P": 1, "r": 2}]}; docs/accelerator.md lists the fields.';

const checkShape = compileSchema(ARRAY_SCHEMA);

/**
 * An array spec from untrusted JSON; fields that are left out get the defaults of defaultArray.
 * @param where what the value is called in errors, e.g. a file name
 * @throws bad-input with every fault at once
 */
export function parseArraySpec(value: unknown, where: string): ArraySpec {
  const faults = checkShape(value, where);
  if (faults.length > 0) throw badInput(faults, HINT);
  const fields = value as Partial<ArraySpec> & Pick<ArraySpec, 'rows' | 'columns'>;
  const multipliers = fields.multipliers?.map((one, i) => parseSpec(one, `${where}: multipliers[${i}]`));
  const spec: ArraySpec = {
    ...defaultArray(fields.rows, fields.columns),
    ...fields,
    ...(multipliers === undefined ? {} : { multipliers }),
  };
  checkArraySpec(spec, where);
  return spec;
}

/** @throws bad-input with every fault of a spec, as parseArraySpec */
export function checkArraySpec(spec: ArraySpec, where: string): void {
  const shape = checkShape(spec, where);
  const faults = shape.length > 0 ? shape : findRelationFaults(spec, where);
  if (faults.length > 0) throw badInput(faults, HINT);
}

function findRelationFaults(spec: ArraySpec, where: string): readonly Fault[] {
  const faults: Fault[] = [];
  const fault = (field: string, wanted: string, found: number | string): void =>
    void faults.push({ where: `${where}: ${field}`, wanted, found: String(found) });
  const { rows, columns, lanes, accumulatorDepth, weightWords, parameterWords } = spec;
  if (!isPowerOfTwo(accumulatorDepth)) fault('accumulatorDepth', 'a power of two', accumulatorDepth);
  if (!isPowerOfTwo(lanes)) fault('lanes', 'a power of two', lanes);
  if (rows % lanes !== 0 || columns % lanes !== 0) {
    fault('lanes', `a divisor of ${rows} rows and ${columns} columns (1 always is)`, lanes);
  } else {
    const leastParameters = 2 * parameterWordsPerTile(spec);
    if (parameterWords < leastParameters) {
      fault('parameterWords', `at least ${leastParameters}: two filter tiles`, parameterWords);
    }
  }
  const leastWeights = 2 * (headerWords(spec) + rows);
  if (weightWords < leastWeights) fault('weightWords', `at least ${leastWeights}: two passes`, weightWords);
  const keys = spec.multipliers.map(canonicalJson);
  for (const [index, multiplier] of spec.multipliers.entries()) {
    const at = `multipliers[${index}]`;
    if (keys.indexOf(keys[index]!) < index)
      fault(at, 'a multiplier not named before', designName(multiplier));
    const wanted = multiplierFault(multiplier, spec);
    if (wanted !== undefined) fault(at, wanted, designName(multiplier));
  }
  faults.push(...classFaults(spec, where));
  return faults;
}

/** What an array wants of a multiplier that does not suit it. */
function multiplierFault(multiplier: MultiplierSpec, spec: ArraySpec): string | undefined {
  if (multiplier.family === 'table') return 'a multiplier with a circuit (a truth table has none)';
  const { aBits, bBits, pBits } = portShape(multiplier);
  if (Math.max(aBits, bBits) > 8) return 'ports of at most 8 bits';
  if (multiplier.family === 'narrow' && multiplier.bits !== 8) return 'a narrow multiplier of 8-bit operands';
  const dropped =
    multiplier.family === 'narrow' ? droppedBits(multiplier, 'a') + droppedBits(multiplier, 'b') : 0;
  if (pBits + dropped > spec.accumulatorBits) return `a product within ${spec.accumulatorBits} bits`;
  if (spec.elements === 'dynamic' && !isRunTimeRoup(multiplier)) {
    return 'ROUP of 8 bits or an exact signed 8 × 8 multiplier for dynamic elements (bank takes any)';
  }
  return isZeroForWeightZero(multiplier, spec.weightPort) ? undefined : 'a product of 0 for the weight 0';
}

/** True for what one datapath with P and r at run time can compute. */
export function isRunTimeRoup(multiplier: MultiplierSpec): boolean {
  if (multiplier.family === 'roup') return multiplier.bits === 8;
  if (multiplier.family === 'table' || multiplier.family === 'narrow') return false;
  const { aBits, bBits, aSigned, bSigned } = multiplier;
  return aBits === 8 && bBits === 8 && aSigned && bSigned;
}

function isZeroForWeightZero(multiplier: MultiplierSpec, weightPort: 'a' | 'b'): boolean {
  const { aMin, aMax, bMin, bMax } = operandRange(multiplier);
  const product = compileOperandProduct(multiplier);
  const [low, high] = weightPort === 'a' ? [bMin, bMax] : [aMin, aMax];
  for (let code = low; code <= high; code++) {
    if ((weightPort === 'a' ? product(0, code) : product(code, 0)) !== 0) return false;
  }
  return true;
}

function classFaults(
  { elements, multipliers, classes, rows, columns }: ArraySpec,
  where: string,
): readonly Fault[] {
  const at = `${where}: classes`;
  const isNeeded = elements === 'static' && multipliers.length > 1;
  if (classes === undefined) {
    if (!isNeeded) return [];
    const wanted = `the multiplier of each row or column, for static elements with ${multipliers.length} multipliers`;
    return [{ where: at, wanted, found: 'none' }];
  }
  if (!isNeeded) {
    return [{ where: at, wanted: 'none but for static elements with several multipliers', found: 'classes' }];
  }
  const faults: Fault[] = [];
  const length = classes.by === 'row' ? rows : columns;
  const found = classes.multiplierOf;
  if (found.length !== length) {
    const wanted = `${length} numbers, one per ${classes.by}`;
    faults.push({ where: `${at}.multiplierOf`, wanted, found: `${found.length}` });
  }
  const foreign = found.findIndex((number) => number >= multipliers.length);
  if (foreign >= 0) {
    const wanted = `0 … ${multipliers.length - 1}`;
    faults.push({ where: `${at}.multiplierOf[${foreign}]`, wanted, found: show(found[foreign]) });
  }
  return faults;
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}
