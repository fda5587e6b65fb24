import { badInput } from '../base/errors.ts';
import { BATCH_NORM_MODES, type BatchNormChoice } from '../explore/batch-norm-mode.ts';
import type { CommandArguments, CommandOption } from './command.ts';
import { choiceOption, integerOption, textOption } from './options.ts';
import { EMBEDDED, openDataset } from './stages.ts';

/** Training images that batch norms are measured on unless the user asks for another number. */
const TRAIN_IMAGES = 2000;

export const BATCH_NORM_OPTIONS: Readonly<Record<string, CommandOption>> = {
  'batch-norm': {
    type: 'string',
    value: 'MODE',
    describe:
      'statistics of batch norms: fixed (stored), recalibrated (on --train images under each multiplier) or batch (on the evaluated images; only to reproduce published numbers)',
    default: 'fixed',
  },
  train: {
    type: 'string',
    value: 'FILE',
    describe: `with --batch-norm recalibrated: training images, or "${EMBEDDED}"`,
  },
  'train-images': {
    type: 'string',
    value: 'N',
    describe: 'first training images to take',
    default: String(TRAIN_IMAGES),
  },
};

/**
 * What --batch-norm, --train and --train-images ask for.
 * @throws bad-input when the images are missing or not wanted
 */
export function batchNormOption(args: CommandArguments): BatchNormChoice {
  const mode = choiceOption(args, 'batch-norm', BATCH_NORM_MODES) ?? 'fixed';
  const train = textOption(args, 'train');
  const count = integerOption(args, 'train-images', 1, 2 ** 24) ?? TRAIN_IMAGES;
  if (mode === 'recalibrated' && train !== undefined) {
    return { mode, images: openDataset(train, 'train', count) };
  }
  const hint = 'Training images belong to --batch-norm recalibrated, and only to it.';
  if (mode === 'recalibrated') {
    throw badInput(
      { where: '--train', wanted: `a file of training images or "${EMBEDDED}"`, found: 'none' },
      hint,
    );
  }
  if (train !== undefined) {
    throw badInput({ where: '--train', wanted: `none beside --batch-norm ${mode}`, found: train }, hint);
  }
  return { mode };
}
