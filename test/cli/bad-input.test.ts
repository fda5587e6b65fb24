import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/files.ts';
import { shippedFile } from '../../src/base/package-root.ts';
import { filesBelow, runProgram, temporaryFolder } from './command-line.ts';

const folder = temporaryFolder('bad-input');
const at = (...parts: readonly string[]): string => join(folder.path, ...parts);

beforeAll(async () => {
  await runProgram('gen-rtl', ['--P', '2', '--r', '4'], folder.path);
  cpSync(at('out'), at('damaged'), { recursive: true });
  const set = readFileSync(at('out', 'rtl', 'rtl.json'), 'utf8');
  writeFileSync(at('cut.json'), set.slice(0, set.length / 2));
  writeFileSync(at('empty.json'), '');
  writeFileSync(at('other-kind.json'), JSON.stringify({ kind: 'verdict', formatVersion: 1, designs: [] }));
  writeFileSync(at('old.json'), set.replace('"formatVersion": 1', '"formatVersion": 0'));
  writeFileSync(at('bad-spec.json'), set.replace('"P": 2', '"P": 7'));
  writeFileSync(
    at('renamed.json'),
    set.replace('"design": "mul_roup_s8_p2_r4"', '"design": "mul_roup_s8_p2_r5"'),
  );
  writeFileSync(at('spec.txt'), '{"family": "roup", ');
  writeFileSync(
    at('specs.json'),
    '[{"family": "roup", "bits": 8, "P": 2, "r": 4}, {"family": "roup", "bits": 9, "P": 0, "r": 1}]',
  );
  writeFileSync(at('empty.lib'), '');
  writeFileSync(at('not.lib'), 'module top; endmodule\n');
  writeFileSync(at('cut.lib.gz'), gzipSync('library (x) {').subarray(0, 20));
  const verdict = {
    kind: 'verdict',
    formatVersion: 1,
    designs: [
      {
        design: 'mul_roup_s8_p2_r4',
        verified: false,
        mismatchCount: 3,
        pairsCompared: 65536,
        rtlSha256: '0',
      },
    ],
  };
  mkdirSync(at('out', 'verify'), { recursive: true });
  writeFileSync(at('failed-verdict.json'), JSON.stringify(verdict));
  writeFileSync(at('short.bin'), new Uint8Array(3072));
  writeFileSync(at('label.bin'), new Uint8Array(3073).fill(200));
  writeFileSync(at('model.pb'), 'not a graph');
  writeFileSync(at('zero.pb'), '');
  const network = readFileSync(shippedFile('models', 'synthetic-resnet8.json'), 'utf8');
  writeFileSync(at('network.json'), network);
  writeFileSync(
    at('network.bin'),
    readFileSync(shippedFile('models', 'synthetic-resnet8.bin')).subarray(0, 1000),
  );
});
afterAll(folder.remove);

