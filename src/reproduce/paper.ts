/**
 * What others have printed, as far as it is available to us. Sources: [abstract] arXiv 2506.21371; [facts] the table
 * of the paper as handed to this project; [tf-approximate] README of ehw-fit/tf-approximate, cpu/.
 */

/** Accuracy of Table I's rows with multipliers of EvoApproxLib [facts]; two digits. */
export const PRINTED_EVOAPPROX: readonly { readonly name: string; readonly accuracy: number }[] = [
  { name: '2AC', accuracy: 0.8 },
  { name: '2HH', accuracy: 0.77 },
  { name: 'NGR', accuracy: 0.77 },
  { name: 'ZFB', accuracy: 0.77 },
  { name: '7C1', accuracy: 0.76 },
];

/** Largest energy gain and the loss of accuracy for it, against the quantised baseline [abstract]. */
export const PRINTED_GAIN = { savingPercent: 54, lossPoints: 4 } as const;

/** Energy gain over other approximate networks at better accuracy, a factor [abstract]. */
export const PRINTED_FACTOR = 2;

/** Names of rows of Table I that are known to us [facts]; the digits count the paper's own multipliers. */
export const PRINTED_ROW_NAMES: readonly string[] = ['FLAM-3clas_2_1_1', 'KLAM-chan_1_0_1'];

/** Accuracy with the exact multiplier, mean over ten batches of 1000 test images [tf-approximate]. */
export const PRINTED_EXACT = { accuracy: 0.833, least: 0.817, most: 0.843 } as const;

/** An emulation of ALWANN on the first 1000 test images, which are not all available here [facts]. */
export const EMULATED_ON_1000: Readonly<Record<string, { readonly plain: number; readonly tuned?: number }>> =
  {
    exact: { plain: 0.824 },
    '2AC': { plain: 0.799 },
    '2HH': { plain: 0.771 },
    NGR: { plain: 0.771 },
    ZFB: { plain: 0.708 },
    '7C1': { plain: 0.671, tuned: 0.79 },
  };
