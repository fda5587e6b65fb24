import { badInput, type Fault, show } from '../base/errors.ts';
import { readInputFile, sha256 } from '../base/files.ts';
import { designName, type MultiplierSpec, operandRange } from '../multiplier/spec.ts';
import { pairStream } from './layer-stream.ts';
import type { StreamSource } from './stream.ts';

/** Operand pairs that a user gave, in their order. */
export interface OperandCsv {
  readonly path: string;
  readonly sha256: string;
  /** Values at port a (for a narrow multiplier: before rounding); b has the same length. */
  readonly a: Int32Array;
  readonly b: Int32Array;
}

/**
 * Reads operand pairs: a first line "a,b", then one pair of decimal integers per line. At least two pairs, because
 * energy is that of a change from one to the next.
 * @throws bad-input naming the first 20 faulty lines
 */
export function readOperandCsv(path: string): OperandCsv {
  const content = readInputFile(path, 'a CSV file of operand pairs');
  const [head, ...lines] = content
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/);
  const faults: Fault[] = [];
  if (!/^\s*a\s*,\s*b\s*$/.test(head ?? '')) {
    faults.push({ where: `${path}, line 1`, wanted: 'the header a,b', found: show(head) });
  }
  while (lines.at(-1)?.trim() === '') lines.pop();
  if (lines.length < 2) {
    faults.push({ where: path, wanted: 'at least 2 operand pairs', found: String(lines.length) });
  }
  const a = new Int32Array(lines.length);
  const b = new Int32Array(lines.length);
  for (const [index, line] of lines.entries()) {
    const match = /^\s*([+-]?\d+)\s*,\s*([+-]?\d+)\s*$/.exec(line);
    const pair = [Number(match?.[1]), Number(match?.[2])] as const;
    if (match === null || pair.some((value) => Math.abs(value) > 2 ** 31 - 1)) {
      const wanted = 'two integers within 32 bits, such as -3,100';
      faults.push({ where: `${path}, line ${index + 2}`, wanted, found: show(line) });
      if (faults.length === FAULTS_TOLD) break;
    }
    [a[index], b[index]] = pair;
  }
  if (faults.length > 0) throw badInput(faults, 'Give a line "a,b", then one pair of operands per line.');
  return { path, sha256: sha256(content), a, b };
}

/** The pairs of the file for each design whose operands can hold all of them. */
export function csvSource({ a, b }: OperandCsv): StreamSource {
  return { identity: { kind: 'file' }, streamFor: (spec) => pairStream('file', spec, a, b) };
}

/**
 * Refuses pairs that do not fit.
 * @returns the specs that can hold every pair
 * @throws bad-input when there is none, naming the first value out of range of each
 */
export function specsForOperands(
  { path, a, b }: OperandCsv,
  specs: readonly MultiplierSpec[],
): readonly MultiplierSpec[] {
  const faults: Fault[] = [];
  const fitting = specs.filter((spec) => {
    const { aMin, aMax, bMin, bMax } = operandRange(spec);
    const line = a.findIndex((value, i) => value < aMin || value > aMax || b[i]! < bMin || b[i]! > bMax);
    if (line < 0) return true;
    faults.push({
      where: `${path}, line ${line + 2}`,
      wanted: `operands of ${designName(spec)}, a ${aMin} … ${aMax} and b ${bMin} … ${bMax}`,
      found: `a = ${a[line]}, b = ${b[line]}`,
    });
    return false;
  });
  if (fitting.length > 0) return fitting;
  throw badInput(
    faults.slice(0, FAULTS_TOLD),
    'The operand file has values out of range for every design: give values that fit the ports.',
  );
}

const FAULTS_TOLD = 20;
