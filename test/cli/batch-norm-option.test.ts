import { expect, test } from 'vitest';
import { batchNormOption } from '../../src/cli/batch-norm-option.ts';
import { badInputText } from '../dnn/error-text.ts';

const read = (options: Readonly<Record<string, string>>) => batchNormOption({ _: [], ...options });

test('--batch-norm, --train and --train-images', () => {
  expect(read({})).toEqual({ mode: 'fixed' });
  expect(read({ 'batch-norm': 'batch' })).toEqual({ mode: 'batch' });
  const choice = read({ 'batch-norm': 'recalibrated', train: 'embedded', 'train-images': '7' });
  expect(choice).toMatchObject({ mode: 'recalibrated', images: { images: 7 } });
});

test('training images are asked for with "recalibrated", and refused without', () => {
  const hint = 'Training images belong to --batch-norm recalibrated, and only to it.';
  expect(badInputText(() => read({ 'batch-norm': 'recalibrated' }))).toBe(
    `--train: wanted a file of training images or "embedded", found none\n${hint}`,
  );
  expect(badInputText(() => read({ train: 'x.bin' }))).toBe(
    `--train: wanted none beside --batch-norm fixed, found x.bin\n${hint}`,
  );
  expect(badInputText(() => read({ 'batch-norm': 'moving' }))).toContain('fixed');
});
