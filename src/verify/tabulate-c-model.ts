import { dirname, join, resolve } from 'node:path';
import { badInput, MaxdnnError } from '../base/errors.ts';
import { readInputFile, writeFileAtomic } from '../base/files.ts';
import type { TableSpec } from '../multiplier/spec.ts';
import { TABLE_PAIRS } from '../multiplier/table-registry.ts';
import { nameOfFile, operandsOf, registerTruthTable, type TableOptions } from '../multiplier/truth-table.ts';
import { compileC, runCProgram } from '../tools/c-compiler.ts';
import { toolVersions } from '../tools/detect-tools.ts';
import { type CMultiplier, findCMultiplier, isByteType, isSignedType } from './c-multiplier.ts';

const RUN_TIMEOUT_MS = 60_000;
const MODEL = 'model.c';
const DRIVER = 'tabulate.c';

/** What the user says about a C model. Default of the name: that of the function. */
export interface CModelOptions extends TableOptions {
  /** The function to tabulate. Default: the only one of two integers. */
  readonly function?: string;
}

/** A C model as a truth table in memory, and how it got there. */
export interface TabulatedModel {
  readonly spec: TableSpec;
  /** The function that was called. */
  readonly function: string;
  /** Version of the compiler, for the artifact. */
  readonly tools: Readonly<Record<string, string>>;
}

/** How the byte of an operand fills a wider parameter. */
type Extension = 'zero' | 'sign';

/**
 * Compiles a C model (EvoApproxLib's form) with the machine's compiler, calls it for all 65 536 pairs of operand bytes
 * and keeps the products as a truth table. This runs the model's code. The first parameter is operand a.
 * @param buildDir for the driver, the program and the logs
 * @throws bad-input when the file has not one multiplier, does not compile, crashes or gives products beyond 16 bits;
 *   tool-missing without a compiler
 */
export async function tabulateCModel(
  path: string,
  options: CModelOptions,
  buildDir: string,
): Promise<TabulatedModel> {
  const source = readInputFile(path, 'a C model').toString('utf8');
  const fileName = nameOfFile(path);
  const model = findCMultiplier(source, path, fileName, options.function);
  const name = options.name ?? model.name;
  const operands = operandsOf(path, [name, model.name, fileName], options, signednessOfTypes(model));
  const signed = operands === 'signed';
  if (!signed && [model.a, model.b].some((type) => isByteType(type) && isSignedType(type))) {
    throw badInput(
      { where: path, wanted: `operands of ${model.name} that hold 0 … 255`, found: `${model.a}, ${model.b}` },
      'Leave out --unsigned: such a function is signed.',
    );
  }

  const tools = await toolVersions(['cc']);
  const folder = resolve(buildDir);
  writeFileAtomic(join(folder, MODEL), source);
  writeFileAtomic(join(folder, DRIVER), driverSource(model.name));
  const program = await blame(path, 'C that compiles', () =>
    compileC({ source: DRIVER, buildDir: folder, includeDirs: [dirname(resolve(path))] }),
  );
  const tabulate = async (extension: Extension): Promise<Uint16Array> => {
    const output = join(folder, `products-${extension}.bin`);
    await runCProgram(program, [output, extension], folder, RUN_TIMEOUT_MS);
    const values = new BigInt64Array(new Uint8Array(readInputFile(output, 'products of a C model')).buffer);
    return codesOfValues(path, model, values, signed);
  };
  const wide = [model.a, model.b].some((type) => !isByteType(type));
  const declaredUnsigned = [model.a, model.b].some((type) => !isSignedType(type));
  const extension = signed && wide && !declaredUnsigned ? 'sign' : 'zero';
  const codes = await blame(path, `${model.name} to return for every operand pair`, () =>
    tabulate(extension),
  );
  if (signed && wide && declaredUnsigned) await compareExtensions(path, model, codes, () => tabulate('sign'));
  return { spec: registerTruthTable(codes, name, operands), function: model.name, tools };
}

