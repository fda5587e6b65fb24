import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { descriptorTable } from '../../src/accel/descriptor-doc.ts';
import { listProgram } from '../../src/accel/listing.ts';
import { totalCycles } from '../../src/accel/program.ts';
import { readProgram, writeProgram } from '../../src/accel/program-file.ts';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { badInputText } from '../dnn/error-text.ts';
import { compileSmall, smallArray } from './compare-layers.ts';
import { smallNetwork } from './small-network.ts';

const network = smallNetwork(2, 2);
const program = compileSmall(network, uniformAssignment(network, EXACT_INT8), smallArray({ lanes: 2 }));
const folder = mkdtempSync(join(tmpdir(), 'maxdnn-program-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a program as files', () => {
  test('is read as it was written', () => {
    const path = writeProgram(join(folder, 'whole'), program, { quantised: 'x' });
    expect(readProgram(path)).toEqual(program);
    const { inputs, kind } = JSON.parse(readFileSync(path, 'utf8'));
    expect(kind).toBe('accelerator-program');
    expect(inputs).toEqual({
      network: program.network.sha256,
      assignment: program.assignmentSha256,
      quantised: 'x',
    });
  });

  test('sabotage: a changed byte of the image', () => {
    const path = writeProgram(join(folder, 'image'), program);
    const image = join(folder, 'image', 'program.bin');
    const bytes = readFileSync(image);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(image, bytes);
    expect(badInputText(() => readProgram(path))).toContain('The two files of a program belong together');
  });

  test('sabotage: a changed field of a descriptor', () => {
    const path = writeProgram(join(folder, 'field'), program);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('"strideX": 3');
    writeFileSync(path, text.replace('"strideX": 3', '"strideX": 2'));
    expect(badInputText(() => readProgram(path))).toMatch(
      /descriptors\[\d+\]: wanted the descriptor of .*program\.bin, found another one/,
    );
  });
});

test('the listing has a line for each descriptor and the sum of the cycles', () => {
  const text = listProgram(program);
  const heads = text.split('\n').filter((line) => /^ *\d+ (none|conv|add|pool|fill)/.test(line));
  expect(heads.length).toBe(program.descriptors.length);
  expect(text).toContain(`total: ${heads.length} descriptors, about ${totalCycles(program)} cycles`);
  expect(text).toContain('conv strided: about');
});

test('the documentation has the table of descriptor fields', () => {
  const page = readFileSync(new URL('../../docs/accelerator.md', import.meta.url), 'utf8');
  expect(page).toContain(descriptorTable());
});
