import { canonicalJson } from '../base/artifact.ts';
import { fromPattern, maxValue, minValue, toPattern } from '../base/bits.ts';
import { badInput } from '../base/errors.ts';
import { MAXDNN_VERSION } from '../base/package-root.ts';
import { errorMetrics } from './error-metrics.ts';
import { compileOperandProduct } from './golden.ts';
import { designName, type MultiplierSpec, operandRange } from './spec.ts';
import { TABLE_PAIRS, tableBytes } from './table-registry.ts';

/** A multiplier as data for other programs. */
export interface ExportedTable {
  readonly design: string;
  /** Two's complement operands and products, or unsigned ones. */
  readonly signed: boolean;
  /** 65 536 × uint16 LE, index a·256 + b: the form that tf-approximate and loadTruthTable read. */
  readonly bin: Uint8Array;
  /** C99 header with the same products and a function of the design's name. */
  readonly header: string;
}

/**
 * The products of any 8×8 bit multiplier as a truth table and as a C header; the same spec gives the same bytes.
 * @throws bad-input when the operands are not both int8 or both uint8, or a product has more than 16 bits
 */
export function exportTable(spec: MultiplierSpec): ExportedTable {
  const design = designName(spec);
  const signed = signednessOf(spec);
  const product = compileOperandProduct(spec);
  const products = Array.from({ length: TABLE_PAIRS }, (_, index) =>
    product(fromPattern(index >> 8, 8, signed), fromPattern(index & 255, 8, signed)),
  );
  const [low, high] = [minValue(16, signed), maxValue(16, signed)];
  const beyond = products.findIndex((value) => value < low || value > high);
  if (beyond >= 0) {
    const [a, b] = [fromPattern(beyond >> 8, 8, signed), fromPattern(beyond & 255, 8, signed)];
    throw badInput(
      {
        where: `${design}(${a}, ${b})`,
        wanted: `a product within ${low} … ${high}`,
        found: String(products[beyond]),
      },
      'The form of the file has 16 bits per product.',
    );
  }
  const bin = tableBytes(Uint16Array.from(products, (value) => toPattern(value, 16)));
  return { design, signed, bin, header: headerOf(spec, design, signed, products) };
}

/** True for int8 operands, false for uint8 ones. @throws bad-input for any others */
function signednessOf(spec: MultiplierSpec): boolean {
  const { aMin, aMax, bMin, bMax } = operandRange(spec);
  if (aMin === bMin && aMax - aMin === 255 && bMax - bMin === 255) return aMin < 0;
  throw badInput(
    {
      where: designName(spec),
      wanted: '8 bit operands, both signed or both unsigned',
      found: `a ${aMin} … ${aMax}, b ${bMin} … ${bMax}`,
    },
    'The form of the file is a table of 256 × 256 products.',
  );
}

function headerOf(
  spec: MultiplierSpec,
  design: string,
  signed: boolean,
  products: readonly number[],
): string {
  const u = signed ? '' : 'u';
  const metrics = errorMetrics(spec);
  const percent = (value: number): string => `${value.toPrecision(4)} %`;
  const error =
    metrics.maeAbs === 0
      ? 'none'
      : `MAE ${percent(metrics.maePercent)}, WCE ${percent(metrics.wcePercent)} (of 2^16), MRE ${percent(metrics.mredPercent)}`;
  const rows = Array.from({ length: TABLE_PAIRS / 16 }, (_, row) =>
    products.slice(16 * row, 16 * row + 16).join(','),
  );
  return `/*
 * ${design}: 8x8 bit multiplier as a table, written by maxdnn ${MAXDNN_VERSION}
 * Spec:     ${canonicalJson(spec)}
 * Operands: ${signed ? 'int8_t' : 'uint8_t'}; products ${signed ? 'int16_t' : 'uint16_t'}, index a * 256 + b (bytes of the operands)
 * Error:    ${error}, over all 65536 operand pairs
 */
#ifndef ${design.toUpperCase()}_H
#define ${design.toUpperCase()}_H
#include <stdint.h>

static const ${u}int16_t ${design}_products[65536] = {
${rows.join(',\n')}
};

static inline ${u}int16_t ${design}(${u}int8_t a, ${u}int8_t b) {
  return ${design}_products[(uint8_t)a * 256 + (uint8_t)b];
}

#endif
`;
}
