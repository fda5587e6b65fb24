import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { proveRtl } from '../../src/verify/prove.ts';
import { temporaryFolder } from '../cli/command-line.ts';
import { toolMissing } from '../tool-missing.ts';

const skip = toolMissing('yosys') || toolMissing('berkeley-abc');

describe.skipIf(skip)('proof against the hand-written definition [needs yosys and abc]', () => {
  const folder = temporaryFolder('prove');
  afterAll(folder.remove);

  test.each<[MultiplierSpec, string, number]>([
    [{ family: 'roup', bits: 8, P: 2, r: [4, 4] }, 'roup_reference', 16],
    [{ family: 'roup', bits: 8, P: 1, r: [3, 1, 0] }, 'roup_reference', 16],
    [{ family: 'roup', bits: 6, P: 0, r: [5, 0, 2] }, 'roup_reference', 12],
    [{ family: 'booth', aBits: 5, bBits: 6, aSigned: true, bSigned: false }, 'exact_reference', 11],
    [{ family: 'baugh-wooley', aBits: 6, bBits: 5, aSigned: false, bSigned: true }, 'exact_reference', 11],
    [{ family: 'narrow', bits: 8, aBits: 4, bBits: 4, architecture: 'baugh-wooley' }, 'exact_reference', 8],
  ])('%j', async (spec, reference, inputBits) => {
    const { proof, reused } = await proveRtl(generateRtl(spec), join(folder.path, designName(spec)), 60);
    expect([reused, proof.reference, proof.proof.inputBits]).toEqual([false, reference, inputBits]);
    expect(proof.proof.outputBits).toBe(spec.family === 'roup' ? 2 * spec.bits : inputBits);
  });

  test('one wrong gate is refuted with operands that show it', async () => {
    const honest = generateRtl({ family: 'roup', bits: 8, P: 2, r: [4, 4] });
    const verilog = honest.verilog.replace('row_2_6 ^ row_3_4', 'row_2_6 | row_3_4');
    expect(verilog).not.toBe(honest.verilog);
    const error = await proveRtl({ ...honest, verilog }, join(folder.path, 'wrong'), 60).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(MaxdnnError);
    expect((error as MaxdnnError).code).toBe('mismatch');
    const [, a, b] = /for a_i = (0x\w+), b_i = (0x\w+) /.exec((error as MaxdnnError).message) ?? [];
    expect([a, b]).not.toContain(undefined);
    expect([Number(a), Number(b)].every((operand) => operand >= 0 && operand < 256)).toBe(true);
  });

  test('a proof is reused until the Verilog changes', async () => {
    const subject = generateRtl({ family: 'roup', bits: 4, P: 0, r: [1, 0] });
    const runFolder = join(folder.path, 'reuse');
    expect((await proveRtl(subject, runFolder, 60)).reused).toBe(false);
    expect((await proveRtl(subject, runFolder, 60)).reused).toBe(true);
    const commented = { ...subject, verilog: `${subject.verilog}// edited\n` };
    expect((await proveRtl(commented, runFolder, 60)).reused).toBe(false);
    expect(readFileSync(join(runFolder, 'rtl.v'), 'utf8')).toContain('// edited');
  });

  test('a wide multiplier ends undecided, never proved', async () => {
    const subject = generateRtl({ family: 'booth', aBits: 16, bBits: 16, aSigned: true, bSigned: true });
    const proof = proveRtl(subject, join(folder.path, 'wide'), 1);
    await expect(proof).rejects.toThrow(
      'abc: equivalence of the Verilog of mul_booth_s16 and the definition (exact_reference) failed: abc did not finish within 1000 ms',
    );
  });
});
