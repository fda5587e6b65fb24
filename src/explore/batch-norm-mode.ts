import { badInput } from '../base/errors.ts';
import type { MixedAssignment, RoundedOperand } from '../dnn/assignment.ts';
import type { Dataset } from '../dnn/data/dataset.ts';
import type { FloatNetwork } from '../dnn/network.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import { recalibrateBatchNorm } from '../dnn/recalibrate-batch-norm.ts';

/**
 * Where the statistics of the batch norms come from.
 * - fixed: the stored ones, folded into the int8 network once.
 * - recalibrated: measured on training images under each evaluated assignment of multipliers and folded again
 *   (recalibrateBatchNorm); hardware stays as it is.
 * - batch: measured in the same way on the evaluated images themselves, all of them as one batch. No device can do
 *   that; it is only for comparison with published accuracies that were computed with batch statistics.
 */
export type BatchNormMode = 'fixed' | 'recalibrated' | 'batch';

export const BATCH_NORM_MODES: readonly BatchNormMode[] = ['fixed', 'recalibrated', 'batch'];

export type BatchNormChoice =
  | { readonly mode: 'fixed' | 'batch' }
  | { readonly mode: 'recalibrated'; readonly images: Dataset };

/**
 * The function that gives the network that stands for an assignment.
 * @param dataset the evaluated images
 * @throws bad-input when statistics have to be measured and there is no float network with batch norms
 */
export function batchNormSetter(
  choice: BatchNormChoice,
  network: QuantisedNetwork,
  floatNetwork: FloatNetwork | undefined,
  roundedOperand: RoundedOperand,
  dataset: Dataset,
): (assignment: MixedAssignment) => QuantisedNetwork {
  if (choice.mode === 'fixed') return () => network;
  if (floatNetwork === undefined) {
    throw badInput(
      {
        where: `batch norm "${choice.mode}"`,
        wanted: 'the float network with its batch norms',
        found: `only the int8 network ${network.name}`,
      },
      'An int8 model has its batch norms folded in for good: use "fixed".',
    );
  }
  const images = choice.mode === 'recalibrated' ? choice.images : dataset;
  return (assignment) => recalibrateBatchNorm(floatNetwork, network, assignment, roundedOperand, images);
}