// Every case: exit code 2, the whole error text on standard error, and no file written.
const CASES: readonly (readonly [name: string, args: readonly string[], error: readonly string[]])[] = [
  [
    'no verb',
    [],
    ['maxdnn: command line: wanted known verbs and options, found no verb', 'See maxdnn --help.'],
  ],
  [
    'unknown verb',
    ['frobnicate'],
    [
      'maxdnn: command line: wanted known verbs and options, found Unknown command: frobnicate',
      'See maxdnn --help.',
    ],
  ],
  [
    'unknown option',
    ['list', '--colour'],
    [
      'maxdnn: command line: wanted known verbs and options, found Unknown argument: colour',
      'See maxdnn --help.',
    ],
  ],
  [
    'option without a value',
    ['gen-rtl', '--P'],
    [
      'maxdnn: command line: wanted known verbs and options, found Not enough arguments following: P',
      'See maxdnn --help.',
    ],
  ],
  [
    'odd N, negative r',
    ['gen-rtl', '--bits', '7', '--r', '-3'],
    [
      'maxdnn: options: bits: wanted an even number, found 7',
      'options: r: wanted at least 0, found -3',
      'Ranges: bits even 4..24, P 0..bits/2-1, each r 0..bits-1, one r per kept partial product or one for all.',
    ],
  ],
  [
    'r list of the wrong length, P out of range',
    ['gen-rtl', '--P', '4', '--r', '6,4,2'],
    [
      'maxdnn: options: P: wanted 0..3 for bits=8, found 4',
      'Ranges: bits even 4..24, P 0..bits/2-1, each r 0..bits-1, one r per kept partial product or one for all.',
    ],
  ],
  [
    'words instead of numbers',
    ['gen-rtl', '--P', 'two', '--r', '1,x,2,3'],
    [
      'maxdnn: options: P: wanted an integer, found "two"',
      'options: r[1]: wanted an integer, found "x"',
      'Ranges: bits even 4..24, P 0..bits/2-1, each r 0..bits-1, one r per kept partial product or one for all.',
    ],
  ],
  [
    'option of another family',
    ['gen-rtl', '--family', 'booth', '--P', '1', '--signed', '--unsigned'],
    [
      'maxdnn: --P: wanted only options of family booth (--signed --unsigned --unsigned-a --unsigned-b), found "1"',
      '--signed: wanted no --unsigned option beside it, found --unsigned',
      'See gen-rtl --help.',
    ],
  ],
  [
    'unknown family',
    ['gen-rtl', '--family', 'mitchell'],
    [
      'maxdnn: --family: wanted one of roup, booth, baugh-wooley, behavioural, narrow, found "mitchell"',
      'A multiplier from outside gets a name by maxdnn add-multiplier; it has no Verilog.',
    ],
  ],
  [
    'spec file that is no JSON',
    ['gen-rtl', '--spec', 'spec.txt'],
    [
      'maxdnn: spec.txt: wanted a multiplier spec in JSON, found no valid JSON (Expected double-quoted property name in JSON at position 19)',
      'For example: {"family": "roup", "bits": 8, "P": 2, "r": 4}',
    ],
  ],
  [
    'second spec of a list is wrong',
    ['gen-rtl', '--spec', 'specs.json'],
    [
      'maxdnn: specs.json[1]: bits: wanted an even number, found 9',
      'Ranges: bits even 4..24, P 0..bits/2-1, each r 0..bits-1, one r per kept partial product or one for all.',
    ],
  ],
  [
    'spec file that is not there',
    ['gen-rtl', '--spec', 'nowhere.json'],
    [
      'maxdnn: nowhere.json: wanted a multiplier spec in JSON, found no readable file (ENOENT)',
      'Check the path.',
    ],
  ],
  [
    'artifact that is not there',
    ['verify', '--rtl', 'nowhere.json'],
    [
      'maxdnn: nowhere.json: wanted an artifact of kind "rtl-set", found no readable file (ENOENT)',
      'Check the path.',
    ],
  ],
  [
    'zero-byte artifact',
    ['verify', '--rtl', 'empty.json'],
    [
      'maxdnn: empty.json: wanted an artifact of kind "rtl-set", found an empty file (0 bytes)',
      'Make or fetch the file again.',
    ],
  ],
  [
    'artifact of another kind',
    ['verify', '--rtl', 'other-kind.json'],
    [
      'maxdnn: other-kind.json: wanted an artifact of kind "rtl-set", found kind "verdict"',
      'Give the file that the named stage wrote.',
    ],
  ],
  [
    'artifact of another version',
    ['verify', '--rtl', 'old.json'],
    [
      'maxdnn: old.json: wanted format version 1 of "rtl-set", found format version 0',
      'It was written by another version of maxdnn: run the stage that makes it again.',
    ],
  ],
  [
    'artifact with a spec out of range',
    ['verify', '--rtl', 'bad-spec.json'],
    [
      'maxdnn: bad-spec.json: designs[0].spec: P: wanted 0..3 for bits=8, found 7',
      'Ranges: bits even 4..24, P 0..bits/2-1, each r 0..bits-1, one r per kept partial product or one for all.',
    ],
  ],
  [
    'artifact whose design and spec disagree',
    ['verify', '--rtl', 'renamed.json'],
    [
      'maxdnn: renamed.json: designs[0]: wanted design "mul_roup_s8_p2_r4" with a file name, found ["mul_roup_s8_p2_r5","mul_roup_s8_p2_r4.v"]',
      'Make it with gen-rtl.',
    ],
  ],
  [
    'seed that is no integer',
    ['verify', '--seed', 'pi'],
    ['maxdnn: --seed: wanted an integer 0..4294967295, found "pi"', 'Give it as --seed NUMBER.'],
  ],
  [
    'pricing what failed verification',
    ['table', '--verdict', 'failed-verdict.json'],
    [
      'maxdnn: mul_roup_s8_p2_r4: wanted a verified design, found 3 mismatches in 65536 cosimulated pairs',
      'Only verified designs are priced: run "maxdnn verify" on exactly these designs.',
    ],
  ],
  [
    'synth of an unknown design',
    ['synth', 'mul_x'],
    [
      'maxdnn: out/rtl/rtl.json: wanted one of mul_roup_s8_p2_r4, found "mul_x"',
      'Make it with gen-rtl first.',
    ],
  ],
  [
    'evaluate: operand that is none',
    ['evaluate', '--round', 'bias'],
    ['maxdnn: --round: wanted one of activations, weights, found "bias"', 'Give it as --round activations.'],
  ],
  [
    'percentile out of range',
    ['quantise', '--percentile', '101'],
    ['maxdnn: --percentile: wanted a number above 0, at most 100, found "101"', 'Try --percentile 99.99.'],
  ],
  [
    'equalisation out of range',
    ['quantise', '--equalise', '2'],
    [
      'maxdnn: --equalise: wanted a number 0 … 1, found "2"',
      'Try --equalise 0.5, which treats activations and weights alike.',
    ],
  ],
  [
    'tuning in a way that there is none of',
    ['tune', '--mul', 'mul_booth_s8', '--only', 'all'],
    [
      'maxdnn: --only: wanted one of none, ALWANN, measured, bias, measured + bias, measured + bias + scale, measured + bias + scale, layer by layer, compensated, compensated + scale, compensated, layer by layer, compensated + scale, layer by layer, compensated + scale by KL, layer by layer, found "all"',
      'Give it as --only none.',
    ],
  ],
  [
    'import without a model',
    ['import'],
    [
      'maxdnn: import: wanted one model (.onnx, .pb, .tflite), found none',
      'For example: maxdnn import alwann_resnet8.pb --calibration train.bin',
    ],
  ],
];

