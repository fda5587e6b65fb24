import { describe, expect, test } from 'vitest';
import {
  type AssignmentName,
  looksLikeAssignmentName,
  parseAssignmentName,
  printAssignmentName,
} from '../../src/assign/assignment-name.ts';
import { CLASS_SCHEMES, type ClassRule, type Level } from '../../src/assign/level-text.ts';
import type { SkipRule } from '../../src/assign/skip-rule.ts';
import { createRng, type Rng } from '../../src/base/rng.ts';
import { badInputText } from '../dnn/error-text.ts';

const parse = (text: string): AssignmentName => parseAssignmentName(text, 'NAME');
const flam = (classes: number | 'each', scheme: ClassRule['scheme'] = 'modulo'): Level => ({
  kind: 'flam',
  classes,
  scheme,
});

const READ: readonly (readonly [string, AssignmentName])[] = [
  ['LLAM_2_1_1_0', { level: { kind: 'llam' }, digits: [[2], [1], [1], [0]] }],
  ['LLAM_12_0_x', { level: { kind: 'llam' }, digits: [[12], [0], [null]] }],
  ['FLAM-3clas_2_1_1', { level: flam(3), digits: [[2, 1, 1]] }],
  ['FLAM-2clas-sensitivity_2_1', { level: flam(2, 'sensitivity'), digits: [[2, 1]] }],
  [
    'FLAM-3clas-contiguous-uneven_2_1_10',
    { level: { kind: 'flam', classes: 3, scheme: 'contiguous', isUneven: true }, digits: [[2, 1, 10]] },
  ],
  ['FLAM-2clas_2_1.1.0_x', { level: flam(2), digits: [[2, 1], [1], [0, null]] }],
  ['FLAM-each_2_1_1', { level: flam('each'), digits: [[2, 1, 1]] }],
  [
    'KLAM-chan_1_0_1',
    { level: { kind: 'klam', axis: 'channel', classes: 3, scheme: 'modulo' }, digits: [[1, 0, 1]] },
  ],
  [
    'KLAM-row-each_1_0_1',
    { level: { kind: 'klam', axis: 'row', classes: 'each', scheme: 'modulo' }, digits: [[1, 0, 1]] },
  ],
  [
    'KLAM-col-3_1.0',
    { level: { kind: 'klam', axis: 'column', classes: 3, scheme: 'modulo' }, digits: [[1], [0]] },
  ],
  ['KLMS-1sigma', { level: { kind: 'llam' }, digits: [[0]], skip: { beyondSigma: 1 } }],
  ['KLMS-0.25sigma-small_2', { level: { kind: 'llam' }, digits: [[2]], skip: { withinSigma: 0.25 } }],
  [
    'FLAM-3clas_2_1_1+KLMS-2sigma+KLMS-0.1sigma-small',
    { level: flam(3), digits: [[2, 1, 1]], skip: { beyondSigma: 2, withinSigma: 0.1 } },
  ],
  ['LLAM_2_1+KLMS-1sigma', { level: { kind: 'llam' }, digits: [[2], [1]], skip: { beyondSigma: 1 } }],
];

/** A name at random; every layer with digits of its own, or one for all. */
function randomName(rng: Rng): AssignmentName {
  const pick = <T>(values: readonly T[]): T => values[rng.nextInt(0, values.length - 1)]!;
  const classes = pick([1, 2, 3, 5, 12, 'each'] as const);
  const isUneven = classes !== 'each' && rng.nextInt(0, 1) === 1;
  const scheme = classes === 'each' ? 'modulo' : pick(isUneven ? CLASS_SCHEMES.slice(1) : CLASS_SCHEMES);
  const rule: ClassRule = { classes, scheme, ...(isUneven ? { isUneven } : {}) };
  const level = pick<Level>([
    { kind: 'llam' },
    { kind: 'flam', ...rule },
    { kind: 'klam', axis: pick(['channel', 'row', 'column']), ...rule },
  ]);
  const count = level.kind === 'llam' ? 1 : classes === 'each' ? rng.nextInt(1, 4) : classes;
  const layers = rng.nextInt(1, 5);
  const digits = Array.from({ length: layers }, () =>
    Array.from({ length: layers > 1 && rng.nextInt(0, 2) === 0 ? 1 : count }, () =>
      rng.nextInt(0, 9) === 0 ? null : rng.nextInt(0, 14),
    ),
  );
  const sigmas = (): number => rng.nextInt(1, 400) / 100;
  const skip = pick<SkipRule | undefined>([
    undefined,
    { beyondSigma: sigmas() },
    { withinSigma: sigmas() },
    { beyondSigma: sigmas(), withinSigma: sigmas() },
  ]);
  return { level, digits, ...(skip === undefined ? {} : { skip }) };
}