/** What the types of the parameters say; undefined where they say nothing (int takes both). */
function signednessOfTypes({ a, b }: CMultiplier): boolean | undefined {
  if (!isSignedType(a) && !isSignedType(b)) return false;
  return [a, b].every((type) => isSignedType(type) && isByteType(type)) ? true : undefined;
}

/** Calls the model for all pairs and writes 65 536 × int64 in the machine's byte order. */
function driverSource(name: string): string {
  return `#include <stdint.h>
#include <stdio.h>
#define main maxdnn_main_of_the_model
#include "${MODEL}"
#undef main

static int64_t maxdnn_products[65536];

int main(int argc, char **argv) {
  const int sign = argc == 3 && argv[2][0] == 's';
  for (int a = 0; a < 256; a++)
    for (int b = 0; b < 256; b++)
      maxdnn_products[a * 256 + b] =
          (int64_t)${name}(sign && a > 127 ? a - 256 : a, sign && b > 127 ? b - 256 : b);
  FILE *file = argc == 3 ? fopen(argv[1], "wb") : NULL;
  if (file == NULL || fwrite(maxdnn_products, sizeof maxdnn_products, 1, file) != 1 || fclose(file) != 0) {
    perror("writing the products");
    return 1;
  }
  return 0;
}
`;
}

/** The products as 16-bit patterns. @throws bad-input for one that has more bits */
function codesOfValues(
  path: string,
  model: CMultiplier,
  values: BigInt64Array,
  signed: boolean,
): Uint16Array {
  if (values.length !== TABLE_PAIRS) {
    throw new MaxdnnError('internal', `${path}: ${values.length} products were written, not ${TABLE_PAIRS}`);
  }
  // A product that is declared unsigned holds the pattern of a negative one in its low 16 or 32 bits.
  const high = signed && isSignedType(model.result) ? 2n ** 15n : 2n ** 16n;
  const low = signed ? -(2n ** 15n) : 0n;
  return Uint16Array.from(values, (value, index) => {
    const negative32 =
      signed && !isSignedType(model.result) && value >= 2n ** 31n ? value - 2n ** 32n : value;
    if (negative32 >= low && negative32 < high) return Number(BigInt.asUintN(16, value));
    const operand = (byte: number): number => (signed && byte > 127 ? byte - 256 : byte);
    throw badInput(
      {
        where: `${path}: ${model.name}(${operand(index >> 8)}, ${operand(index & 255)})`,
        wanted: `a product of 16 bits, ${low} … ${high - 1n}`,
        found: String(value),
      },
      'Only 8×8 bit multipliers with 16-bit products can be added.',
    );
  });
}

/** A signed model declared with wide unsigned types must not depend on what is above the operands' bytes. */
async function compareExtensions(
  path: string,
  model: CMultiplier,
  zeroExtended: Uint16Array,
  tabulateSigned: () => Promise<Uint16Array>,
): Promise<void> {
  let signExtended: Uint16Array;
  try {
    signExtended = await tabulateSigned();
  } catch (error) {
    // It takes bytes only: the zero-extended operands are what it was written for.
    if (error instanceof MaxdnnError && error.code !== 'internal') return;
    throw error;
  }
  const different = zeroExtended.filter((code, index) => code !== signExtended[index]).length;
  if (different === 0) return;
  throw badInput(
    {
      where: `${path}: ${model.name}`,
      wanted: `the same products whether negative operands reach ${model.a} zero- or sign-extended`,
      found: `${different} pairs that differ`,
    },
    'Declare its parameters as int8_t or uint8_t, so that it is clear which bits it gets.',
  );
}

/** Failures of a program that come from the model become faults of its file. */
async function blame<T>(path: string, wanted: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof MaxdnnError) || error.code !== 'tool-failed') throw error;
    throw badInput({ where: path, wanted, found: error.message.trimEnd() }, error.hint ?? '', error);
  }
}