describe('exit code 2, one clear error, nothing written', () => {
  test.each(CASES)('%s', async (_name, args, error) => {
    const before = filesBelow(folder.path);
    const { code, stdout, stderr } = await runProgram('maxdnn', args, folder.path);
    expect(stderr.split('\n')).toEqual(error);
    expect([code, stdout]).toEqual([2, '']);
    expect(filesBelow(folder.path)).toEqual(before);
  });
});

describe('files of the user, by the words that matter', () => {
  test.each<[string, readonly string[], RegExp]>([
    [
      'zero-byte Liberty',
      ['table', '--liberty', 'empty.lib'],
      /^maxdnn: empty\.lib: wanted .*Liberty.*, found an empty file \(0 bytes\)$/m,
    ],
    ['Liberty that is Verilog', ['table', '--liberty', 'not.lib'], /^maxdnn: not\.lib.*wanted/m],
    ['truncated gzip', ['table', '--liberty', 'cut.lib.gz'], /^maxdnn: cut\.lib\.gz.*wanted/m],
    [
      'records cut off',
      ['quantise', '--calibration', 'short.bin'],
      /^maxdnn: short\.bin: wanted CIFAR-10 binary records of 3073 bytes each, found 3072 bytes/m,
    ],
    [
      'label out of range',
      ['quantise', '--calibration', 'label.bin'],
      /^maxdnn: label\.bin, record 0: wanted a label 0 … 9, found 200$/m,
    ],
    ['model with the wrong magic', ['import', 'model.pb'], /^maxdnn: model\.pb.*wanted/m],
    [
      'zero-byte model',
      ['import', 'zero.pb'],
      /^maxdnn: zero\.pb: wanted .*, found an empty file \(0 bytes\)$/m,
    ],
    [
      'network with half its numbers',
      ['quantise', '--network', 'network.json'],
      /^maxdnn: network\.bin: wanted \d+ bytes with SHA-256 \w+, found 1000 bytes with SHA-256 \w+$/m,
    ],
  ])('%s', async (_name, args, error) => {
    if (args[0] === 'table') writeGoodVerdict();
    const before = filesBelow(folder.path);
    const { code, stdout, stderr } = await runProgram('maxdnn', args, folder.path);
    expect(stderr).toMatch(error);
    expect([code, stdout]).toEqual([2, '']);
    expect(filesBelow(folder.path)).toEqual(before);
  });
});

test('with --json the error is JSON on standard output', async () => {
  const { code, stdout } = await runProgram(
    'maxdnn',
    ['verify', '--rtl', 'empty.json', '--json'],
    folder.path,
  );
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toEqual({
    error: {
      code: 'bad-input',
      message: 'empty.json: wanted an artifact of kind "rtl-set", found an empty file (0 bytes)',
      hint: 'Make or fetch the file again.',
    },
  });
});

/** A verdict that lets the Verilog of the folder through, so that the Liberty file is what is looked at. */
function writeGoodVerdict(): void {
  const rtlSha256 = sha256(readFileSync(at('out', 'rtl', 'mul_roup_s8_p2_r4.v')));
  const verdict = JSON.parse(readFileSync(at('failed-verdict.json'), 'utf8'));
  const designs = [{ ...verdict.designs[0], verified: true, mismatchCount: 0, rtlSha256 }];
  writeFileSync(at('out', 'verify', 'verdict.json'), JSON.stringify({ ...verdict, designs }));
}