describe('name of an assignment', () => {
  test.each(READ)('%s', (text, name) => {
    expect(parse(text)).toEqual(name);
    expect(printAssignmentName(name)).toBe(text);
  });

  test('printed and read again it is the same, whatever it is', () => {
    const rng = createRng(4);
    const names = Array.from({ length: 800 }, () => randomName(rng));
    for (const name of names) {
      const text = printAssignmentName(name);
      expect(parse(text), text).toEqual(name);
    }
    expect(new Set(names.map(printAssignmentName)).size).toBeGreaterThan(600);
  });

  test('a scheme that is named although it is the usual one is read too', () => {
    expect(parse('FLAM-3clas-modulo_2_1_1')).toEqual(parse('FLAM-3clas_2_1_1'));
  });

  test.each([
    ['FLAM-3class_2_1_1', 'FLAM-3clas_2_1_1'],
    ['flam-3clas_2_1_1', 'FLAM-3clas_2_1_1'],
    ['LAM_2_1', 'LLAM_2_1'],
    ['KLAM-channel_1_0_1', 'KLAM-chan_1_0_1'],
    ['KLAM-chan_1_0_y', 'KLAM-chan_0'],
    ['KLMS-1sigm', 'KLMS-1sigma'],
    ['KLMS-1.5sigma-tiny', 'KLMS-1.5sigma'],
    ['FLAM-2clas-contigous_1_0+KLMS-2sigma', 'FLAM-2clas-contiguous_1_0+KLMS-2sigma'],
    ['FLAM-3clas_2_1_1+KLMS', 'FLAM-3clas_2_1_1'],
    ['KLMS-0sigma', 'KLMS-1sigma'],
    ['LLAM', 'LLAM_0'],
  ])('%s is refused, with the nearest name %s', (text, nearest) => {
    expect(badInputText(() => parse(text))).toBe(
      [
        `NAME: wanted a name such as LLAM_2_1_1_0, FLAM-3clas_2_1_1, KLAM-chan_1_0_1 or KLMS-1sigma, found "${text}"`,
        `The nearest is ${nearest}.`,
      ].join('\n'),
    );
    expect(() => parse(nearest)).not.toThrow();
  });

  test('refused: more or fewer digits than classes', () => {
    expect(badInputText(() => parse('FLAM-3clas_2_1'))).toBe(
      [
        'NAME: wanted 3 digits, one per class, found 2 in "FLAM-3clas_2_1"',
        'The nearest are FLAM-2clas_2_1 and FLAM-3clas_2_1_1.',
      ].join('\n'),
    );
    expect(badInputText(() => parse('FLAM-2clas_2_1_0.1_1'))).toContain('found 3 in');
    expect(badInputText(() => parse('FLAM-3clas_2'))).toContain('found 1 in');
  });

  test('tells names from files', () => {
    const names = ['LLAM_1', 'FLAM-x', 'KLMS-1sigma', 'mine.json', 'FLAM-3clas_2_1_1.json', 'sub/LLAM'];
    expect(names.map(looksLikeAssignmentName)).toEqual([true, true, true, false, false, false]);
  });
});
