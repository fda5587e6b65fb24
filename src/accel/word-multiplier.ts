import { badInput } from '../base/errors.ts';
import { designName, type MultiplierSpec, portShape, type RoupSpec } from '../multiplier/spec.ts';
import { render } from '../rtl/render.ts';
import type { VerilogFile } from './generate-core.ts';

/**
 * The module of a multiplier with the same name, ports and products, written on words: a large array of gate lists
 * takes Verilator many minutes to build. Not for synthesis; the products are compared in test/accel.
 * @throws bad-input for a truth table
 */
export function wordMultiplier(multiplier: MultiplierSpec): VerilogFile {
  if (multiplier.family === 'table') {
    throw badInput(
      {
        where: 'word-level multiplier',
        wanted: 'a multiplier with a circuit',
        found: designName(multiplier),
      },
      'Truth tables have no Verilog.',
    );
  }
  const name = designName(multiplier);
  const { aBits, bBits, pBits, aSigned, bSigned } = portShape(multiplier);
  const text = render('accel-word-multiplier.v', {
    name,
    aTop: aBits - 1,
    bTop: bBits - 1,
    pTop: pBits - 1,
    a: extended('a_i', aBits, pBits, aSigned),
    b: extended('b_i', bBits, pBits, bSigned),
    product: multiplier.family === 'roup' ? roupTerms(multiplier, pBits) : 'a * b',
  });
  return { name: `${name}.v`, text };
}

/** Files of a core with the gate lists of its multipliers replaced. */
export function withWordMultipliers(
  files: readonly VerilogFile[],
  multipliers: readonly MultiplierSpec[],
): readonly VerilogFile[] {
  const replaced = new Map(multipliers.map((one) => [`${designName(one)}.v`, one]));
  return files.map((file) => {
    const multiplier = replaced.get(file.name);
    return multiplier === undefined ? file : wordMultiplier(multiplier);
  });
}

function extended(port: string, bits: number, wide: number, isSigned: boolean): string {
  const sign = isSigned ? `${port}[${bits - 1}]` : "1'b0";
  return `{ {${wide - bits}{${sign}}}, ${port}}`;
}

/** Sum of (a rounded to 2^r) times the Booth digit, in its place; the digit is added and subtracted bit by bit. */
function roupTerms({ bits, P, r }: RoupSpec, pBits: number): string {
  const terms = r.map((rounding, row) => {
    const j = P + row;
    const half = rounding > 0 ? `${pBits}'sd${2 ** (rounding - 1)}` : `${pBits}'sd0`;
    const rounded = `(((a + ${half}) >>> ${rounding}) <<< ${rounding})`;
    const bit = (index: number): string =>
      index < 0 || index >= bits ? `${pBits}'sd0` : `$signed({${pBits - 1}'d0, b_i[${index}]})`;
    const digit = `(${bit(2 * j)} + ${bit(2 * j - 1)} - (${bit(2 * j + 1)} <<< 1))`;
    return `((${rounded} * ${digit}) <<< ${2 * j})`;
  });
  return terms.join('\n    + ');
}
